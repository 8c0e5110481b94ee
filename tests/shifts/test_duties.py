"""Duties are written ahead, begin, drain and end; each step once, whoever steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chatdesk.conversations import assignments, clock, messages, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import Conversation, Event, Note, Offer, Seat, Team
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import shift_steps
from chatdesk.shifts import duties
from chatdesk.shifts.models import Duty, Shift
from tests import builders, floor

pytestmark = pytest.mark.django_db(transaction=True)

HOUR_MS = 3600_000


def _local(ts: int) -> str:
    return datetime.fromtimestamp(ts / 1000, UTC).strftime("%Y-%m-%dT%H:%M")


def _shift(of: Actor | None = None, *, in_hours: float = 1, **facts: Any) -> Shift:
    given: dict[str, Any] = {
        "seat_id": of.agent_id if of is not None else None,
        "tz": "UTC",
        "starts": _local(clock.now_ms() + int(in_hours * HOUR_MS)),
        "minutes": 480,
    }
    return Shift.objects.create(**{**given, **facts})


def _duty(of: Actor, *, ends_in_min: float, state: str = "running", drains: float = 15) -> Duty:
    now = clock.now_ms()
    ends_ts = now + int(ends_in_min * 60_000)
    return Duty.objects.create(
        shift=_shift(of, in_hours=-7),
        seat_id=of.agent_id,
        state=state,
        starts_ts=ends_ts - 8 * HOUR_MS,
        drains_ts=ends_ts - int(drains * 60_000),
        ends_ts=ends_ts,
    )


def _sight(*actors: Actor) -> Sight:
    return Sight(frozenset(actor.agent_id for actor in actors), complete=True)


def test_planned_two_days_ahead_and_only_once() -> None:
    vera = builders.agent("Vera")
    _shift(vera, recurrence="FREQ=DAILY")
    assert [duties.plan(), duties.plan()] == [2, 0]
    assert set(Duty.objects.values_list("state", flat=True)) == {"planned"}


def test_a_team_is_whoever_is_in_it() -> None:
    team = Team.objects.create(slug="night", name="Night")
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    builders.agent("Aino")
    Seat.objects.filter(pk__in=(vera.agent_id, iris.agent_id)).update(team=team)
    _shift(None, team=team)
    duties.plan()
    assert set(Duty.objects.values_list("seat", flat=True)) == {vera.agent_id, iris.agent_id}


def test_a_changed_shift_changes_what_has_not_begun() -> None:
    vera = builders.agent("Vera")
    shift = _shift(vera)
    duties.plan()
    Shift.objects.filter(pk=shift.pk).update(minutes=240)
    duties.plan()
    (duty,) = Duty.objects.all()
    assert duty.ends_ts - duty.starts_ts == 4 * HOUR_MS
    Shift.objects.filter(pk=shift.pk).update(until="2020-01-01")
    duties.plan()
    assert not Duty.objects.exists()


def test_a_changed_drain_changes_what_has_not_begun() -> None:
    vera = builders.agent("Vera")
    shift = _shift(vera)
    duties.plan()
    Shift.objects.filter(pk=shift.pk).update(drain_minutes=45)
    duties.plan()
    (duty,) = Duty.objects.all()
    assert duty.ends_ts - duty.drains_ts == 45 * 60_000


def test_one_shift_that_cannot_be_expanded_keeps_no_other_from_being_planned() -> None:
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    broken = _shift(vera)
    duties.plan()
    Shift.objects.filter(pk=broken.pk).update(tz="Mars/Olympus")
    _shift(iris)
    duties.plan()
    assert set(Duty.objects.values_list("seat", flat=True)) == {vera.agent_id, iris.agent_id}


def test_what_has_begun_goes_on_as_it_was_planned() -> None:
    vera = builders.agent("Vera")
    duty = _duty(vera, ends_in_min=60)
    Shift.objects.update(until="2020-01-01")
    duties.plan()
    assert Duty.objects.get(pk=duty.pk).state == "running"


def test_before_the_end_no_offers_come_and_each_open_chat_gets_a_note() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    assignments.claim(vera, conv)
    messages.post(Draft(conv, builders.as_actor(who), "1", "my secret question"))
    duty = _duty(vera, ends_in_min=14)
    shift_steps.keep_shifts(_sight(vera))
    assert Duty.objects.get(pk=duty.pk).state == "draining"
    waiting = builders.conversation(brand).pk
    assert offers.make(waiting, vera.agent_id, {}) is False
    (note,) = Note.objects.filter(conversation=conv)
    assert note.kind == "flag"
    assert note.facts is not None
    assert note.facts["handover"] is True
    assert (note.facts["ends_ts"], note.facts["waits_min"]) == (duty.ends_ts, 0)
    assert "secret" not in f"{note.body}{note.facts}"
    shift_steps.keep_shifts(_sight(vera))
    assert Note.objects.filter(conversation=conv).count() == 1


def test_whoever_goes_on_in_another_duty_does_not_drain() -> None:
    vera = builders.agent("Vera")
    duty = _duty(vera, ends_in_min=5)
    now = clock.now_ms()
    Duty.objects.create(
        shift=_shift(vera),
        seat_id=vera.agent_id,
        starts_ts=duty.ends_ts,
        drains_ts=now + 7 * HOUR_MS,
        ends_ts=now + 8 * HOUR_MS,
    )
    shift_steps.keep_shifts(_sight(vera))
    assert Seat.objects.get(pk=vera.agent_id).draining_since_ts is None
    Duty.objects.filter(pk=duty.pk).update(ends_ts=now - 1)
    Duty.objects.exclude(pk=duty.pk).update(starts_ts=now - 1)
    shift_steps.keep_shifts(_sight(vera))
    assert Duty.objects.get(pk=duty.pk).state == "ended"
    assert Seat.objects.get(pk=vera.agent_id).status == "available"


def _next_duty(of: Actor, *, from_min: float, to_min: float, **facts: Any) -> Duty:
    now = clock.now_ms()
    starts_ts, ends_ts = now + int(from_min * 60_000), now + int(to_min * 60_000)
    given = {"state": "planned", "drains_ts": ends_ts - 15 * 60_000, **facts}
    return Duty.objects.create(
        shift=_shift(of), seat_id=of.agent_id, starts_ts=starts_ts, ends_ts=ends_ts, **given
    )


def test_whoever_drains_in_the_next_duty_already_is_not_sent_home_by_the_last() -> None:
    """The dispatcher was away: by now the second of two duties in a row drains as well."""
    vera = builders.agent("Vera")
    conv = builders.conversation(builders.brand()).pk
    assignments.claim(vera, conv)
    first = _duty(vera, ends_in_min=-20)
    second = _next_duty(vera, from_min=-20, to_min=10)
    shift_steps.keep_shifts(_sight(vera))
    states = dict(Duty.objects.values_list("pk", "state"))
    assert states == {first.pk: "ended", second.pk: "draining"}
    seat = Seat.objects.get(pk=vera.agent_id)
    assert (seat.status, seat.draining_since_ts is None) == ("available", False)
    assert Conversation.objects.get(pk=conv).owner_id == vera.agent_id


def test_a_duty_that_ended_unseen_does_not_send_home_whoever_is_back_on_duty() -> None:
    """The dispatcher was away from before the end of the one until after the start of the other."""
    vera = builders.agent("Vera")
    conv = builders.conversation(builders.brand()).pk
    assignments.claim(vera, conv)
    _duty(vera, ends_in_min=-60)
    _next_duty(vera, from_min=-5, to_min=240)
    shift_steps.keep_shifts(_sight(vera))
    seat = Seat.objects.get(pk=vera.agent_id)
    assert (seat.status, seat.draining_since_ts) == ("available", None)
    assert Conversation.objects.get(pk=conv).owner_id == vera.agent_id
    assert Note.objects.count() == 0


def test_nobody_goes_home_with_a_conversation_that_he_took_at_the_last_moment() -> None:
    vera = builders.agent("Vera")
    duty = _duty(vera, ends_in_min=-1, state="draining")
    conv = builders.conversation(builders.brand()).pk
    assignments.claim(vera, conv)
    assert duties.end(duty.pk) is False
    assert Seat.objects.get(pk=vera.agent_id).status == "available"
    shift_steps.keep_shifts(_sight(vera))
    assert Conversation.objects.get(pk=conv).state == "queued"
    assert Seat.objects.get(pk=vera.agent_id).status == "offline"


def test_what_rings_at_the_end_rings_elsewhere() -> None:
    vera = builders.agent("Vera")
    conv = builders.conversation(builders.brand()).pk
    assert offers.make(conv, vera.agent_id, {})
    _duty(vera, ends_in_min=-1, drains=0)
    shift_steps.keep_shifts(_sight(vera))
    assert Offer.objects.get(conversation=conv).state == "withdrawn"
    assert floor.breaches() == []


@pytest.mark.parametrize("sight", [None, Sight(frozenset(), complete=False)])
def test_nobody_is_moved_while_we_do_not_see_who_is_there(sight: Sight | None) -> None:
    vera, convs, _ = _ending()
    shift_steps.keep_shifts(sight)
    assert Conversation.objects.filter(owner_id=vera.agent_id).count() == len(convs)
    assert Duty.objects.get().state == "draining"
    shift_steps.keep_shifts(_sight(vera))
    assert Duty.objects.get().state == "ended"


def test_what_was_waived_in_the_queue_is_not_asked_of_the_next_shift() -> None:
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(builders.brand()).pk
    Conversation.objects.update(skill="kyc", waived_ts=clock.now_ms())
    assignments.claim(vera, conv)
    _duty(vera, ends_in_min=-1, state="draining")
    shift_steps.keep_shifts(_sight(vera, iris))
    assert Conversation.objects.get(pk=conv).owner_id == iris.agent_id


def test_the_note_says_when_the_agent_last_wrote() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    conv = builders.conversation(brand).pk
    epoch = assignments.claim(vera, conv)
    messages.post(Draft(conv, vera, "1", "a line of the agent", epoch=epoch))
    Conversation.objects.update(last_agent_ts=clock.now_ms() - 7 * 60_000)
    _duty(vera, ends_in_min=14)
    shift_steps.keep_shifts(_sight(vera))
    note = Note.objects.get(conversation=conv)
    assert note.facts is not None
    assert note.facts["answered_min"] == 7
    assert "7 min ago" in str(note.body)
    assert "a line" not in f"{note.body}{note.facts}"


def _ending() -> tuple[Actor, list[str], dict[str, int]]:
    """Vera has three chats, and her duty is over."""
    brand = builders.brand()
    vera = builders.agent("Vera")
    convs = []
    for lang in ("nl", "nl", "fi"):
        conv = builders.conversation(brand, lang=lang).pk
        assignments.claim(vera, conv)
        convs.append(conv)
    _duty(vera, ends_in_min=-1, state="draining")
    Seat.objects.filter(pk=vera.agent_id).update(draining_since_ts=clock.now_ms())
    waits = dict(Conversation.objects.values_list("pk", "waiting_since_ts"))
    return vera, convs, waits


def test_at_the_end_the_next_shift_gets_what_it_can_take_and_the_rest_waits_as_before() -> None:
    vera, (first, second, finnish), waits = _ending()
    iris = builders.agent("Iris", languages=("nl",), capacity=1)
    shift_steps.keep_shifts(_sight(vera, iris))
    rows = {row.pk: row for row in Conversation.objects.all()}
    assert (rows[first].owner_id, rows[second].owner_id) == (iris.agent_id, None)
    assert [rows[conv].state for conv in (second, finnish)] == ["queued", "queued"]
    assert {pk: row.waiting_since_ts for pk, row in rows.items()} == waits
    handed = Event.objects.get(conversation=first, kind="transferred")
    assert handed.shown == {"to_alias": "Iris", "reason": "shift_end"}
    seat = Seat.objects.get(pk=vera.agent_id)
    assert (seat.status, seat.status_reason, seat.draining_since_ts) == (
        *("offline", "shift_end", None),
    )
    assert set(Duty.objects.values_list("state", flat=True)) == {"ended"}
    assert floor.breaches() == []


def test_whoever_died_half_way_is_finished_by_the_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vera, convs, _ = _ending()
    hand_over = assignments.hand_over
    done: list[str] = []

    def dies(conv: str, *more: Any) -> bool:
        if done:
            raise SystemExit
        done.append(conv)
        return hand_over(conv, *more)

    monkeypatch.setattr(assignments, "hand_over", dies)
    with pytest.raises(SystemExit):
        shift_steps.keep_shifts(_sight(vera))
    monkeypatch.undo()
    assert Duty.objects.get().state == "draining"
    shift_steps.keep_shifts(_sight(vera))
    assert Duty.objects.get().state == "ended"
    assert set(Conversation.objects.values_list("state", flat=True)) == {"queued"}
    assert len(convs) == Conversation.objects.count()


def test_a_new_duty_ends_the_drain() -> None:
    vera = builders.agent("Vera")
    Seat.objects.update(draining_since_ts=clock.now_ms())
    duty = _duty(vera, ends_in_min=400, state="planned")
    shift_steps.keep_shifts(_sight(vera))
    assert Duty.objects.get(pk=duty.pk).state == "running"
    assert Seat.objects.get(pk=vera.agent_id).draining_since_ts is None


def test_whoever_is_on_no_roster_is_never_drained() -> None:
    vera = builders.agent("Vera")
    duties.plan()
    shift_steps.keep_shifts(_sight(vera))
    assert Seat.objects.get(pk=vera.agent_id).status == "available"
