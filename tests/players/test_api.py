"""The player's HTTP side: what it answers, what it refuses and in which words."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError

from chatdesk import rates
from players import api, sessions
from tests.players.signing import casino, token

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/player/sessions"
CURRENT = "/api/v1/player/sessions/current"


def _post(client, body, **more):
    raw = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(URL, raw, "application/json", **more)


def _code(answer) -> str:
    body = json.loads(answer.content)
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "fields"}
    return body["error"]["code"]


def test_a_visitor_gets_a_session(client):
    casino()
    answer = _post(client, {"brand": "aurora", "lang": "fi"})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"session", "expires_ts", "player", "brand"}
    assert set(body["player"]) == {"id", "name", "authenticated", "lang"}
    assert body["player"]["lang"] == "fi"
    assert body["brand"]["slug"] == "aurora"
    assert set(body["brand"]["service"]) == set(api.ServicePart().fields)
    assert body["brand"]["service"]["open"] is True
    assert answer["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer


def test_null_is_as_good_as_absent(client):
    casino()
    assert _post(client, {"brand": "aurora", "token": None, "lang": None}).status_code == 201


def test_a_token_makes_it_a_known_players(client):
    casino()
    body = _post(client, {"brand": "aurora", "token": token(name="Sanne")}).json()
    assert body["player"]["authenticated"] is True
    assert body["player"]["name"] == "Sanne"


def test_the_old_session_in_the_header_is_upgraded(client):
    casino()
    old = _post(client, {"brand": "aurora"}).json()
    new = _post(
        client,
        {"brand": "aurora", "token": token()},
        headers={"Authorization": f"Session {old['session']}"},
    ).json()
    assert new["player"]["id"] == old["player"]["id"]
    assert new["session"] != old["session"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "bad_field"),
        ("nonsense", "bad_request"),
        ("null", "bad_request"),
        ("[]", "bad_request"),
        ('"x"', "bad_request"),
        ('{"brand":"aurora","lang":NaN}', "bad_request"),
        ('{"brand":"\\ud800"}', "bad_request"),
        (b'{"brand":"\xff"}', "bad_request"),
        ("[" * 30_000, "bad_request"),
        ({}, "bad_field"),
        ({"brand": 1}, "bad_field"),
        ({"brand": True}, "bad_field"),
        ({"brand": None}, "bad_field"),
        ({"brand": ""}, "bad_field"),
        ({"brand": ["aurora"]}, "bad_field"),
        ({"brand": {"$ne": None}}, "bad_field"),
        ({"brand": "a" * 41}, "bad_field"),
        ({"brand": "aurora\x00"}, "bad_field"),
        ({"brand": "aurora", "token": 5}, "bad_field"),
        ({"brand": "aurora", "lang": {}}, "bad_field"),
        ({"brand": "aurora", "lang": "x" * 36}, "bad_field"),
        ({"brand": "aurora", "player": {"id": "x"}}, "bad_field"),
        ({"brand": "aurora", "authenticated": True}, "bad_field"),
    ],
)
def test_a_body_that_is_not_meant_is_refused(client, body, code):
    casino()
    answer = _post(client, body)
    assert answer.status_code == 400
    assert _code(answer) == code
    assert "Traceback" not in answer.content.decode()


def test_an_unknown_field_is_named(client):
    casino()
    answer = _post(client, {"brand": "aurora", "role": "agent"})
    assert answer.json()["error"]["fields"] == {"role": "unknown"}


def test_only_json_is_read(client):
    casino()
    assert _code(client.post(URL, {"brand": "aurora"})) == "bad_request"
    assert _code(client.post(URL, '{"brand":"aurora"}', "text/plain")) == "bad_request"


def test_the_answer_is_json_whatever_is_asked_for(client):
    casino()
    answer = _post(client, {"brand": "aurora"}, headers={"Accept": "text/html"})
    assert answer.status_code == 201
    assert answer["Content-Type"] == "application/json"


def test_a_body_over_the_limit_is_too_big(client):
    casino()
    answer = _post(client, {"brand": "aurora", "token": "x" * 70_000})
    assert answer.status_code == 413
    assert _code(answer) == "too_big"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_not_allowed(client, method):
    answer = getattr(client, method)(URL)
    assert answer.status_code == 405
    assert _code(answer) == "method_not_allowed"


def test_an_unknown_brand_is_not_found(client):
    answer = _post(client, {"brand": "nowhere"})
    assert answer.status_code == 404
    assert _code(answer) == "not_found"


def test_a_brand_without_visitors_forbids_them(client):
    casino(anonymous=False)
    answer = _post(client, {"brand": "aurora"})
    assert answer.status_code == 403
    assert _code(answer) == "forbidden"


def test_an_unknown_address_below_api_answers_in_json(client):
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert _code(answer) == "not_found"


def test_ending_a_session_closes_its_sockets(client, monkeypatch):
    casino()
    closed: list[tuple[str, int]] = []
    monkeypatch.setattr(api, "publish_close", lambda topic, code: closed.append((topic, code)))
    secret = _post(client, {"brand": "aurora"}).json()["session"]
    header = {"Authorization": f"Session {secret}"}
    answer = client.delete(CURRENT, headers=header)
    assert answer.status_code == 204
    assert closed == [(f"session:{sessions.hashed(secret)}", 4401)]
    again = client.delete(CURRENT, headers=header)
    assert again.status_code == 401
    assert _code(again) == "not_authenticated"


@pytest.mark.parametrize(
    "header",
    [None, "", "Session", "Session nobody", "Token x", "Session \xe9", "Session " + "x" * 300],
)
def test_without_a_session_there_is_nothing_to_end(client, header):
    headers = {"Authorization": header} if header is not None else {}
    answer = client.delete(CURRENT, headers=headers)
    assert answer.status_code == 401
    assert _code(answer) == "not_authenticated"


def test_session_starts_are_limited_by_address(client, settings):
    settings.CHATDESK_LIMITS = {**settings.CHATDESK_LIMITS, "sessions_per_minute": 3}
    casino()
    answers = [_post(client, {"brand": "aurora"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
    assert _code(answers[-1]) == "rate"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 61
    other = _post(client, {"brand": "aurora"}, REMOTE_ADDR="127.0.0.2")
    assert other.status_code == 201


def test_the_limit_cannot_be_passed_by_a_header(client, settings):
    settings.CHATDESK_LIMITS = {**settings.CHATDESK_LIMITS, "sessions_per_minute": 1}
    casino()
    for number in range(3):
        answer = _post(client, {"brand": "aurora"}, headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert answer.status_code == 429


def test_bad_tokens_are_limited_and_good_ones_are_not(client, settings):
    settings.CHATDESK_LIMITS = {**settings.CHATDESK_LIMITS, "bad_tokens_per_minute": 2}
    casino()
    bad = [_post(client, {"brand": "aurora", "token": "bad"}).status_code for _ in range(4)]
    assert bad == [401, 401, 429, 429]
    assert _post(client, {"brand": "aurora", "token": token()}).status_code == 201


def test_ipv6_neighbours_count_as_one(rf):
    one = rates.address(rf.get("/", REMOTE_ADDR="2001:db8:1:2::5"))
    two = rates.address(rf.get("/", REMOTE_ADDR="2001:db8:1:2:ffff::9"))
    assert one == two
    assert rates.address(rf.get("/", REMOTE_ADDR="::ffff:127.0.0.9")) == "127.0.0.9"
    assert rates.address(rf.get("/", REMOTE_ADDR="")) == "unknown"


def test_without_its_redis_the_limit_still_counts(client, settings):
    settings.CHATDESK_REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CHATDESK_LIMITS = {**settings.CHATDESK_LIMITS, "sessions_per_minute": 1}
    casino()
    assert _post(client, {"brand": "aurora"}).status_code == 201
    assert _post(client, {"brand": "aurora"}).status_code == 429


def test_a_database_that_is_away_is_unavailable(client, monkeypatch):
    def away(*args):
        raise OperationalError("password of the database: hunter2")

    monkeypatch.setattr(sessions, "start", away)
    answer = _post(client, {"brand": "aurora"})
    assert answer.status_code == 503
    assert _code(answer) == "unavailable"
    assert "hunter2" not in answer.content.decode()
    assert answer["Retry-After"] == "1"


def test_a_bug_tells_nothing_but_a_number(client, monkeypatch):
    def broken(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(sessions, "start", broken)
    answer = _post(client, {"brand": "aurora"})
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert error["code"] == "internal"
    assert error["id"]
    assert "secret detail" not in answer.content.decode()
