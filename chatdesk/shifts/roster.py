"""From a shift to its days. Pure, but for the zone data.

**Rules of the clock:** a shift begins and ends by the clock on the wall, so in the night in which clocks
change it lasts an hour more or less. A local time that does not exist is as far after the change as it
says; of one that exists twice the first is meant. What would so end before it begins does not take place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from chatdesk.shifts.models import Shift

MINUTE_MS = 60_000
LONGEST_MS = 960 * MINUTE_MS
_FREQUENT = ("SECONDLY", "MINUTELY", "HOURLY")
_TIMES_OF_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_RECURRENCE_CHARS = 200
# Expanding counts from the first day on: one long ago would cost more each time.
_YEARS = range(2000, 2100)


class BadShift(ValueError):
    """What was given cannot be planned; the text says why, for the operator."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From when to when, in ms."""

    starts_ts: int
    ends_ts: int


def check(shift: Shift) -> None:
    """Refuses what cannot be expanded, with one sentence."""
    if (shift.seat_id is None) == (shift.team_id is None):
        raise BadShift("A shift is for a person or for a team, one of the two")
    try:
        ZoneInfo(shift.tz)
    except (ValueError, OSError, LookupError) as error:
        raise BadShift(f"{shift.tz!r} is no time zone, such as Europe/Amsterdam") from error
    first = _starts(shift)
    if shift.starts != first.isoformat(timespec="minutes"):
        raise _no_local_time(shift.starts)
    if first.year not in _YEARS:
        raise BadShift(f"A shift begins in the years {_YEARS[0]} to {_YEARS[-1]}")
    if not 30 <= shift.minutes <= 960:
        raise BadShift("A shift lasts 30 to 960 minutes")
    if not 0 <= shift.drain_minutes <= shift.minutes:
        raise BadShift("The drain lasts at most as long as the shift")
    for given in [*shift.except_dates, *([shift.until] if shift.until else [])]:
        _date(given)
    if shift.recurrence:
        _check_recurrence(shift.recurrence, first)


def _check_recurrence(given: str, first: datetime) -> None:
    """One rule alone, whose expansion ends: the planning of everybody waits for it."""
    if len(given) > _RECURRENCE_CHARS:
        raise BadShift(f"A recurrence has at most {_RECURRENCE_CHARS} characters")
    wrong = BadShift(f"{given!r} is no recurrence, such as FREQ=WEEKLY;BYDAY=MO,TU")
    # A start of its own, a second rule or single dates would each be another line.
    name, _, rule = given.upper().rpartition(":")
    if name not in ("", "RRULE") or not given.isascii() or not given.isprintable():
        raise wrong
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if parts.get("FREQ") in _FREQUENT or any(one in parts for one in _TIMES_OF_DAY):
        raise BadShift("A shift recurs at most once a day")
    interval = parts.get("INTERVAL", "1")
    if not interval.isdigit() or int(interval) < 1:
        raise wrong
    try:
        found = rrulestr(given, dtstart=first)
    except (ValueError, TypeError) as error:
        raise wrong from error
    if found.after(first, inc=True) is None:
        raise BadShift(f"{given!r} has no day on which a shift begins")


def spans(shift: Shift, from_ts: int, to_ts: int) -> Iterator[Span]:
    """The days of a shift that touch [from, to), in their order."""
    zone = ZoneInfo(shift.tz)
    left_out = {_date(given) for given in shift.except_dates}
    last = _date(shift.until) if shift.until else date.max
    earliest = datetime.fromtimestamp((from_ts - LONGEST_MS) / 1000, zone).replace(tzinfo=None)
    latest = datetime.fromtimestamp(to_ts / 1000, zone).replace(tzinfo=None)
    # A day more on both sides: the zone may change between the two.
    for starts in _local(shift, earliest - timedelta(days=1), latest + timedelta(days=1)):
        if starts.date() in left_out or starts.date() > last:
            continue
        found = Span(_ms(starts, zone), _ms(starts + timedelta(minutes=shift.minutes), zone))
        if found.ends_ts > max(from_ts, found.starts_ts) and found.starts_ts < to_ts:
            yield found


def _local(shift: Shift, earliest: datetime, latest: datetime) -> list[datetime]:
    first = _starts(shift)
    if not shift.recurrence:
        return [first] if earliest <= first <= latest else []
    rule = rrulestr(shift.recurrence, dtstart=first)
    found: list[datetime] = rule.between(earliest, latest, inc=True)
    return found


def _ms(local: datetime, zone: ZoneInfo) -> int:
    return int(local.replace(tzinfo=zone).timestamp() * 1000)


def _starts(shift: Shift) -> datetime:
    try:
        found = datetime.fromisoformat(shift.starts)
    except ValueError as error:
        raise _no_local_time(shift.starts) from error
    if found.tzinfo is not None:
        raise BadShift("The start is local time: the zone is told apart")
    return found


def _no_local_time(given: str) -> BadShift:
    return BadShift(f"{given!r} is no local time, such as 2026-03-28T22:00")


def _date(given: object) -> date:
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        raise BadShift(f"{given!r} is no date, such as 2026-12-25") from error
