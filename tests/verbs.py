"""Everything that changes something, once: from which stage it starts and how it is done.

A case ends when the verb is answered or, where nothing is answered, when the database shows it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chatdesk.delivery.protocol import commands
from tests.clients import SECONDS, PlayerClient, Refused
from tests.worlds import Stage, World

Act = Callable[[World], Awaitable[Any]]

READ_ONLY = frozenset(
    {
        commands.PlayerHello,
        commands.StaffHello,
        # Never stored, told to those who listen at that moment only.
        commands.PlayerTyping,
        commands.StaffTyping,
        commands.PlayerHistory,
        commands.StaffHistory,
        # What one socket is shown. A watch is recorded, in a table that no socket shows.
        commands.Wall,
        commands.Watch,
        commands.Unwatch,
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """``shows`` are the commands whose effect is looked at; none where the server acts by itself."""

    name: str
    stage: Stage
    act: Act
    shows: tuple[type[commands.Command], ...] = ()


CASES: list[Case] = []


def case(stage: Stage, *shows: type[commands.Command]) -> Callable[[Act], Act]:
    def add(act: Act) -> Act:
        CASES.append(Case(act.__name__.strip("_"), stage, act, shows))
        return act

    return add


# --- the player ------------------------------------------------------------------------------------


@case("nothing", commands.Open)
async def _open(world: World) -> None:
    world.conv = await world.player.open(topic="withdrawal", lang="en")


@case("owned", commands.PlayerSend)
async def _player_sends(world: World) -> None:
    await world.player.send("And now?")
    await world.player.send("Hello?")


@case("waiting", commands.PlayerSend)
async def _player_sends_while_waiting(world: World) -> None:
    await world.player.send("Anybody there?")


@case("owned", commands.Read)
async def _player_reads(world: World) -> None:
    await world.owner.send(world.conv, "Looking.")
    await world.player.frame("ev", conv=world.conv, seq=5)
    await world.player.say({"t": "read", "conv": world.conv, "seq": 5})
    await world.row(player_read=5)


@case("owned", commands.Pong)
async def _player_has(world: World) -> None:
    await world.player.say({"t": "pong", "n": 0, "have": {world.conv: 4}})
    await world.row(player_delivered=4)


@case("owned", commands.PlayerClose)
async def _player_closes(world: World) -> None:
    await world.player.ask("close", conv=world.conv)


@case("offered", commands.PlayerClose)
async def _player_closes_what_is_on_offer(world: World) -> None:
    await world.player.ask("close", conv=world.conv)


@case("closed", commands.Rate)
async def _rate(world: World) -> None:
    await world.player.ask("rate", conv=world.conv, agent=4, outcome=5, comment="Quick.")


@case("closed", commands.Open)
async def _open_again(world: World) -> None:
    world.conv = await world.player.open(topic="other")
    await world.owner.claim(world.conv)


async def _sign_in(world: World, token: str) -> None:
    start: dict[str, Any] = {"token": token}
    known = PlayerClient(world.live, world.brand, **start)
    known.begin_session({"Authorization": f"Session {world.player.session}"})
    await world.player.ask("auth", session=known.session)
    world.player.session = known.session


@case("owned", commands.Auth)
async def _visitor_becomes_a_new_player(world: World) -> None:
    await _sign_in(world, world.token("p-1", name="Sanne", tier="gold", verified=True))


@case("owned", commands.Auth)
async def _visitor_becomes_a_known_player(world: World) -> None:
    await _signed_in_before(world)
    await _sign_in(world, world.token("p-2", name="Ida", rg_state="cooling_off"))
    await world.player.send("Now you know me.")
    await _send_from_the_other_tab(world)


async def _send_from_the_other_tab(world: World) -> None:
    """Its socket is told whose it is now; until then it belongs to nobody who is here."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            await world.tab.write("send", conv=world.conv, body="In this tab too.")
            return
        except Refused as refused:
            assert refused.code == "not_found"
            assert time.monotonic() < end
        await asyncio.sleep(0.1)


async def _signed_in_before(world: World) -> PlayerClient:
    earlier = PlayerClient(world.live, world.brand, token=world.token("p-2", name="Ida de W"))
    earlier.begin_session()
    return earlier


@case("waiting", commands.Auth)
async def _known_player_left_another_open(world: World) -> None:
    earlier = await _signed_in_before(world)
    await earlier.join()
    await earlier.open()
    await earlier.leave()
    await _sign_in(world, world.token("p-2"))


@case("offered", commands.Auth)
async def _visitor_on_offer_becomes_a_new_player(world: World) -> None:
    await _sign_in(world, world.token("p-1", name="Sanne"))


@case("owned")
async def _casino_says_something_new_of_the_player(world: World) -> None:
    await _sign_in(world, world.token("p-3", name="Nova"))
    again = world.token("p-3", name="Nova", rg_state="self_excluded")
    PlayerClient(world.live, world.brand, token=again).begin_session()


# --- the agent -------------------------------------------------------------------------------------


@case("owned", commands.StaffSend)
async def _agent_sends(world: World) -> None:
    await world.owner.send(world.conv, "Let me look.")


@case("owned", commands.NoteCommand)
async def _note(world: World) -> None:
    await world.owner.write("note", conv=world.conv, body="Asked payments.")


@case("owned", commands.Read)
async def _agent_reads(world: World) -> None:
    await world.owner.say({"t": "read", "conv": world.conv, "seq": 3})
    await world.row(agent_read=3)


