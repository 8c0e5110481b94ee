"""PostgreSQL is restarted, locked, slow, frozen. What is acked is there; who is not concerned waits not."""

from __future__ import annotations

import asyncio
import contextlib
import time

import psycopg

from tests.faults.crowd import Crowd, share
from tests.faults.house import House
from tests.faults.people import Player
from tests.faults.scene import Outcome, Scene
from tests.faults.tab import Tab
from tests.faults.view import Lost, Refused

RECOVERY_SECONDS = 10.0
OTHERS_SECONDS = 1.0


class Restarted(Scene):
    name = "postgresql-restarted"
    says = (
        "pg_ctl restart -m immediate: acked rows are there, unacked ones are sent again once, everybody is "
        "served again within 10 s."
    )
    databases = ("postgresql",)
    times = 2

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        assert house.cluster is not None
        for _ in range(self.times):
            at = crowd.history.fault("restart -m immediate")
            await asyncio.to_thread(house.cluster.stop, "immediate")
            await asyncio.to_thread(house.cluster.start)
            up = crowd.history.heal("postgresql is up")
            outcome.injected += 1
            await crowd.until(lambda at=up: _acked_everywhere(crowd, at), 25)
            outcome.recoveries_s += _first_acks(crowd, up)
            await asyncio.sleep(2)
            outcome.figures[f"down {outcome.injected} (s)"] = round(up - at, 1)
        worst = share(outcome.recoveries_s, 0.95)
        outcome.require(outcome.recoveries_s, "nobody was served again")
        outcome.within(worst, RECOVERY_SECONDS, "served again (p95)")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome


def _first_acks(crowd: Crowd, since: float) -> list[float]:
    """Seconds until the first ack of each player who wants something."""
    first: dict[str, float] = {}
    for one in crowd.history.of("ok", since=since):
        if one.who.startswith("p:") and one.cmid:
            first.setdefault(one.who, one.at - since)
    return list(first.values())


def _acked_everywhere(crowd: Crowd, since: float) -> bool:
    talking = {player.who for player in crowd.players if player.talks}
    acked = {one.who for one in crowd.history.of("ok", since=since) if one.cmid}
    return talking <= acked


async def _victim(crowd: Crowd) -> Player:
    """A player who talks, with one tab, and goes on talking."""
    await crowd.until(lambda: any(_talks(player) for player in crowd.players), 10)
    chosen = next(player for player in crowd.players if _talks(player))
    chosen.closes = 0.0
    return chosen


def _talks(player: Player) -> bool:
    return player.talks and len(player.tabs) == 1


class RowLocked(Scene):
    name = "row-locked"
    says = (
        "Somebody holds the lock of one conversation for 12 s: the others' acks stay under 1 s (p95), "
        "pings go on, nobody is offline, and the locked one's messages are acked afterwards."
    )
    databases = ("postgresql",)
    seconds = 12.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(injected=1, patience=self.patience)
        victim = await _victim(crowd)
        conv = victim.conv
        # Nobody closes it under our hands.
        for agent in crowd.agents:
            agent.closes = agent.transfers = agent.releases = 0.0
        connection = await psycopg.AsyncConnection.connect(house.database_url)
        try:
            await connection.execute(
                "SELECT id FROM conversations_conversation WHERE id = %s FOR UPDATE", [conv]
            )
            at = crowd.history.fault("row locked", conv=conv)
            await asyncio.sleep(0.5)
            victim.tabs[0].say(conv, victim.words(conv))
            await asyncio.sleep(self.seconds - 0.5)
            until = time.monotonic()
            stuck = sum(tab.waiting[conv] for tab in victim.tabs)
            others = crowd.ack_seconds(at, until - 0.5, but=conv)
        finally:
            await connection.rollback()
            await connection.close()
        freed = crowd.history.heal("row free")
        outcome.require(stuck, "the locked conversation's message was acked under the lock")
        p95 = share(others, 0.95)
        outcome.figures["others' ack p95 / worst (s)"] = f"{p95:.3f} / {max(others):.2f}"
        outcome.require(len(others) > 20, f"the others sent only {len(others)}")
        outcome.within(p95, OTHERS_SECONDS, "the others' acks (p95)")
        done = await crowd.until(lambda: _acked_in(crowd, conv, freed), 12)
        outcome.require(done, "the locked conversation was not served afterwards")
        outcome.recoveries_s.append(time.monotonic() - freed)
        lost = [one.code for one in crowd.history.of("closed", since=at)]
        outcome.require(not lost, f"sockets ended meanwhile: {lost[:5]}")
        pinged = {one.tab for one in crowd.history.of("ping", since=at)}
        staff = {tab.name for agent in crowd.agents for tab in agent.tabs}
        outcome.require(staff <= pinged, f"agents without a ping: {sorted(staff - pinged)}")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome


