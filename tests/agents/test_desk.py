"""Desks as they are read: what belongs to whom, and in how many queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import desk
from chatdesk.conversations import assignments, messages, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import Brand
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
