"""What supervisors read of shifts over HTTP: coverage, the week's duties, and the page of both."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from agents import identity
from agents.models import Agent
from chatdesk.conversations.models import Seat, Team
from chatdesk.shifts.models import Duty, Shift
from tests import builders
from tests.agents.people import PASSWORD, hire

pytestmark = pytest.mark.django_db(transaction=True)
COVERAGE, WEEK = "/api/v1/staff/coverage", "/api/v1/staff/roster-week"
HOUR_MS = 3600_000
MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp() * 1000)


def _key(agent: Agent) -> dict[str, str]:
    return {"Authorization": f"Token {identity.create_token(agent)}"}


def _supervisor(**more) -> dict[str, str]:
    return _key(hire("boss", "Marit", role="supervisor", **more))


def _works(agent: Agent, start: str = "2026-03-01T08:00", **more) -> Shift:
    facts = {"seat_id": agent.pk, "tz": "UTC", "recurrence": "FREQ=DAILY", "minutes": 480}
    return Shift.objects.create(starts=start, **{**facts, **more})


def _get(client, url, headers, **query):
    answer = client.get(url, query, headers=headers)
    return answer.status_code, json.loads(answer.content)


def test_coverage_says_who_is_planned_each_hour_and_when_nobody_is(client):
    vera = hire(languages=("fi",), skills=("player_safety",))
    _works(vera)
    status, told = _get(
        client, COVERAGE, _supervisor(), from_ts=MONDAY, days=1, zone="Europe/Helsinki"
    )
    assert (status, told["hours"], told["zone"]) == (200, 24, "Europe/Helsinki")
    lines = {(line["lang"], line["skill"]): line["planned"] for line in told["lines"]}
    assert lines["fi", "player_safety"] == [0] * 8 + [1] * 8 + [0] * 8
    night = {
        "lang": "fi",
        "skill": "player_safety",
        "from_ts": MONDAY,
        "to_ts": MONDAY + 8 * HOUR_MS,
    }
    assert night in told["holes"]


def test_certificates_that_end_within_the_days_are_told_by_the_alias(client):
    vera = hire(skills=("player_safety",))
    ends = MONDAY + 30 * HOUR_MS
    Seat.objects.filter(pk=vera.pk).update(skills_until={"player_safety": ends})
    key = _supervisor()
    expected = {"agent": str(vera.pk), "alias": "Vera", "skill": "player_safety", "ts": ends}
    assert _get(client, COVERAGE, key, from_ts=MONDAY, days=2)[1]["expiring"] == [expected]
    assert _get(client, COVERAGE, key, from_ts=MONDAY, days=1)[1]["expiring"] == []


def test_the_week_names_each_person_with_his_duties(client):
    vera = hire(languages=("fi", "en"))
    team = Team.objects.create(slug="night", name="Night")
    Seat.objects.filter(pk=vera.pk).update(team=team)
    own = _works(vera, recurrence="", start="2026-03-02T08:00")
    _works(vera, seat_id=None, team=team, start="2026-03-03T22:00", tz="Europe/Amsterdam")
    Duty.objects.create(
        shift=own,
        seat_id=vera.pk,
        state="draining",
        starts_ts=MONDAY + 8 * HOUR_MS,
        drains_ts=MONDAY + 15 * HOUR_MS,
        ends_ts=MONDAY + 16 * HOUR_MS,
    )
    hire("idle", "Iris")
    status, told = _get(client, WEEK, _supervisor(), from_ts=MONDAY, days=2)
    assert (status, told["zones"]) == (200, ["Europe/Amsterdam", "UTC"])
    (person,) = told["people"]
    assert (person["alias"], person["team"]) == ("Vera", "Night")
    assert [(one["starts_ts"], one["state"]) for one in person["duties"]] == [
        (MONDAY + 8 * HOUR_MS, "draining"),
        (MONDAY + 45 * HOUR_MS, "planned"),
    ]


def test_the_week_holds_no_name_behind_an_alias(client):
    vera = hire("v.jansen", email="v.jansen@house.example", first_name="Verena", last_name="Jansen")
    _works(vera)
    text = client.get(WEEK, {"from_ts": MONDAY}, headers=_supervisor()).content.decode()
    assert "Vera" in text
    assert not any(one in text for one in ("Verena", "Jansen", "v.jansen", "house.example"))


def test_a_supervisor_sees_whoever_serves_his_brands(client):
    ours, theirs = builders.brand("ours"), builders.brand("theirs")
    for name, alias, brands in (
        ("a", "Aino", [ours.slug]),
        ("b", "Bente", [theirs.slug]),
        ("c", "Carla", []),
    ):
        _works(hire(name, alias, brands=brands, languages=("fi",)))
    key = _supervisor(brands=[ours.slug])
    people = _get(client, WEEK, key, from_ts=MONDAY)[1]["people"]
    assert [person["alias"] for person in people] == ["Aino", "Carla"]
    lines = _get(client, COVERAGE, key, from_ts=MONDAY, days=1)[1]["lines"]
    fi = next(line for line in lines if (line["lang"], line["skill"]) == ("fi", ""))
    assert max(fi["planned"]) == 2


def test_whoever_has_left_is_planned_no_more(client):
    vera = hire()
    _works(vera)
    Agent.objects.filter(pk=vera.pk).update(is_active=False)
    assert _get(client, WEEK, _supervisor(), from_ts=MONDAY)[1]["people"] == []


@pytest.mark.parametrize("url", [COVERAGE, WEEK])
def test_an_agent_is_refused_and_nobody_gets_nothing(client, url):
    assert client.get(url, headers=_key(hire())).status_code == 403
    assert client.get(url).status_code == 401


@pytest.mark.parametrize("url", [COVERAGE, WEEK])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 32}, "days"),
        ({"days": "many"}, "days"),
        ({"from_ts": -1}, "from_ts"),
        ({"from_ts": 2**53}, "from_ts"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_field(client, url, query, field):
    status, told = _get(client, url, _supervisor(), **query)
    assert (status, told["error"]["code"]) == (400, "bad_field")
    assert list(told["error"]["fields"]) == [field]


def test_the_page_is_for_supervisors(client):
    hire()
    hire("boss", "Marit", role="supervisor")
    assert client.get("/roster/")["Location"] == "/login/?next=/roster/"
    client.login(username="desk.01", password=PASSWORD)
    assert client.get("/roster/").status_code == 403
    client.login(username="boss", password=PASSWORD)
    page = client.get("/roster/")
    assert page.status_code == 200
    assert "style-src 'self'" in page["Content-Security-Policy"]
    assert "style=" not in page.content.decode()
