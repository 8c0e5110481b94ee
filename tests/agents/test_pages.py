"""Pages and their headers: who may see which, and what they let a browser do."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from agents.models import Agent
from tests import builders
from tests.agents.people import PASSWORD, hire

pytestmark = pytest.mark.django_db(transaction=True)


def _try(client, username="desk.01", password="wrong", **more):
    return client.post("/login/", {"username": username, "password": password, **more})


def test_the_root_leads_to_the_desk_and_the_desk_to_the_login(client):
    assert client.get("/")["Location"] == "/desk/"
    assert client.get("/desk/")["Location"] == "/login/?next=/desk/"
    assert client.get("/wall/")["Location"] == "/login/?next=/wall/"
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=/admin/"
    assert client.post("/admin/login/")["Location"] == "/login/?next=/admin/"


def test_signing_in_and_out(client):
    hire()
    assert client.get("/login/").status_code == 200
    answer = _try(client, password=PASSWORD, next="/desk/")
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert client.get("/logout/").status_code == 405
    out = client.post("/logout/")
    assert (out.status_code, out["Location"]) == (302, "/login/")
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"]
)
def test_next_never_leaves_the_house(client, target):
    hire()
    assert _try(client, password=PASSWORD, next=target)["Location"] == "/desk/"


def test_a_wrong_password_an_unknown_and_a_disabled_user_look_the_same(client):
    hire()
    hire("desk.02", "Iris")
    Agent.objects.filter(username="desk.02").update(is_active=False)
    pages = {
        re.sub(r'value="[^"]*"', "", _try(client, name).content.decode())
        for name in ("desk.01", "nobody", "desk.02")
    }
    assert len(pages) == 1


def test_signing_in_needs_the_csrf_token():
    hire()
    assert _try(Client(enforce_csrf_checks=True), password=PASSWORD).status_code == 403


def test_failed_tries_are_limited_by_address(client, settings):
    settings.CHATDESK_LIMITS = {**settings.CHATDESK_LIMITS, "logins_per_minute": 3}
    hire()
    for _ in range(3):
        assert _try(client).status_code == 200
    answer = _try(client, password=PASSWORD)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 61
    assert "_auth_user_id" not in client.session
    other = client.post(
        "/login/", {"username": "desk.01", "password": PASSWORD}, REMOTE_ADDR="127.0.0.2"
    )
    assert other.status_code == 302


def test_good_tries_are_not_counted(client, settings):
    settings.CHATDESK_LIMITS = {**settings.CHATDESK_LIMITS, "logins_per_minute": 1}
    hire()
    for _ in range(4):
        assert _try(client, password=PASSWORD).status_code == 302
        client.post("/logout/")


def test_the_session_is_a_new_one_after_signing_in(client):
    hire()
    client.cookies["sessionid"] = "x" * 32
    answer = _try(client, password=PASSWORD)
    assert answer.cookies["sessionid"].value != "x" * 32
    assert answer.cookies["sessionid"]["httponly"]


def _page(answer) -> dict:
    return answer.context["page"]


def test_the_desk_knows_where_everything_is(client):
    client.force_login(hire())
    page = _page(client.get("/desk/"))
    assert page["csrf"]
    assert page["wall_url"] is None
    assert {name: page[name] for name in page if name not in ("csrf", "wall_url")} == {
        "lang": "en",
        "ws": "/ws/staff",
        "ticket_url": "/api/v1/staff/tickets",
        "canned_url": "/api/v1/staff/canned",
        "roster_url": "/api/v1/staff/roster",
        "logout_url": "/logout/",
        "languages": ["nl", "sv", "ru", "fi", "en"],
    }


def test_the_wall_is_for_supervisors(client):
    client.force_login(hire())
    assert client.get("/wall/").status_code == 403
    for number, role in enumerate(("supervisor", "admin")):
        client.force_login(hire(f"floor.0{number}", f"Marit {number}", role))
        page = _page(client.get("/wall/"))
        assert page["desk_url"] == "/desk/"
        for name in ("routing_url", "fair_share_url"):
            assert page[name].startswith("/api/v1/staff/")
        assert _page(client.get("/desk/"))["wall_url"] == "/wall/"


def test_a_page_speaks_the_browsers_language(client):
    client.force_login(hire())
    assert _page(client.get("/desk/", headers={"Accept-Language": "fi"}))["lang"] == "fi"


def _directives(answer) -> dict[str, str]:
    policy = answer["Content-Security-Policy"]
    return {part.split()[0]: part.partition(" ")[2] for part in policy.split("; ")}


def test_staff_pages_are_framed_by_nobody_and_stored_nowhere(client):
    client.force_login(hire())
    for url in ("/desk/", "/login/", "/admin/", "/nothing-here/"):
        answer = client.get(url)
        directives = _directives(answer)
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == directives["style-src"] == "'self'"
        assert directives["frame-ancestors"] == "'none'"
        assert directives["base-uri"] == "'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer["Permissions-Policy"]
        if answer.status_code == 200:
            assert "no-store" in answer["Cache-Control"]


def test_the_widget_is_framed_by_its_brands_origins_only(client):
    brand = builders.brand("aurora")
    brand.origins = ["https://casino.example", "http://127.0.0.1:8001"]
    brand.save()
    answer = client.get("/widget/aurora/?lang=nl-BE")
    ancestors = _directives(answer)["frame-ancestors"].split()
    assert ancestors[0] == "'self'"
    assert {"https://casino.example", "http://127.0.0.1:8001"} < set(ancestors)
    assert "*" not in ancestors
    assert not answer.has_header("X-Frame-Options")
    assert "Set-Cookie" not in answer
    assert not answer.cookies
    page = _page(answer)
    assert (page["lang"], page["brand"], page["colour"]) == ("nl", "aurora", "#0B6B66")
    assert page["origins"] == brand.origins
    assert client.get("/widget/nowhere/").status_code == 404


def test_the_loader_may_be_used_by_any_site(client):
    answer = client.get("/w.js")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=300" in answer["Cache-Control"]
    again = client.get("/w.js", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_health_and_readiness(client, monkeypatch):
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"database": "ok", "redis": "down"}
    monkeypatch.setattr("chatdesk.connections.draining.is_draining", lambda: True)
    assert client.get("/readyz").status_code == 503


def test_without_a_database_it_is_not_ready(client, monkeypatch):
    monkeypatch.setattr("chatdesk.health._database_answers", lambda: False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


def test_a_forged_host_is_refused(client):
    assert client.get("/desk/", headers={"Host": "evil.example"}).status_code == 400
