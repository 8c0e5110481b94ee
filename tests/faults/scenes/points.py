"""Processes that die at the worst points of their own code."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import psycopg

from tests.faults import lateness
from tests.faults.crowd import share
from tests.faults.sabotage import deaths
from tests.faults.scene import Outcome, Scene, Vendor
from tests.faults.tab import SWAP_SECONDS

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House

RECONNECT_SECONDS = 5.0
ORPHAN_SECONDS = 12.0
QUEUE_SECONDS = 3.0
# Five deaths in a row, each with a longer pause before the next start.
SERVED_SECONDS = 50.0


class WebDies(Scene):
    """A web process kills itself at each of its five points, several times."""

    name = "points-web"
    says = (
        "kill -9 before the commit, between commit, push, ack and doorbell: acked is kept, un-acked is "
        "sent once, reconnected with p95 under 5 s, the others have it within 12 s."
    )
    times = 2
    plants = tuple(
        f"{point}:{each}x2" for point, each in zip(deaths.WEB, (53, 71, 97, 113, 41), strict=True)
    )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        wanted = len(self._points(house)) * self.times
        began = time.monotonic()
        await crowd.until(lambda: len(house.marks()) >= wanted, 75)
        await asyncio.sleep(RECONNECT_SECONDS + 1)
        await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 20)
        found = [mark for mark in house.marks() if mark.plant in deaths.WEB]
        outcome.injected = len(found)
        for mark in found:
            crowd.history.fault(mark.plant, pid=mark.pid, died=mark.at)
            outcome.recoveries_s += crowd.returns(mark.at - 0.05, mark.at + 1)
        late = max(await lateness.of(crowd, began, time.monotonic()), default=0.0)
        p95 = share(outcome.recoveries_s, 0.95)
        outcome.figures = {
            "points": ", ".join(sorted({mark.plant for mark in found})),
            "slowest delivery to a socket that stayed (s)": round(late, 2),
        }
        missing = self._points(house) - {mark.plant for mark in found}
        outcome.require(not missing, f"nobody died at {sorted(missing)}")
        outcome.require(p95 < RECONNECT_SECONDS, f"reconnected with p95 {p95:.1f} s")
        outcome.require(late <= ORPHAN_SECONDS, f"a line took {late:.1f} s to a live socket")
        if house.vendor == "postgresql":
            outcome.require(late >= SWAP_SECONDS, "nobody had to wait for the heads")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome

    @staticmethod
    def _points(house: House) -> set[str]:
        """With one process nobody sits elsewhere: there is no other to ring."""
        return deaths.WEB.keys() - ({"dies-unrung"} if house.vendor == "sqlite" else set())


class DispatcherDies(Scene):
    """The dispatcher kills itself at each of its points: while it rings somebody, and while it takes a
    conversation from an agent who has vanished."""

    name = "points-dispatcher"
    says = (
        "kill -9 of the dispatcher at six points of a step: no chat has two owners or none, and the "
        "queue moves within 3 s of its return."
    )
    databases: tuple[Vendor, ...] = ("postgresql",)
    # Fewer than the places that are left when one agent is gone: nobody waits for room.
    players = 4
    agents = 3
    plants = (
        "dies-idle:40",
        "dies-offering:5",
        "dies-offered:4",
        "dies-returning:1",
        "dies-returned:1",
        "dies-stepped:1",
    )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        await self._calm(house, crowd)
        # One agent vanishes with questions unanswered: the dispatcher has something to take back.
        vanished = max(crowd.agents, key=lambda agent: len(agent.chats))
        at_hand = len(vanished.chats)
        for tab in vanished.tabs:
            tab.go_offline()
        began = crowd.history.fault("an agent vanished", chats=at_hand)
        watching = asyncio.create_task(self._watch(house, crowd, outcome))
        while time.monotonic() < began + 90 and self._missing(house):
            # Somebody new wants to be served, whatever dies meanwhile, and makes room again.
            player = await crowd.add_player()
            player.begin()
            await crowd.until(lambda p=player: _joined(crowd, p.conv), SERVED_SECONDS)
            outcome.require(_joined(crowd, player.conv), "a waiting player was never served")
            await player.close()
            player.hushed = True
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        for tab in vanished.tabs:
            tab.online.set()
        await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 35)
        # Whoever comes back reads the ends of what he had.
        await asyncio.sleep(3)
        self._judge(house, crowd, at_hand, outcome)
        return outcome

    async def _calm(self, house: House, crowd: Crowd) -> None:
        """What the vanished agent has stays his until the dispatcher takes it, and that soon."""
        for person in crowd.people:
            for chance in ("closes", "transfers", "releases", "takeovers"):
                if hasattr(person, chance):
                    setattr(person, chance, 0.0)
        with psycopg.connect(house.database_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE conversations_brand SET lost_agent_seconds = 10 WHERE slug = %s",
                [crowd.brand],
            )
        await crowd.until(lambda: all(agent.chats for agent in crowd.agents), 10)

    async def _watch(self, house: House, crowd: Crowd, outcome: Outcome) -> None:
        """For each return of the dispatcher: how long until an agent came to somebody."""
        before = house.dispatcher()
        while True:
            await crowd.until(lambda b=before: house.dispatcher() not in (None, b), 60)
            before, back = house.dispatcher(), time.monotonic()
            await crowd.until(
                lambda since=back, b=before: _joins(crowd, since) or house.dispatcher() != b, 20
            )
            if joins := _joins(crowd, back):
                outcome.recoveries_s.append(joins[0] - back)

    def _judge(self, house: House, crowd: Crowd, at_hand: int, outcome: Outcome) -> None:
        found = house.marks()
        outcome.injected = len(found)
        for mark in found:
            crowd.history.fault(mark.plant, pid=mark.pid, died=mark.at)
        outcome.figures = {
            "points": ", ".join(sorted({mark.plant for mark in found})),
            "chats of the agent who vanished": at_hand,
            "taken back": crowd.requeued(),
        }
        outcome.require(not self._missing(house), f"nobody died at {sorted(self._missing(house))}")
        outcome.require(outcome.recoveries_s, "the queue was never seen to move again")
        late = max(outcome.recoveries_s, default=0.0)
        outcome.require(late <= QUEUE_SECONDS, f"the queue moved {late:.1f} s after the return")

    @staticmethod
    def _missing(house: House) -> set[str]:
        return set(deaths.DISPATCHER) - {mark.plant for mark in house.marks()}


def _joins(crowd: Crowd, since: float) -> list[float]:
    return [one.at for one in crowd.history.of("shown", since=since) if one.kind == "joined"]


def _joined(crowd: Crowd, conv: str) -> bool:
    return any(one.conv == conv and one.kind == "joined" for one in crowd.history.of("shown"))


SCENES: list[Scene] = [WebDies(), DispatcherDies()]
