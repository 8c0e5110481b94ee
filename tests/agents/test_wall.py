"""The wall's numbers, made from rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents import wall
from chatdesk.conversations import (
    alarms,
    assignments,
    clock,
    deadlines,
    holding,
    lifecycle,
    messages,
    offers,
    standing,
)
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import Brand, Conversation, Offer, Seat, Team
from chatdesk.conversations.transition import transition
from chatdesk.delivery.presence import Sight
from chatdesk.shifts.models import Duty, Shift
from tests import builders

pytestmark = pytest.mark.django_db

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def _seen(*actors: Actor, complete: bool = True) -> Sight:
    return Sight(frozenset(actor.agent_id for actor in actors), complete)


def _served(brand: Brand, by: Actor, lang: str = "en", *, asks: bool = True) -> Conversation:
    """A conversation in an agent's hands; ``asks``: the player has written and waits."""
    who = builders.player(brand)
    conv = builders.conversation(brand, who, lang=lang).pk
    assignments.claim(by, conv)
    if asks:
        messages.post(Draft(conv, builders.as_actor(who), f"ask-{conv}", "hello?"))
    return Conversation.objects.get(pk=conv)


def _since(conv: Conversation, **ago_ms: int) -> None:
    now = clock.now_ms()
    Conversation.objects.filter(pk=conv.pk).update(
        **{name: now - ago for name, ago in ago_ms.items()}
    )


def _answered(brand: Brand, after_ms: int, ago_ms: int = MINUTE_MS) -> Conversation:
    conv = builders.conversation(brand)
    _since(conv, opened_ts=ago_ms + after_ms, first_reply_ts=ago_ms)
    return conv


# --- the queue ---------------------------------------------------------------------------------------


def test_an_empty_house_has_an_empty_wall() -> None:
    state = wall.build(None, None)
    assert (state.agents, state.chats) == ({}, {})
    assert state.queue == {
        "waiting": 0,
        "offered": 0,
        "nobody_free": 0,
        "nobody_on_duty": 0,
        "oldest_ts": None,
        "by_lang": {},
    }


def test_the_queue_is_split_by_what_can_be_done_about_it() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", languages=("nl",), capacity=1)
    ringing, full, finnish = (
        builders.conversation(brand, lang="nl"),
        builders.conversation(brand, lang="nl"),
        builders.conversation(brand, lang="fi"),
    )
    offers.make(ringing.pk, vera.agent_id, {})
    state = wall.build(None, _seen(vera))
    counts = {name: state.queue[name] for name in ("offered", "nobody_free", "nobody_on_duty")}
    assert counts == {"offered": 1, "nobody_free": 1, "nobody_on_duty": 1}
    assert state.queue["waiting"] == 3
    whys = [state.chats[row.pk]["why"] for row in (ringing, full, finnish)]
    assert whys == [["none"], ["nobody_free"], ["nobody_on_duty"]]
    assert state.chats[ringing.pk]["offered"] is True
    assert state.agents[vera.id]["offered"] == 1


def test_a_free_agent_without_the_skill_or_the_brand_is_nobody_on_duty() -> None:
    aurora, northlight = builders.brand(), builders.brand()
    vera = builders.agent("Vera", languages=("en",), skills=("general",), brands=(aurora,))
    skilled, elsewhere, easy = (
        builders.conversation(aurora),
        builders.conversation(northlight),
        builders.conversation(aurora),
    )
    skilled.skill = "payments"
    standing.place(skilled)
    skilled.save()
    chats = wall.build(None, _seen(vera)).chats
    assert [chats[row.pk]["why"] for row in (skilled, elsewhere, easy)] == [
        ["nobody_on_duty"],
        ["nobody_on_duty"],
        ["nobody_free"],
    ]


@pytest.mark.parametrize("status", ["away", "offline"])
def test_who_is_away_is_not_on_duty(status: str) -> None:
    vera = builders.agent("Vera", status=status)
    conv = builders.conversation(builders.brand())
    state = wall.build(None, _seen(vera))
    assert state.chats[conv.pk]["why"] == ["nobody_on_duty"]
    assert state.queue["by_lang"]["en"]["reachable"] == 0


