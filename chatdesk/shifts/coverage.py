"""How many are planned for each hour, language and skill; and the hours in which nobody is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from chatdesk.conversations.assignments import skills_at
from chatdesk.conversations.models import Persona, Seat
from chatdesk.shifts import roster
from chatdesk.shifts.models import Shift

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
    for seat, spans in _planned(from_ts, to_ts, brands):
        present = {
            hour
            for span in spans
            for hour in range(hours)
            if span.starts_ts <= from_ts + hour * HOUR_MS
            and span.ends_ts >= from_ts + (hour + 1) * HOUR_MS
        }
        for hour in present:
            able = {EVERY_SKILL, *skills_at(seat, from_ts + (hour + 1) * HOUR_MS)}
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


def _planned(
    from_ts: int, to_ts: int, brands: Collection[int] | None
) -> Iterator[tuple[Seat, list[roster.Span]]]:
    served: dict[int, set[int]] = defaultdict(set)
    for seat_id, brand_id in Persona.objects.values_list("seat_id", "brand_id"):
        served[seat_id].add(brand_id)
    shifts = list(Shift.objects.all())
    for seat in Seat.objects.filter(agent__is_active=True).order_by("pk"):
        if brands is not None and served[seat.pk] and not served[seat.pk] & set(brands):
            continue
        mine = [
            shift
            for shift in shifts
            if shift.seat_id == seat.pk or (shift.team_id and shift.team_id == seat.team_id)
        ]
        spans = sorted(span for shift in mine for span in roster.spans(shift, from_ts, to_ts))
        yield seat, _joined(spans)


def _joined(spans: list[roster.Span]) -> list[roster.Span]:
    """Back to back is one stretch of presence."""
    found: list[roster.Span] = []
    for span in spans:
        if found and span.starts_ts <= found[-1].ends_ts:
            last = found.pop()
            span = roster.Span(last.starts_ts, max(last.ends_ts, span.ends_ts))
        found.append(span)
    return found


def _holes(found: Coverage, wanted: Wanted) -> Iterator[Hole]:
    began: int | None = None
    for hour, many in enumerate([*found.planned[wanted], 1]):
        if many == 0 and began is None:
            began = hour
        elif many and began is not None:
            span = (found.from_ts + began * HOUR_MS, found.from_ts + hour * HOUR_MS)
            yield Hole(*wanted, *span)
            began = None
