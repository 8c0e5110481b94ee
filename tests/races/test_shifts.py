"""Two dispatchers at the same shift at the same moment: planned once, drained once, handed over once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chatdesk.conversations import assignments, clock
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Conversation, Event, Note, Seat, Team
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import shift_steps
from chatdesk.shifts import duties
from chatdesk.shifts.models import Duty, Shift
from tests import builders, floor
from tests.races.test_two_writers import ROUNDS, together

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE_MS = 60_000


def _shift(starts_ts: int, minutes: int = 480, **facts: object) -> Shift:
    starts = datetime.fromtimestamp(starts_ts / 1000, UTC).strftime("%Y-%m-%dT%H:%M")
    return Shift.objects.create(tz="UTC", starts=starts, minutes=minutes, **facts)


def _on_duty(ends_in_min: int, state: str) -> tuple[Actor, list[str]]:
    """Vera has three conversations, and her duty ends at that time."""
    now = clock.now_ms()
    brand = builders.brand()
    vera = builders.agent("Vera")
    convs = [builders.conversation(brand, lang="nl").pk for _ in range(3)]
    for conv in convs:
        assignments.claim(vera, conv)
    Duty.objects.create(
        shift=_shift(now - 400 * MINUTE_MS, seat_id=vera.agent_id),
        seat_id=vera.agent_id,
        state=state,
        starts_ts=now - 400 * MINUTE_MS,
        drains_ts=now - MINUTE_MS,
        ends_ts=now + ends_in_min * MINUTE_MS,
    )
    return vera, convs


def test_two_who_plan_write_each_duty_once() -> None:
    team = Team.objects.create(slug="night", name="Night")
    for number in range(5):
        builders.agent(f"Agent{number}")
    Seat.objects.update(team=team)
    for turn in range(ROUNDS):
        _shift(clock.now_ms() + 60 * MINUTE_MS + turn, team=team, recurrence="FREQ=DAILY")
        together(duties.plan, duties.plan, duties.plan)
        assert Duty.objects.count() == 5 * 2 * (turn + 1)


def test_planning_anew_takes_nothing_from_whoever_begins() -> None:
    for _ in range(ROUNDS):
        Shift.objects.all().delete()
        vera = builders.agent("Vera")
        shift = _shift(clock.now_ms() - MINUTE_MS, seat_id=vera.agent_id)
        duties.plan()
        duty_id = Duty.objects.get().pk
        Shift.objects.filter(pk=shift.pk).update(minutes=240)

        def begin(of: int = duty_id) -> object:
            try:
                return duties.begin(of)
            except Duty.DoesNotExist:
                return "taken back"

        began, _planned = together(begin, duties.plan)
        (duty,) = Duty.objects.all()
        lasts = (duty.ends_ts - duty.starts_ts) // MINUTE_MS
        assert (began, duty.state, lasts) in (
            (True, "running", 480),
            ("taken back", "planned", 240),
            (False, "planned", 240),
        )


def test_two_who_drain_leave_one_note_in_each_conversation() -> None:
    for _ in range(ROUNDS):
        vera, convs = _on_duty(ends_in_min=10, state="running")
        sight = Sight(frozenset([vera.agent_id]), complete=True)
        together(*[lambda s=sight: shift_steps.keep_shifts(s) for _ in range(3)])
        assert Note.objects.filter(conversation__in=convs).count() == 3
        assert set(Note.objects.filter(conversation__in=convs).values_list("seq", flat=True)) == {1}
        assert Duty.objects.get(seat=vera.agent_id).state == "draining"


def test_two_who_end_hand_each_conversation_over_once() -> None:
    for _ in range(ROUNDS):
        Seat.objects.update(status="offline")
        vera, convs = _on_duty(ends_in_min=-1, state="draining")
        iris = builders.agent("Iris", capacity=2)
        sight = Sight(frozenset([vera.agent_id, iris.agent_id]), complete=True)
        for _turn in range(3):
            together(*[lambda s=sight: shift_steps.keep_shifts(s) for _ in range(3)])
        rows = Conversation.objects.filter(pk__in=convs)
        assert sorted(row.state for row in rows) == ["active", "active", "queued"]
        assert {row.owner_id for row in rows} == {iris.agent_id, None}
        for conv in convs:
            left = Event.objects.filter(conversation=conv, kind__in=("transferred", "left"))
            assert left.count() == 1
        seat = Seat.objects.get(pk=vera.agent_id)
        assert (seat.status, seat.status_reason) == ("offline", "shift_end")
        assert Duty.objects.get(seat=vera.agent_id).state == "ended"
        assert floor.breaches() == []