def test_oldest_in_all_and_by_language() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", languages=("nl", "sv"))
    first, second, finnish = (
        builders.conversation(brand, lang="nl"),
        builders.conversation(brand, lang="nl"),
        builders.conversation(brand, lang="fi"),
    )
    for row, ago in ((first, 90_000), (second, 30_000), (finnish, 60_000)):
        _since(row, waiting_since_ts=ago)
    oldest = Conversation.objects.get(pk=first.pk).waiting_since_ts
    queue = wall.build(None, _seen(vera)).queue
    assert queue["oldest_ts"] == oldest
    by_lang = queue["by_lang"]
    assert by_lang["nl"] == {"waiting": 2, "oldest_ts": oldest, "reachable": 1}
    assert by_lang["sv"] == {"waiting": 0, "oldest_ts": None, "reachable": 1}
    assert (by_lang["fi"]["waiting"], by_lang["fi"]["reachable"]) == (1, 0)


# --- brands ------------------------------------------------------------------------------------------


def test_a_supervisor_of_one_brand_sees_nothing_of_another() -> None:
    aurora, northlight = builders.brand(), builders.brand()
    vera = builders.agent("Vera", brands=(aurora,))
    iris = builders.agent("Iris", brands=(northlight,))
    everywhere = builders.agent("Noor", capacity=2)
    mine = builders.conversation(aurora)
    builders.conversation(northlight)
    theirs = _served(northlight, everywhere)
    _since(theirs, unanswered_since_ts=10 * MINUTE_MS)
    _answered(northlight, 5_000)
    gave_up = builders.conversation(northlight)
    _since(gave_up, closed_ts=MINUTE_MS)
    Conversation.objects.filter(pk=gave_up.pk).update(state="closed")
    state = wall.build(frozenset({aurora.pk}), _seen(vera, iris, everywhere))
    assert set(state.chats) == {mine.pk}
    assert {row["alias"] for row in state.agents.values()} == {"Vera", "Noor"}
    assert state.queue["waiting"] == 1
    assert state.kpi["first_reply_median_ms"] is None
    assert (state.kpi["abandoned_30min"], state.kpi["open"]) == (0, 1)
    noor = state.agents[everywhere.id]
    # The place is taken all the same; whose patience it costs is the other brand's affair.
    assert (noor["load"], noor["oldest_unanswered_ts"]) == (1, None)


def test_the_alias_on_a_chat_is_the_one_of_its_brand() -> None:
    aurora, northlight = builders.brand(), builders.brand()
    vera = builders.agent("Vera", brands=(aurora, northlight))
    Seat.objects.get(pk=vera.agent_id).personas.filter(brand=northlight).update(alias="Linn")
    at_home, next_door = _served(aurora, vera), _served(northlight, vera)
    chats = wall.build(None, _seen(vera)).chats
    assert chats[at_home.pk]["agent"] == {"id": vera.id, "alias": "Vera"}
    assert chats[next_door.pk]["agent"] == {"id": vera.id, "alias": "Linn"}


def test_an_owner_who_left_the_brand_is_still_named() -> None:
    aurora, northlight = builders.brand(), builders.brand()
    vera = builders.agent("Vera", brands=(aurora,))
    conv = _served(aurora, vera)
    Seat.objects.get(pk=vera.agent_id).personas.update(brand=northlight)
    chats = wall.build(frozenset({aurora.pk}), None).chats
    assert chats[conv.pk]["agent"]["alias"] == "Vera"


# --- presence ----------------------------------------------------------------------------------------


def test_unknown_presence_stays_unknown() -> None:
    vera = builders.agent("Vera")
    conv = _served(builders.brand(), vera)
    for sight in (None, _seen(complete=False)):
        state = wall.build(None, sight)
        assert state.agents[vera.id]["connected"] is None
        assert "agent_lost" not in state.chats[conv.pk]["why"]
        assert state.kpi["places"] == 3


