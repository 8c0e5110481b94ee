"""Well-formed commands that are not granted: which code answers, and that nothing else comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.clients import PlayerClient, Refused, cmid
from tests.live import Live
from tests.sockets.people import NOWHERE, agent, code, refused, supervisor

pytestmark = pytest.mark.asyncio


async def test_what_is_not_ones_own_answers_like_what_does_not_exist(live: Live) -> None:
    brand = live.brand()
    vera = agent(live, brand)
    async with (
        PlayerClient(live, brand) as owner,
        PlayerClient(live, brand) as other,
        PlayerClient(live) as elsewhere,
        vera,
    ):
        await vera.available()
        conv = await owner.open()
        await owner.send("mine")
        await vera.accept(conv)
        before = live.backstage.contents()
        for stranger in (other, elsewhere):
            for name, more in (
                ("history", {}),
                ("close", {}),
                ("rate", {"agent": 1}),
            ):
                theirs = await refused(stranger.ask(name, conv=conv, **more))
                none = await refused(stranger.ask(name, conv=NOWHERE, **more))
                assert {**theirs, "ref": ""} == {**none, "ref": ""}
                assert none["code"] == "not_found"
            mine, none = [
                await refused(stranger.write("send", conv=where, body="?", cmid="one"))
                for where in (conv, NOWHERE)
            ]
            assert mine == none == {"t": "nack", "cmid": "one", "code": "not_found", "final": True}
            heard = len(vera.frames)
            await stranger.say({"t": "typing", "conv": conv, "on": True})
            await stranger.say({"t": "read", "conv": conv, "seq": 3})
            await stranger.say({"t": "pong", "n": 0, "have": {conv: 3}})
            await stranger.still_usable()
            await vera.still_usable()
            assert not [frame for frame in vera.frames[heard:] if frame["t"] == "eph"]
        await asyncio.sleep(0.7)  # marks are written twice a second
        assert live.backstage.contents() == before
        assert not other.events
        assert not elsewhere.events


async def test_staff_of_another_brand_see_nothing_of_a_conversation(live: Live) -> None:
    brand, foreign = live.brand(), live.brand()
    async with (
        PlayerClient(live, brand) as player,
        supervisor(live, foreign) as marit,
        agent(live, brand) as vera,
    ):
        conv = await player.open()
        await player.send("secret")
        before = live.backstage.contents()
        for name, more in (
            *((verb, {}) for verb in ("claim", "watch", "takeover", "history")),
            *((verb, {"epoch": 1}) for verb in ("release",)),
            ("close", {"epoch": 1, "reason": "x"}),
            ("transfer", {"epoch": 1, "to": {"skill": "vip"}}),
            ("help", {"on": True}),
            ("assign", {"agent": marit.member.id}),
            ("force_close", {"reason": "x"}),
        ):
            theirs = await refused(marit.ask(name, conv=conv, **more))
            none = await refused(marit.ask(name, conv=NOWHERE, **more))
            assert {**theirs, "ref": ""} == {**none, "ref": ""}, name
            assert none["code"] == "not_found", name
        for name, more in (("send", {"epoch": 1}), ("note", {}), ("whisper", {})):
            mine, none = [
                await refused(marit.write(name, conv=where, body="?", cmid="one", **more))
                for where in (conv, NOWHERE)
            ]
            assert mine == none
            assert none["code"] == "not_found"
        state = {"status": "away", "reason": "x"}
        assert await code(marit.ask("force_state", agent=vera.member.id, **state)) == "not_found"
        assert live.backstage.contents() == before
        assert not marit.events


async def test_an_agent_reads_only_what_he_serves_or_served(live: Live) -> None:
    brand = live.brand()
    async with (
        PlayerClient(live, brand) as player,
        agent(live, brand) as vera,
        agent(live, brand, "Noor") as noor,
    ):
        conv = await player.open()
        await player.send("hello")
        assert await code(vera.ask("history", conv=conv)) == "not_found"
        await vera.claim(conv)
        assert (await vera.ask("history", conv=conv))["events"]
        assert await code(noor.ask("history", conv=conv, notes=True)) == "not_found"
        assert await code(noor.write("note", conv=conv, body="mine?")) == "not_assignee"


async def test_an_old_epoch_writes_nothing(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await player.open()
        first = await vera.claim(conv)
        await vera.ask("release", conv=conv, epoch=first)
        second = await vera.claim(conv)
        assert second > first
        nack = await refused(vera.send(conv, "too late", epoch=first))
        assert (nack["code"], nack["final"]) == ("not_assignee", True)
        for verb, more in (
            ("release", {}),
            ("close", {"reason": "x"}),
            ("transfer", {"to": {"skill": "vip"}}),
        ):
            assert await code(vera.ask(verb, conv=conv, epoch=first, **more)) == "not_assignee"
        assert (await vera.send(conv, "in time"))["dup"] is False
        assert player.kinds(conv).count("message") <= 1


async def test_a_closed_conversation_takes_nothing_more(live: Live) -> None:
    brand = live.brand()
    async with (
        PlayerClient(live, brand) as player,
        agent(live, brand) as vera,
        supervisor(live, brand) as marit,
    ):
        conv = await player.open()
        epoch = await vera.claim(conv)
        assert await code(player.ask("rate", conv=conv, agent=5)) == "forbidden"
        await player.ask("close", conv=conv)
        before = live.backstage.contents()
        nack = await refused(player.send("one more"))
        assert (nack["code"], nack["final"]) == ("closed", True)
        assert await code(vera.send(conv, "one more", epoch=epoch)) == "closed"
        assert await code(vera.write("note", conv=conv, body="n")) == "closed"
        assert await code(player.ask("close", conv=conv)) == "closed"
        assert await code(vera.ask("claim", conv=conv)) == "closed"
        assert await code(vera.ask("release", conv=conv, epoch=epoch)) == "closed"
        assert await code(vera.ask("close", conv=conv, epoch=epoch, reason="x")) == "closed"
        assert await code(vera.ask("help", conv=conv, on=True)) == "closed"
        assert await code(marit.ask("takeover", conv=conv)) == "closed"
        assert await code(marit.ask("assign", conv=conv, agent=vera.member.id)) == "closed"
        assert await code(marit.ask("force_close", conv=conv, reason="x")) == "closed"
        assert await code(player.ask("rate", conv=conv)) == "bad_field"
        assert await code(player.ask("rate", conv=conv, comment="")) == "bad_field"
        assert live.backstage.contents() == before
        await player.ask("rate", conv=conv, declined=True)


async def test_a_cmid_names_one_body_for_ever(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await player.open()
        ours = cmid()
        first = await player.send("this", cmid=ours)
        nack = await refused(player.send("that", cmid=ours))
        assert nack == {"t": "nack", "cmid": ours, "code": "cmid_reused", "final": True}
        await vera.claim(conv)
        # Unique for each author: the agent's own message of the same name is another one.
        assert (await vera.send(conv, "mine", cmid=ours))["seq"] > first["seq"]
        assert await code(vera.send(conv, "else", cmid=ours)) == "cmid_reused"
        await player.ask("close", conv=conv)
        assert await code(player.send("that", cmid=ours)) == "cmid_reused"


async def test_places_are_not_exceeded_by_asking(live: Live) -> None:
    brand = live.brand()
    async with (
        PlayerClient(live, brand) as one,
        PlayerClient(live, brand) as two,
        agent(live, brand, capacity=1) as vera,
        agent(live, brand, "Noor", capacity=1) as noor,
    ):
        first, second = await one.open(), await two.open()
        epoch = await vera.claim(first)
        assert await code(vera.ask("claim", conv=second)) == "at_capacity"
        await noor.ask("state", status="available")
        await noor.accept(second)
        to = {"agent": noor.member.id}
        assert await code(vera.ask("transfer", conv=first, epoch=epoch, to=to)) == "at_capacity"
        taken = await refused(vera.ask("claim", conv=second))
        assert (taken["code"], taken["alias"]) == ("already_taken", "Noor")


async def test_a_transfer_needs_one_target_that_can(live: Live) -> None:
    brand, foreign = live.brand(), live.brand()
    away = live.hire("Anna", brands=(brand,))
    stranger = live.hire("Olga", brands=(foreign,))
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await player.open()
        epoch = await vera.claim(conv)
        before = live.backstage.contents()
        for to, its in (
            ({"agent": vera.member.id}, "not_found"),
            ({"agent": stranger.id}, "not_found"),
            ({"agent": "9" * 30}, "not_found"),
            ({"agent": "Vera"}, "not_found"),
            ({"agent": away.id}, "at_capacity"),
            ({"skill": "nobody-has-it"}, "bad_field"),
            ({"agent": away.id, "skill": "vip"}, "bad_field"),
            ({}, "bad_field"),
        ):
            assert await code(vera.ask("transfer", conv=conv, epoch=epoch, to=to)) == its, to
        assert live.backstage.contents() == before


async def test_an_offer_is_for_one_agent(live: Live) -> None:
    brand = live.brand()
    async with (
        PlayerClient(live, brand) as player,
        agent(live, brand) as vera,
        agent(live, brand, "Noor") as noor,
    ):
        await vera.available()
        offer = await vera.offered(await player.open())
        for verb, more in (("accept", {}), ("decline", {"reason": "busy"})):
            theirs = await refused(noor.ask(verb, offer=offer, **more))
            none = await refused(noor.ask(verb, offer=NOWHERE, **more))
            assert {**theirs, "ref": ""} == {**none, "ref": ""}
            assert none["code"] == "not_found"
        assert (await vera.ask("accept", offer=offer))["epoch"] == 1


async def test_only_supervisors_supervise(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await player.open()
        await vera.claim(conv)
        before = live.backstage.contents()
        for verb, more in (
            ("wall", {"on": True}),
            *((verb, {"conv": conv}) for verb in ("watch", "unwatch", "takeover")),
            ("assign", {"conv": conv, "agent": vera.member.id}),
            ("force_close", {"conv": conv, "reason": "x"}),
            ("force_state", {"agent": vera.member.id, "status": "away", "reason": "x"}),
        ):
            assert await code(vera.ask(verb, **more)) == "forbidden", verb
            # A role that may not ask learns nothing by asking about what does not exist.
            gone = {**more, "conv": NOWHERE} if "conv" in more else more
            assert await code(vera.ask(verb, **gone)) == "forbidden", verb
        assert await code(vera.write("whisper", conv=conv, body="psst")) == "forbidden"
        assert live.backstage.contents() == before
        assert not [frame for frame in vera.frames if frame["t"] == "wall"]


async def test_an_agent_speaks_only_where_he_is_the_owner(live: Live) -> None:
    brand = live.brand()
    async with (
        PlayerClient(live, brand) as player,
        agent(live, brand) as vera,
        supervisor(live, brand) as marit,
    ):
        conv = await player.open()
        for epoch in (0, 1):
            nack = await refused(vera.send(conv, "hello", epoch=epoch or 2**53))
            assert (nack["code"], nack["final"]) == ("not_assignee", True)
        assert await code(vera.write("send", conv=conv, epoch=0, body="x")) == "not_assignee"
        await vera.claim(conv)
        await marit.watch(conv)
        assert await code(marit.send(conv, "hello", epoch=1)) == "not_assignee"
        assert live.backstage.events(conv=conv)[-1]["kind"] == "joined"


async def test_a_canned_response_with_a_hole_is_not_sent(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as player, agent(live, brand) as vera:
        conv = await player.open()
        # Whatever a player writes is his own.
        await player.send("what is {{player_name}}?")
        await vera.claim(conv)
        for hole in ("Hello {{player_name}}!", "{{ amount }}", "{{a}}{{b_2}}"):
            nack = await refused(vera.send(conv, hole))
            assert (nack["code"], nack["final"]) == ("bad_field", True)
        await vera.send(conv, "an empty {} and {{ }} are no holes")
        await vera.write("note", conv=conv, body="{{player_name}} was not filled in")


async def test_a_blocked_player_begins_and_says_nothing(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as talking, PlayerClient(live, brand) as silent:
        conv = await talking.open()
        committed = cmid()
        await talking.send("before", cmid=committed)
        for player in (talking, silent):
            live.backstage.block(player=player.player["id"])
        before = live.backstage.contents()

        async def blocked(asked: Awaitable[Any]) -> None:
            # A sweep also closes the sockets of who is blocked; until then he is refused.
            try:
                assert await code(asked) == "blocked"
            except AssertionError as error:
                assert "closed with 4401" in str(error)

        await blocked(talking.send("after"))
        await blocked(silent.ask("open"))
        assert live.backstage.contents() == before
        assert await talking.closed() == 4401
        assert await silent.closed() == 4401
        assert [event["body"] for event in live.backstage.events(conv=conv)][-1] == "before"
        with pytest.raises(Refused) as caught:
            talking.begin_session({"Authorization": f"Session {talking.session}"})
        assert caught.value.code == "blocked"
