"""Who gets a conversation that waits, seen from the desks and from the player's widget."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clients import AgentClient, Frame, PlayerClient, Refused
from tests.live import Live
from tests.sockets.people import agent, code, refused, supervisor

pytestmark = pytest.mark.asyncio

SETTLING_SECONDS = 1.5  # a tick of the dispatcher and some more


def gone(client: AgentClient) -> list[Frame]:
    return [frame for frame in client.frames if frame["t"] == "offer_gone"]


def offers(client: AgentClient) -> list[str]:
    """The conversations that were ever offered, in order."""
    return [frame["conv"] for frame in client.frames if frame["t"] == "offer"]


async def test_an_offer_goes_to_who_is_there_and_speaks_the_language(live: Live) -> None:
    brand = live.brand()
    dutch, english = agent(live, brand, "Noor", languages=["nl"]), agent(live, brand)
    away, elsewhere = agent(live, brand, "Anna", languages=["nl"]), agent(live, live.brand())
    async with dutch, english, away, elsewhere, PlayerClient(live, brand) as player:
        for one in (dutch, english, elsewhere):
            await one.available()
        conv = await player.open(lang="nl-BE", topic="bonus")
        offer = await dutch.frame("offer", conv=conv)
        assert (offer["lang"], offer["topic"], offer["brand"]) == ("nl", "bonus", brand)
        assert offer["expires_ts"] > offer["since_ts"]
        assert offer["why"]["languages"] == ["nl"]
        await dutch.accept(conv)
        assert not [one for one in (english, away, elsewhere) if offers(one)]


async def test_the_least_loaded_is_rung_first(live: Live) -> None:
    brand = live.brand()
    busy, idle = agent(live, brand, capacity=3), agent(live, brand, "Noor", capacity=3)
    players = [PlayerClient(live, brand) for _ in range(2)]
    async with busy, idle, players[0], players[1]:
        await busy.claim(await players[0].open())
        await busy.available()
        await idle.available()
        conv = await players[1].open()
        await idle.accept(conv)
        assert offers(busy) == []


async def test_who_declined_is_not_asked_again_in_that_round(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand), agent(live, brand, "Noor")
    async with vera, noor, PlayerClient(live, brand) as player:
        await vera.available()
        conv = await player.open()
        first = await vera.offered(conv)
        await noor.available()
        await vera.ask("decline", offer=first, reason="lunch")
        await vera.frame("offer_gone", offer=first, why="declined")
        second = await noor.offered(conv)
        await noor.ask("decline", offer=second, reason="lunch too")
        await asyncio.sleep(SETTLING_SECONDS)
        assert offers(vera) == offers(noor) == [conv]
        assert await code(vera.ask("accept", offer=first)) == "not_found"
        # Whoever took no offer may still take the conversation.
        await vera.claim(conv)


async def test_a_missed_offer_goes_on_with_the_wait_it_had(live: Live) -> None:
    brand = live.brand(offer_seconds=1)
    vera, noor = agent(live, brand), agent(live, brand, "Noor")
    first, second = PlayerClient(live, brand), PlayerClient(live, brand)
    async with vera, noor, first, second:
        conv = await first.open()
        await second.open()
        since = live.backstage.conversation(conv=conv)["waiting_since_ts"]
        await vera.ask("claim", conv=second.conv)
        await vera.ask("release", conv=second.conv, epoch=1)
        await vera.available()
        missed = await vera.frame("offer", conv=conv)
        await vera.frame("offer_gone", offer=missed["offer"], why="timed_out")
        await noor.available()
        again = await noor.frame("offer", conv=conv)
        assert again["since_ts"] == missed["since_ts"] == since
        assert first.states[conv]["queue"]["position"] == 1


async def test_three_missed_offers_make_an_agent_away(live: Live) -> None:
    brand = live.brand(offer_seconds=1)
    vera = agent(live, brand)
    players = [PlayerClient(live, brand) for _ in range(3)]
    async with vera, players[0], players[1], players[2]:
        await vera.available()
        convs = {await player.open() for player in players}
        await vera.until(lambda: vera.desk.get("status") == "away", "away")
        assert vera.desk["reason"] == "missed"
        assert set(offers(vera)) == convs
        assert {frame["why"] for frame in gone(vera)} == {"timed_out"}
        await vera.available()
        await vera.until(lambda: vera.desk["missed"] == 0, "a new count")


async def test_a_claim_takes_the_offer_away_from_another(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand), agent(live, brand, "Noor")
    async with vera, noor, PlayerClient(live, brand) as player:
        await vera.available()
        conv = await player.open()
        offer = await vera.offered(conv)
        await noor.claim(conv)
        await vera.frame("offer_gone", offer=offer, why="accepted_elsewhere", alias="Noor")
        await vera.until(lambda: vera.desk["offers"] == [], "an empty desk")
        late = await refused(vera.ask("accept", offer=offer))
        assert (late["code"], late["alias"]) == ("already_taken", "Noor")
        await player.until(lambda: player.states[conv]["agent"] == {"alias": "Noor"})


async def test_two_tabs_that_accept_both_get_the_same_epoch(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand)
    tab = AgentClient(live, vera.member)
    async with vera, tab, PlayerClient(live, brand) as player:
        await vera.available()
        conv = await player.open()
        offer = await vera.offered(conv)
        answers = await asyncio.gather(*(one.ask("accept", offer=offer) for one in (vera, tab)))
        assert [(one["conv"], one["epoch"]) for one in answers] == [(conv, 1), (conv, 1)]
        for one in (vera, tab):
            await one.until(lambda c=one: c.chat(conv), "on both desks")
        assert player.kinds(conv).count("joined") <= 1


async def test_places_are_never_exceeded_by_offers_claims_and_transfers(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand, capacity=2), agent(live, brand, "Noor", capacity=2)
    players = [PlayerClient(live, brand) for _ in range(6)]
    async with vera, noor:
        await asyncio.gather(*(player.join() for player in players))
        convs = [await player.open() for player in players]
        await vera.available()
        await noor.available()

        async def tries(one: AgentClient, verb: str, **fields: Any) -> None:
            try:
                await one.ask(verb, **fields)
            except Refused as answer:
                taken = ("at_capacity", "already_taken", "not_found", "not_assignee")
                assert answer.code in taken, answer.frame

        async def busily(one: AgentClient, other: AgentClient) -> None:
            for conv in convs:
                await tries(one, "claim", conv=conv)
                for offer in one.desk.get("offers", ()):
                    await tries(one, "accept", offer=offer["offer"])
            to = {"agent": other.member.id}
            for chat in one.desk.get("chats", ()):
                await tries(one, "transfer", conv=chat["conv"], epoch=chat["epoch"], to=to)

        await asyncio.gather(busily(vera, noor), busily(noor, vera))
        await asyncio.sleep(SETTLING_SECONDS)
        for one in (vera, noor):
            desks = [frame for frame in one.frames if frame["t"] == "desk"]
            assert max(len(desk["chats"]) + len(desk["offers"]) for desk in desks) <= 2
            assert len(desks[-1]["chats"]) + len(desks[-1]["offers"]) == 2
        await asyncio.gather(*(player.leave() for player in players))


async def test_a_transfer_to_a_colleague_brings_the_note(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand), agent(live, brand, "Noor")
    async with vera, noor, PlayerClient(live, brand) as player:
        conv = await player.open()
        await player.send("about my bonus")
        epoch = await vera.claim(conv)
        await noor.available()
        to, note = {"agent": noor.member.id}, "Wants the bonus of May."
        await vera.ask("transfer", conv=conv, epoch=epoch, to=to, note=note)
        await noor.until(lambda: noor.chat(conv), "on the desk")
        assert noor.epoch(conv) > epoch
        await noor.until(lambda: noor.notes.get(conv), "the note")
        assert [one["body"] for one in noor.notes[conv].values()] == [note]
        await noor.until(lambda: "about my bonus" in noor.bodies(conv), "the last lines")
        await player.until(lambda: player.states[conv]["agent"] == {"alias": "Noor"})
        moved = next(e for e in player.events[conv].values() if e["kind"] == "transferred")
        assert moved["data"] == {"to_alias": "Noor"}
        assert note not in str(player.frames)
        assert await code(vera.send(conv, "too late", epoch=epoch)) == "not_assignee"


async def test_a_transfer_to_a_skill_waits_for_who_has_it(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand), agent(live, brand, "Noor", skills=["payments"])
    anna = agent(live, brand, "Anna")
    async with vera, noor, anna, PlayerClient(live, brand) as player:
        conv = await player.open()
        epoch = await vera.claim(conv)
        for one in (vera, anna):
            await one.available()
        to = {"skill": "payments"}
        await vera.ask("transfer", conv=conv, epoch=epoch, to=to, note="Over to you.")
        await player.until(lambda: player.states[conv]["state"] == "queued")
        await noor.available()
        await noor.accept(conv)
        await noor.until(lambda: noor.notes.get(conv), "the note")
        assert offers(vera) == offers(anna) == []


async def test_a_released_chat_returns_to_the_head(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand)
    first, second = PlayerClient(live, brand), PlayerClient(live, brand)
    async with vera, first, second:
        conv = await first.open()
        other = await second.open()
        epoch = await vera.claim(conv)
        await second.until(lambda: second.states[other]["queue"]["position"] == 1, "first now")
        await vera.ask("release", conv=conv, epoch=epoch)
        await second.until(lambda: second.states[other]["queue"]["position"] == 2, "second")
        await first.until(lambda: (first.states[conv]["queue"] or {}).get("position") == 1, "head")
        await vera.until(lambda: not vera.chat(conv), "off the desk")
        waiting = await vera.until(lambda: vera.desk["waiting"]["count"] == 2 and vera.desk)
        assert [one["conv"] for one in waiting["waiting"]["chats"]] == [conv, other]


async def test_a_supervisor_goes_above_the_places_and_it_is_recorded(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand, capacity=1), agent(live, brand, "Noor")
    marit = supervisor(live, brand)
    players = [PlayerClient(live, brand) for _ in range(3)]
    async with vera, noor, marit, players[0], players[1], players[2]:
        own, assigned, taken = [await player.open() for player in players]
        await vera.claim(own)
        answer = await marit.ask("assign", conv=assigned, agent=vera.member.id)
        await vera.until(lambda: vera.chat(assigned), "on the desk")
        assert vera.epoch(assigned) == answer["epoch"]
        assert vera.chat(assigned)["forced"] is True
        assert vera.chat(own)["forced"] is False
        await vera.send(assigned, "I have you too")
        await vera.available()
        await asyncio.sleep(SETTLING_SECONDS)
        assert offers(vera) == []
        epoch = await noor.claim(taken)
        answer = await marit.ask("takeover", conv=taken)
        assert answer["epoch"] > epoch
        await noor.until(lambda: not noor.chat(taken), "off the desk")
        await marit.until(lambda: marit.chat(taken), "on the supervisor's desk")
        assert await code(noor.send(taken, "mine", epoch=epoch)) == "not_assignee"
        await marit.send(taken, "I take care of this.")
        for conv, action in ((assigned, "assign"), (taken, "takeover")):
            assert live.backstage.interventions(conv=conv) == [action]


async def test_a_supervisor_closes_and_sets_a_status(live: Live) -> None:
    brand = live.brand()
    vera, marit = agent(live, brand), supervisor(live, brand)
    async with vera, marit, PlayerClient(live, brand) as player:
        await vera.available()
        conv = await player.open()
        offer = await vera.offered(conv)
        state = {"agent": vera.member.id, "status": "away", "reason": "fire drill"}
        await marit.ask("force_state", **state)
        await vera.until(lambda: vera.desk["status"] == "away", "away")
        assert vera.desk["reason"] == "fire drill"
        await vera.frame("offer_gone", offer=offer, why="withdrawn")
        await marit.ask("force_close", conv=conv, reason="abuse")
        await player.until(lambda: player.states[conv]["state"] == "closed")
        assert "abuse" not in str(player.frames)
        assert live.backstage.interventions(conv=conv) == ["force_close"]


async def test_every_place_in_the_queue_is_told_as_it_moves(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand)
    players = [PlayerClient(live, brand) for _ in range(4)]
    async with vera:
        for player in players:
            await player.join()
            await player.open()

        async def placed(*expected: int | None) -> None:
            for player, place in zip(players, expected, strict=True):

                def its(player: PlayerClient = player, place: int | None = place) -> bool:
                    state = player.states.get(player.conv)
                    queue = state and state["queue"]
                    return bool(state) and (queue["position"] if queue else None) == place

                await player.until(its, f"place {place}")

        await placed(1, 2, 3, 4)
        # No honest estimate exists yet: null, and never 0.
        assert [player.states[player.conv]["queue"]["eta_s"] for player in players] == [None] * 4
        await vera.claim(players[1].conv)
        await placed(1, None, 2, 3)
        await players[0].ask("close", conv=players[0].conv)
        await placed(None, None, 1, 2)
        await vera.ask("release", conv=players[1].conv, epoch=1)
        await placed(None, 1, 2, 3)
        await asyncio.gather(*(player.leave() for player in players))


async def test_a_declared_status_survives_the_socket(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand)
    await vera.join()
    await vera.ask("state", status="away", reason="lunch")
    await vera.leave()
    again = AgentClient(live, vera.member)
    async with again:
        await again.until(lambda: again.desk, "the desk")
        assert (again.desk["status"], again.desk["reason"]) == ("away", "lunch")
        await again.available()
    async with AgentClient(live, vera.member) as third, PlayerClient(live, brand) as player:
        await third.accept(await player.open())