def test_who_is_seen_is_connected_however_incomplete_the_sight() -> None:
    vera = builders.agent("Vera")
    agents = wall.build(None, _seen(vera, complete=False)).agents
    assert agents[vera.id]["connected"] is True


def test_a_vanished_agent_is_lost_with_his_chats_and_places() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera", languages=("nl",)), builders.agent("Iris", capacity=2)
    conv = _served(brand, vera)
    waiting = builders.conversation(brand, lang="nl")
    Seat.objects.filter(pk=iris.agent_id).update(languages=["sv"])
    Seat.objects.filter(pk=vera.agent_id).update(lost_ts=1234)
    state = wall.build(None, _seen(iris))
    assert (state.agents[vera.id]["connected"], state.agents[vera.id]["lost_ts"]) == (False, 1234)
    assert state.chats[conv.pk]["why"] == ["agent_lost"]
    assert state.chats[waiting.pk]["why"] == ["nobody_on_duty"]
    assert (state.kpi["places"], state.kpi["places_taken"]) == (2, 0)


# --- what waits for an answer ----------------------------------------------------------------------


def test_longest_unanswered_of_an_agent() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    calm, late = _served(brand, vera), _served(brand, vera)
    _since(calm, unanswered_since_ts=30_000)
    _since(late, unanswered_since_ts=150_000)
    _served(brand, vera, asks=False)
    state = wall.build(None, _seen(vera))
    since = Conversation.objects.get(pk=late.pk).unanswered_since_ts
    assert state.agents[vera.id]["oldest_unanswered_ts"] == since
    assert state.agents[vera.id]["load"] == 3
    assert state.chats[late.pk]["why"] == ["unanswered"]
    assert state.chats[calm.pk]["why"] == ["none"]


def test_an_agent_who_answered_everybody_has_nobody_waiting() -> None:
    vera = builders.agent("Vera")
    conv = _served(builders.brand(), vera)
    messages.post(Draft(conv.pk, vera, "answer", "hello", epoch=conv.epoch))
    state = wall.build(None, _seen(vera))
    assert state.agents[vera.id]["oldest_unanswered_ts"] is None
    assert state.chats[conv.pk]["unanswered_since_ts"] is None


def test_a_call_for_help_and_a_wish_to_stop_are_reasons() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    conv = _served(brand, vera)
    lifecycle.ask_help(vera, conv.pk, True)
    who = builders.player(brand)
    stop = lifecycle.open_conversation(
        builders.as_actor(who), brand.pk, topic="stop_gambling", lang="fi"
    )
    state = wall.build(None, _seen(vera))
    assert state.chats[conv.pk]["why"] == ["help"]
    assert state.chats[stop.pk]["why"] == ["stop_gambling", "nobody_on_duty"]
    assert next(iter(state.chats)) == stop.pk


# --- figures -----------------------------------------------------------------------------------------


def test_nothing_to_measure_is_null_and_not_zero() -> None:
    builders.conversation(builders.brand())
    kpi = wall.build(None, None).kpi
    assert (kpi["first_reply_median_ms"], kpi["first_reply_within_60_pct"]) == (None, None)
    assert (kpi["abandoned_30min"], kpi["open"], kpi["sessions_today"]) == (0, 1, 1)


def test_first_reply_is_the_median_of_the_last_half_hour() -> None:
    brand = builders.brand()
    for after in (10_000, 20_000, 90_000):
        _answered(brand, after)
    _answered(brand, 500_000, ago_ms=31 * MINUTE_MS)
    kpi = wall.build(None, None).kpi
    assert (kpi["first_reply_median_ms"], kpi["first_reply_within_60_pct"]) == (20_000, 67)


def test_gave_up_are_those_who_left_without_an_answer() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    lifecycle.close(builders.as_actor(who), conv)
    answered = _served(brand, vera)
    messages.post(Draft(answered.pk, vera, "answer", "hello", epoch=answered.epoch))
    lifecycle.close(vera, answered.pk, epoch=answered.epoch)
    assert wall.build(None, _seen(vera)).kpi["abandoned_30min"] == 1


