"""What is said of whether a player can be served: each state, and what it costs to find out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec import structs

from chatdesk.conversations import assignments, clock, errors
from chatdesk.conversations.models import Assignment, Brand, Seat
from players import service
from players.service import Outlook
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)
ALWAYS: dict = {}
NEVER = {"": {"tz": "UTC", "week": {}}}


@pytest.fixture
def brand() -> Brand:
    return builders.brand("aurora")


def reads(queries: CaptureQueriesContext) -> list[str]:
    """What was read; that PostgreSQL is asked for its clock is no reading."""
    return [
        one["sql"] for one in queries.captured_queries if "FROM clock_timestamp" not in one["sql"]
    ]


def said(brand: Brand, lang: str = "en", market: str = "", most: int = 4) -> dict[str, Any]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = structs.asdict(service.service(brand, lang, market, clock.now_ms()))
    assert len(reads(queries)) <= most, queries.captured_queries
    return found


def opening_in(hours: int) -> tuple[dict, int]:
    """Hours that begin so many hours from now, and last one; and when that is."""
    begins = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    day = begins.date().isoformat()
    span = [begins.strftime("%H:%M"), (begins + timedelta(hours=1)).strftime("%H:%M")]
    return {"": {"tz": "UTC", "week": {}, "special": {day: [span]}}}, int(begins.timestamp()) * 1000


def paced(brand: Brand, seconds: int) -> None:
    """The queue has moved by one every so many seconds; nobody of those who took them is there now."""
    gone = builders.agent("Ilja", capacity=30, status="offline", brands=(brand,))
    for _ in range(5):
        assignments.claim(gone, builders.conversation(brand).pk)
    now = clock.now_ms()
    for number, row in enumerate(Assignment.objects.order_by("began_ts", "pk")):
        Assignment.objects.filter(pk=row.pk).update(began_ts=now - (5 - number) * seconds * 1000)


def test_available_means_that_somebody_free_speaks_the_language(brand):
    builders.agent(languages=("nl",), brands=(brand,))
    found = said(brand, "nl")
    assert (found["open"], found["available"], found["spoken"]) == (True, True, True)
    assert (found["eta_s"], found["capped"], found["hours"]) == (None, False, [])
    assert (found["opens_ts"], found["closes_ts"]) == (None, None)


@pytest.mark.parametrize(
    "fact",
    [
        {"status": "away"},
        {"status": "offline"},
        {"lost_ts": 1},
        {"draining_since_ts": 1},
        {"languages": ["fi"]},
    ],
    ids=str,
)
def test_who_is_not_there_makes_nobody_available(brand, fact):
    agent = builders.agent(languages=("en",), brands=(brand,))
    Seat.objects.filter(pk=agent.agent_id).update(**fact)
    found = said(brand)
    assert (found["available"], found["spoken"], found["capped"]) == (False, False, False)


def test_who_serves_another_brand_makes_nobody_available(brand):
    builders.agent(brands=(builders.brand("northlight"),))
    assert not said(brand)["available"]
    # Without a brand of his own he serves every one.
    builders.agent("Noor")
    assert said(brand)["available"]


def test_who_is_full_is_on_duty_and_not_available(brand):
    agent = builders.agent(capacity=1, brands=(brand,))
    assignments.claim(agent, builders.conversation(brand).pk)
    found = said(brand)
    assert (found["available"], found["spoken"], found["eta_s"]) == (False, True, None)


def test_who_may_have_no_more_chats_is_not_available(brand):
    agent = builders.agent(capacity=3, brands=(brand,))
    Seat.objects.filter(pk=agent.agent_id).update(channel_caps={"chat": 1})
    assert said(brand, most=6)["available"]
    assignments.claim(agent, builders.conversation(brand).pk)
    assert not said(brand, most=6)["available"]


def test_the_estimate_is_for_the_place_behind_those_who_wait(brand):
    paced(brand, 30)
    full = builders.agent(capacity=1, brands=(brand,))
    assignments.claim(full, builders.conversation(brand).pk)
    one = said(brand)["eta_s"]
    for _ in range(3):
        builders.conversation(brand)
    four = said(brand)["eta_s"]
    assert one is not None
    assert 4 * one - 60 <= four <= 4 * one + 60
    assert said(brand, "fi")["eta_s"] is None, "nobody speaks it, so no estimate is honest"


def test_a_wait_above_the_cap_is_refused_and_one_below_is_not(brand):
    paced(brand, 30)
    full = builders.agent(capacity=1, brands=(brand,))
    assignments.claim(full, builders.conversation(brand).pk)
    eta_s = said(brand)["eta_s"]
    brand.queue_cap_seconds = eta_s
    assert not said(brand)["capped"]
    service.admit(brand, "bonus", "en", "", clock.now_ms())
    brand.queue_cap_seconds = eta_s - 1
    assert said(brand)["capped"]
    with pytest.raises(errors.AtCapacity) as caught:
        service.admit(brand, "bonus", "en", "", clock.now_ms())
    assert caught.value.retry_ms is None
    service.admit(brand, "stop_gambling", "en", "", clock.now_ms())


def test_a_quiet_queue_refuses_nobody_while_somebody_is_free(brand):
    paced(brand, 150)
    brand.queue_cap_seconds = 60
    builders.agent(brands=(brand,))
    assert not said(brand)["capped"]
    service.admit(brand, "bonus", "en", "", clock.now_ms())


def test_with_a_cap_a_language_that_nobody_speaks_is_refused(brand):
    builders.agent(languages=("nl",), brands=(brand,))
    assert not said(brand, "fi")["capped"]
    brand.queue_cap_seconds = 600
    assert said(brand, "fi")["capped"]
    assert not said(brand, "nl")["capped"]


def test_with_a_cap_an_unknown_wait_is_not_refused(brand):
    brand.queue_cap_seconds = 1
    full = builders.agent(capacity=1, brands=(brand,))
    assignments.claim(full, builders.conversation(brand).pk)
    found = said(brand)
    assert (found["spoken"], found["eta_s"], found["capped"]) == (True, None, False)


def test_a_closed_brand_says_when_it_opens_and_asks_nobody(brand):
    builders.agent(brands=(brand,))
    brand.hours, opens = opening_in(3)
    with CaptureQueriesContext(connection) as queries:
        found = structs.asdict(service.service(brand, "en", "", clock.now_ms()))
    assert reads(queries) == []
    assert (found["open"], found["available"], found["capped"]) == (False, False, True)
    assert (found["opens_ts"], found["closes_ts"]) == (opens, None)
    assert found["hours"] == [[opens, opens + 3_600_000]]
    now = clock.now_ms()
    with pytest.raises(errors.AtCapacity) as caught:
        service.admit(brand, "bonus", "en", "", now)
    assert caught.value.retry_ms == opens - now
    service.admit(brand, "stop_gambling", "en", "", now)


def test_an_open_brand_says_when_it_closes(brand):
    builders.agent(brands=(brand,))
    brand.hours, opens = opening_in(0)
    found = said(brand)
    assert (found["open"], found["available"], found["opens_ts"]) == (True, True, None)
    assert found["closes_ts"] == opens + 3_600_000


def test_each_market_has_its_own_hours(brand):
    brand.hours = {**NEVER, "FI": {"tz": "UTC", "week": {}, "special": {}}}
    brand.hours["FI"]["week"] = {day: [["00:00", "24:00"]] for day in service.hours.DAYS}
    assert said(brand, "fi", "FI")["open"]
    closed = said(brand, "fi", "SE")
    assert (closed["open"], closed["opens_ts"]) == (False, None)
    with pytest.raises(errors.AtCapacity) as caught:
        service.admit(brand, None, "fi", "SE", clock.now_ms())
    assert caught.value.retry_ms is None


def test_without_hours_and_cap_nothing_is_looked_at(brand, django_assert_num_queries):
    now = clock.now_ms()
    with django_assert_num_queries(0):
        service.admit(brand, "bonus", "fi", "", now)


def test_a_crowd_costs_no_more_than_one(brand):
    paced(brand, 30)
    full = builders.agent(capacity=1, languages=("en", "nl", "fi"), brands=(brand,))
    assignments.claim(full, builders.conversation(brand).pk)
    outlook = Outlook(clock.now_ms())
    with CaptureQueriesContext(connection) as queries:
        for lang in ("en", "nl", "fi", "sv", "ru") * 10:
            outlook.of(brand, lang, "")
    assert len(reads(queries)) <= 4, queries.captured_queries


def test_a_message_is_never_a_chat_about_stopping():
    assert service.channel_of("message", "stop_gambling") == "chat"
    assert service.channel_of("message", "bonus") == "message"
    assert service.channel_of("chat", None) == "chat"
