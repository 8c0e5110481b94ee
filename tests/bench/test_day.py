"""The simulated day: deterministic by its seed, what is left out changes nothing, and its promises find
planted bugs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command

from bench.day import pictures, plan, play, report
from bench.day.clock import MONDAY_MS
from bench.day.ours import AT_ONCE, STEPS, Step
from bench.day.plan import HOUR, MINUTE, QUICK, Outage, Plan, Shape, Shift, Surge
from bench.day.promises import Broken
from chatdesk.conversations import clock, transition
from chatdesk.dispatch import steps
from chatdesk.dispatch.offering import offer_waiting
from chatdesk.shifts.models import Duty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

# Long enough that somebody goes home and somebody is cut off.
SHORT = Shape(
    name="short",
    chats=45,
    first_hour=14,
    arrivals_ms=30 * MINUTE,
    shifts=(Shift("early", 0, 35 * MINUTE), Shift("late", 10 * MINUTE, 45 * MINUTE)),
    per_shift=5,
    lunch_ms=5 * MINUTE,
    surges=(Surge("payouts fail", 8 * MINUTE, 14 * MINUTE, 2.0),),
    outage=Outage(20 * MINUTE, 24 * MINUTE),
)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    call_command("flush", verbosity=0, interactive=False)


def _figures(drawn: Plan, **more: Any) -> str:
    """What would be written, as text, and leaves the database empty for the next day."""
    try:
        ledger = play.ours(drawn, **more)
    finally:
        call_command("flush", verbosity=0, interactive=False)
    ledger.counted.pop("dispatcher_steps")
    return json.dumps([report.figures(ledger), report.series(ledger)])


def _without(*left_out: Step) -> dict[str, tuple[Step, ...]]:
    return {
        "each_second": tuple(step for step in STEPS if step not in left_out),
        "at_once": tuple(step for step in AT_ONCE if step not in left_out),
    }


def _walks_off(drawn: Plan, agent: int, ts: int) -> Plan:
    staff = list(drawn.staff)
    staff[agent] = replace(staff[agent], walks_off_ts=ts, back_ts=None)
    return replace(drawn, staff=tuple(staff))


def test_one_seed_is_one_day_and_another_seed_another() -> None:
    first, again, other = (plan.draw(seed, SHORT) for seed in (1, 1, 2))
    assert first == again
    assert first.arrivals != other.arrivals
    figures = _figures(first)
    assert _figures(again) == figures
    assert _figures(other) != figures


def test_quick_day_keeps_every_promise_and_serves_more_than_least_busy() -> None:
    drawn = plan.draw(4, QUICK)
    ours, theirs = play.ours(drawn), play.theirs(drawn, at_once=True)
    mine, others = report.figures(ours), report.figures(theirs)
    assert mine["chats"] == others["chats"] == len(drawn.arrivals)
    assert mine["never_closed"] == 0
    assert mine["counted"]["offers_accepted"] > 200
    assert mine["counted"]["cut_off"] == others["counted"]["cut_off"] > 0
    assert mine["abandoned"] < others["abandoned"]
    assert mine["stuck_longest_min"] < others["stuck_longest_min"]


def test_duties_are_those_of_the_plan() -> None:
    drawn = plan.draw(1, SHORT)
    play.ours(drawn)
    begins = MONDAY_MS + SHORT.first_hour * HOUR
    spans = {
        (duty.seat.team.name, duty.starts_ts - begins, duty.ends_ts - begins, duty.state)
        for duty in Duty.objects.select_related("seat__team")
    }
    assert spans == {(one.name, one.starts, one.ends, "ended") for one in SHORT.shifts}


def test_wakes_that_are_left_out_change_nothing() -> None:
    drawn = plan.draw(3, SHORT)
    assert _figures(drawn, every_second=True) == _figures(drawn)


def test_an_offer_that_never_ends_is_found() -> None:
    drawn = plan.draw(1, SHORT)
    deaf = replace(drawn, staff=tuple(replace(one, misses=0.5) for one in drawn.staff))
    with pytest.raises(Broken, match="rings longer than an offer lasts"):
        play.ours(deaf, **_without(steps.expire_offers))


def test_a_chat_left_with_somebody_who_went_is_found() -> None:
    gone = plan.draw(1, SHORT)
    for agent in (0, 1):
        gone = _walks_off(gone, agent, 9 * MINUTE)
    assert report.figures(play.ours(gone))["counted"]["returned_lost"] > 0
    call_command("flush", verbosity=0, interactive=False)
    with pytest.raises(Broken, match="waits for somebody who is not there"):
        play.ours(gone, **_without(steps.return_unanswered))


def test_a_deadline_that_nobody_keeps_is_found() -> None:
    with pytest.raises(Broken, match="has a deadline that nobody kept"):
        play.ours(plan.draw(1, SHORT), **_without(steps.keep_deadlines))


def test_somebody_who_is_never_rung_is_found() -> None:
    with pytest.raises(Broken, match="waits while somebody free could take it"):
        play.ours(plan.draw(1, SHORT), **_without(offer_waiting))


def test_the_clock_and_the_hub_are_the_products_own_afterwards() -> None:
    before = clock.now_ms, transition.hub, transition.consequences_of
    play.ours(plan.draw(1, replace(SHORT, chats=3)))
    assert (clock.now_ms, transition.hub, transition.consequences_of) == before


def test_least_busy_leaves_a_chat_with_whoever_walked_off() -> None:
    drawn = plan.draw(1, SHORT)
    gone = drawn
    for agent in (0, 1):
        gone = _walks_off(gone, agent, 9 * MINUTE)
    stayed = report.figures(play.theirs(drawn))
    left = report.figures(play.theirs(gone))
    assert left["stuck_min"] > stayed["stuck_min"]


def test_gini_is_nothing_where_all_carry_the_same() -> None:
    assert report.gini([3, 3, 3]) == 0
    assert report.gini([0, 0, 0, 1]) == 0.75
    assert report.gini([]) is None


def test_percentile_is_a_value_that_was_met() -> None:
    assert [report.percentile(range(1, 101), share) for share in (50, 95, 99)] == [50, 95, 99]
    assert report.percentile([7], 95) == 7


def test_pictures_are_drawn_for_each_policy() -> None:
    drawn = plan.draw(1, QUICK)
    ledgers = {
        "least_busy": play.theirs(drawn),
        "least_busy_at_once": play.theirs(drawn, at_once=True),
    }
    played = {
        "plan": report.plan_facts(drawn),
        "policies": {name: report.figures(one) for name, one in ledgers.items()},
        "series": {name: report.series(one) for name, one in ledgers.items()},
    }
    played["series"]["ours"] = played["series"]["least_busy"]
    played["policies"]["ours"] = played["policies"]["least_busy"]
    drawn_pictures = pictures.all_of(played, play.NAMES)
    assert set(drawn_pictures) == {"waiting", "queue", "agents", "load"}
    assert all(text.count("<path") >= 2 for name, text in drawn_pictures.items() if name != "load")
    marks = 3 * len(drawn.staff) + 3
    assert drawn_pictures["load"].count("<circle") == marks
