"""The staff's HTTP side: tickets, prepared answers, the roster, and their refusals."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from agents import identity
from agents.models import Agent, CannedResponse, CannedText
from chatdesk.conversations import assignments
from tests import builders
from tests.agents.people import PASSWORD, hire

pytestmark = pytest.mark.django_db(transaction=True)
TICKETS, CANNED, ROSTER = (f"/api/v1/staff/{name}" for name in ("tickets", "canned", "roster"))


def _code(answer) -> str:
    return json.loads(answer.content)["error"]["code"]


def _key(agent: Agent) -> dict[str, str]:
    return {"Authorization": f"Token {identity.create_token(agent)}"}


def _response(shortcut: str, **texts: str) -> CannedResponse:
    row = CannedResponse.objects.create(shortcut=shortcut)
    for lang, body in texts.items():
        CannedText.objects.create(response=row, lang=lang, title=f"Title {lang}", body=body)
    return row


def test_a_token_gets_a_ticket(client):
    agent = hire()
    answer = client.post(TICKETS, "{}", "application/json", headers=_key(agent))
    assert answer.status_code == 201
    assert set(answer.json()) == {"ticket", "expires_ts"}
    facts = identity.redeem(answer.json()["ticket"])
    assert facts is not None
    assert facts.token_hash
    assert not facts.browser_session


def test_a_body_is_not_needed(client):
    assert client.generic("POST", TICKETS, headers=_key(hire())).status_code == 201


def test_a_signed_in_browser_needs_the_csrf_token():
    agent = hire()
    client = Client(enforce_csrf_checks=True)
    assert client.login(username=agent.username, password=PASSWORD)
    refused = client.generic("POST", TICKETS)
    assert refused.status_code == 403
    assert _code(refused) == "forbidden"
    client.get("/login/")
    page = client.get("/login/")
    assert page.status_code == 302
    client.cookies["csrftoken"] = "a" * 32
    answer = client.generic("POST", TICKETS, headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 201
    facts = identity.redeem(answer.json()["ticket"])
    assert facts is not None
    assert facts.browser_session == client.session.session_key


def test_a_token_needs_no_csrf():
    answer = Client(enforce_csrf_checks=True).generic("POST", TICKETS, headers=_key(hire()))
    assert answer.status_code == 201


@pytest.mark.parametrize("url", [TICKETS, CANNED, ROSTER])
@pytest.mark.parametrize("header", ["", "Token", "Token nothing", "Token \xe9", "Basic eDp5"])
def test_nobody_gets_nothing(client, url, header):
    call = client.post if url == TICKETS else client.get
    answer = call(url, headers={"Authorization": header})
    assert answer.status_code == 401
    assert _code(answer) == "not_authenticated"


def test_a_disabled_person_gets_nothing(client):
    agent = hire()
    key = _key(agent)
    Agent.objects.update(is_active=False)
    assert client.post(TICKETS, headers=key).status_code == 401


def test_whoever_has_no_seat_gets_no_ticket(client):
    agent = Agent.objects.create(username="root", role="admin")
    answer = client.post(TICKETS, headers=_key(agent))
    assert answer.status_code == 403
    assert _code(answer) == "forbidden"


@pytest.mark.parametrize(
    ("body", "code"),
    [('{"agent": 1}', "bad_field"), ("[]", "bad_request"), ("{", "bad_request")],
)
def test_a_ticket_takes_no_fields(client, body, code):
    answer = client.post(TICKETS, body, "application/json", headers=_key(hire()))
    assert answer.status_code == 400
    assert _code(answer) == code


def test_other_methods_are_not_allowed(client):
    key = _key(hire())
    assert _code(client.get(TICKETS, headers=key)) == "method_not_allowed"
    assert _code(client.post(CANNED, headers=key)) == "method_not_allowed"
    assert _code(client.delete(ROSTER, headers=key)) == "method_not_allowed"


def _served(lang: str = "en", **fields: str):
    brand = builders.brand("aurora")
    agent = hire()
    actor = identity.actor(agent)
    conv = builders.conversation(brand, lang=lang)
    conv.fields = fields
    conv.save()
    assignments.claim(actor, conv.pk)
    return agent, conv


def test_responses_come_in_the_conversations_language(client):
    agent, conv = _served("nl", withdrawal_id="W-1")
    row = _response("wd", nl="Beste {{player_name}}", en="Dear {{player_name}}")
    english = _response("only-en", en="{{withdrawal_id}} {{unknown}}")
    _response("only-ru", ru="Привет")
    answer = client.get(CANNED, {"conv": conv.pk}, headers=_key(agent))
    assert answer.status_code == 200
    body = answer.json()
    assert body["responses"][2] == {
        "id": str(row.pk),
        "shortcut": "wd",
        "title": "Title nl",
        "body": "Beste {{player_name}}",
        "lang": "nl",
        "scope": "everyone",
        "variables": ["player_name"],
    }
    assert (body["responses"][0]["id"], body["responses"][0]["lang"]) == (str(english.pk), "en")
    assert body["responses"][1]["lang"] == "ru"
    values = body["values"]
    assert values["player_name"] == "Sanne"
    assert values["withdrawal_id"] == "W-1"
    assert values["agent_alias"] == "Vera"
    assert values["brand"] == "Aurora"
    assert values["ticket_id"] == conv.pk
    assert "unknown" not in values


def test_the_players_page_cannot_speak_for_the_house(client):
    agent, conv = _served(agent_alias="Support", helpline_phone="0900 000", brand="Other")
    values = client.get(CANNED, {"conv": conv.pk}, headers=_key(agent)).json()["values"]
    assert values["agent_alias"] == "Vera"
    assert values["brand"] == "Aurora"
    assert "helpline_phone" not in values


def test_only_the_scopes_that_concern_one_are_listed(client):
    agent, conv = _served()
    other = hire("desk.02", "Iris")
    texts = [
        _response("all", en="x"),
        _response("ours", en="x"),
        _response("theirs", en="x"),
        _response("mine", en="x"),
        _response("hers", en="x"),
        _response("gone", en="x"),
    ]
    CannedResponse.objects.filter(pk=texts[1].pk).update(brand=conv.brand)
    CannedResponse.objects.filter(pk=texts[2].pk).update(brand=builders.brand("northlight"))
    CannedResponse.objects.filter(pk=texts[3].pk).update(owner=agent)
    CannedResponse.objects.filter(pk=texts[4].pk).update(owner=other)
    CannedResponse.objects.filter(pk=texts[5].pk).update(retired=True)
    body = client.get(CANNED, {"conv": conv.pk}, headers=_key(agent)).json()
    assert [(one["shortcut"], one["scope"]) for one in body["responses"]] == [
        ("all", "everyone"),
        ("mine", "own"),
        ("ours", "brand"),
    ]


@pytest.mark.parametrize(
    ("conv", "status", "code"),
    [
        (None, 400, "bad_field"),
        ("", 400, "bad_field"),
        ("x" * 65, 400, "bad_field"),
        ("a\x00b", 400, "bad_field"),
        ("nobody", 404, "not_found"),
    ],
)
def test_responses_need_a_conversation(client, conv, status, code):
    asked = {} if conv is None else {"conv": conv}
    answer = client.get(CANNED, asked, headers=_key(hire()))
    assert answer.status_code == status
    assert _code(answer) == code


def test_a_strangers_conversation_is_as_good_as_none(client):
    _, conv = _served()
    stranger = hire("desk.02", "Iris")
    theirs = client.get(CANNED, {"conv": conv.pk}, headers=_key(stranger))
    nobody = client.get(CANNED, {"conv": "x" * 16}, headers=_key(stranger))
    assert theirs.status_code == 404
    assert theirs.content == nobody.content
    supervisor = hire("floor.01", "Marit", "supervisor")
    assert client.get(CANNED, {"conv": conv.pk}, headers=_key(supervisor)).status_code == 200


def test_the_roster_names_aliases_and_nothing_private(client):
    builders.brand("aurora")
    builders.brand("northlight")
    me = hire(brands=["aurora"], languages=("nl",), skills=("kyc",))
    hire("private.login", "Iris", email="jane.roe@house.example", first_name="Jane")
    hire("desk.03", "Ilja", brands=["northlight"])
    gone = hire("desk.04", "Noor")
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    answer = client.get(ROSTER, headers=_key(me))
    body = answer.json()
    assert [one["alias"] for one in body["agents"]] == ["Iris", "Vera"]
    assert body["agents"][1] == {
        "id": str(me.pk),
        "alias": "Vera",
        "role": "agent",
        "languages": ["nl"],
        "skills": ["kyc"],
    }
    assert body["skills"] == ["kyc"]
    assert body["brands"] == [{"slug": "aurora", "name": "Aurora"}]
    for private in ("private.login", "jane", "Jane", "house.example"):
        assert private not in answer.content.decode()
