"""Two dispatchers take the same step at the same moment: it is taken once."""

from __future__ import annotations

import pytest
from django.db.models import F

from chatdesk.conversations import alarms, assignments, clock, deadlines, messages
from chatdesk.conversations.messages import Draft, Posted
from chatdesk.conversations.models import Alarm, Conversation, Event, Note, Seat
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import shift_steps
from chatdesk.shifts import duties
from chatdesk.shifts.models import Duty, Shift
from tests import builders, floor
from tests.races.test_two_writers import together

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


def test_a_deadline_is_kept_once() -> None:
    brand = builders.brand()
    for _ in range(ROUNDS):
        vera = builders.agent("Vera")
        conv = builders.conversation(brand).pk
        assignments.claim(vera, conv)
        Conversation.objects.update(
            owned_since_ts=F("owned_since_ts") - 95_000, prompted_ts=F("owned_since_ts")
        )
        together(*[lambda: deadlines.keep(conv)] * 3)
        assert Event.objects.filter(conversation=conv, kind="left").count() == 1
        assert Conversation.objects.get(pk=conv).state == "queued"
        assert floor.breaches() == []


def test_a_reply_and_the_return_at_once_leave_it_answered_or_queued() -> None:

    brand = builders.brand()
    for _ in range(ROUNDS):
        vera = builders.agent("Vera")
        conv = builders.conversation(brand).pk
        epoch = assignments.claim(vera, conv)
        Conversation.objects.filter(pk=conv).update(
            owned_since_ts=F("owned_since_ts") - 95_000, prompted_ts=clock.now_ms()
        )
        said, returned = together(
            lambda: messages.post(Draft(conv, vera, "c", "here I am", epoch=epoch)),
            lambda: deadlines.keep(conv),
        )
        row = Conversation.objects.get(pk=conv)
        # Whoever came first decides; the other sees what he left.
        assert (row.state == "active") == (returned is False)
        assert isinstance(said, Posted) or row.state == "queued"
        assert floor.breaches() == []


def test_a_duty_drains_and_ends_once() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(brand).pk
    assignments.claim(vera, conv)
    now = clock.now_ms()
    shift = Shift.objects.create(
        seat_id=vera.agent_id, tz="UTC", starts="2020-01-01T09:00", minutes=480
    )
    duty = Duty.objects.create(
        shift=shift,
        seat_id=vera.agent_id,
        state="running",
        starts_ts=now - 1_000,
        drains_ts=now - 1,
        ends_ts=now + 600_000,
    )
    sight = Sight(frozenset((vera.agent_id, iris.agent_id)), complete=True)
    together(*[lambda: shift_steps.keep_shifts(sight)] * 3)
    assert Note.objects.filter(conversation=conv, kind="flag").count() == 1
    Duty.objects.filter(pk=duty.pk).update(ends_ts=clock.now_ms() - 1)
    together(*[lambda: shift_steps.keep_shifts(sight)] * 3)
    # A step that found its row locked is taken again a second later.
    shift_steps.keep_shifts(sight)
    assert Conversation.objects.get(pk=conv).owner_id == iris.agent_id
    assert Event.objects.filter(conversation=conv, kind="transferred").count() == 1
    assert Duty.objects.get().state == "ended"
    assert Seat.objects.get(pk=vera.agent_id).status == "offline"
    assert floor.breaches() == []


def test_duties_are_planned_once() -> None:
    vera = builders.agent("Vera")
    Shift.objects.create(
        seat_id=vera.agent_id,
        tz="UTC",
        starts="2020-01-01T09:00",
        minutes=480,
        recurrence="FREQ=DAILY",
    )
    together(*[duties.plan] * 4)
    starts = list(Duty.objects.values_list("starts_ts", flat=True))
    assert len(starts) == len(set(starts)) > 0


def test_an_alarm_stands_once() -> None:
    for number in range(ROUNDS):
        together(*[lambda n=number: alarms.keep(alarms.SUSPICION, True, str(n))] * 4)
    assert Alarm.objects.filter(cleared_ts__isnull=True).count() == ROUNDS
