"""Redis goes, hangs, forgets, changes its master. It carries hints: nobody may notice more than a delay."""

from __future__ import annotations

import asyncio
import time

from tests.faults import hints
from tests.faults.crowd import Crowd, share
from tests.faults.house import House
from tests.faults.proxy import Proxy
from tests.faults.scene import Outcome, Scene, Vendor

DELIVERY_SECONDS = 2.0
# A push is late by at most 2 s; what the harness itself is late by on a busy machine comes on top.
SLACK_SECONDS = 1.0
ACK_SECONDS = 0.5
SUPERVISOR_SECONDS = 3.0
PROMPT_SECONDS = 0.7
PROMPT_AGAIN_SECONDS = 4.0
# Within so long somebody who has just come is rung, and until then he would be seen to count as gone.
NEWCOMER_SECONDS = 5.0
GONE_SECONDS = 3.0
DEAF_SECONDS = 20.0


def nobody_noticed(crowd: Crowd, outcome: Outcome, since: float) -> None:
    """What holds whatever becomes of Redis: no socket is lost, nobody counts as gone, no chat moves."""
    lost = [one.tab for one in crowd.history.of("closed", since=since)]
    outcome.require(not lost, f"{len(lost)} sockets ended")
    outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
    outcome.require(crowd.gone() == 0, "the database holds an agent for gone")
    could = crowd.supervised(since)
    outcome.require(could, "the supervisor could do nothing")
    outcome.within(max(could, default=0), SUPERVISOR_SECONDS, "the supervisor's answer")


async def new_sockets_connect(crowd: Crowd, outcome: Outcome, when: str) -> None:
    """Somebody new comes, and so does one more agent's tab, while Redis is away."""
    began = time.monotonic()
    player = await crowd.add_player()
    player.begin()
    tab = crowd.agents[0].new_tab()
    there = await crowd.until(lambda: player.tabs[0].connected and tab.connected, 8)
    outcome.require(there, f"nobody new could connect {when}")
    outcome.figures[f"new sockets {when} (s)"] = round(time.monotonic() - began, 2)


class Restarted(Scene):
    """``seconds`` down."""

    def __init__(self, seconds: float, *databases: Vendor) -> None:
        self.seconds = seconds
        self.databases = databases
        self.name = f"redis-down-{seconds:.0f}s"
        self.says = (
            f"Redis is away for {seconds:.0f} s and comes back empty: no socket is lost, new ones connect, "
            "sends are acked all the time, lines are late by at most 2 s, no chat changes hands."
        )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(injected=1, patience=self.patience)
        at = crowd.history.fault("redis stopped")
        await asyncio.to_thread(house.hints.stop)
        await asyncio.sleep(self.seconds / 2)
        await new_sockets_connect(crowd, outcome, "while it is away")
        await asyncio.sleep(max(0.0, at + self.seconds - time.monotonic()))
        down = time.monotonic()
        await asyncio.to_thread(house.hints.start)
        crowd.history.heal("redis started")
        judge_sends(crowd, outcome, at, down)
        await prompt_again(crowd, outcome, down)
        nobody_noticed(crowd, outcome, at)
        await newcomer(crowd, outcome)
        return outcome


def judge_sends(crowd: Crowd, outcome: Outcome, since: float, until: float) -> None:
    acks = crowd.ack_seconds(since, until)
    late = crowd.delivery_seconds(since, until - DELIVERY_SECONDS)
    outcome.figures["ack p95 meanwhile (s)"] = round(share(acks, 0.95), 3)
    outcome.figures["slowest ack meanwhile (s)"] = round(max(acks, default=0), 3)
    outcome.figures["delivery p50 / worst meanwhile (s)"] = (
        f"{share(late, 0.5):.2f} / {max(late, default=0):.2f}"
    )
    outcome.require(len(acks) > 10, f"only {len(acks)} messages were sent meanwhile")
    outcome.within(share(acks, 0.95), ACK_SECONDS, "acks meanwhile (p95)")
    limit = DELIVERY_SECONDS + SLACK_SECONDS
    outcome.within(share(late, 0.95), limit, "lines meanwhile (p95)")


async def prompt_again(crowd: Crowd, outcome: Outcome, since: float) -> None:
    """The way back is over with the last line that was late."""
    await asyncio.sleep(PROMPT_AGAIN_SECONDS + 1)
    late = crowd.slow_deliveries(since, PROMPT_SECONDS)
    outcome.recoveries_s.append(max(late) - since if late else 0.0)
    back = outcome.recoveries_s[-1]
    outcome.within(back, PROMPT_AGAIN_SECONDS, "until lines were prompt again")


