"""How many are planned for each hour, language and skill; and the hours in which nobody is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from chatdesk.conversations.assignments import skills_at
from chatdesk.shifts import planned
from chatdesk.shifts.roster import Span

HOUR_MS = 3600_000
EVERY_SKILL = ""
PLAYER_SAFETY = "player_safety"

Wanted = tuple[str, str]  # language and skill; an empty skill is whoever speaks it


@dataclass(frozen=True, slots=True)
class Hole:
    """Nobody is planned from one hour to another."""

    lang: str
    skill: str
    from_ts: int
    to_ts: int


@dataclass(slots=True)
class Coverage:
    """``planned`` has for each (language, skill) one number an hour from ``from_ts`` on: how many are
    there for the whole of it. ``expiring`` are certificates that end within the span."""

    from_ts: int
    hours: int
    planned: dict[Wanted, list[int]]
    holes: list[Hole] = field(default_factory=list)
    expiring: list[tuple[int, str, int]] = field(default_factory=list)


def coverage(
    from_ts: int,
    hours: int,
    languages: Collection[str],
    skills: Collection[str] = (EVERY_SKILL, PLAYER_SAFETY),
    brands: Collection[int] | None = None,
) -> Coverage:
    """``from_ts`` is taken down to its hour. Whoever serves none of the brands is not counted."""
    from_ts -= from_ts % HOUR_MS
    found = Coverage(
        from_ts, hours, {(lang, skill): [0] * hours for lang in languages for skill in skills}
    )
    to_ts = from_ts + hours * HOUR_MS
    for seat, days in planned.by_seat(from_ts, to_ts, brands):
        for hour in _whole_hours(joined([span for span, _ in days]), from_ts, hours):
            # A certificate counts in an hour that it outlasts; it may end with it.
            able = {EVERY_SKILL, *skills_at(seat, from_ts + (hour + 1) * HOUR_MS - 1)}
            for lang in seat.languages:
                for skill in able:
                    if (lang, skill) in found.planned:
                        found.planned[lang, skill][hour] += 1
        found.expiring += [
            (seat.pk, skill, ts)
            for skill, ts in sorted(seat.skills_until.items())
            if skill in seat.skills and ts is not None and from_ts <= ts < to_ts
        ]
    found.holes = [hole for wanted in found.planned for hole in _holes(found, wanted)]
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """Back to back is one stretch of presence."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.starts_ts <= found[-1].ends_ts:
            last = found.pop()
            span = Span(last.starts_ts, max(last.ends_ts, span.ends_ts))
        found.append(span)
    return found


def _whole_hours(spans: Iterable[Span], from_ts: int, hours: int) -> Iterator[int]:
    for span in spans:
        first = -((from_ts - span.starts_ts) // HOUR_MS)
        last = (span.ends_ts - from_ts) // HOUR_MS
        yield from range(max(first, 0), min(last, hours))


def _holes(found: Coverage, wanted: Wanted) -> Iterator[Hole]:
    began: int | None = None
    for hour, many in enumerate([*found.planned[wanted], 1]):
        if many == 0 and began is None:
            began = hour
        elif many and began is not None:
            span = (found.from_ts + began * HOUR_MS, found.from_ts + hour * HOUR_MS)
            yield Hole(*wanted, *span)
            began = None
