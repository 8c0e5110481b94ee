"""The admin site: administrators only, secrets shown once, players' text never markup."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from agents.models import Agent, CannedResponse
from chatdesk.conversations.models import Brand, BrandKey, Persona, Seat
from players import admin as players_admin
from players import identity
from players.models import Player, PlayerSession
from tests import builders
from tests.agents.people import PASSWORD, hire
from tests.players.signing import casino, ec_key, pem, token

pytestmark = pytest.mark.django_db(transaction=True)
SHOWN = {
    "conversations": ("conversation", "brand", "persona"),
    "players": ("player",),
    "agents": ("agent", "cannedresponse", "stafftoken"),
}
URLS = [
    reverse(f"admin:{app}_{model}_changelist") for app, models in SHOWN.items() for model in models
]


@pytest.fixture
def admin(client):
    client.force_login(hire("house.01", "Robin", "admin"))
    return client


@pytest.mark.parametrize("url", URLS)
def test_only_administrators_get_in(client, url):
    assert client.get(url).status_code == 302
    for number, role in enumerate(("agent", "supervisor")):
        client.force_login(hire(f"desk.0{number}", f"Alias {number}", role))
        assert client.get(url).status_code == 302
    client.force_login(hire("house.01", "Robin", "admin"))
    assert client.get(url).status_code == 200


def test_a_demoted_administrator_is_out_even_if_the_flag_stayed(admin):
    Agent.objects.update(role="agent")
    assert Agent.objects.get().is_staff
    assert admin.get(URLS[0]).status_code == 403


@pytest.mark.parametrize("url", URLS)
def test_the_lists_can_be_searched_and_filtered(admin, url):
    builders.conversation(builders.brand("aurora"))
    assert admin.get(url, {"q": "x"}).status_code in (200, 302)


def _inline(prefix: str, total: int = 0, initial: int = 0) -> dict[str, object]:
    return {
        f"{prefix}-TOTAL_FORMS": total,
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }


def _brand_form(brand: Brand, **more: object) -> dict[str, object]:
    return {
        "name": brand.name,
        "origins": '["https://casino.example"]',
        "anonymous_allowed": "on",
        "colour": brand.colour,
        "default_lang": "en",
        "greetings": "{}",
        "help_line": "",
        "offer_seconds": 20,
        "lost_agent_seconds": 60,
        "warn_seconds": 60,
        "first_reply_seconds": 90,
        "nudge_seconds": 180,
        "silence_seconds": 360,
        "sleep_seconds": 600,
        "wrap_up_seconds": 0,
        "priority_step_seconds": 300,
        "tiers": "{}",
        "hours": "{}",
        "queue_cap_seconds": "",
        **_inline("routes"),
        **_inline("keys", 1, 1),
        "keys-0-id": brand.keys.first().pk,
        "keys-0-brand": brand.pk,
        **_inline("keys-2", 1),
        "keys-2-0-kid": "",
        "keys-2-0-public_key": "",
        **more,
    }


def test_a_secret_is_shown_when_it_is_made_and_never_again(admin):
    brand, _ = casino()
    url = reverse("admin:conversations_brand_change", args=[brand.pk])
    answer = admin.post(url, _brand_form(brand, **{"keys-2-0-kid": "second"}), follow=True)
    key = BrandKey.objects.get(kid="second")
    assert answer.content.decode().count(key.material) == 1
    page = admin.get(url).content.decode()
    assert "second" in page
    for kept in BrandKey.objects.all():
        assert kept.material not in page
    assert identity.verify("aurora", token(key=key.material, kid="second")).sub == "p-1"


def test_a_public_key_gets_its_algorithm(admin):
    brand, _ = casino()
    url = reverse("admin:conversations_brand_change", args=[brand.pk])
    private = ec_key()
    admin.post(
        url, _brand_form(brand, **{"keys-2-0-kid": "ec", "keys-2-0-public_key": pem(private)})
    )
    assert BrandKey.objects.get(kid="ec").algorithm == "ES256"
    assert identity.verify("aurora", token(key=private, algorithm="ES256", kid="ec"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"origins": '["https://casino.example/"]'},
        {"origins": '["*"]'},
        {"origins": '"https://casino.example"'},
        {"colour": "red;}"},
        {"default_lang": "de"},
        {"greetings": '{"nl": 5}'},
        {"help_line": '{"line": "x"}'},
        {"tiers": '{"vip": 99}'},
        {"tiers": '["vip"]'},
        {"hours": '{"": {"tz": "Nowhere", "week": {}}}'},
        {"queue_cap_seconds": -1},
        {"warn_seconds": 90},
        {"nudge_seconds": 400},
        {"help_line": '{"line": "x", "phone": "1", "url": "javascript:alert(1)"}'},
        {"keys-2-0-kid": "a b"},
        {"keys-2-0-kid": "k", "keys-2-0-public_key": "nonsense"},
    ],
)
def test_a_brand_takes_no_bad_values(admin, wrong):
    brand, _ = casino()
    url = reverse("admin:conversations_brand_change", args=[brand.pk])
    answer = admin.post(url, _brand_form(brand, **wrong))
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert BrandKey.objects.count() == 1


def test_old_keys_are_revoked_together(admin):
    brand, _ = casino()
    for number in range(2):
        BrandKey.objects.create(brand=brand, kid=f"k{number}", material="x", created_ts=number)
    url = reverse("admin:conversations_brand_changelist")
    admin.post(url, {"action": "revoke_old_keys", "_selected_action": [brand.pk]})
    valid = BrandKey.objects.filter(revoked_ts__isnull=True)
    assert [key.kid for key in valid] == ["aurora-1"]


def _agent_form(**more: object) -> dict[str, object]:
    return {
        "username": "jane.roe",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "first_name": "Jane",
        "last_name": "Roe",
        "email": "jane.roe@house.example",
        "role": "agent",
        **_inline("seat", 1),
        "seat-0-alias": "Vera",
        "seat-0-languages": ["nl", "en"],
        "seat-0-skills": "kyc, payments",
        "seat-0-capacity": 4,
        **more,
    }


def test_an_agent_is_added_with_a_seat(admin):
    answer = admin.post(reverse("admin:agents_agent_add"), _agent_form())
    assert answer.status_code == 302, answer.context["errors"]
    agent = Agent.objects.get(username="jane.roe")
    assert agent.check_password(PASSWORD)
    assert (agent.seat.alias, agent.seat.languages) == ("Vera", ["nl", "en"])
    assert (agent.seat.skills, agent.seat.capacity) == (["kyc", "payments"], 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seat-0-alias": "Jane"},
        {"seat-0-alias": "jane.roe"},
        {"seat-0-alias": ""},
        {"seat-0-capacity": 9},
        {"seat-0-languages": ["de"]},
        {"password2": "something-else"},
        {"password1": "short", "password2": "short"},
        {"role": "god"},
    ],
)
def test_an_agent_takes_no_bad_values(admin, wrong):
    answer = admin.post(reverse("admin:agents_agent_add"), _agent_form(**wrong))
    assert answer.status_code == 200
    assert not Agent.objects.filter(username="jane.roe").exists()


def test_a_changed_name_is_held_against_the_alias(admin):
    agent = hire()
    form = _agent_form(username="desk.01", first_name="Vera")
    form |= {**_inline("seat", 1, 1), "seat-0-agent": agent.pk, "is_active": "on"}
    url = reverse("admin:agents_agent_change", args=[agent.pk])
    assert admin.post(url, form).status_code == 200
    assert admin.post(url, {**form, "first_name": "Jane"}).status_code == 302


def test_a_password_is_changed_by_its_own_form_and_never_shown(admin):
    agent = hire()
    page = admin.get(reverse("admin:agents_agent_change", args=[agent.pk])).content.decode()
    assert agent.password not in page
    url = reverse("admin:auth_user_password_change", args=[agent.pk])
    new = "another-good-password"
    admin.post(url, {"usable_password": "true", "password1": new, "password2": new})
    agent.refresh_from_db()
    assert agent.check_password(new)


def test_nobody_is_deleted(admin):
    agent = hire()
    url = reverse("admin:agents_agent_delete", args=[agent.pk])
    assert admin.post(url, {"post": "yes"}).status_code == 403
    assert Agent.objects.filter(pk=agent.pk).exists()


def test_a_persona_may_not_give_the_person_away(admin):
    brand = builders.brand("aurora")
    agent = hire(first_name="Jane")
    url = reverse("admin:conversations_persona_add")
    form = {"seat": agent.pk, "brand": brand.pk}
    assert admin.post(url, {**form, "alias": "jane"}).status_code == 200
    assert not Persona.objects.exists()
    assert admin.post(url, {**form, "alias": "Vivian"}).status_code == 302


def test_what_a_player_wrote_is_text(admin):
    conv = builders.conversation(builders.brand("aurora"))
    evil = "<img src=x onerror=alert(1)>"
    conv.events.update(body=evil)
    Player.objects.update(name=evil)
    pages = [
        admin.get(reverse("admin:conversations_conversation_change", args=[conv.pk])),
        admin.get(reverse("admin:conversations_conversation_changelist")),
        admin.get(reverse("admin:players_player_changelist")),
        admin.get(reverse("admin:players_player_change", args=[conv.player_id])),
    ]
    for page in pages:
        assert page.status_code == 200
        assert evil not in page.content.decode()
    assert "&lt;img" in pages[0].content.decode()


def test_what_was_said_can_only_be_looked_at(admin):
    conv = builders.conversation(builders.brand("aurora"))
    for model, pk in (("conversations_conversation", conv.pk), ("players_player", conv.player_id)):
        assert admin.post(reverse(f"admin:{model}_change", args=[pk]), {}).status_code == 403
        assert admin.post(reverse(f"admin:{model}_delete", args=[pk])).status_code == 403
        assert admin.get(reverse(f"admin:{model}_add")).status_code == 403


def test_blocking_a_player_closes_his_sockets(admin, monkeypatch):
    closed: list[tuple[str, int]] = []
    monkeypatch.setattr(
        players_admin, "publish_close", lambda topic, code: closed.append((topic, code))
    )
    player = builders.player(builders.brand("aurora"))
    PlayerSession.objects.create(secret_hash="h", player=player, created_ts=0, expires_ts=2**50)
    url = reverse("admin:players_player_changelist")
    admin.post(url, {"action": "block", "_selected_action": [player.pk]})
    player.refresh_from_db()
    assert player.blocked_ts
    assert closed == [("session:h", 4401)]
    admin.post(url, {"action": "unblock", "_selected_action": [player.pk]})
    player.refresh_from_db()
    assert player.blocked_ts is None


def test_a_response_is_written_with_its_texts(admin):
    url = reverse("admin:agents_cannedresponse_add")
    form = {
        "shortcut": "/hello",
        **_inline("texts", 1),
        "texts-0-lang": "en",
        "texts-0-title": "Hello",
        "texts-0-body": "Hi {{player_name}}",
    }
    assert admin.post(url, {**form, "texts-0-body": "{{oops"}).status_code == 200
    assert admin.post(url, {**form, "shortcut": "Hello you"}).status_code == 200
    assert admin.post(url, form).status_code == 302
    row = CannedResponse.objects.get()
    assert (row.shortcut, row.texts.get().body) == ("hello", "Hi {{player_name}}")
    assert admin.post(url, form).status_code == 200


def test_every_seat_in_the_list_has_its_alias(admin):
    hire()
    Agent.objects.create(username="no.seat")
    page = admin.get(reverse("admin:agents_agent_changelist")).content.decode()
    assert "Vera" in page
    assert Seat.objects.count() == 2


def _route(**more: object) -> dict[str, object]:
    """One new route of a brand, as the form sends it."""
    facts = {"topic": "bonus", "skill": "", "team": "", "priority": 0, "weight": 1, **more}
    sent = {f"routes-0-{name}": value for name, value in facts.items()}
    return {**_inline("routes", 1), "routes-0-waive_seconds": "", **sent}


def test_hours_cap_and_routes_are_set(admin):
    brand, _ = casino()
    url = reverse("admin:conversations_brand_change", args=[brand.pk])
    hours = {"": {"tz": "Europe/Helsinki", "week": {"mon": [["09:00", "23:00"]]}}}
    form = _brand_form(brand, hours=json.dumps(hours), queue_cap_seconds=600)
    answer = admin.post(url, {**form, **_route(skill="kyc", waive_seconds=60)})
    assert answer.status_code == 302, answer.context["errors"]
    brand.refresh_from_db()
    assert (brand.hours, brand.queue_cap_seconds) == (hours, 600)
    assert list(brand.routes.values_list("topic", "skill", "waive_seconds")) == [
        ("bonus", "kyc", 60)
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": 9},
        {"priority": 10, "skill": "player_safety"},
    ],
)
def test_no_route_lets_who_wants_to_stop_wait(admin, wrong):
    brand, _ = casino()
    url = reverse("admin:conversations_brand_change", args=[brand.pk])
    form = _brand_form(brand)
    answer = admin.post(url, {**form, **_route(topic="stop_gambling", **wrong)})
    assert answer.status_code == 200
    right = {**wrong, "priority": 10, "waive_seconds": 30}
    answer = admin.post(url, {**form, **_route(topic="stop_gambling", **right)})
    assert answer.status_code == 302
