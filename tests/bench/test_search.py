"""The climb finds the last rate that passes, whatever it begins with, and forgives one hiccup."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import pairwise

import pytest

from bench.search import MOST_STEPS, Climb, Verdict, climb, rungs

LADDER = rungs(50, 20_000)


@dataclass(frozen=True, slots=True)
class Look:
    rate: int
    verdict: Verdict


class Server:
    """Sustains up to ``able``; the measurements at ``hiccups`` (counted from 0) fail all the same."""

    def __init__(self, able: int, hiccups: tuple[int, ...] = (), fault: Verdict = "failed") -> None:
        self.able, self.hiccups, self.fault = able, hiccups, fault
        self.looks: list[tuple[int, bool]] = []

    async def try_rate(self, rate: int, short: bool) -> Look:
        hiccup = len(self.looks) in self.hiccups
        self.looks.append((rate, short))
        return Look(rate, self.fault if rate > self.able or hiccup else "passed")

    def climb(self, start: int, hint: int | None = None) -> Climb:
        return asyncio.run(climb(self.try_rate, LADDER, start, hint))


def best(able: int) -> int:
    return max(rate for rate in LADDER if rate <= able)


def after(rate: int) -> int:
    return min(rung for rung in LADDER if rung > rate)


def test_rungs_are_whole_ascending_and_close() -> None:
    steps = [later / rate for rate, later in pairwise(LADDER)]
    assert min(steps) > 1.03
    assert max(steps) < 1.09


@pytest.mark.parametrize("able", [60, 300, 640, 4_000, 12_345])
@pytest.mark.parametrize("start", [100, 1_000, 9_000])
@pytest.mark.parametrize("hint", [None, 0.8, 1.0, 1.3])
def test_it_finds_the_last_rate_that_passes(able: int, start: int, hint: float | None) -> None:
    server = Server(able)
    found = server.climb(start, round(hint * able) if hint else None)
    assert found.sustained == best(able)
    assert found.ended_by == "failed"


def test_the_end_is_confirmed_by_a_second_try() -> None:
    server = Server(1_000)
    found = server.climb(1_000, hint=1_000)
    assert [step.rate for step in found.steps if isinstance(step, Look)][-2:] == [after(1_000)] * 2


def test_one_hiccup_ends_nothing() -> None:
    assert Server(2_000, hiccups=(1,)).climb(1_000, hint=1_000).sustained == best(2_000)


def test_a_server_that_never_passes_sustains_nothing() -> None:
    found = Server(10).climb(500)
    assert found.sustained is None
    assert found.ended_by == "failed"


def test_a_climb_ends_on_a_machine_that_lets_nothing_pass() -> None:
    server = Server(10)
    found = server.climb(20_000, hint=20_000)
    assert found.sustained is None
    assert found.ended_by == "budget"
    assert len(found.steps) == MOST_STEPS


def test_a_late_generator_makes_a_lower_bound() -> None:
    found = Server(1_000, fault="discarded").climb(1_000, hint=1_000)
    assert (found.sustained, found.ended_by) == (1_000, "discarded")


def test_the_top_of_the_ladder() -> None:
    found = Server(10**6).climb(1_000, hint=18_000)
    assert (found.sustained, found.ended_by) == (LADDER[-1], "top")


def test_short_looks_decide_nothing() -> None:
    server = Server(4_000)
    found = server.climb(1_000)
    assert any(short for _, short in server.looks)
    assert len(found.steps) == sum(not short for _, short in server.looks)
