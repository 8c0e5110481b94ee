"""Desks as they are read: what belongs to whom, and in how many queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import desk
from chatdesk.conversations import assignments, clock, messages, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import Brand, Conversation
from chatdesk.delivery.protocol.frames import Desk
from chatdesk.shifts import duties
from chatdesk.shifts.models import Duty, Shift
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def _owned(brand: Brand, agent: Actor, name: str) -> str:
    who = builders.player(brand, name)
    conv = builders.conversation(brand, who).pk
    messages.post(Draft(conv, builders.as_actor(who), f"c-{conv}", "hello"))
    assignments.claim(agent, conv)
    return conv


def test_each_desk_holds_its_own_chats_offers_and_queue() -> None:
    aurora, northlight = builders.brand(), builders.brand()
    vera = builders.agent("Vera", brands=(aurora,))
    iris = builders.agent("Iris", brands=(northlight,))
    mine, theirs = _owned(aurora, vera, "Sanne"), _owned(northlight, iris, "Mika")
    rung, waiting = builders.conversation(aurora).pk, builders.conversation(northlight).pk
    offers.make(rung, vera.agent_id, {})
    desks = desk.build([vera.agent_id, iris.agent_id])
    own, other = desks[vera.agent_id], desks[iris.agent_id]
    assert [(chat.conv, chat.unread) for chat in own.chats] == [(mine, 1)]
    assert [chat.conv for chat in other.chats] == [theirs]
    assert [offer.conv for offer in own.offers] == [rung]
    assert other.offers == []
    assert [(row.conv, row.offered) for row in own.waiting.chats] == [(rung, True)]
    assert [(row.conv, row.offered) for row in other.waiting.chats] == [(waiting, False)]


def test_a_desk_of_nobody_is_none() -> None:
    assert desk.build([4_711]) == {}


def test_many_desks_cost_as_many_queries_as_one() -> None:
    brand = builders.brand()
    agents = [builders.agent(f"Agent{number}", brands=(brand,)) for number in range(6)]
    for number, agent in enumerate(agents):
        _owned(brand, agent, f"Player{number}")

    def queries(many: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(desk.build([agent.agent_id for agent in agents[:many]])) == many
        return len(seen)

    assert queries(6) == queries(1)


def test_places_are_counted_by_weight_and_ringing_counts() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", capacity=4, brands=(brand,))
    heavy = builders.conversation(brand)
    Conversation.objects.filter(pk=heavy.pk).update(weight=3)
    waiting = builders.conversation(brand)
    assert [row.weight for row in _desk(vera).waiting.chats] == [3, 1]
    assignments.claim(vera, heavy.pk)
    assert (_desk(vera).load, [chat.weight for chat in _desk(vera).chats]) == (3, [3])
    offers.make(waiting.pk, vera.agent_id, {})
    assert (_desk(vera).load, _desk(vera).capacity) == (4, 4)


def test_a_chat_that_owes_a_first_reply_says_when_it_goes_back() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", brands=(brand,))
    conv = _owned(brand, vera, "Sanne")
    since = Conversation.objects.get(pk=conv).owned_since_ts
    (chat,) = _desk(vera).chats
    assert (chat.answered, chat.warn_ts) == (False, since + brand.warn_seconds * 1000)
    assert chat.reply_due_ts == since + brand.first_reply_seconds * 1000
    messages.post(Draft(conv, vera, "reply", "here I am", epoch=1))
    (chat,) = _desk(vera).chats
    assert (chat.answered, chat.warn_ts, chat.reply_due_ts) == (True, None, None)


@pytest.mark.parametrize(
    ("of_brand", "of_chat"), [({"first_reply_seconds": 0}, {}), ({}, {"channel": "message"})]
)
def test_no_countdown_where_nothing_goes_back(of_brand: dict, of_chat: dict) -> None:
    brand = builders.brand()
    Brand.objects.filter(pk=brand.pk).update(**of_brand)
    vera = builders.agent("Vera", brands=(brand,))
    conv = _owned(brand, vera, "Sanne")
    Conversation.objects.filter(pk=conv).update(**of_chat)
    assert [chat.reply_due_ts for chat in _desk(vera).chats] == [None]


def test_a_desk_says_when_its_shift_ends_and_that_nothing_new_comes() -> None:
    vera = builders.agent("Vera")
    assert (_desk(vera).draining_since_ts, _desk(vera).shift_ends_ts) == (None, None)
    now = clock.now_ms()
    shift = Shift.objects.create(
        seat_id=vera.agent_id, tz="UTC", starts="2026-01-01T08:00", minutes=480
    )
    duty = Duty.objects.create(
        shift=shift,
        seat_id=vera.agent_id,
        state="running",
        starts_ts=now - 1000,
        drains_ts=now,
        ends_ts=now + 900_000,
    )
    duties.drain(duty.pk)
    desk_now = _desk(vera)
    assert desk_now.shift_ends_ts == now + 900_000
    assert desk_now.draining_since_ts is not None


def _desk(agent: Actor) -> Desk:
    return desk.build([agent.agent_id])[agent.agent_id]