@case("owned", commands.Pong)
async def _agent_has(world: World) -> None:
    await world.owner.say({"t": "pong", "n": 0, "have": {world.conv: 4}})
    await world.row(agent_delivered=4)


@case("waiting", commands.Claim)
async def _claim(world: World) -> None:
    await world.owner.ask("claim", conv=world.conv)


@case("offered", commands.Claim)
async def _claim_what_another_is_offered(world: World) -> None:
    await world.other.ask("claim", conv=world.conv)


@case("offered", commands.Accept)
async def _accept(world: World) -> None:
    await world.owner.ask("accept", offer=world.offer)


@case("offered", commands.Decline)
async def _decline(world: World) -> None:
    await world.owner.ask("decline", offer=world.offer, reason="language")


@case("owned", commands.Transfer)
async def _transfer_to_an_agent(world: World) -> None:
    await world.other.available()
    to = {"agent": world.other.member.id}
    fields = {"epoch": world.owner.epoch(world.conv), "to": to, "note": "He is angry."}
    await world.owner.ask("transfer", conv=world.conv, **fields)


@case("owned", commands.Transfer)
async def _transfer_to_a_skill(world: World) -> None:
    fields = {"epoch": world.owner.epoch(world.conv), "to": {"skill": "payments"}}
    await world.owner.ask("transfer", conv=world.conv, **fields)


@case("owned", commands.Release)
async def _release(world: World) -> None:
    await world.owner.ask("release", conv=world.conv, epoch=world.owner.epoch(world.conv))


@case("owned", commands.StaffClose)
async def _agent_closes(world: World) -> None:
    epoch = world.owner.epoch(world.conv)
    await world.owner.ask("close", conv=world.conv, epoch=epoch, reason="solved")


@case("owned", commands.Help)
async def _help(world: World) -> None:
    await world.owner.ask("help", conv=world.conv, on=True)


@case("owned", commands.Help)
async def _help_no_more(world: World) -> None:
    await world.owner.ask("help", conv=world.conv, on=True)
    await world.owner.ask("help", conv=world.conv, on=False)


@case("offered", commands.StateCommand)
async def _away_with_an_offer_standing(world: World) -> None:
    await world.owner.ask("state", status="away", reason="lunch")


# --- the supervisor --------------------------------------------------------------------------------


@case("owned", commands.Whisper)
async def _whisper(world: World) -> None:
    await world.marit.write("whisper", conv=world.conv, body="Offer the form.")


@case("owned", commands.Takeover)
async def _takeover(world: World) -> None:
    await world.marit.ask("takeover", conv=world.conv)


@case("offered", commands.Takeover)
async def _takeover_of_what_is_on_offer(world: World) -> None:
    await world.marit.ask("takeover", conv=world.conv)


@case("owned", commands.Assign)
async def _assign(world: World) -> None:
    await world.marit.ask("assign", conv=world.conv, agent=world.other.member.id)


@case("waiting", commands.Assign)
async def _assign_what_waits(world: World) -> None:
    await world.marit.ask("assign", conv=world.conv, agent=world.owner.member.id)


@case("owned", commands.ForceClose)
async def _force_close(world: World) -> None:
    await world.marit.ask("force_close", conv=world.conv, reason="abuse")


@case("waiting", commands.ForceClose)
async def _force_close_what_waits(world: World) -> None:
    await world.marit.ask("force_close", conv=world.conv, reason="spam")


@case("offered", commands.ForceState)
async def _force_state(world: World) -> None:
    fields = {"agent": world.owner.member.id, "status": "offline", "reason": "shift over"}
    await world.marit.ask("force_state", **fields)


# --- what the server does by itself ----------------------------------------------------------------


@case("waiting", commands.StateCommand)
async def _offer_made(world: World) -> None:
    await world.owner.available()
    await world.owner.offered(world.conv)


@case("offered")
async def _offer_timed_out(world: World) -> None:
    backstage = world.live.backstage
    backstage.ring_out(conv=world.conv)
    await world.until(lambda: backstage.offers(conv=world.conv) == ["timed_out"], "timed out")


@case("offered")
async def _third_offer_missed(world: World) -> None:
    backstage = world.live.backstage
    backstage.set_seat(agent=world.owner.member.id, missed=2)
    backstage.ring_out(conv=world.conv)
    await world.until(lambda: backstage.offers(conv=world.conv) == ["timed_out"], "timed out")


@case("waiting")
async def _place_in_the_queue_changes(world: World) -> None:
    urgent = PlayerClient(world.live, world.brand)
    async with urgent:
        await urgent.open(topic="stop_gambling")


@case("owned")
async def _agent_vanishes(world: World) -> None:
    await world.owner.leave()
    world.watchers = [watcher for watcher in world.watchers if watcher.name != "owner"]


# --- what only the heads repair, within ten seconds -------------------------------------------------


@case("owned", commands.Read)
async def _player_reads_while_others_come(world: World) -> None:
    """The mark is told at once and written a little later: who comes between misses both."""
    await world.player.say({"t": "read", "conv": world.conv, "seq": 3})
    await world.player.until(lambda: world.player.states[world.conv]["read"]["player"] == 3)


@case("owned")
async def _returned_to_the_queue_unseen(world: World) -> None:
    """Nothing is pushed: whoever follows it finds out."""
    backstage = world.live.backstage
    assert backstage.return_to_queue(conv=world.conv, agent=world.owner.member.id)
