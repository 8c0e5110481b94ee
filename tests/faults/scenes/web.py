"""Web processes that die and web processes that are sent away."""

from __future__ import annotations

import asyncio
import signal
import time
from random import Random

from tests.faults.crowd import Crowd, share
from tests.faults.house import House
from tests.faults.scene import Outcome, Scene

RECONNECT_SECONDS = 5.0
ORPHAN_SECONDS = 12.0
EXIT_SECONDS = 20.0
QUEUE_SECONDS = 3.0


class Nothing(Scene):
    name = "nothing"
    says = "Without any fault nothing is lost, late or in the wrong place."
    seconds = 5.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        since = time.monotonic()
        await asyncio.sleep(self.seconds)
        now = time.monotonic()
        late = share(crowd.delivery_seconds(since, now), 0.95)
        acks = share(crowd.ack_seconds(since, now), 0.95)
        outcome.figures = {"ack p95 (s)": round(acks, 3), "delivery p95 (s)": round(late, 3)}
        outcome.within(acks, 1, "acks without a fault")
        outcome.within(late, 1, "lines without a fault")
        outcome.require(crowd.supervised(since), "the supervisor could do nothing")
        return outcome


class WebKilled(Scene):
    name = "web-killed"
    says = (
        "kill -9 of a web process every 5 s: reconnected with p95 under 5 s, and what was committed "
        "and not pushed is on the others' screens within 12 s."
    )
    times = 3

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome, chance = Outcome(patience=self.patience), Random(crowd.chance.random())
        began, kills = time.monotonic(), []
        for _ in range(self.times):
            pid = chance.choice(sorted(house.web_processes()))
            at = house.signal(pid, signal.SIGKILL)
            kills.append(at)
            outcome.injected += 1
            await asyncio.sleep(5)
        await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 20)
        for at in kills:
            # Whoever was connected to it; the others have lost nothing.
            outcome.recoveries_s += crowd.returns(at, at + 1)
        late = max(crowd.delivery_seconds(began, time.monotonic()), default=0.0)
        outcome.figures["slowest delivery to a socket that stayed (s)"] = round(late, 2)
        outcome.require(outcome.recoveries_s, "nobody was hit")
        p95 = share(outcome.recoveries_s, 0.95)
        outcome.within(p95, RECONNECT_SECONDS, "reconnected (p95)")
        outcome.within(late, ORPHAN_SECONDS, "a line to a live socket")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome


class RollingRestart(Scene):
    name = "rolling-restart"
    says = (
        "SIGTERM to each web process in turn: sockets are told to leave (drain, 4000), it ends within "
        "20 s, no send fails, no chat changes hands."
    )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        for pid in sorted(house.web_processes()):
            at = house.signal(pid, signal.SIGTERM)
            outcome.injected += 1
            gone = await crowd.until(lambda pid=pid: pid not in house.processes(), 30)
            took = time.monotonic() - at
            outcome.require(gone, "it did not end")
            outcome.within(took, EXIT_SECONDS, "its end")
            outcome.figures[f"exit {outcome.injected} (s)"] = round(took, 1)
            await crowd.until(
                lambda: len(house.web_processes()) >= 2 - (house.vendor == "sqlite"), 15
            )
            await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 15)
            told = {one.socket for one in crowd.history.of("drain", since=at)}
            lost = [one for one in crowd.history.of("closed", since=at) if one.data["welcomed"]]
            outcome.require(told, "nobody was told to leave")
            rough = [one.code for one in lost if one.socket not in told and one.code != "4000"]
            outcome.require(not rough, f"sockets that were not told to leave: {rough[:5]}")
            outcome.recoveries_s += _away(crowd, at)
            await asyncio.sleep(2)
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome


def _away(crowd: Crowd, since: float) -> list[float]:
    """How long each tab was without a socket."""
    lost: dict[str, float] = {}
    found = []
    for one in crowd.history.of("closed", "welcome", since=since):
        if one.what == "closed":
            lost.setdefault(one.tab, one.at)
        elif one.tab in lost:
            found.append(one.at - lost.pop(one.tab))
    return found


class DispatcherKilled(Scene):
    name = "dispatcher-killed"
    says = "kill -9 of the dispatcher: the queue moves again within 3 s of its return."
    databases = ("postgresql",)
    # More players than places, so that somebody always waits.
    players = 20
    times = 3

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        for _ in range(self.times):
            pid = house.dispatcher()
            assert pid is not None
            at = house.signal(pid, signal.SIGKILL)
            outcome.injected += 1
            # Somebody new must be rung at an agent, however the others talk on.
            player = await crowd.add_player()
            await player.open()
            await crowd.until(lambda pid=pid: house.dispatcher() not in (None, pid), 15)
            back = time.time()
            player.begin()
            await crowd.until(lambda p=player: _served(crowd, p.conv), 15)
            outcome.recoveries_s.append(time.monotonic() - at)
            outcome.require(_served(crowd, player.conv), "a waiting player was not served")
            took = _first_ring(house, back)
            outcome.within(took, QUEUE_SECONDS, "until the queue moved")
            outcome.figures[f"queue moved after return {outcome.injected} (s)"] = round(took, 1)
        return outcome


def _first_ring(house: House, since: float) -> float:
    """Seconds until the dispatcher offered anything to anybody. (How long this one player waits says
    more of the agents' places than of the dispatcher.)"""
    (row,) = house.rows(
        "SELECT coalesce(min(offered_ts), 0) AS at FROM conversations_offer WHERE offered_ts >= ?",
        int(since * 1000),
    )
    return float(row["at"]) / 1000 - since if row["at"] else float("inf")


def _served(crowd: Crowd, conv: str) -> bool:
    """An agent has come: his joining stands on the player's screen."""
    return any(one.conv == conv and one.kind == "joined" for one in crowd.history.of("shown"))
