"""Where nobody is planned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Seat
from chatdesk.shifts.coverage import HOUR_MS, Hole, coverage
from chatdesk.shifts.models import Shift
from tests import builders

pytestmark = pytest.mark.django_db

MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)


def _works(of: Actor, start: str, minutes: int, **more: Any) -> None:
    facts = {"tz": "UTC", "recurrence": "FREQ=DAILY", **more}
    Shift.objects.create(seat_id=of.agent_id, starts=start, minutes=minutes, **facts)


def _hole(lang: str, skill: str, first: int, last: int) -> Hole:
    return Hole(lang, skill, MONDAY + first * HOUR_MS, MONDAY + last * HOUR_MS)


def test_nights_without_player_safety_are_holes() -> None:
    day = builders.agent("Vera", languages=("nl",), skills=("player_safety",))
    night = builders.agent("Iris", languages=("nl",))
    _works(day, "2026-03-01T08:00", 960)
    _works(night, "2026-03-01T00:00", 480)
    found = coverage(MONDAY, 24, ["nl"])
    assert found.planned["nl", ""] == [1] * 24
    assert found.planned["nl", "player_safety"] == [0] * 8 + [1] * 16
    assert found.holes == [_hole("nl", "player_safety", 0, 8)]


def test_a_language_that_nobody_speaks_is_one_hole() -> None:
    vera = builders.agent("Vera", languages=("nl",))
    _works(vera, "2026-03-01T08:00", 60)
    found = coverage(MONDAY, 24, ["fi"], skills=("",))
    assert found.holes == [_hole("fi", "", 0, 24)]


def test_half_an_hour_covers_no_hour_and_back_to_back_does() -> None:
    vera = builders.agent("Vera", languages=("nl",))
    _works(vera, "2026-03-01T08:30", 60)
    assert sum(coverage(MONDAY, 24, ["nl"], skills=("",)).planned["nl", ""]) == 0
    _works(vera, "2026-03-01T09:30", 60)
    assert sum(coverage(MONDAY, 24, ["nl"], skills=("",)).planned["nl", ""]) == 1


def test_a_certificate_covers_the_hours_that_it_outlasts_and_no_other() -> None:
    vera = builders.agent("Vera", languages=("nl",), skills=("player_safety",))
    _works(vera, "2026-03-01T08:00", 240)
    ends = MONDAY + 10 * HOUR_MS
    Seat.objects.update(skills_until={"player_safety": ends})
    found = coverage(MONDAY, 24, ["nl"], skills=("player_safety",))
    assert found.planned["nl", "player_safety"][8:12] == [1, 1, 0, 0]
    assert found.expiring == [(vera.agent_id, "player_safety", ends)]
    Seat.objects.update(skills_until={"player_safety": ends - 1})
    sooner = coverage(MONDAY, 24, ["nl"], skills=("player_safety",))
    assert sooner.planned["nl", "player_safety"][8:12] == [1, 0, 0, 0]


def test_a_certificate_that_has_expired_before_the_span_is_none() -> None:
    vera = builders.agent("Vera", languages=("nl",), skills=("player_safety",))
    _works(vera, "2026-03-01T20:00", 720)
    Seat.objects.update(skills_until={"player_safety": MONDAY - HOUR_MS})
    found = coverage(MONDAY, 24, ["nl"])
    assert found.planned["nl", ""][20:] == [1] * 4
    assert found.holes[-1] == _hole("nl", "player_safety", 0, 24)
    assert found.expiring == []


def test_who_has_left_and_who_serves_other_brands_is_not_counted() -> None:
    ours, theirs = builders.brand(), builders.brand()
    gone = builders.agent("Vera", languages=("nl",), brands=(ours,))
    elsewhere = builders.agent("Iris", languages=("nl",), brands=(theirs,))
    Seat.objects.get(pk=gone.agent_id).agent.__class__.objects.filter(pk=gone.agent_id).update(
        is_active=False
    )
    for one in (gone, elsewhere):
        _works(one, "2026-03-01T08:00", 60)
    assert sum(coverage(MONDAY, 24, ["nl"], brands=[ours.pk]).planned["nl", ""]) == 0
