"""How the highest sustained rate is found: rungs, and a climb that confirms where it ends.

Pure: ``try_rate`` measures, this decides what is measured next.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Verdict = Literal["passed", "failed", "discarded"]
RUNGS_A_DECADE = 40
PROBE_STRIDES = (6, 2)
BELOW_HINT = 1
DOWN, PROBE_DOWN = 3, 12
# A climb on a machine that is busy with other things must end too.
MOST_STEPS = 20


class Tried(Protocol):
    @property
    def verdict(self) -> Verdict: ...


# (rate per second, whether a short look is enough) -> what was found
TryRate = Callable[[int, bool], Awaitable[Tried]]


def rungs(low: int, high: int) -> list[int]:
    """Rates from low to high, about 6 % apart, of three significant digits."""
    powers = range(RUNGS_A_DECADE, 6 * RUNGS_A_DECADE)
    rates = (10 ** (power / RUNGS_A_DECADE) for power in powers)
    rounded = (int(float(f"{rate:.3g}")) for rate in rates)
    return [rate for rate in rounded if low <= rate <= high]


@dataclass(slots=True)
class Climb:
    """``sustained`` is the highest rate that passed before the first confirmed failure, None when none
    passed. ``ended_by`` is ``failed``, ``discarded`` (the generator, not the server, was at its end, so
    the figure is a lower bound), ``top`` (no higher rung) or ``budget`` (too many steps)."""

    sustained: int | None = None
    ended_by: Literal["failed", "discarded", "top", "budget"] = "top"
    steps: list[Tried] = field(default_factory=list)


async def climb(try_rate: TryRate, ladder: Sequence[int], start: int, hint: int | None) -> Climb:
    """Climbs ``ladder`` (ascending). Without a hint short looks in long strides find where to begin,
    from ``start``; with one (what an earlier repeat sustained) it begins just below that."""
    result = Climb()
    at = _index(ladder, hint if hint is not None else start)
    if hint is None:
        at = await _probe(try_rate, ladder, at)
    at = max(at - BELOW_HINT, 0)
    ceiling = len(ladder)
    while 0 <= at < ceiling:
        if len(result.steps) >= MOST_STEPS:
            result.ended_by = "budget"
            break
        verdict = await _confirmed(try_rate, ladder[at], result)
        if verdict == "passed":
            result.sustained = ladder[at]
            at += 1
            continue
        result.ended_by = "discarded" if verdict == "discarded" else "failed"
        if result.sustained is not None:
            break
        ceiling, at = at, at - DOWN if at >= DOWN else at - 1
    return result


async def _confirmed(try_rate: TryRate, rate: int, result: Climb) -> Verdict:
    """What does not pass is tried once more: one hiccup of the machine ends no climb."""
    for _ in range(2):
        tried = await try_rate(rate, False)
        result.steps.append(tried)
        if tried.verdict == "passed":
            break
    return tried.verdict


async def _probe(try_rate: TryRate, ladder: Sequence[int], at: int) -> int:
    """The rung that passed last: down to one that passes, then up in long strides and shorter ones."""
    while at > 0 and (await try_rate(ladder[at], True)).verdict != "passed":
        at = max(at - PROBE_DOWN, 0)
    passed, at = at, at + PROBE_STRIDES[0]
    for stride in PROBE_STRIDES:
        while at < len(ladder) and (await try_rate(ladder[at], True)).verdict == "passed":
            passed, at = at, at + stride
        at = passed + PROBE_STRIDES[-1]
    return passed


def _index(ladder: Sequence[int], rate: int) -> int:
    """The highest rung that is not above the rate."""
    below = [place for place, rung in enumerate(ladder) if rung <= rate]
    return below[-1] if below else 0
