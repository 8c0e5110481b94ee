"""Opening hours: against a model that looks at the clock on the wall every minute, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from players import hours

DAY = timedelta(days=1)
WORKDAYS = {day: [["09:00", "17:00"]] for day in hours.DAYS[:5]}


def ms(written: str, zone: str = "UTC") -> int:
    """A time on the wall of a zone; of one that comes twice the first."""
    return int(datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def at(zone: str, **more: object) -> dict[str, object]:
    return {"": {"tz": zone, "week": {}, **more}}


# --- the model -----------------------------------------------------------------------------------------


def minutes(written: str) -> int:
    return int(written[:2]) * 60 + int(written[3:])


def begun_on(entry: dict, day: date) -> list[tuple[datetime, datetime]]:
    """What begins on a day, in the time of the wall."""
    if day.isoformat() in entry.get("closed", []):
        return []
    spans = entry.get("special", {}).get(
        day.isoformat(), entry["week"].get(hours.DAYS[day.weekday()])
    )
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # what the wall shows
    found = []
    for begins, ends in spans or []:
        length = minutes(ends) - minutes(begins)
        first = midnight + timedelta(minutes=minutes(begins))
        found.append((first, first + timedelta(minutes=length if length > 0 else length + 1440)))
    return found


def naive(entry: dict, from_ts: int, count: int) -> list[bool]:
    """For each minute whether it is open: the wall's clock, never going back, lies in a span."""
    zone = ZoneInfo(entry["tz"])
    # Long before, so that what the clocks showed last is known.
    start = datetime.fromtimestamp(from_ts / 1000, UTC) - 2 * DAY
    shown, found = datetime.min, []  # noqa: DTZ901
    spans: dict[date, list[tuple[datetime, datetime]]] = {}
    for number in range(count + 2 * 1440):
        now = start + timedelta(minutes=number)
        shown = max(shown, now.astimezone(zone).replace(tzinfo=None))
        if number < 2 * 1440:
            continue
        today = shown.date()
        for day in (today - DAY, today):
            if day not in spans:
                spans[day] = begun_on(entry, day)
        both = [*spans[today - DAY], *spans[today]]
        found.append(any(begins <= shown < ends for begins, ends in both))
    return found


@st.composite
def spans_of_a_day(draw: st.DrawFn) -> list[list[str]]:
    """Up to two, apart from each other; the last one may go past midnight."""
    marks = sorted(draw(st.lists(st.integers(0, 95), min_size=0, max_size=4, unique=True)))
    written = [f"{mark // 4:02}:{mark % 4 * 15:02}" for mark in marks]
    pairs = [list(pair) for pair in zip(written[::2], written[1::2], strict=False)]
    if len(written) % 2:
        first = written[0] if pairs else written[-1]
        last = draw(st.sampled_from(["24:00", "00:00", first]))
        if last != written[-1]:
            pairs.append([written[-1], last])
    return pairs


