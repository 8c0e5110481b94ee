"""What staff see of presence, places, deadlines and alarms, over real sockets."""

from __future__ import annotations

import json

import pytest

from tests.clients import PlayerClient
from tests.live import Live
from tests.sockets.people import agent, supervisor

pytestmark = [pytest.mark.asyncio, pytest.mark.live]

# After a start the dispatcher believes no silence for half a minute.
TRUSTING_SECONDS = 45


async def test_a_wall_shows_the_reason_of_an_absence_and_who_does_something(live: Live) -> None:
    brand = live.brand()
    vera, marit = agent(live, brand), supervisor(live, brand)
    async with vera, marit:
        await marit.show_wall()
        await vera.ask("state", status="away", reason="coaching")

        def row() -> dict:
            return marit.wall["agents"][vera.member.id]

        await marit.until(lambda: row()["reason"] == "coaching", "the reason")
        assert (row()["status"], row()["connected"], row()["idle_min"]) == ("away", True, 0)
        await vera.ask("state", status="away", reason="fire drill")
        await marit.until(lambda: row()["reason"] == "fire drill", "free text")


async def test_an_alarm_rings_on_the_wall_until_the_agent_is_back(live: Live) -> None:
    brand = live.brand(offer_seconds=1)
    vera, marit = agent(live, brand), supervisor(live, brand)
    players = [PlayerClient(live, brand) for _ in range(3)]
    async with vera, marit, players[0], players[1], players[2]:
        await marit.show_wall()
        await vera.available()
        for player in players:
            await player.open()

        def about_vera() -> list[dict]:
            return [one for one in marit.wall["alarms"] if one["about"] == vera.member.id]

        await marit.until(lambda: bool(about_vera()), "the alarm", TRUSTING_SECONDS)
        (alarm,) = about_vera()
        assert (alarm["kind"], alarm["facts"]) == ("missed", {"alias": "Vera"})
        assert vera.desk["reason"] == "missed"
        await vera.available()
        await marit.until(lambda: not about_vera(), "no alarm")


async def test_places_taken_and_ringing_are_told_to_desk_and_wall(live: Live) -> None:
    brand = live.brand()
    vera, marit = agent(live, brand, capacity=3), supervisor(live, brand)
    first, second = PlayerClient(live, brand), PlayerClient(live, brand)
    async with vera, marit, first, second:
        await marit.show_wall()
        await vera.claim(await first.open())
        await vera.until(lambda: vera.desk["load"] == 1, "one place")
        await vera.available()
        conv = await second.open()
        await vera.offered(conv)
        assert (vera.desk["load"], vera.desk["capacity"]) == (2, 3)
        assert (vera.desk["draining_since_ts"], vera.desk["shift_ends_ts"]) == (None, None)

        def row() -> dict:
            return marit.wall["agents"][vera.member.id]

        await marit.until(lambda: row()["offered"] == 1, "the offer")
        assert (row()["load"], row()["chats"]) == (1, 1)


async def test_a_first_reply_that_is_late_is_told_to_desk_and_wall(live: Live) -> None:
    brand = live.brand(warn_seconds=1, first_reply_seconds=600)
    vera, marit = agent(live, brand), supervisor(live, brand)
    async with vera, marit, PlayerClient(live, brand) as player:
        await marit.show_wall()
        conv = await player.open()
        await player.send("hello?")
        await vera.claim(conv)
        chat = vera.chat(conv)
        assert chat is not None
        assert chat["reply_due_ts"] - chat["warn_ts"] == 599_000
        await vera.until(
            lambda: any(one["kind"] == "flag" for one in vera.notes.get(conv, {}).values()),
            "the warning",
            TRUSTING_SECONDS,
        )
        await marit.until(
            lambda: "first_reply_late" in marit.wall["chats"][conv]["why"], "the reason"
        )
        await vera.send(conv, "here I am")
        await marit.until(
            lambda: "first_reply_late" not in marit.wall["chats"][conv]["why"], "no reason"
        )


async def test_why_somebody_waits_is_for_supervisors_only(live: Live) -> None:
    brand = live.brand()
    vera, marit = agent(live, brand), supervisor(live, brand)
    async with vera, marit, PlayerClient(live, brand) as player:
        await vera.available()
        conv = await player.open(lang="fi")

        def asked(who: object) -> tuple[int, dict]:
            token = {"Authorization": f"Token {who.member.token}"}  # type: ignore[attr-defined]
            answer = live.http("GET", f"/api/v1/staff/routing?conv={conv}", None, token)
            return answer.status, json.loads(answer.body)

        status, body = asked(marit)
        found = {
            one["reason"]: [who["alias"] for who in one["agents"]]
            for one in body["waiting"]["excluded"]
        }
        assert (status, found["language"]) == (200, ["Vera"])
        assert asked(vera)[0] == 403
