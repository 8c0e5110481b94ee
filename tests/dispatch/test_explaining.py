"""Supervisors can read why somebody was rung and why somebody waits."""

from __future__ import annotations

import json

import pytest

from agents import identity
from agents.models import Agent
from chatdesk.conversations import errors, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Offer
from chatdesk.delivery.presence import Sight
from chatdesk.delivery.protocol import codec
from chatdesk.dispatch import explaining, offering
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def _seen(*actors: Actor) -> Sight:
    return Sight(frozenset(actor.agent_id for actor in actors), complete=True)


def _excluded(part: dict) -> dict[str, list[str]]:
    return {one["reason"]: [who["alias"] for who in one["agents"]] for one in part["excluded"]}


def test_a_decision_keeps_who_was_free_and_why_the_others_were_not() -> None:
    brand = builders.brand()
    supervisor = builders.agent("Maud", role="supervisor", status="offline")
    vera, aino = builders.agent("Vera"), builders.agent("Aino", languages=("fi",))
    lost = builders.agent("Pim")
    builders.agent("Bram", status="away")
    conv = builders.conversation(brand, lang="nl").pk
    offering.offer_waiting(_seen(vera, aino))
    told = explaining.routing(supervisor, conv)
    (decision,) = told["decisions"]
    assert decision["agent"] == {"id": vera.id, "alias": "Vera"}
    assert [who["alias"] for who in decision["free"]] == ["Vera"]
    assert _excluded(decision) == {
        "language": ["Aino"],
        "away": ["Bram"],
        "offline": ["Maud"],
        "lost": [lost.alias],
    }
    assert decision["state"] == "offered"
    assert decision["why"]["least_loaded"]


def test_who_waits_is_told_why_by_the_rules_of_the_dispatcher() -> None:
    brand = builders.brand()
    supervisor = builders.agent("Maud", role="supervisor", status="offline")
    vera = builders.agent("Vera")
    conv = builders.conversation(brand, lang="fi").pk
    offering.offer_waiting(_seen(vera))
    told = explaining.routing(supervisor, conv)
    assert told["decisions"] == []
    assert told["waiting"]["free"] == []
    assert _excluded(told["waiting"]) == {"language": ["Vera"], "offline": ["Maud"]}


def test_who_declined_counts_as_asked() -> None:
    brand = builders.brand()
    supervisor = builders.agent("Maud", role="supervisor", status="offline")
    vera = builders.agent("Vera")
    conv = builders.conversation(brand).pk
    offering.offer_waiting(_seen(vera))
    offers.decline(vera, Offer.objects.get().pk, "lunch")
    told = explaining.routing(supervisor, conv)
    assert _excluded(told["waiting"])["asked"] == ["Vera"]
    assert told["decisions"][0]["reason"] == "lunch"


def test_an_agent_may_not_read_it_and_is_not_sent_it() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    builders.agent("Canary", status="away")
    conv = builders.conversation(brand).pk
    offering.offer_waiting(_seen(vera))
    with pytest.raises(errors.Forbidden):
        explaining.routing(vera, conv)
    offer = Offer.objects.select_related("conversation__brand", "conversation__player").get()
    assert offer.considered["excluded"]["away"]
    assert "excluded" not in codec.encode(offers.frame(offer))


def test_another_brands_conversation_does_not_exist() -> None:
    ours, theirs = builders.brand(), builders.brand()
    supervisor = builders.agent("Maud", role="supervisor", brands=(ours,))
    conv = builders.conversation(theirs).pk
    with pytest.raises(errors.NotFound):
        explaining.routing(supervisor, conv)


def test_colleagues_of_other_brands_are_not_named() -> None:
    ours, theirs = builders.brand(), builders.brand()
    supervisor = builders.agent("Maud", role="supervisor", status="offline", brands=(ours,))
    builders.agent("Vera", brands=(theirs,))
    builders.agent("Aino", languages=("fi",), brands=(ours,))
    conv = builders.conversation(ours).pk
    told = explaining.routing(supervisor, conv)
    assert _excluded(told["waiting"]) == {"language": ["Aino"], "offline": ["Maud"]}


def test_over_http(client) -> None:
    brand = builders.brand()
    supervisor = builders.agent("Maud", role="supervisor")
    vera = builders.agent("Vera")
    conv = builders.conversation(brand).pk

    def asked(actor: Actor, query: str) -> tuple[int, dict]:
        token = identity.create_token(Agent.objects.get(pk=actor.agent_id))
        headers = {"Authorization": f"Token {token}"}
        answer = client.get(f"/api/v1/staff/routing{query}", headers=headers)
        return answer.status_code, json.loads(answer.content)

    status, body = asked(supervisor, f"?conv={conv}")
    assert (status, body["state"]) == (200, "queued")
    assert {who["alias"] for who in body["waiting"]["free"]} == {"Maud", "Vera"}
    assert asked(vera, f"?conv={conv}")[0] == 403
    assert asked(supervisor, "")[1]["error"]["code"] == "bad_field"
    assert asked(supervisor, "?conv=nothing")[1]["error"]["code"] == "not_found"