def _acked_in(crowd: Crowd, conv: str, since: float) -> bool:
    return any(one.conv == conv and one.cmid for one in crowd.history.of("ok", since=since))


class SlowQuery(Scene):
    """What is slow is real: the table that a supervisor's record goes to is locked by a maintenance job."""

    name = "slow-query"
    says = (
        "The table of interventions is locked for 10 s, so that what supervisors do hangs: "
        "players' and agents' acks stay under 1 s (p95), pings go on, nobody is offline."
    )
    databases = ("postgresql",)
    seconds = 10.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(injected=1, patience=self.patience)
        supervisor = crowd.supervisor
        assert supervisor is not None
        connection = await psycopg.AsyncConnection.connect(house.database_url)
        try:
            await connection.execute(
                "LOCK TABLE conversations_intervention IN ACCESS EXCLUSIVE MODE"
            )
            at = crowd.history.fault("interventions locked")
            # Many at once, so that they would fill a pool of threads.
            convs = [player.conv for player in crowd.players if player.talks][:8]
            asked = [asyncio.create_task(_read(supervisor.tabs[0], conv)) for conv in convs]
            await asyncio.sleep(1)
            hanging = sum(1 for task in asked if not task.done())
            await asyncio.sleep(self.seconds - 1)
            until = time.monotonic()
            acks = crowd.ack_seconds(at, until - 0.5)
            ended = [
                one.code
                for one in crowd.history.of("closed", since=at)
                if one.tab != supervisor.tabs[0].name
            ]
        finally:
            await connection.rollback()
            await connection.close()
        healed = crowd.history.heal("interventions free")
        await asyncio.wait(asked, timeout=12)
        outcome.recoveries_s.append(time.monotonic() - healed)
        outcome.figures["commands that hung"] = hanging
        outcome.figures["ack p95 / worst meanwhile (s)"] = (
            f"{share(acks, 0.95):.3f} / {max(acks, default=0):.2f}"
        )
        outcome.require(hanging > 3, f"only {hanging} commands hung: nothing was slow")
        outcome.require(len(acks) > 20, f"only {len(acks)} messages were sent meanwhile")
        outcome.within(share(acks, 0.95), OTHERS_SECONDS, "acks meanwhile (p95)")
        outcome.require(not ended, f"sockets ended meanwhile: {ended[:5]}")
        outcome.require(all(task.done() for task in asked), "commands hang after the lock went")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        for task in asked:
            task.cancel()
        return outcome


async def _read(tab: Tab, conv: str) -> None:
    """A supervisor who reads without watching: that is recorded."""
    with contextlib.suppress(Refused, Lost):
        await tab.ask("history", 2, conv=conv, limit=1)


class Frozen(Scene):
    name = "postgresql-hangs"
    says = (
        "Every process of PostgreSQL stands still for 8 s: nothing is acked meanwhile, everything "
        "afterwards, within 10 s, and no thread stays stuck."
    )
    databases = ("postgresql",)
    seconds = 8.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(injected=1, patience=self.patience)
        assert house.cluster is not None
        at = crowd.history.fault("postgresql frozen")
        house.cluster.freeze()
        frozen = time.monotonic()
        try:
            await asyncio.sleep(self.seconds)
            until = time.monotonic()
        finally:
            house.cluster.thaw()
        thawed = crowd.history.heal("postgresql thawed")
        acks = [
            one
            for one in crowd.history.of("ok", since=frozen + 0.5)
            if one.at < until and one.cmid and not (one.data or {}).get("dup")
        ]
        outcome.require(not acks, f"{len(acks)} acks while nothing could be committed")
        await crowd.until(lambda: _acked_everywhere(crowd, thawed), 25)
        outcome.recoveries_s = _first_acks(crowd, thawed)
        worst = share(outcome.recoveries_s, 0.95)
        outcome.require(outcome.recoveries_s, "nobody was served again")
        outcome.within(worst, RECOVERY_SECONDS, "served again (p95)")
        # A stuck thread would show here: everything is as fast as before.
        since = time.monotonic()
        await asyncio.sleep(4)
        acks_after = crowd.ack_seconds(since, time.monotonic() - 1)
        p95 = share(acks_after, 0.95)
        outcome.require(len(acks_after) > 10, f"only {len(acks_after)} messages afterwards")
        outcome.within(p95, 1, "acks afterwards (p95)")
        outcome.figures["ack p95 afterwards (s)"] = round(p95, 3)
        outcome.figures["sockets ended"] = len(list(crowd.history.of("closed", since=at)))
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome
