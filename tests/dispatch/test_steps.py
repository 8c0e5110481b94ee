"""What the dispatcher does when it wakes."""

from __future__ import annotations

import pytest

from chatdesk.conversations import assignments, clock, messages, offers
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import Alarm, Conversation, Offer, Seat
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import offering, steps
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def _seen(*actors: object, complete: bool = True) -> Sight:
    return Sight(frozenset(actor.agent_id for actor in actors), complete)  # type: ignore[attr-defined]


def _rung(conv: str) -> set[int]:
    return set(Offer.objects.filter(conversation=conv).values_list("agent_id", flat=True))


def test_waiting_is_offered_to_who_speaks_the_language() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", languages=("nl",))
    aino = builders.agent("Aino", languages=("fi",))
    dutch, finnish = (
        builders.conversation(brand, lang="nl"),
        builders.conversation(brand, lang="fi"),
    )
    offering.offer_waiting(_seen(vera, aino))
    assert (_rung(dutch.pk), _rung(finnish.pk)) == ({vera.agent_id}, {aino.agent_id})


def test_unservable_head_does_not_block_the_rest() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", languages=("nl",))
    finnish, dutch = (
        builders.conversation(brand, lang="fi"),
        builders.conversation(brand, lang="nl"),
    )
    offering.offer_waiting(_seen(vera))
    assert (_rung(finnish.pk), _rung(dutch.pk)) == (set(), {vera.agent_id})


def test_stop_gambling_goes_first() -> None:
    from chatdesk.conversations import lifecycle

    brand = builders.brand()
    vera = builders.agent("Vera", capacity=1)
    earlier = builders.conversation(brand)
    who = builders.player(brand)
    urgent = lifecycle.open_conversation(
        builders.as_actor(who), brand.pk, topic="stop_gambling", lang="en"
    )
    offering.offer_waiting(_seen(vera))
    assert (_rung(urgent.pk), _rung(earlier.pk)) == ({vera.agent_id}, set())


def test_never_twice_to_the_same_agent_in_a_round() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(brand).pk
    offering.offer_waiting(_seen(vera, iris))
    first = Offer.objects.get(conversation=conv, state="offered")
    decliner = vera if first.agent_id == vera.agent_id else iris
    offers.decline(decliner, first.pk, "lunch")
    offering.offer_waiting(_seen(vera, iris))
    second = Offer.objects.get(conversation=conv, state="offered")
    assert second.agent_id != first.agent_id


def test_due_offers_expire_and_go_to_the_next() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(brand).pk
    offering.offer_waiting(_seen(vera, iris))
    Offer.objects.update(due_ts=clock.now_ms() - 1)
    steps.expire_offers()
    offering.offer_waiting(_seen(vera, iris))
    assert _rung(conv) == {vera.agent_id, iris.agent_id}
    assert Offer.objects.filter(conversation=conv, state="offered").count() == 1


def test_absent_agents_get_no_offers() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(brand).pk
    offering.offer_waiting(_seen(iris))
    assert _rung(conv) == {iris.agent_id}
    assert vera.agent_id not in _rung(conv)


def test_unanswered_chat_of_a_vanished_agent_returns_to_the_head() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    vera = builders.agent("Vera")
    waited_since = Conversation.objects.get(pk=conv).waiting_since_ts
    assignments.claim(vera, conv)
    messages.post(Draft(conv, builders.as_actor(who), "1", "hello?"))
    gone = _seen()
    steps.notice_absence(gone)
    steps.return_unanswered(gone)
    assert Conversation.objects.get(pk=conv).state == "active"
    Seat.objects.update(lost_ts=clock.now_ms() - 60_000)
    steps.return_unanswered(gone)
    row = Conversation.objects.get(pk=conv)
    assert (row.state, row.waiting_since_ts) == ("queued", waited_since)


