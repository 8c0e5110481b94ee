"""Opening hours of a brand, per market. Pure: what is written, an instant, and what follows.

``{"<market>": {"tz": "Europe/Helsinki", "week": {"mon": [["09:00", "23:00"]], …},
"closed": ["2026-12-25"], "special": {"2026-12-24": [["09:00", "15:00"]]}}}``: the market "" stands for
every market without hours of its own; whoever has none of either is always open. A span belongs to the
day on which it begins, also past midnight ("22:00" to "06:00"), so a closed day still sees the end of
the evening before. "special" replaces the week on its day.

A span begins at the first moment at which the clock on the wall there has reached its beginning, and ends
likewise. So when clocks go forward nothing opens late, when they go back nothing opens twice, and spans
that follow each other never leave a hole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MS = 24 * 60 * 60 * 1000
WEEK_DAYS = 7
# Whoever does not close within so many days has no closing time worth telling.
CLOSES_DAYS = 14
# Whoever does not open within so many days is closed for good.
OPENS_DAYS = 400
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MARKET = re.compile(r"[A-Za-z0-9-]{0,10}\Z")
_DAY_MINUTES = 24 * 60
_KEYS = {"tz", "week", "closed", "special"}

Hours = Mapping[str, Any]
Span = tuple[int, int]


class BadHours(ValueError):
    """What was written cannot be used; the text says why, for the operator."""


# --- what follows ------------------------------------------------------------------------------------


def is_open(hours: Hours, market: str, now_ts: int) -> bool:
    entry = _of(hours, market)
    return entry is None or _now(entry, now_ts, 0) is not None


def closes_ts(hours: Hours, market: str, now_ts: int) -> int | None:
    """When it closes; None while it is closed, and when it stays open for two weeks and more."""
    entry = _of(hours, market)
    span = _now(entry, now_ts, CLOSES_DAYS + 1) if entry is not None else None
    if span is None or span[1] > now_ts + CLOSES_DAYS * DAY_MS:
        return None
    return span[1]


def next_open_ts(hours: Hours, market: str, now_ts: int) -> int | None:
    """When it opens; None while it is open, and when it does not open within a year."""
    entry = _of(hours, market)
    if entry is None:
        return None
    for begins, ends in _spans(entry, now_ts, OPENS_DAYS):
        if begins > now_ts:
            return begins
        if ends > now_ts:
            return None
    return None


def week_view(hours: Hours, market: str, now_ts: int) -> list[list[int]]:
    """The spans of the next seven days, in UTC: the one that is open now and those that begin within
    them, each whole. Empty for who is always open."""
    entry = _of(hours, market)
    if entry is None:
        return []
    until = now_ts + WEEK_DAYS * DAY_MS
    spans = _spans(entry, now_ts, WEEK_DAYS + 1)
    return [[begins, ends] for begins, ends in spans if ends > now_ts and begins < until]


def _of(hours: Hours, market: str) -> Hours | None:
    found: Hours | None = hours.get(market, hours.get(""))
    return found


def _now(entry: Hours, now_ts: int, days: int) -> Span | None:
    """The span that is open, joined with those that follow within so many days."""
    for begins, ends in _spans(entry, now_ts, days):
        if begins <= now_ts < ends:
            return begins, ends
        if begins > now_ts:
            break
    return None


def _spans(entry: Hours, now_ts: int, days: int) -> Iterator[Span]:
    """What begins between yesterday and so many days from now, there; ascending, and joined where one
    meets the next."""
    zone = ZoneInfo(entry["tz"])
    today = datetime.fromtimestamp(now_ts / 1000, zone).date()
    held: Span | None = None
    for offset in range(-1, days + 1):
        for begins, ends in _of_day(entry, today + timedelta(days=offset), zone):
            if held is None:
                held = begins, ends
            elif begins <= held[1]:
                held = held[0], max(held[1], ends)
            else:
                yield held
                held = begins, ends
    if held is not None:
        yield held


def _of_day(entry: Hours, day: date, zone: ZoneInfo) -> Iterator[Span]:
    name = day.isoformat()
    if name in entry.get("closed", ()):
        return
    written = entry.get("special", {}).get(name)
    if written is None:
        written = entry["week"].get(DAYS[day.weekday()], ())
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # what the wall shows
    for begins, ends in sorted(_minutes(span) for span in written):
        span = (
            _reached(midnight + timedelta(minutes=begins), zone),
            _reached(midnight + timedelta(minutes=ends), zone),
        )
        # One that lies in the hour that clocks leave out does not exist.
        if span[0] < span[1]:
            yield span


def _minutes(span: list[str]) -> tuple[int, int]:
    begins, ends = _minute(span[0]), _minute(span[1])
    return begins, ends if ends > begins else ends + _DAY_MINUTES


def _minute(written: str) -> int:
    return int(written[:2]) * 60 + int(written[3:])


def _reached(wall: datetime, zone: ZoneInfo) -> int:
    """The first moment at which the clock on the wall shows this, or has gone past it."""
    # Of a time that comes twice this is the first.
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        moment = _leap(wall, zone, moment)
    return int(moment.timestamp()) * 1000


def _leap(wall: datetime, zone: ZoneInfo, after: datetime) -> datetime:
    """When the clocks went past a time that they left out."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while (after - before) > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).replace(tzinfo=None) >= wall:
            after = middle
        else:
            before = middle
    return after


