"""What becomes of a conversation when a deadline is over."""

from __future__ import annotations

import pytest
from django.db.models import F

from chatdesk.conversations import assignments, deadlines, lifecycle, messages, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import (
    Alarm,
    Assignment,
    Conversation,
    Event,
    Note,
    Offer,
    Seat,
)
from players.models import Player
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


class Ageing:
    """Time that passes for the rows: everything in them is that much longer ago."""

    def forward(self, seconds: float) -> None:
        ms = int(seconds * 1000)
        Conversation.objects.update(**{name: F(name) - ms for name in _OF_CONVERSATIONS})
        Assignment.objects.update(wrap_up_ts=F("wrap_up_ts") - ms)


_OF_CONVERSATIONS = (
    *("opened_ts", "waiting_since_ts", "rank_ts", "unanswered_since_ts", "first_reply_ts"),
    *("owned_since_ts", "last_player_ts", "last_agent_ts", "prompted_ts", "due_ts"),
)


@pytest.fixture
def time() -> Ageing:
    return Ageing()


class Chat:
    """A conversation that Vera took, and its two sides."""

    def __init__(self, lang: str = "en", **brand: object) -> None:
        self.brand = builders.brand()
        for name, value in brand.items():
            setattr(self.brand, name, value)
        self.brand.save()
        self.player: Player = builders.player(self.brand)
        self.conv = builders.conversation(self.brand, self.player, lang=lang).pk
        self.vera = builders.agent("Vera")
        self.epoch = assignments.claim(self.vera, self.conv)
        self._said = 0

    @property
    def row(self) -> Conversation:
        return Conversation.objects.get(pk=self.conv)

    def says(self, actor: Actor, body: str = "hello") -> None:
        self._said += 1
        messages.post(Draft(self.conv, actor, f"m{self._said}", body, epoch=self.epoch))

    def player_says(self) -> None:
        self.says(builders.as_actor(self.player))

    def agent_says(self) -> None:
        self.says(self.vera)


def _keep() -> list[str]:
    reached = deadlines.reached(10)
    for conv in reached:
        deadlines.keep(conv)
    return reached


def test_taken_and_not_answered_warns_and_then_goes_back_to_the_head(time: Ageing) -> None:
    chat = Chat()
    time.forward(59)
    assert _keep() == []
    time.forward(1)
    assert _keep() == [chat.conv]
    (flag,) = Note.objects.filter(conversation=chat.conv)
    assert (flag.kind, flag.facts) == ("flag", {"first_reply": "late"})
    assert chat.row.owner_id == chat.vera.agent_id
    time.forward(30)
    since = chat.row.waiting_since_ts
    assert _keep() == [chat.conv]
    row = chat.row
    assert (row.state, row.waiting_since_ts) == ("queued", since)
    left = Event.objects.get(conversation=chat.conv, kind="left")
    assert left.shown == {"reason": "no_reply"}
    assert Assignment.objects.get(conversation=chat.conv).end_reason == "no_reply"


def test_answered_in_time_is_left_alone(time: Ageing) -> None:
    chat = Chat()
    time.forward(30)
    chat.agent_says()
    time.forward(100)
    assert _keep() == []
    assert chat.row.owner_id == chat.vera.agent_id


def test_silent_player_is_asked_in_his_language_and_then_it_is_closed(time: Ageing) -> None:
    chat = Chat(lang="nl")
    chat.player_says()
    chat.agent_says()
    time.forward(180)
    _keep()
    asked = Event.objects.filter(conversation=chat.conv).latest("seq")
    assert (asked.kind, asked.role, asked.alias) == ("message", "system", "")
    assert asked.body
    assert chat.row.unanswered_since_ts is None
    time.forward(180)
    _keep()
    row = chat.row
    assert (row.state, row.close_reason) == ("closed", deadlines.SILENT)
    closed = Event.objects.get(conversation=chat.conv, kind="closed")
    assert closed.shown == {"by": "system"}


def test_player_who_speaks_again_is_not_closed(time: Ageing) -> None:
    chat = Chat()
    chat.agent_says()
    time.forward(180)
    _keep()
    chat.player_says()
    time.forward(400)
    _keep()
    assert chat.row.state == "active"


def test_both_silent_sleeps_and_frees_its_place(time: Ageing) -> None:
    chat = Chat(nudge_seconds=0, silence_seconds=0)
    chat.player_says()
    chat.agent_says()
    assert Seat.objects.get(pk=chat.vera.agent_id).load == 1
    time.forward(600)
    _keep()
    assert (chat.row.sleeping, chat.row.owner_id) == (True, chat.vera.agent_id)
    assert Seat.objects.get(pk=chat.vera.agent_id).load == 0