ZONES = st.sampled_from(
    # Clocks that change by an hour, by half of one, at midnight; one a quarter off; one that stands.
    [
        *("Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "America/Havana"),
        *("Asia/Beirut", "Asia/Kathmandu", "UTC"),
    ]
)
# The clocks change in all of these weeks somewhere.
MOMENTS = st.sampled_from(
    [
        "2026-03-07",
        "2026-03-28",
        "2026-04-04",
        "2026-10-03",
        "2026-10-24",
        "2026-10-31",
        "2026-07-01",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    zone=ZONES,
    day=MOMENTS,
    ahead=st.integers(0, 2 * 1440),
    week=st.fixed_dictionaries({}, optional={day: spans_of_a_day() for day in hours.DAYS}),
    closed=st.booleans(),
    special=st.none() | spans_of_a_day(),
)
def test_every_minute_is_as_the_clock_on_the_wall_says(zone, day, ahead, week, closed, special):
    entry: dict = {"tz": zone, "week": week}
    first = date.fromisoformat(day)
    if closed:
        entry["closed"] = [(first + 2 * DAY).isoformat()]
    if special is not None:
        entry["special"] = {(first + DAY).isoformat(): special}
    written = {"": hours.check({"": entry})[""]}
    now = ms(f"{day}T00:00") + ahead * 60_000
    expected = naive(entry, now, 9 * 1440)
    for number in range(0, 4 * 1440, 7):
        assert hours.is_open(written, "", now + number * 60_000) == expected[number]

    view = hours.week_view(written, "", now)
    shown = [
        any(begins <= now + number * 60_000 < ends for begins, ends in view)
        for number in range(7 * 1440)
    ]
    assert shown == expected[: 7 * 1440]
    assert all(one[1] < two[0] for one, two in pairwise(view))

    opens, closes = hours.next_open_ts(written, "", now), hours.closes_ts(written, "", now)
    if expected[0]:
        assert opens is None
        if False in expected:
            assert closes == now + expected.index(False) * 60_000
    else:
        assert closes is None
        if True in expected:
            assert opens == now + expected.index(True) * 60_000


# --- single facts --------------------------------------------------------------------------------------


def test_without_hours_it_is_always_open():
    now = ms("2026-11-25T03:00")
    for written in ({}, {"NL": {"tz": "Europe/Amsterdam", "week": {}}}):
        assert hours.is_open(written, "FI", now)
        assert hours.next_open_ts(written, "FI", now) is None
        assert hours.closes_ts(written, "FI", now) is None
        assert hours.week_view(written, "FI", now) == []


def test_each_market_has_its_own_hours_and_the_rest_the_common_ones():
    written = {
        "": {"tz": "Europe/Stockholm", "week": WORKDAYS},
        "FI": {"tz": "Europe/Helsinki", "week": WORKDAYS},
    }
    # 08:30 in Stockholm, 09:30 in Helsinki.
    now = ms("2026-11-25T07:30")
    assert hours.is_open(written, "FI", now)
    assert not hours.is_open(written, "NL", now)
    assert hours.next_open_ts(written, "NL", now) == ms("2026-11-25T08:00")


def test_a_weekend_is_slept_through():
    written = at("Europe/Helsinki", week=WORKDAYS)
    assert hours.next_open_ts(written, "", ms("2026-11-27T20:00")) == ms("2026-11-30T07:00")


def test_a_night_goes_on_into_a_closed_day():
    written = at("UTC", week={"thu": [["22:00", "06:00"]], "fri": [["22:00", "06:00"]]})
    written[""]["closed"] = ["2026-12-25"]
    assert hours.is_open(written, "", ms("2026-12-25T05:59"))
    assert not hours.is_open(written, "", ms("2026-12-25T06:00"))
    assert not hours.is_open(written, "", ms("2026-12-25T23:00"))


def test_nothing_opens_an_hour_late_when_the_clocks_go_forward():
    # 02:30 is left out in Stockholm on 29 March: whoever opens then opens at three.
    written = at("Europe/Stockholm", week={"sun": [["02:30", "05:00"]]})
    assert hours.next_open_ts(written, "", ms("2026-03-29T00:00")) == ms("2026-03-29T01:00")
    missing = at("Europe/Stockholm", week={"sun": [["02:10", "02:50"]]})
    assert hours.next_open_ts(missing, "", ms("2026-03-29T00:00")) == ms("2026-04-05T00:10")


def test_who_never_closes_has_no_closing_time():
    written = at("UTC", week={day: [["00:00", "24:00"]] for day in hours.DAYS})
    now = ms("2026-11-25T12:00")
    assert hours.closes_ts(written, "", now) is None
    written[""]["closed"] = ["2026-12-01"]
    assert hours.closes_ts(written, "", now) == ms("2026-12-01T00:00")
    assert hours.next_open_ts(written, "", ms("2026-12-01T12:00")) == ms("2026-12-02T00:00")


def test_who_never_opens_has_no_opening_time():
    now = ms("2026-11-25T12:00")
    assert hours.next_open_ts(at("UTC"), "", now) is None
    far = at("UTC", special={"2027-11-01": [["09:00", "10:00"]]})
    assert hours.next_open_ts(far, "", now) == ms("2027-11-01T09:00")


WRONG = {
    "[]": [],
    "market": {"N L": {"tz": "UTC", "week": {}}},
    "too long": {"NETHERLANDS": {"tz": "UTC", "week": {}}},
    "no entry": {"": None},
    "unknown key": {"": {"tz": "UTC", "week": {}, "holidays": []}},
    "no zone": {"": {"week": {}}},
    "bad zone": {"": {"tz": "Europe", "week": {}}},
    "a way out": {"": {"tz": "../UTC", "week": {}}},
    "no week": {"": {"tz": "UTC"}},
    "bad day": at("UTC", week={"monday": []}),
    "no spans": at("UTC", week={"mon": "09:00-17:00"}),
    "half a span": at("UTC", week={"mon": [["09:00"]]}),
    "short time": at("UTC", week={"mon": [["9:00", "17:00"]]}),
    "late time": at("UTC", week={"mon": [["09:00", "24:30"]]}),
    "begins at 24": at("UTC", week={"mon": [["24:00", "06:00"]]}),
    "a number": at("UTC", week={"mon": [[9, 17]]}),
    "a second line": at("UTC", week={"mon": [["09:00", "17:00\n"]]}),
    "empty": at("UTC", week={"mon": [["09:00", "09:00"]]}),
    "overlap": at("UTC", week={"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}),
    "closed is no list": at("UTC", closed={"2026-12-25": True}),
    "no date": at("UTC", closed=["25.12.2026"]),
    "no such date": at("UTC", closed=["2026-02-30"]),
    "special is no dict": at("UTC", special=[]),
    "bad special": at("UTC", special={"2026-12-24": [["09:00", "9"]]}),
    "both": at("UTC", closed=["2026-12-25"], special={"2026-12-25": []}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_used_is_refused_with_a_sentence(wrong):
    with pytest.raises(hours.BadHours) as caught:
        hours.check(wrong)
    assert len(str(caught.value)) > 15


def test_what_is_right_is_taken_as_it_is():
    written = at(
        "Europe/Helsinki",
        week={"mon": [["09:00", "12:00"], ["12:00", "24:00"]], "tue": [["22:00", "06:00"]]},
        closed=["2026-12-25"],
        special={"2026-12-24": []},
    )
    assert hours.check(written) is written
    assert hours.check({}) == {}
