"""How the work was shared out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import identity
from agents.models import Agent
from chatdesk.conversations import assignments, clock, errors, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Assignment, Offer
from chatdesk.dispatch.fairness import fair_share, gini
from tests import builders


def test_gini_of_equals_is_nothing_and_of_one_for_all_nearly_one() -> None:
    assert gini([5, 5, 5, 5]) == 0
    assert gini([0, 0, 0, 10]) == 0.75
    assert gini([1, 3]) == 0.25
    assert gini([]) is None
    assert gini([0, 0]) is None


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30))
def test_gini_is_half_the_mean_difference_over_the_mean(amounts: list[float]) -> None:
    mean = sum(amounts) / len(amounts)
    differences = sum(abs(a - b) for a in amounts for b in amounts) / len(amounts) ** 2
    assert gini(amounts) == pytest.approx(differences / (2 * mean), abs=0.002)


@pytest.mark.django_db(transaction=True)
def test_offers_and_places_are_counted_for_each() -> None:
    brand = builders.brand()
    marit = builders.agent("Marit", role="supervisor", status="offline")
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    first, second = builders.conversation(brand).pk, builders.conversation(brand).pk
    offers.make(first, vera.agent_id, {})
    assignments.accept(vera, Offer.objects.get().pk)
    offers.make(second, vera.agent_id, {})
    offers.decline(vera, Offer.objects.get(state="offered").pk, "lunch")
    assignments.claim(iris, second)
    Assignment.objects.update(began_ts=clock.now_ms() - 30 * 60_000)
    told = fair_share(marit, None, None)
    rows = {row["alias"]: row for row in told["agents"]}
    assert set(rows) == {"Vera", "Iris"}
    names = ("offers", "accepted", "declined", "missed", "claimed", "handled")
    assert [rows["Vera"][name] for name in names] == [2, 1, 1, 0, 0, 1]
    assert [rows["Iris"][name] for name in names] == [0, 0, 0, 0, 1, 1]
    assert rows["Vera"]["place_min"] == pytest.approx(30, abs=0.2)
    assert rows["Vera"]["available_min"] is None
    assert rows["Vera"]["share"] == pytest.approx(0.5, abs=0.01)
    assert told["gini"] == pytest.approx(0, abs=0.01)


@pytest.mark.django_db(transaction=True)
def test_only_supervisors_and_only_their_brands() -> None:
    ours, theirs = builders.brand(), builders.brand()
    marit = builders.agent("Marit", role="supervisor", brands=(ours,))
    elsewhere = builders.agent("Vera", brands=(theirs,))
    assignments.claim(elsewhere, builders.conversation(theirs).pk)
    assert fair_share(marit, None, None)["agents"] == []
    with pytest.raises(errors.Forbidden):
        fair_share(elsewhere, None, None)


def _asked(client, actor: Actor, path: str) -> tuple[int, dict]:
    token = identity.create_token(Agent.objects.get(pk=actor.agent_id))
    headers = {"Authorization": f"Token {token}"}
    answer = client.get(f"/api/v1/staff/{path}", headers=headers)
    return answer.status_code, json.loads(answer.content)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["fair-share", "coverage"])
def test_over_http_for_supervisors(client, path: str) -> None:
    marit = builders.agent("Marit", role="supervisor")
    assert _asked(client, marit, path)[0] == 200
    assert _asked(client, builders.agent("Vera"), path)[0] == 403
    assert client.get(f"/api/v1/staff/{path}").status_code == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path",
    [
        *("fair-share?from_ts=soon", "fair-share?from_ts=5&to_ts=4", "fair-share?from_ts=0"),
        *("coverage?days=0", "coverage?days=99", "coverage?from_ts=-1"),
    ],
)
def test_bad_spans_are_refused(client, path: str) -> None:
    status, body = _asked(client, builders.agent("Marit", role="supervisor"), path)
    assert (status, body["error"]["code"]) == (400, "bad_field")


@pytest.mark.django_db(transaction=True)
def test_coverage_over_http_names_holes(client) -> None:
    status, body = _asked(client, builders.agent("Marit", role="supervisor"), "coverage?days=1")
    assert (status, body["hours"]) == (200, 24)
    assert {"lang": "fi", "skill": "player_safety"}.items() <= body["holes"][-1].items() or any(
        hole["lang"] == "fi" and hole["skill"] == "player_safety" for hole in body["holes"]
    )