def _asleep(time: Ageing, capacity: int = 1) -> Chat:
    chat = Chat(nudge_seconds=0, silence_seconds=0)
    Seat.objects.filter(pk=chat.vera.agent_id).update(capacity=capacity)
    chat.agent_says()
    time.forward(600)
    _keep()
    time.forward(1)
    return chat


def test_sleeping_wakes_when_the_player_speaks(time: Ageing) -> None:
    chat = _asleep(time)
    chat.player_says()
    _keep()
    assert chat.row.sleeping is False
    held = Assignment.objects.get(conversation=chat.conv)
    assert (held.slot, held.forced) == (0, False)
    assert Seat.objects.get(pk=chat.vera.agent_id).load == 1


def test_waking_may_exceed_the_capacity_by_one(time: Ageing) -> None:
    chat = _asleep(time)
    assignments.claim(chat.vera, builders.conversation(chat.brand).pk)
    chat.player_says()
    _keep()
    held = Assignment.objects.get(conversation=chat.conv)
    assert (held.slot, held.forced) == (None, True)
    assert Seat.objects.get(pk=chat.vera.agent_id).load == 2


def test_waking_beyond_that_goes_to_whoever_has_room(time: Ageing) -> None:
    first = _asleep(time)
    second_player = builders.player(first.brand)
    second = builders.conversation(first.brand, second_player).pk
    epoch = assignments.claim(first.vera, second)
    messages.post(Draft(second, first.vera, "x", "hi", epoch=epoch))
    time.forward(600)
    _keep()
    time.forward(1)
    assignments.claim(first.vera, builders.conversation(first.brand).pk)
    first.player_says()
    _keep()
    messages.post(Draft(second, builders.as_actor(second_player), "y", "back again"))
    _keep()
    row = Conversation.objects.get(pk=second)
    assert (row.state, row.sleeping) == ("queued", False)
    assert Event.objects.filter(conversation=second, kind="left").latest("seq").shown == {
        "reason": "full"
    }


def test_wrap_up_keeps_the_place_from_offers_for_a_moment(time: Ageing) -> None:
    chat = Chat(wrap_up_seconds=20)
    Seat.objects.filter(pk=chat.vera.agent_id).update(capacity=1)
    lifecycle.close(chat.vera, chat.conv, epoch=chat.epoch)
    following = builders.conversation(chat.brand).pk
    assert offers.make(following, chat.vera.agent_id, {}) is False
    time.forward(20)
    assert deadlines.free_places(10) == [chat.vera.agent_id]
    deadlines.end_wrap_up(chat.vera.agent_id)
    assert deadlines.free_places(10) == []
    assert offers.make(following, chat.vera.agent_id, {}) is True


def test_saying_available_ends_the_wrap_up(time: Ageing) -> None:
    chat = Chat(wrap_up_seconds=20)
    lifecycle.close(chat.vera, chat.conv, epoch=chat.epoch)
    assert Seat.objects.get(pk=chat.vera.agent_id).load == 1
    lifecycle.declare(chat.vera, chat.vera.agent_id, "available", None)
    assert Seat.objects.get(pk=chat.vera.agent_id).load == 0


def test_taking_over_is_held_to_no_first_reply(time: Ageing) -> None:
    chat = Chat()
    maud = builders.agent("Maud", role="supervisor")
    assignments.takeover(maud, chat.conv)
    time.forward(1_000)
    _keep()
    assert chat.row.owner_id == maud.agent_id


def test_kept_twice_acts_once(time: Ageing) -> None:
    chat = Chat()
    time.forward(60)
    assert [deadlines.keep(chat.conv), deadlines.keep(chat.conv)] == [True, False]
    assert Note.objects.filter(conversation=chat.conv).count() == 1


def test_three_misses_raise_an_alarm_that_coming_back_clears() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    other = builders.conversation(brand).pk
    for _ in range(3):
        conv = builders.conversation(brand).pk
        offers.make(conv, vera.agent_id, {})
        if _ == 2:
            offers.make(other, vera.agent_id, {})
        offers.expire(Offer.objects.get(conversation=conv).pk)
    seat = Seat.objects.get(pk=vera.agent_id)
    assert (seat.status, seat.status_reason) == ("away", "missed")
    alarm = Alarm.objects.get(kind="missed", cleared_ts__isnull=True)
    assert (alarm.about, alarm.facts) == (vera.id, {"alias": "Vera"})
    assert Offer.objects.get(conversation=other).state == "withdrawn"
    lifecycle.declare(vera, vera.agent_id, "available", None)
    assert not Alarm.objects.filter(cleared_ts__isnull=True).exists()
