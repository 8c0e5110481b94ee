"""What a conversation asks for and where it stands in the queue."""

from __future__ import annotations

import pytest

from chatdesk.conversations import assignments, clock, deadlines, lifecycle, queries
from chatdesk.conversations.models import Assignment, Brand, Conversation, Route, Seat, Team
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def _open(brand: Brand, topic: str, tier: str = "", channel: str = "chat") -> Conversation:
    who = builders.player(brand)
    who.tier = tier
    who.save()
    return lifecycle.open_conversation(
        builders.as_actor(who), brand.pk, topic=topic, channel=channel
    )


def _order(brand: Brand) -> list[str]:
    return [row.pk for row in queries.waiting([brand.pk])]


def _earlier(row: Conversation, seconds: int) -> None:
    row.waiting_since_ts -= seconds * 1000
    row.rank_ts -= seconds * 1000
    row.save()


def test_a_route_says_what_a_topic_asks_for() -> None:
    brand, team = builders.brand(), Team.objects.create(slug="money", name="Money")
    Route.objects.create(
        brand=brand, topic="bonus", skill="payments", team=team, priority=2, weight=2
    )
    row = _open(brand, "bonus")
    assert (row.skill, row.team_id, row.priority, row.weight) == ("payments", team.pk, 2, 2)
    assert row.need == f"{brand.pk}|en|payments|{team.pk}|chat"


def test_tier_gives_a_head_start_but_nobody_starves() -> None:
    brand = builders.brand()
    Brand.objects.filter(pk=brand.pk).update(tiers={"vip": 2})
    patient, plain = _open(brand, "other"), _open(brand, "other")
    vip = _open(brand, "other", tier="vip")
    assert _order(brand) == [vip.pk, patient.pk, plain.pk]
    # Two points are worth ten minutes of waiting and no more.
    _earlier(patient, 601)
    assert _order(brand) == [patient.pk, vip.pk, plain.pk]


def test_stop_gambling_goes_before_every_tier() -> None:
    brand = builders.brand()
    Brand.objects.filter(pk=brand.pk).update(tiers={"vip": 2})
    vip = _open(brand, "other", tier="vip")
    trouble = _open(brand, "stop_gambling")
    assert _order(brand) == [trouble.pk, vip.pk]
    assert trouble.weight == 3


def test_left_messages_wait_behind_whoever_sits_there_and_have_no_place() -> None:
    brand = builders.brand()
    left = _open(brand, "other", channel="message")
    chat = _open(brand, "other")
    assert _order(brand) == [chat.pk, left.pk]
    assert set(queries.places(brand.pk)) == {chat.pk}


def test_waiting_for_a_skill_ends_after_the_route_says() -> None:
    brand = builders.brand()
    Route.objects.create(brand=brand, topic="stop_gambling", skill="player_safety", waive_seconds=0)
    row = _open(brand, "stop_gambling")
    assert row.need.split("|")[2] == "player_safety"
    assert deadlines.reached(5) == [row.pk]
    deadlines.keep(row.pk)
    row.refresh_from_db()
    assert row.need == f"{brand.pk}|en|||chat"
    assert deadlines.reached(5) == []


def test_heavy_one_takes_what_is_free_and_the_rest_as_it_comes_free() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", capacity=3)
    light = builders.conversation(brand).pk
    epoch = assignments.claim(vera, light)
    heavy = _open(brand, "stop_gambling")
    assignments.claim(vera, heavy.pk)
    assert Assignment.objects.get(conversation=heavy).places == 2
    assert Seat.objects.get(pk=vera.agent_id).load == 3
    lifecycle.close(vera, light, epoch=epoch)
    assert Assignment.objects.get(conversation=heavy).places == 3
    assert Seat.objects.get(pk=vera.agent_id).load == 3


def test_expired_certificate_is_no_skill() -> None:
    seat = Seat(skills=["payments", "kyc"], skills_until={"kyc": clock.now_ms() - 1})
    assert assignments.skills_at(seat, clock.now_ms()) == {"payments"}