def test_places_are_those_of_who_is_on_duty() -> None:
    brand = builders.brand()
    vera, away = builders.agent("Vera", capacity=4), builders.agent("Iris", capacity=5)
    _served(brand, vera)
    _served(brand, away)
    Seat.objects.filter(pk=away.agent_id).update(status="away", status_reason="break")
    state = wall.build(None, _seen(vera, away))
    assert (state.kpi["places"], state.kpi["places_taken"]) == (4, 1)
    assert (state.agents[away.id]["status"], state.agents[away.id]["reason"]) == ("away", "break")


# --- cost --------------------------------------------------------------------------------------------


def _queries(brands: frozenset[int] | None) -> int:
    with CaptureQueriesContext(connection) as asked:
        wall.build(brands, Sight(frozenset(), True))
    return len(asked)


def test_more_chats_and_agents_cost_no_more_queries() -> None:
    brand = builders.brand()
    only = frozenset({brand.pk})

    def grow(times: int) -> None:
        for _ in range(times):
            by = builders.agent("Vera", brands=(brand,))
            _served(brand, by)
            offers.make(builders.conversation(brand).pk, by.agent_id, {})

    grow(1)
    small = _queries(None), _queries(only)
    grow(6)
    assert (_queries(None), _queries(only)) == small
    assert max(small) <= 10


# --- weights, sleep, deadlines, shifts -------------------------------------------------------------------


def test_places_are_counted_by_weight_and_what_only_rings_takes_none() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", capacity=4)
    heavy = builders.conversation(brand)
    Conversation.objects.filter(pk=heavy.pk).update(weight=3)
    assignments.claim(vera, heavy.pk)
    offers.make(builders.conversation(brand).pk, vera.agent_id, {})
    state = wall.build(None, _seen(vera))
    row = state.agents[vera.id]
    assert [row[name] for name in ("load", "capacity", "chats", "offered")] == [3, 4, 1, 1]
    assert (state.kpi["places_taken"], state.kpi["places"]) == (3, 4)
    assert state.chats[heavy.pk]["weight"] == 3


def test_a_sleeping_chat_says_so_and_takes_no_place() -> None:
    vera = builders.agent("Vera")
    conv = _served(builders.brand(), vera, asks=False)
    with transition() as changes:
        row, _ = holding.conversation(Actor("admin", "0"), conv.pk)
        assignments.put_to_sleep(changes, row)
        row.save()
    state = wall.build(None, _seen(vera))
    assert state.chats[conv.pk]["why"] == ["asleep"]
    row = state.agents[vera.id]
    assert [row[name] for name in ("load", "chats", "asleep")] == [0, 1, 1]


def test_a_first_reply_is_late_after_the_warning_and_not_before() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    conv = _served(brand, vera)
    assert wall.build(None, _seen(vera)).chats[conv.pk]["why"] == ["none"]
    since = clock.now_ms() - brand.warn_seconds * 1000 - 1
    Conversation.objects.filter(pk=conv.pk).update(owned_since_ts=since, due_ts=since)
    assert deadlines.keep(conv.pk)
    assert wall.build(None, _seen(vera)).chats[conv.pk]["why"] == ["first_reply_late"]
    messages.post(Draft(conv.pk, vera, "reply", "here I am", epoch=1))
    assert wall.build(None, _seen(vera)).chats[conv.pk]["why"] == ["none"]