def test_answered_chat_stays_until_the_player_writes_again() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    vera = builders.agent("Vera")
    assignments.claim(vera, conv)
    Seat.objects.update(lost_ts=clock.now_ms() - 60_000)
    steps.return_unanswered(_seen())
    assert Conversation.objects.get(pk=conv).state == "active"
    messages.post(Draft(conv, builders.as_actor(who), "1", "one more thing"))
    steps.return_unanswered(_seen())
    assert Conversation.objects.get(pk=conv).state == "queued"


@pytest.mark.parametrize("sight", [None, Sight(frozenset(), complete=False)])
def test_redis_empty_or_away_moves_nobody(sight: Sight | None) -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    vera = builders.agent("Vera")
    assignments.claim(vera, conv)
    messages.post(Draft(conv, builders.as_actor(who), "1", "hello?"))
    Seat.objects.update(lost_ts=clock.now_ms() - 600_000)
    steps.notice_absence(sight)
    steps.return_unanswered(sight)
    assert Conversation.objects.get(pk=conv).owner_id == vera.agent_id


def test_too_many_vanishing_at_once_is_not_believed() -> None:
    agents = [builders.agent(f"Agent{number}") for number in range(8)]
    steps.notice_absence(_seen(*agents[:4]))
    assert not Seat.objects.filter(lost_ts__isnull=False).exists()


@pytest.mark.parametrize("sight", [None, Sight(frozenset(), complete=False)])
def test_while_we_doubt_ourselves_nobody_loses_a_chat_for_silence_but_waking_goes_on(
    sight: Sight | None,
) -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    silent, asleep = builders.conversation(brand).pk, builders.conversation(brand).pk
    for conv in (silent, asleep):
        assignments.claim(vera, conv)
    long_ago = clock.now_ms() - 600_000
    Conversation.objects.filter(pk=silent).update(
        owned_since_ts=long_ago, prompted_ts=long_ago, due="return", due_ts=long_ago
    )
    Conversation.objects.filter(pk=asleep).update(
        sleeping=True,
        prompted_ts=long_ago,
        last_player_ts=long_ago + 1,
        due="wake",
        due_ts=long_ago,
    )
    steps.keep_deadlines(sight)
    assert Conversation.objects.get(pk=silent).owner_id == vera.agent_id
    assert Conversation.objects.get(pk=asleep).sleeping is False
    steps.keep_deadlines(_seen(vera))
    assert Conversation.objects.get(pk=silent).state == "queued"


def test_too_many_vanishing_raise_an_alarm_and_are_believed_in_the_end() -> None:
    agents = [builders.agent(f"Agent{number}") for number in range(8)]
    half = _seen(*agents[:4])
    steps.notice_absence(half)
    alarm = Alarm.objects.get(kind="presence_breaker", cleared_ts__isnull=True)
    assert alarm.facts == {"losing": 4, "there": 8}
    Alarm.objects.update(raised_ts=clock.now_ms() - steps.BREAKER_LIMIT_MS + 5_000)
    steps.notice_absence(half)
    assert not Seat.objects.filter(lost_ts__isnull=False).exists()
    Alarm.objects.update(raised_ts=clock.now_ms() - steps.BREAKER_LIMIT_MS)
    steps.notice_absence(half)
    assert Seat.objects.filter(lost_ts__isnull=False).count() == 4
    assert not Alarm.objects.filter(cleared_ts__isnull=True).exists()


def test_the_alarm_of_many_clears_when_they_are_back() -> None:
    agents = [builders.agent(f"Agent{number}") for number in range(8)]
    steps.notice_absence(_seen(*agents[:4]))
    steps.notice_absence(_seen(*agents))
    assert not Alarm.objects.filter(cleared_ts__isnull=True).exists()


def test_back_again_is_noticed() -> None:
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    steps.notice_absence(_seen(iris))
    assert Seat.objects.get(pk=vera.agent_id).lost_ts is not None
    steps.notice_absence(_seen(vera, iris))
    assert Seat.objects.get(pk=vera.agent_id).lost_ts is None
