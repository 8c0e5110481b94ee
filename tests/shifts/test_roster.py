"""From a shift to its days, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.shifts.models import Shift
from chatdesk.shifts.roster import BadShift, Span, check, spans

AMSTERDAM = "Europe/Amsterdam"
HOUR_MS = 3600_000


def _shift(**facts: Any) -> Shift:
    given: dict[str, Any] = {
        "seat_id": 1,
        "tz": AMSTERDAM,
        "starts": "2026-03-02T09:00",
        "minutes": 480,
    }
    return Shift(**{**given, **facts})


def _ts(text: str, tz: str = AMSTERDAM) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).timestamp() * 1000)


def _days(shift: Shift, first: str, last: str) -> list[str]:
    zone = ZoneInfo(shift.tz)
    found = spans(shift, _ts(first, shift.tz), _ts(last, shift.tz))
    return [
        datetime.fromtimestamp(span.starts_ts / 1000, zone).strftime("%m-%dT%H:%M")
        for span in found
    ]


def test_once() -> None:
    assert _days(_shift(), "2026-03-01", "2026-04-01") == ["03-02T09:00"]


def test_on_some_days_of_each_week() -> None:
    shift = _shift(recurrence="FREQ=WEEKLY;BYDAY=MO,WE")
    assert _days(shift, "2026-03-01", "2026-03-12") == [
        *("03-02T09:00", "03-04T09:00", "03-09T09:00", "03-11T09:00"),
    ]


def test_every_second_week_from_its_first() -> None:
    shift = _shift(recurrence="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    assert _days(shift, "2026-03-01", "2026-04-01") == [
        *("03-02T09:00", "03-16T09:00", "03-30T09:00"),
    ]


def test_exceptions_and_the_last_day() -> None:
    shift = _shift(recurrence="FREQ=DAILY", except_dates=["2026-03-03"], until="2026-03-05")
    assert _days(shift, "2026-03-01", "2026-04-01") == [
        *("03-02T09:00", "03-04T09:00", "03-05T09:00"),
    ]


@pytest.mark.parametrize(
    ("night", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-06", 8)]
)
def test_a_night_lasts_as_the_clock_on_the_wall_says(night: str, hours: int) -> None:
    (span,) = spans(_shift(starts=f"{night}T22:00"), 0, 2**42)
    assert (span.ends_ts - span.starts_ts) // HOUR_MS == hours
    ends = datetime.fromtimestamp(span.ends_ts / 1000, ZoneInfo(AMSTERDAM))
    assert (ends.hour, ends.minute) == (6, 0)


def test_a_start_that_the_clock_leaves_out_is_as_far_after_the_change() -> None:
    (span,) = spans(_shift(starts="2026-03-29T02:30"), 0, 2**42)
    assert datetime.fromtimestamp(span.starts_ts / 1000, UTC).strftime("%H:%M") == "01:30"


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    (span,) = spans(_shift(starts="2026-10-25T02:30"), 0, 2**42)
    assert datetime.fromtimestamp(span.starts_ts / 1000, UTC).strftime("%H:%M") == "00:30"


def test_one_that_the_change_swallows_does_not_take_place() -> None:
    for start, minutes in (("02:30", 60), ("02:45", 30)):
        assert list(spans(_shift(starts=f"2026-03-29T{start}", minutes=minutes), 0, 2**42)) == []


def test_one_that_runs_already_is_found() -> None:
    shift = _shift(starts="2026-03-02T22:00")
    assert list(spans(shift, _ts("2026-03-03T01:00"), _ts("2026-03-03T02:00")))


@given(
    tz=st.sampled_from((AMSTERDAM, "Europe/Helsinki", "America/New_York", "UTC")),
    day=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    hour=st.integers(0, 23),
    minutes=st.integers(30, 960),
    every=st.integers(1, 5),
    window=st.tuples(st.integers(0, 400), st.integers(1, 15)),
)
def test_the_days_are_those_that_counting_days_finds(
    tz: str, day: date, hour: int, minutes: int, every: int, window: tuple[int, int]
) -> None:
    starts = datetime.fromisoformat(f"{day}T{hour:02}:00")
    shift = _shift(
        tz=tz,
        starts=starts.isoformat(),
        minutes=minutes,
        recurrence=f"FREQ=DAILY;INTERVAL={every}",
    )
    from_ts = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000) + window[0] * 24 * HOUR_MS
    to_ts = from_ts + window[1] * 24 * HOUR_MS
    zone = ZoneInfo(tz)
    naive = []
    for number in range(0, 800, every):
        at = starts + timedelta(days=number)
        span = Span(
            int(at.replace(tzinfo=zone).timestamp() * 1000),
            int((at + timedelta(minutes=minutes)).replace(tzinfo=zone).timestamp() * 1000),
        )
        if span.ends_ts > max(from_ts, span.starts_ts) and span.starts_ts < to_ts:
            naive.append(span)
    found = list(spans(shift, from_ts, to_ts))
    assert found == naive
    assert all(span.starts_ts < span.ends_ts for span in found)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"seat_id": None}, "one of the two"),
        ({"team_id": 1}, "one of the two"),
        ({"tz": "Mars/Olympus"}, "no time zone"),
        ({"tz": "../etc/passwd"}, "no time zone"),
        ({"starts": "tomorrow"}, "no local time"),
        ({"starts": "2026-03-02T09:00+01:00"}, "zone is told apart"),
        ({"minutes": 10}, "30 to 960"),
        ({"drain_minutes": 500}, "at most as long"),
        ({"recurrence": "every day"}, "no recurrence"),
        ({"recurrence": "FREQ=HOURLY"}, "at most once a day"),
        ({"recurrence": "FREQ=DAILY;BYHOUR=9,17"}, "at most once a day"),
        ({"recurrence": "FREQ=DAILY;BYSECOND=0,1"}, "at most once a day"),
        ({"recurrence": "FREQ=DAILY;INTERVAL=0"}, "no recurrence"),
        ({"recurrence": "FREQ=DAILY;INTERVAL=-1"}, "no recurrence"),
        ({"recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "no day"),
        ({"recurrence": "DTSTART:20260302T090000Z\nRRULE:FREQ=DAILY"}, "no recurrence"),
        ({"recurrence": "FREQ=DAILY\nRDATE:20260305T100000"}, "no recurrence"),
        ({"recurrence": "FREQ=DAILY;" + "BYDAY=" + ",".join(["MO"] * 80)}, "200 characters"),
        ({"starts": "2026-03-02T09:00:00"}, "no local time"),
        ({"starts": "0001-01-01T09:00"}, "2000 to 2099"),
        ({"except_dates": ["Christmas"]}, "no date"),
        ({"until": "2026-02-30"}, "no date"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_a_sentence(facts: dict[str, Any], says: str) -> None:
    with pytest.raises(BadShift, match=says):
        check(_shift(**facts))


def test_what_can_be_planned_is_not_refused() -> None:
    check(_shift(recurrence="FREQ=WEEKLY;BYDAY=MO", except_dates=["2026-12-25"]))
