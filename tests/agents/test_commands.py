"""Setting up staff and the demo from the command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agents import identity
from agents.models import Agent, CannedResponse
from chatdesk.conversations.models import Brand, Persona, Seat
from players import identity as players_identity
from tests import builders
from tests.agents.people import hire

pytestmark = pytest.mark.django_db


def _create(*args: str, username: str = "jane.roe", alias: str = "Vera", role: str = "agent"):
    call_command("create_agent", username, "--alias", alias, "--role", role, *args)


def test_an_agent_has_login_seat_and_brands(capsys):
    builders.brand("aurora")
    builders.brand("northlight")
    _create(
        *("--email", "jane.roe@house.example", "--first-name", "Jane", "--last-name", "Roe"),
        *("--brand", "aurora", "--brand", "northlight", "--languages", "nl, en,nl"),
        *("--skills", "payments,kyc", "--capacity", "5", "--password", "correct-horse"),
    )
    printed = json.loads(capsys.readouterr().out)
    agent = Agent.objects.get()
    assert printed["id"] == str(agent.pk)
    assert "password" not in printed
    assert agent.check_password("correct-horse")
    seat = Seat.objects.get()
    assert (seat.alias, seat.capacity, seat.languages) == ("Vera", 5, ["nl", "en"])
    assert seat.skills == ["payments", "kyc"]
    assert set(Persona.objects.values_list("brand__slug", "alias")) == {
        ("aurora", "Vera"),
        ("northlight", "Vera"),
    }


def test_without_a_brand_it_is_every_brand(capsys):
    builders.brand("aurora")
    _create()
    assert identity.actor(Agent.objects.get()).brands is None
    password = json.loads(capsys.readouterr().out)["password"]
    assert Agent.objects.get().check_password(password)


@pytest.mark.parametrize(
    ("role", "is_staff"), [("agent", False), ("supervisor", False), ("admin", True)]
)
def test_only_an_admin_gets_to_the_admin_site(role, is_staff):
    _create(role=role)
    agent = Agent.objects.get()
    assert (agent.role, agent.is_staff, agent.is_superuser) == (role, is_staff, False)


@pytest.mark.parametrize(
    "args",
    [
        ("--brand", "nowhere"),
        ("--languages", "nl,de"),
        ("--languages", ","),
        ("--capacity", "0"),
        ("--capacity", "9"),
        ("--email", "nonsense"),
        ("--password", ""),
        ("--skills", "x" * 41),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(args):
    with pytest.raises(CommandError):
        _create(*args)
    assert not Agent.objects.exists()
    assert not Seat.objects.exists()


@pytest.mark.parametrize(
    "alias",
    [
        "jane.roe",
        "JANE.ROE",
        "Jane",
        "roe",
        "Jane Roe",
        "Roe  Jane",
        "j.r@house.example",
        "j.r",
        "",
        " Vera",
        "x" * 41,
        "Ve\x00ra",
        "Ve\u200bra",
        "Ｊane",
    ],
)
def test_an_alias_never_tells_who_is_behind_it(alias):
    with pytest.raises(CommandError):
        _create(
            *("--first-name", "Jane", "--last-name", "Roe", "--email", "j.r@house.example"),
            alias=alias,
        )
    assert not Agent.objects.exists()


def test_a_username_is_taken_once():
    _create()
    with pytest.raises(CommandError, match="taken"):
        _create(alias="Iris")
    with pytest.raises(CommandError):
        _create(username="not a name")
    assert Agent.objects.count() == 1


def test_a_staff_token_is_printed_alone_and_works(capsys):
    agent = hire()
    call_command("staff_token", "desk.01")
    key = capsys.readouterr().out.strip()
    found = identity.authenticate_token(key)
    assert found is not None
    assert found[0] == agent
    with pytest.raises(CommandError):
        call_command("staff_token", "nobody")
    Agent.objects.update(is_active=False)
    with pytest.raises(CommandError):
        call_command("staff_token", "desk.01")


def test_the_demo_can_be_seeded_again(settings, tmp_path, capsys):
    settings.CHATDESK_DATA_DIR = tmp_path
    settings.CHATDESK_PORT = 8123
    call_command("seed_demo")
    path = Path(json.loads(capsys.readouterr().out)["file"])
    assert path == tmp_path / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(path.read_text(encoding="utf-8"))
    assert [brand["slug"] for brand in told["brands"]] == ["aurora", "northlight"]
    assert set(told["brands"][0]) == {"slug", "name", "colour", "secret", "kid"}
    assert [login["role"] for login in told["logins"]].count("agent") == 6
    assert {login["role"] for login in told["logins"]} == {"agent", "supervisor", "admin"}
    for login in told["logins"]:
        agent = Agent.objects.get(username=login["username"])
        assert agent.check_password(login["password"])
        assert agent.seat.alias == login["alias"]
    assert Brand.objects.get(slug="aurora").origins == [
        "http://127.0.0.1:8124",
        "http://localhost:8124",
    ]
    assert CannedResponse.objects.count() == 30
    call_command("seed_demo")
    assert json.loads(path.read_text(encoding="utf-8")) == told
    assert (Agent.objects.count(), Brand.objects.count()) == (8, 2)
    capsys.readouterr()
    call_command("player_token", "--brand", "aurora", "--sub", "p-1")
    assert players_identity.verify("aurora", capsys.readouterr().out.strip()).sub == "p-1"


def test_forgotten_demo_passwords_are_made_anew(settings, tmp_path):
    settings.CHATDESK_DATA_DIR = tmp_path
    call_command("seed_demo")
    (tmp_path / "demo.json").write_text("{", encoding="utf-8")
    call_command("seed_demo")
    told = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))
    login = told["logins"][0]
    assert Agent.objects.get(username=login["username"]).check_password(login["password"])
