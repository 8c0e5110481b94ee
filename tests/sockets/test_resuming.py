"""Who comes back gets what he missed; who scrolls back gets what was before."""

from __future__ import annotations

import asyncio

import pytest

from tests.clients import AgentClient, Client, Frame, PlayerClient
from tests.live import Live
from tests.sockets.people import agent, supervisor
from tests.sockets.test_delivery import in_a_chat, write_many

pytestmark = pytest.mark.asyncio


async def lines_until_resumed(client: Client, conv: str, since: int) -> tuple[list[int], Frame]:
    """The seqs of what came before ``resumed``, and that frame."""
    resumed = await client.frame("resumed", since=since, conv=conv)
    before = client.frames[since : client.frames.index(resumed, since)]
    return [one["seq"] for one in before if one["t"] == "ev"], resumed


async def test_a_player_gets_exactly_what_he_missed(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with vera:
        await player.join()
        conv = await in_a_chat(live, player, vera)
        await player.leave()
        at = player.have()[conv]
        for number in range(3):
            await vera.send(conv, f"missed {number}")
            await vera.write("note", conv=conv, body="unseen")
        since = len(player.frames)
        await player.resume()
        seqs, resumed = await lines_until_resumed(player, conv, since)
        assert seqs == [at + 1, at + 2, at + 3]
        assert (resumed["from"], resumed["to"]) == (at, at + 3)
        assert (resumed["mode"], resumed["more"]) == ("delta", False)
        assert player.welcome["conv"]["last_seq"] == at + 3
        # Nothing missed is an answer too, and after it the socket is live.
        await player.leave()
        since = len(player.frames)
        await player.resume()
        seqs, resumed = await lines_until_resumed(player, conv, since)
        assert (seqs, resumed["from"], resumed["to"]) == ([], at + 3, at + 3)
        await vera.send(conv, "live again")
        await player.until(lambda: "live again" in player.bodies(conv))
        await player.leave()


async def test_what_was_closed_meanwhile_is_shown_to_its_end(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with vera:
        await player.join()
        conv = await in_a_chat(live, player, vera)
        await player.leave()
        await vera.send(conv, "good-bye")
        await vera.ask("close", conv=conv, epoch=vera.epoch(conv), reason="solved")
        await player.resume()
        assert player.welcome.get("conv") is None
        await player.frame("resumed", conv=conv)
        assert "good-bye" in player.bodies(conv)
        assert player.kinds(conv)[-2:] == ["closed", "survey"]
        await player.ask("rate", conv=conv, agent=5)
        await player.leave()


async def test_an_agent_gets_the_lines_and_notes_he_missed(live: Live) -> None:
    brand = live.brand()
    player, marit = PlayerClient(live, brand), supervisor(live, brand)
    first = agent(live, brand)
    async with player, marit:
        await first.join()
        conv = await in_a_chat(live, player, first)
        await first.write("note", conv=conv, body="seen")
        await first.until(lambda: first.notes.get(conv), "the note")
        newest = live.backstage.desk_revision(agent=first.member.id)
        await first.until(lambda: first.desk["rev"] == newest, "the newest desk")
        await first.leave()
        seq, rev = first.have()[conv], first.desk["rev"]
        await player.send("missed")
        await marit.write("whisper", conv=conv, body="missed too")
        second = AgentClient(live, first.member)
        await second.join(db=first.welcome["db"], desk_rev=rev, convs={conv: [seq, 1]})
        seqs, resumed = await lines_until_resumed(second, conv, 0)
        assert seqs == [seq + 1]
        assert (resumed["mode"], resumed["to"], resumed["note_to"]) == ("delta", seq + 1, 2)
        assert list(second.notes[conv]) == [2]
        # A desk that has not changed is not sent again, one that has is.
        await second.still_usable()
        assert not second.desk
        await marit.ask("takeover", conv=conv)
        await second.until(lambda: second.desk and not second.chat(conv), "an empty desk")
        assert second.desk["rev"] > rev
        await second.leave()


async def test_more_than_200_missing_is_a_snapshot_of_the_last_50(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with vera:
        await player.join()
        conv = await in_a_chat(live, player, vera)
        await player.leave()
        at = player.have()[conv]
        await write_many(vera, 200, conv=conv, epoch=vera.epoch(conv))
        since = len(player.frames)
        await player.resume()
        seqs, resumed = await lines_until_resumed(player, conv, since)
        assert (resumed["mode"], seqs) == ("delta", list(range(at + 1, at + 201)))
        await player.leave()
        await vera.send(conv, "one more than a delta holds")
        head = at + 201
        since = len(player.frames)
        await player.join(db=player.welcome["db"], conv=conv, seq=at)
        seqs, resumed = await lines_until_resumed(player, conv, since)
        assert (resumed["mode"], resumed["more"]) == ("snapshot", True)
        assert seqs == list(range(head - 49, head + 1))
        assert (resumed["from"], resumed["to"]) == (head - 50, head)
        await player.leave()
        second = AgentClient(live, vera.member)
        await second.join(db=vera.welcome["db"], desk_rev=0, convs={conv: [at, 0]})
        seqs, resumed = await lines_until_resumed(second, conv, 0)
        assert (resumed["mode"], seqs) == ("snapshot", list(range(head - 49, head + 1)))
        await second.leave()


async def test_another_database_is_a_snapshot(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with vera:
        await player.join()
        conv = await in_a_chat(live, player, vera)
        await player.send("hello")
        await player.leave()
        for resume in (
            {"db": "before-the-restore", "seq": 2},
            # Who has more than there is comes from elsewhere too.
            {"db": player.welcome["db"], "seq": 10_000},
        ):
            since = len(player.frames)
            await player.join(conv=conv, **resume)
            seqs, resumed = await lines_until_resumed(player, conv, since)
            assert (resumed["mode"], resumed["more"]) == ("snapshot", False)
            assert seqs == [1, 2, 3, 4]
            await player.leave()
        second = AgentClient(live, vera.member)
        await second.join(db="before-the-restore", desk_rev=9, convs={conv: [2, 0]})
        seqs, resumed = await lines_until_resumed(second, conv, 0)
        assert (resumed["mode"], seqs) == ("snapshot", [1, 2, 3, 4])
        await second.until(lambda: second.desk, "the desk")
        await second.leave()


async def test_a_resume_of_somebody_elses_conversation_brings_nothing(live: Live) -> None:
    brand = live.brand()
    owner, other, vera = PlayerClient(live, brand), PlayerClient(live, brand), agent(live, brand)
    async with owner, vera:
        conv = await in_a_chat(live, owner, vera)
        await owner.send("mine")
        await other.join(db=owner.welcome["db"], conv=conv, seq=0)
        noor = agent(live, brand, "Noor")
        await noor.join(db=owner.welcome["db"], desk_rev=0, convs={conv: [0, 0]})
        await noor.until(lambda: noor.desk, "the desk")
        for client in (other, noor):
            await client.still_usable()
            assert not [one for one in client.frames if one["t"] in ("ev", "resumed")]
            await client.leave()


async def test_history_pages_backwards(live: Live) -> None:
    brand = live.brand()
    player, vera = PlayerClient(live, brand), agent(live, brand)
    async with player, vera:
        conv = await in_a_chat(live, player, vera)
        await write_many(player, 60, conv=conv)
        for number in range(5):
            await vera.write("note", conv=conv, body=f"note {number}")
        head = max(row["seq"] for row in live.backstage.events(conv=conv))
        for client in (player, vera):
            whole = await client.ask("history", conv=conv)
            assert (len(whole["events"]), whole["more"]) == (50, True)
            found: list[int] = []
            before = None
            while before is None or before > 1:
                more = {} if before is None else {"before": before}
                page = await client.ask("history", conv=conv, limit=20, **more)
                seqs = [event["seq"] for event in page["events"]]
                assert seqs == sorted(seqs)
                assert page["more"] is (seqs[0] > 1)
                found, before = seqs + found, seqs[0]
            assert found == list(range(1, head + 1))
            assert (await client.ask("history", conv=conv, before=1))["events"] == []
            assert len((await client.ask("history", conv=conv, limit=100))["events"]) == head
            assert "notes" not in whole
        page = await vera.ask("history", conv=conv, limit=2, notes=True)
        assert [note["note_seq"] for note in page["notes"]] == [4, 5]
        assert page["more_notes"] is True
        page = await vera.ask("history", conv=conv, limit=10, notes=True, before_note=4)
        assert [note["note_seq"] for note in page["notes"]] == [1, 2, 3]
        assert page["more_notes"] is False


async def test_a_supervisors_look_into_a_history_is_recorded(live: Live) -> None:
    brand = live.brand()
    player, marit = PlayerClient(live, brand), supervisor(live, brand)
    async with player, marit:
        conv = await player.open()
        await player.send("hello")
        assert (await marit.ask("history", conv=conv, notes=True))["events"]
        assert live.backstage.interventions(conv=conv) == ["history"]
        await marit.watch(conv)
        await marit.ask("history", conv=conv)
        assert live.backstage.interventions(conv=conv) == ["history", "watch"]
        await marit.ask("unwatch", conv=conv)
        heard = len(marit.frames)
        await player.send("unwatched")
        await asyncio.sleep(0.3)
        await marit.still_usable()
        assert not [one for one in marit.frames[heard:] if one["t"] == "ev"]