# --- whether it can be used --------------------------------------------------------------------------


def check(hours: Any) -> dict[str, Any]:
    """The hours as they were given; raises BadHours."""
    if not isinstance(hours, dict):
        raise BadHours('Opening hours are written as market to hours, such as {"": {"tz": …}}')
    for market, entry in hours.items():
        if not _MARKET.match(market):
            raise BadHours(f"{market!r} is no market: at most 10 letters, digits and hyphens")
        _check_entry(f"market {market!r}", entry)
    return hours


def _check_entry(where: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise BadHours(f'{where}: hours are written as {{"tz": …, "week": …}}')
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise BadHours(f"{where}: {unknown[0]!r} is unknown; there are {', '.join(sorted(_KEYS))}")
    zone = entry.get("tz")
    if not isinstance(zone, str) or zone not in available_timezones():
        raise BadHours(f"{where}: {zone!r} is no time zone; write it as Europe/Helsinki")
    week = entry.get("week")
    if not isinstance(week, dict):
        raise BadHours(f'{where}: a week is wanted, such as {{"mon": [["09:00", "23:00"]]}}')
    for day, spans in week.items():
        if day not in DAYS:
            raise BadHours(f"{where}: {day!r} is no day of the week; they are {', '.join(DAYS)}")
        _check_spans(f"{where}, {day}", spans)
    closed = entry.get("closed", [])
    if not isinstance(closed, list):
        raise BadHours(f'{where}: closed days are a list, such as ["2026-12-25"]')
    for day in closed:
        _check_date(where, day)
    special = entry.get("special", {})
    if not isinstance(special, dict):
        raise BadHours(
            f'{where}: special days are written as {{"2026-12-24": [["09:00", "15:00"]]}}'
        )
    for day, spans in special.items():
        _check_date(where, day)
        if day in closed:
            raise BadHours(f"{where}: {day} is both closed and special")
        _check_spans(f"{where}, {day}", spans)


def _check_date(where: str, written: Any) -> None:
    try:
        if isinstance(written, str) and _DATE.match(written):
            date.fromisoformat(written)
            return
    except ValueError:
        pass
    raise BadHours(f"{where}: {written!r} is no date; write it as 2026-12-25")


def _check_spans(where: str, spans: Any) -> None:
    if not isinstance(spans, list):
        raise BadHours(f'{where}: spans are a list, such as [["09:00", "23:00"]]')
    minutes = sorted(_check_span(where, span) for span in spans)
    for (_, ends), (begins, _) in pairwise(minutes):
        if begins < ends:
            raise BadHours(f"{where}: two spans overlap")


def _check_span(where: str, span: Any) -> tuple[int, int]:
    if not isinstance(span, list) or len(span) != 2:
        raise BadHours(f'{where}: a span is a beginning and an end, such as ["09:00", "23:00"]')
    for written, last in zip(span, (False, True), strict=True):
        is_time = isinstance(written, str) and (
            _TIME.match(written) or (last and written == "24:00")
        )
        if not is_time:
            raise BadHours(f"{where}: {written!r} is no time; write it as 09:00")
    if span[0] == span[1]:
        raise BadHours(f"{where}: a span ends where it begins; a whole day is 00:00 to 24:00")
    return _minutes(span)
