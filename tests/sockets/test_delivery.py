"""A message is written once, numbered once, and shown once to everybody who may see it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.clients import AgentClient, Client, PlayerClient, cmid
from tests.live import Live
from tests.sockets.people import agent, supervisor, token

pytestmark = pytest.mark.asyncio

MARK_SECONDS = 0.7  # marks are written twice a second


async def in_a_chat(live: Live, player: PlayerClient, vera: AgentClient) -> str:
    """A conversation of the two, all of whose lines both have."""
    conv = await player.open()
    await vera.claim(conv)
    for client in (player, vera):
        await client.until(lambda c=client: "joined" in c.kinds(conv), "joined")
    return conv


async def write_many(client: Client, many: int, **fields: Any) -> None:
    """So many messages at once, without waiting for each ack."""
    already = len(client.frames)
    for number in range(many):
        await client.say({"t": "send", "cmid": cmid(), "body": f"line {number}", **fields})

    def acked() -> bool:
        return sum(1 for frame in client.frames[already:] if frame["t"] == "ack") == many

    await client.until(acked, f"{many} acks", 60)


async def test_an_ack_says_that_it_is_in_the_database(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await in_a_chat(live, player, vera)
        for client, more in ((player, {}), (vera, {"epoch": vera.epoch(conv)})):
            ours = cmid()
            body = f"  kept as it came \t\n {client.path} é\u0301\U0001f600 "
            ack = await client.write("send", conv=conv, cmid=ours, body=body, **more)
            row = live.backstage.events(conv=conv)[-1]
            assert (row["seq"], row["cmid"], row["body"]) == (ack["seq"], ours, body)
            assert ack["dup"] is False
        note = await vera.write("note", conv=conv, cmid=cmid(), body="n")
        assert "seq" not in note
        assert live.backstage.notes(conv=conv)[-1]["seq"] == note["note_seq"] == 1


async def test_the_longest_body_arrives_whole(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await in_a_chat(live, player, vera)
        # As UTF-8, not escaped: so it fits into 16 KiB.
        longest = "\U0001f600" * 3_900 + "x" * 100
        frame = {"t": "send", "conv": conv, "cmid": "c", "body": longest}
        await player.say(json.dumps(frame, ensure_ascii=False))
        await player.frame("ack", cmid="c")
        await vera.until(lambda: longest in vera.bodies(conv), "the longest body")


async def test_a_retry_is_acked_again_with_the_same_seq(live: Live) -> None:
    brand = live.brand()
    vera, noor = agent(live, brand), agent(live, brand, "Noor")
    player = PlayerClient(live, brand)
    async with vera, noor:
        await player.join()
        conv = await in_a_chat(live, player, vera)
        asked, answered = cmid(), cmid()
        first = await player.send("is it there?", cmid=asked)
        reply = await vera.send(conv, "it is", cmid=answered)
        epoch = vera.epoch(conv)

        async def retried() -> None:
            again = await player.send("is it there?", cmid=asked)
            theirs = await vera.send(conv, "it is", cmid=answered, epoch=epoch)
            for ack, before in ((again, first), (theirs, reply)):
                assert ack == {**before, "dup": True}

        await retried()
        await player.leave()
        await player.resume()
        await retried()
        await noor.available()
        await vera.ask("transfer", conv=conv, epoch=epoch, to={"agent": noor.member.id})
        await retried()
        await player.ask("close", conv=conv)
        await retried()
        bodies = [event["body"] for event in live.backstage.events(conv=conv) if event["body"]]
        assert bodies == ["is it there?", "it is"]
        await player.leave()


async def test_everybody_sees_one_order_without_holes(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await in_a_chat(live, player, vera)
        await asyncio.gather(
            write_many(player, 40, conv=conv),
            write_many(vera, 40, conv=conv, epoch=vera.epoch(conv)),
        )
        stored = [(row["seq"], row["body"]) for row in live.backstage.events(conv=conv)]
        assert [seq for seq, _ in stored] == list(range(1, len(stored) + 1))
        for client in (player, vera):
            await client.until(lambda c=client: len(c.events[conv]) == len(stored), "all lines")
            seen = [(seq, one.get("body")) for seq, one in sorted(client.events[conv].items())]
            assert seen == stored
            pushed = [frame["seq"] for frame in client.frames if frame["t"] == "ev"]
            assert len(pushed) == len(set(pushed)), "shown twice"
        mine = [body for _, body in stored if body]
        assert [b for b in mine if b == "line 0"] == ["line 0"] * 2


async def test_a_cmid_goes_to_its_authors_sockets_alone(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    marit = supervisor(live, brand)
    async with player, vera, marit:
        conv = await in_a_chat(live, player, vera)
        tab, second = PlayerClient(live, brand), AgentClient(live, vera.member)
        tab.session = player.session
        async with tab, second:
            await second.until(lambda: second.chat(conv), "the desk")
            await marit.watch(conv)
            theirs, ours, note = "theirs-1", "ours-1", "note-1"
            await player.send("from the player", cmid=theirs)
            await vera.send(conv, "from the agent", cmid=ours)
            await vera.write("note", conv=conv, body="a note", cmid=note)
            for client in (player, tab, vera, second, marit):
                await client.until(lambda c=client: "from the agent" in c.bodies(conv))
            for client in (vera, second, marit):
                await client.until(lambda c=client: c.notes.get(conv), "the note")
            for client, may in (
                (player, {theirs}),
                (tab, {theirs}),
                (vera, {ours, note}),
                (second, {ours, note}),
                (marit, set()),
            ):
                lines = [*client.events[conv].values(), *client.notes.get(conv, {}).values()]
                assert {line["cmid"] for line in lines if "cmid" in line} == may
            for client in (tab, second):
                history = await client.ask("history", conv=conv)
                found = {event["cmid"] for event in history["events"] if "cmid" in event}
                assert found == {theirs if client is tab else ours}


async def test_notes_leave_no_trace_with_the_player(live: Live) -> None:
    brand = live.brand()
    player, vera, marit = PlayerClient(live, brand), agent(live, brand), supervisor(live, brand)
    async with player, vera, marit:
        conv = await in_a_chat(live, player, vera)
        for number in range(3):
            await vera.write("note", conv=conv, body=f"unseen {number}")
            await marit.write("whisper", conv=conv, body=f"unseen whisper {number}")
            await vera.ask("help", conv=conv, on=number % 2 == 0)
            await vera.send(conv, f"seen {number}")
        await player.until(lambda: "seen 2" in player.bodies(conv))
        seqs = sorted(player.events[conv])
        assert seqs == list(range(1, seqs[-1] + 1))
        fresh = PlayerClient(live, brand)
        fresh.session = player.session
        async with fresh:
            await fresh.ask("history", conv=conv)
            for client in (player, fresh):
                assert "unseen" not in str(client.frames)
                assert not client.notes
                assert not [one for one in client.frames if "note" in one["t"] or "note_seq" in one]
        await vera.until(lambda: len(vera.notes.get(conv, ())) == 9, "all notes")
        assert sorted(vera.notes[conv]) == list(range(1, 10))


async def test_the_pushes_follow_the_owner(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    noor = agent(live, brand, "Noor")
    async with player, vera, noor:
        conv = await in_a_chat(live, player, vera)
        await vera.write("note", conv=conv, body="for whoever comes")
        await noor.available()
        to = {"agent": noor.member.id}
        await vera.ask("transfer", conv=conv, epoch=vera.epoch(conv), to=to)
        await vera.until(lambda: not vera.chat(conv), "off the desk")
        await noor.until(lambda: noor.chat(conv), "on the desk")
        heard = len(vera.frames)
        await player.send("to Noor alone")
        await player.say({"t": "typing", "conv": conv, "on": True})
        await noor.until(lambda: "to Noor alone" in noor.bodies(conv))
        await noor.write("note", conv=conv, body="and a note")
        await noor.until(lambda: len(noor.notes.get(conv, ())) == 2, "both notes")
        await noor.send(conv, "I am Noor")
        await player.until(lambda: "I am Noor" in player.bodies(conv))
        await vera.still_usable()
        after = [one for one in vera.frames[heard:] if one["t"] in ("ev", "note_ev", "eph", "conv")]
        assert after == []


async def test_a_mark_reaches_the_other_side_and_the_next_socket(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with player, vera:
        conv = await in_a_chat(live, player, vera)
        seq = (await player.send("read me"))["seq"]
        await vera.until(lambda: "read me" in vera.bodies(conv))
        heard = len(player.frames)
        await vera.say({"t": "pong", "n": 0, "have": {conv: seq}})
        told = await player.frame("eph", since=heard, kind="delivered", role="agent")
        assert (told["conv"], told["seq"]) == (conv, seq)
        await vera.say({"t": "read", "conv": conv, "seq": 2**53})
        told = await player.frame("eph", since=heard, kind="read", role="agent")
        assert told["seq"] == seq, "beyond the head is the head"
        heard = len(vera.frames)
        await player.say({"t": "read", "conv": conv, "seq": seq - 1})
        told = await vera.frame("eph", since=heard, kind="read", role="player")
        assert told["seq"] == seq - 1
        await asyncio.sleep(MARK_SECONDS)
        fresh, second = PlayerClient(live, brand), AgentClient(live, vera.member)
        fresh.session = player.session
        async with fresh, second:
            await second.until(lambda: second.chat(conv), "the desk")
            for state in (fresh.welcome["conv"], second.chat(conv)):
                assert state["read"] == {"player": seq - 1, "agent": seq}
                assert state["delivered"]["agent"] == seq
            # A fresh socket knows the head too. (Its process may not know the marks: the larger wins.)
            heard = len(vera.frames)
            await fresh.say({"t": "read", "conv": conv, "seq": 2**40})
            told = await vera.frame("eph", since=heard, kind="read", role="player")
            assert told["seq"] == seq
            await fresh.say({"t": "read", "conv": conv, "seq": 1})
            await fresh.still_usable()
            await asyncio.sleep(MARK_SECONDS)
            assert live.backstage.conversation(conv=conv)["player_read"] == seq


async def test_who_only_watches_marks_nothing(live: Live) -> None:
    brand = live.brand()
    player, vera, marit = PlayerClient(live, brand), agent(live, brand), supervisor(live, brand)
    async with player, vera, marit:
        conv = await in_a_chat(live, player, vera)
        await marit.watch(conv)
        seq = (await player.send("seen from afar"))["seq"]
        await marit.until(lambda: "seen from afar" in marit.bodies(conv))
        heard = len(player.frames)
        await marit.say({"t": "read", "conv": conv, "seq": seq})
        await marit.say({"t": "pong", "n": 0, "have": {conv: seq}})
        await marit.say({"t": "typing", "conv": conv, "on": True})
        await marit.still_usable()
        await asyncio.sleep(MARK_SECONDS)
        row = live.backstage.conversation(conv=conv)
        assert row["agent_read"] == 0
        assert row["agent_delivered"] < seq
        assert not [one for one in player.frames[heard:] if one["t"] == "eph"]
        assert live.backstage.interventions(conv=conv) == ["watch"]


@pytest.mark.parametrize("previews", [False, True])
async def test_typing_reaches_the_other_side(live: Live, previews: bool) -> None:
    brand = live.brand(previews=previews)
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with player, vera:
        conv = await in_a_chat(live, player, vera)
        await player.say({"t": "typing", "conv": conv, "on": True, "text": "I am about to"})
        told = await vera.frame("eph", kind="typing", role="player")
        assert told["on"] is True
        assert told["ttl_ms"] > 0
        assert told.get("text") == ("I am about to" if previews else None)
        await vera.say({"t": "typing", "conv": conv, "on": True})
        told = await player.frame("eph", kind="typing", role="agent")
        assert (told["on"], told["alias"]) == (True, "Vera")
        await player.say({"t": "typing", "conv": conv, "on": False})
        assert "text" not in await vera.frame("eph", kind="typing", role="player", on=False)
        assert "about to" not in str(live.backstage.events(conv=conv))


async def test_a_message_reaches_the_sockets_of_every_process(live: Live) -> None:
    brand = live.brand()
    everywhere = live.web_processes()
    tabs: list[PlayerClient] = []
    async with agent(live, brand) as vera:
        while {live.server_of(tab.local_port) for tab in tabs} != everywhere or len(tabs) < 3:
            assert len(tabs) < 60, "one process takes every socket"
            tabs.append(await PlayerClient(live, brand, token=token(brand, "p-1")).join())
        conv = await tabs[0].open()
        await vera.claim(conv)
        for number, tab in enumerate(tabs):
            await tab.until(lambda tab=tab: conv in tab.states, "the conversation")
            tab.conv = conv
            await tab.send(f"from tab {number}")
        await vera.send(conv, "to all of you")
        expected = [*(f"from tab {number}" for number in range(len(tabs))), "to all of you"]
        for client in (vera, *tabs):
            await client.until(lambda c=client: c.bodies(conv) == expected, "every line")
        await asyncio.gather(*(tab.leave() for tab in tabs))
