"""Whether a player can be served, told over his socket; what is refused then, and what is taken."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.clients import Frame, PlayerClient
from tests.live import Live
from tests.sockets.people import agent, refused

pytestmark = pytest.mark.asyncio

CLOSED: dict[str, Any] = {"": {"tz": "UTC", "week": {}}}
FIELDS = {"open", "opens_ts", "closes_ts", "available", "spoken", "eta_s", "capped", "hours"}
# One reading every two seconds, and some more.
TOLD_SECONDS = 3.0


def opening_in(hours: int) -> tuple[dict[str, Any], int]:
    """Hours that begin so many hours from now, and when that is."""
    begins = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
    span = [begins.strftime("%H:%M"), (begins + timedelta(minutes=59)).strftime("%H:%M")]
    special = {begins.date().isoformat(): [span]}
    return {"": {"tz": "UTC", "week": {}, "special": special}}, int(begins.timestamp()) * 1000


def told(player: PlayerClient) -> list[Frame]:
    return [frame for frame in player.frames if frame["t"] == "service"]


async def until_told(player: PlayerClient, **facts: Any) -> Frame:
    frame: Frame = await player.until(
        lambda: next((f for f in told(player)[::-1][:1] if facts.items() <= f.items()), None),
        f"service {facts}",
    )
    return frame


async def test_a_waiting_widget_hears_when_somebody_comes_is_full_and_goes(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand, capacity=1)
    async with vera, PlayerClient(live, brand) as player, PlayerClient(live, brand) as other:
        service = player.welcome["brand"]["service"]
        assert set(service) == FIELDS
        assert (service["open"], service["available"], service["spoken"]) == (True, False, False)
        await vera.available()
        frame = await until_told(player, available=True, spoken=True)
        assert set(frame) - {"t"} == FIELDS
        await vera.accept(await other.open())
        await until_told(player, available=False, spoken=True)
        await vera.ask("state", status="away", reason="lunch")
        await until_told(player, available=False, spoken=False)
        # Whoever is in a chat of his own is not told.
        assert not [frame for frame in told(other) if not frame["available"]]
        for frame in told(player) + told(other):
            assert vera.member.alias not in str(frame)
        assert all(one != two for one, two in pairwise(told(player)))


async def test_it_is_told_for_the_language_of_each(live: Live) -> None:
    brand = live.brand()
    noor = agent(live, brand, "Noor", languages=["nl"])
    dutch, finnish = PlayerClient(live, brand, lang="nl"), PlayerClient(live, brand, lang="fi")
    async with noor, dutch, finnish:
        await noor.available()
        await until_told(dutch, available=True)
        await asyncio.sleep(TOLD_SECONDS)
        assert told(finnish) == []
        session = await asyncio.to_thread(PlayerClient(live, brand, lang="nl").begin_session)
        assert session["brand"]["service"]["available"] is True


async def test_after_a_chat_it_is_told_again(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand, capacity=1)
    async with vera, PlayerClient(live, brand) as player:
        conv = await player.open()
        await vera.available()
        await vera.accept(conv)
        await asyncio.sleep(TOLD_SECONDS)
        assert told(player) == []
        await player.ask("close", conv=conv)
        await until_told(player, available=True)


async def test_a_chat_is_refused_while_it_is_closed_and_a_message_is_taken(live: Live) -> None:
    hours, opens = opening_in(5)
    brand = live.brand(hours=hours)
    vera = agent(live, brand)
    async with vera, PlayerClient(live, brand) as player:
        await vera.available()
        service = player.welcome["brand"]["service"]
        assert (service["open"], service["opens_ts"], service["capped"]) == (False, opens, True)
        assert service["hours"] == [[opens, opens + 59 * 60_000]]
        refusal = await refused(player.ask("open", topic="bonus"))
        assert refusal["code"] == "at_capacity"
        left = opens - datetime.now(UTC).timestamp() * 1000
        assert abs(refusal["retry_ms"] - left) < 60_000

        conv = await player.open(topic="bonus", channel="message")
        assert live.backstage.conversation(conv=conv)["channel"] == "message"
        await player.send("Where is my bonus?")
        state = await player.until(lambda: player.states.get(conv), "its state")
        assert (state["state"], state["queue"]) == ("queued", None)
        # The one there is stays the one, whatever is asked for.
        assert await player.open(topic="login") == conv
        assert await player.open(topic="login", channel="message") == conv
        assert player.kinds(conv)[:2] == ["opened", "queued"]


async def test_an_answer_to_a_message_comes_into_the_same_conversation(live: Live) -> None:
    brand = live.brand(hours=CLOSED)
    vera = agent(live, brand)
    async with vera, PlayerClient(live, brand) as player:
        conv = await player.open(channel="message")
        await player.send("Where is my bonus?")
        await player.leave()
        await vera.claim(conv)
        await vera.send(conv, "It is there now.")
        async with PlayerClient(live, brand) as again:
            again.session = player.session
            await again.join()
            assert again.welcome["conv"]["conv"] == conv
            await again.ask("history", conv=conv)
            assert again.bodies(conv) == ["Where is my bonus?", "It is there now."]


async def test_a_visitor_who_leaves_a_message_keeps_his_session_for_the_answer(live: Live) -> None:
    brand = live.brand(hours=CLOSED)
    async with PlayerClient(live, brand) as player:
        header = {"Authorization": f"Session {player.session}"}
        before = await asyncio.to_thread(PlayerClient(live, brand).begin_session, header)
        await player.open(channel="message")
        after = await asyncio.to_thread(PlayerClient(live, brand).begin_session, header)
        assert before["player"]["id"] == after["player"]["id"] == player.player["id"]
        days = (after["expires_ts"] - before["expires_ts"]) / 86_400_000
        assert 6 < days < 7


async def test_messages_take_no_place_in_the_queue_of_chats(live: Live) -> None:
    brand = live.brand()
    writer, chatter = PlayerClient(live, brand), PlayerClient(live, brand)
    async with writer, chatter:
        left = await writer.open(channel="message")
        conv = await chatter.open()
        state = await chatter.until(lambda: chatter.states.get(conv), "its state")
        assert state["queue"]["position"] == 1
        assert (await writer.until(lambda: writer.states.get(left), "its state"))["queue"] is None


async def test_with_a_cap_a_language_that_nobody_speaks_is_asked_for_a_message(live: Live) -> None:
    brand = live.brand(queue_cap_seconds=600)
    vera = agent(live, brand, languages=["en"])
    async with vera, PlayerClient(live, brand, lang="fi") as player:
        await vera.available()
        assert (await refused(player.ask("open")))["code"] == "at_capacity"
        await player.open(lang="en")


@pytest.mark.parametrize("channel", ["chat", "message"])
async def test_who_wants_to_stop_is_never_refused_and_always_in_a_chat(
    live: Live, channel: str
) -> None:
    brand = live.brand(hours=CLOSED, queue_cap_seconds=0)
    async with PlayerClient(live, brand) as player:
        conv = await player.open(topic="stop_gambling", channel=channel)
        assert live.backstage.conversation(conv=conv)["channel"] == "chat"
        state = await player.until(lambda: player.states.get(conv), "its state")
        assert state["queue"]["position"] == 1


async def test_who_wants_to_stop_does_not_wait_for_the_answer_to_a_message(live: Live) -> None:
    brand = live.brand(hours=CLOSED)
    async with PlayerClient(live, brand) as player:
        left = await player.open(channel="message")
        conv = await player.open(topic="stop_gambling")
        assert conv != left
        assert live.backstage.conversation(conv=conv)["channel"] == "chat"
        await player.until(lambda: player.states.get(left, {}).get("state") == "closed", "closed")
        # Said once more, it is that chat.
        assert await player.open(topic="stop_gambling") == conv


async def test_a_brand_without_hours_and_cap_refuses_nobody(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand, lang="fi") as player:
        assert player.welcome["brand"]["service"]["capped"] is False
        await player.open()


async def test_a_channel_that_there_is_not_is_refused(live: Live) -> None:
    async with PlayerClient(live) as player:
        assert (await refused(player.ask("open", channel="phone")))["code"] == "bad_field"


async def test_the_place_belongs_to_the_player_and_not_to_the_tab(live: Live) -> None:
    brand = live.brand()
    first, tab, behind = (PlayerClient(live, brand) for _ in range(3))
    async with first, behind:
        conv = await first.open()
        await behind.open()
        since = live.backstage.conversation(conv=conv)["waiting_since_ts"]
        tab.session = first.session
        await tab.join()
        assert tab.welcome["conv"]["queue"]["position"] == 1
        assert await tab.open() == conv
        # The tab in which it began goes; the other one, and one that is loaded anew, keep the place.
        await first.leave()
        await tab.leave()
        again = PlayerClient(live, brand)
        again.session = first.session
        async with again:
            assert again.welcome["conv"]["conv"] == conv
            assert again.welcome["conv"]["queue"]["position"] == 1
            assert live.backstage.conversation(conv=conv)["waiting_since_ts"] == since
            assert behind.states[behind.conv]["queue"]["position"] == 2