async def newcomer(crowd: Crowd, outcome: Outcome) -> None:
    """Redis is well again. Everybody's socket is cut at once, so that every connection to it is used, and
    in the same moment an agent comes who was not there before: he is there, and says so."""
    agent = await crowd.add_agent("Ilmari")
    for tab in crowd.tabs():
        tab.cut()
    began = time.monotonic()
    await asyncio.sleep(0.1)
    agent.new_tab()
    agent.begin()
    # Somebody must wait for him; of all he has the least to do.
    player = await crowd.add_player()
    await player.open()
    player.begin()
    gone, rung = False, None
    while time.monotonic() < began + (GONE_SECONDS if rung else NEWCOMER_SECONDS):
        gone = gone or bool(await asyncio.to_thread(crowd.gone, [agent]))
        if rung is None and agent.rings:
            rung = time.monotonic() - began
        await asyncio.sleep(0.2)
    outcome.require(not gone, "an agent who has just come counts as gone")
    outcome.figures["a newcomer was rung after (s)"] = round(rung, 1) if rung else "not in time"
    outcome.require(
        rung, f"an agent who has just come was rung by nobody in {NEWCOMER_SECONDS:g} s"
    )
    await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 10)


class Hanging(Scene):
    name = "redis-hangs"
    says = (
        "Redis is frozen for 15 s: acks stay under 500 ms (p95), lines are late by at most 2 s, "
        "nobody is offline, nor who comes after it."
    )
    seconds = 15.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(injected=1, patience=self.patience)
        at = crowd.history.fault("redis frozen")
        house.hints.freeze()
        try:
            await asyncio.sleep(self.seconds / 2)
            await new_sockets_connect(crowd, outcome, "while it hangs")
            await asyncio.sleep(max(0.0, at + self.seconds - time.monotonic()))
        finally:
            house.hints.thaw()
        thawed = crowd.history.heal("redis thawed")
        judge_sends(crowd, outcome, at, thawed)
        await prompt_again(crowd, outcome, thawed)
        nobody_noticed(crowd, outcome, at)
        await newcomer(crowd, outcome)
        return outcome


class Forgetful(Scene):
    name = "redis-flushed"
    databases = ("postgresql",)
    says = (
        "FLUSHALL, then DEL of every key of presence and places: nobody is marked offline, no socket is "
        "lost or deaf, no chat changes hands."
    )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        began = time.monotonic()
        for _ in range(2):
            crowd.history.fault("FLUSHALL")
            house.hints.command("FLUSHALL")
            outcome.injected += 1
            await asyncio.sleep(4)
            for key in hints.keys(house.hints, "*"):
                crowd.history.fault("DEL", key=key)
                house.hints.command("DEL", key)
                outcome.injected += 1
            await asyncio.sleep(4)
        outcome.require(outcome.injected > 2, "there was nothing to delete")
        late = crowd.delivery_seconds(began, time.monotonic() - DELIVERY_SECONDS)
        outcome.figures["delivery worst (s)"] = round(max(late, default=0), 2)
        outcome.require(late, "nothing was delivered")
        outcome.within(max(late, default=0), DEAF_SECONDS, "the longest a line took")
        nobody_noticed(crowd, outcome, began)
        return outcome


class Promoted(Scene):
    """The house reaches Redis through a switch of the harness."""

    name = "redis-promoted"
    databases = ("postgresql",)
    says = (
        "The master dies and its replica, a little behind, leads at the same address: no socket is lost, "
        "no chat changes hands, nobody owns what another owns."
    )
    switched = True

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        assert isinstance(house.switch, Proxy)
        for number in range(2):
            replica = await asyncio.to_thread(hints.new, house.folder / f"replica{number}")
            try:
                await asyncio.to_thread(replica.follow, house.hints)
                # Behind: what is written from here on does not reach it.
                replica.freeze()
                await asyncio.sleep(2)
                at = crowd.history.fault("redis master dies")
                await asyncio.to_thread(house.hints.kill)
                replica.thaw()
                await asyncio.to_thread(replica.lead)
                house.hints, replica = replica, house.hints
                house.switch.switch(("127.0.0.1", house.hints.port))
                crowd.history.heal("redis replica leads")
            finally:
                await asyncio.to_thread(replica.stop)
            outcome.injected += 1
            await asyncio.sleep(5)
            nobody_noticed(crowd, outcome, at)
            late = crowd.delivery_seconds(at, time.monotonic() - DELIVERY_SECONDS)
            outcome.recoveries_s.append(max(late, default=0))
            limit = DELIVERY_SECONDS + SLACK_SECONDS
            outcome.within(share(late, 0.95), limit, "lines meanwhile (p95)")
        return outcome