def test_who_drains_is_told_with_the_end_of_the_shift_and_reaches_nobody() -> None:
    brand = builders.brand()
    team = Team.objects.create(slug="payments", name="Payments")
    vera = builders.agent("Vera", capacity=3)
    _served(brand, vera)
    conv = builders.conversation(brand)
    now = clock.now_ms()
    Seat.objects.filter(pk=vera.agent_id).update(team=team, draining_since_ts=now)
    shift = Shift.objects.create(
        seat_id=vera.agent_id, tz="UTC", starts="2026-01-01T08:00", minutes=480
    )
    Duty.objects.create(
        shift=shift,
        seat_id=vera.agent_id,
        state="draining",
        starts_ts=now - HOUR_MS,
        drains_ts=now,
        ends_ts=now + HOUR_MS,
    )
    state = wall.build(None, _seen(vera))
    row = state.agents[vera.id]
    assert [row[name] for name in ("team", "draining_since_ts", "shift_ends_ts")] == [
        "Payments",
        now,
        now + HOUR_MS,
    ]
    assert state.chats[conv.pk]["why"] == ["nobody_on_duty"]
    assert (state.kpi["places_taken"], state.kpi["places"]) == (1, 1)


def test_an_expired_certificate_and_another_team_reach_nobody() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", skills=("payments",))
    skilled, teamed = builders.conversation(brand), builders.conversation(brand)
    skilled.skill = "payments"
    teamed.team = Team.objects.create(slug="kyc", name="KYC")
    for row in (skilled, teamed):
        standing.place(row)
        row.save()
    chats = wall.build(None, _seen(vera)).chats
    assert [chats[row.pk]["why"] for row in (skilled, teamed)] == [
        ["nobody_free"],
        ["nobody_on_duty"],
    ]
    Seat.objects.filter(pk=vera.agent_id).update(
        team=teamed.team, skills_until={"payments": clock.now_ms() - 1}
    )
    chats = wall.build(None, _seen(vera)).chats
    assert [chats[row.pk]["why"] for row in (skilled, teamed)] == [
        ["nobody_on_duty"],
        ["nobody_free"],
    ]


def test_idle_is_told_in_whole_minutes_of_those_who_are_there() -> None:
    there, gone, unknown = (builders.agent(name) for name in ("Vera", "Iris", "Noor"))
    sight = Sight(
        frozenset({there.agent_id, unknown.agent_id}),
        True,
        idle={there.agent_id: 419, gone.agent_id: 900},
    )
    agents = wall.build(None, sight).agents
    assert [agents[one.id]["idle_min"] for one in (there, gone, unknown)] == [6, None, None]
    assert agents[there.id]["status"] == "available"
    assert wall.build(None, None).agents[there.id]["idle_min"] is None


# --- alarms ----------------------------------------------------------------------------------------------


def _missed_three(brand: Brand, who: Actor) -> None:
    for _ in range(offers.MISSES_UNTIL_AWAY):
        offers.make(builders.conversation(brand).pk, who.agent_id, {})
        offers.expire(Offer.objects.get(state="offered").pk)


def test_alarms_stand_on_the_wall_until_they_are_over() -> None:
    vera = builders.agent("Vera")
    alarms.keep(alarms.SUSPICION, True, because="redis")
    _missed_three(builders.brand(), vera)
    told = wall.build(None, _seen(vera)).alarms
    assert [(one["kind"], one["about"], one["facts"]) for one in told] == [
        ("missed", vera.id, {"alias": "Vera"}),
        ("suspicion", "", {"because": "redis"}),
    ]
    lifecycle.declare(vera, vera.agent_id, "available", None)
    alarms.keep(alarms.SUSPICION, False)
    assert wall.build(None, _seen(vera)).alarms == []


def test_an_alarm_about_somebody_is_for_those_who_see_him() -> None:
    ours, theirs = builders.brand(), builders.brand()
    _missed_three(theirs, builders.agent("Iris", brands=(theirs,)))
    alarms.keep(alarms.PRESENCE_BREAKER, True, losing=4, there=5)

    def kinds(brands: frozenset[int] | None) -> list[str]:
        return [one["kind"] for one in wall.build(brands, None).alarms]

    assert kinds(frozenset({ours.pk})) == ["presence_breaker"]
    assert set(kinds(frozenset({theirs.pk}))) == set(kinds(None)) == {"presence_breaker", "missed"}
