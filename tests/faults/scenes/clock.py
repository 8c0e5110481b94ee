"""Clocks that are wrong: of one web process, while Redis, the database and everybody else keep the time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.faults import lateness
from tests.faults.crowd import share
from tests.faults.sabotage import false_clock
from tests.faults.scene import Outcome, Scene, Vendor

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House

STEP_SECONDS = 8.0
DRIFT_STEPS = 20
LATE_SECONDS = 2.0
# What the database stamps may differ from this machine's clock by this much, and no more.
STAMP_MS = 2_000


class WrongClock(Scene):
    """The clock jumps an hour on, back to before, and drifts by ten seconds in each direction."""

    name = "clock"
    says = (
        "One web process's clock jumps by 1 h and back and drifts by 10 s: no socket is lost, nobody "
        "counts as gone, pings go on, every line has the database's time."
    )
    databases: tuple[Vendor, ...] = ("postgresql",)
    plants = ("clock",)

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        if false_clock.library() is None:
            outcome.require(False, false_clock.MISSING)
            return outcome
        pids = {mark.pid for mark in house.marks() if mark.plant == "clock"}
        outcome.require(pids & house.web_processes(), "no web process runs with a false clock")
        sockets = await self._spread(house, crowd, pids)
        outcome.require(sockets >= 3, f"only {sockets} sockets are at the false clock")
        began = time.monotonic()
        try:
            for offset in (3600, -3600):
                self._set(house, crowd, offset)
                outcome.injected += 1
                await self._newcomer(house, crowd, offset, outcome)
                await asyncio.sleep(STEP_SECONDS)
            for step in range(-DRIFT_STEPS, DRIFT_STEPS + 1):
                self._set(house, crowd, 10 * step / DRIFT_STEPS)
                await asyncio.sleep(0.5)
            outcome.injected += 1
        finally:
            self._set(house, crowd, 0)
        await asyncio.sleep(2)
        await self._judge(crowd, began, sockets, outcome)
        await self._judge_stamps(house, crowd, outcome)
        return outcome

    @staticmethod
    async def _spread(house: House, crowd: Crowd, pids: set[int]) -> int:
        """Shuffles the sockets until a third is at the process that is to be false."""
        for _ in range(4):
            ports = [tab.local_port for tab in crowd.tabs() if tab.local_port]
            here = sum(1 for port in ports if house.server_of(port) in pids)
            if here >= len(ports) / 3:
                break
            for tab in crowd.tabs()[::2]:
                tab.cut()
            await asyncio.sleep(0.5)
            await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 10)
            await asyncio.sleep(1)
        return here

    @staticmethod
    def _set(house: House, crowd: Crowd, seconds: float) -> None:
        (house.plants_folder / false_clock.OFFSET_FILE).write_text(f"{seconds:+.2f}\n")
        crowd.history.fault("clock set", seconds=seconds)

    async def _newcomer(self, house: House, crowd: Crowd, offset: float, outcome: Outcome) -> None:
        """Sessions and tickets have times in them, and are made and read by either process."""
        for _ in range(2):
            player = await crowd.add_player(tabs=2)
            player.begin()
            came = await crowd.until(lambda p=player: all(t.connected for t in p.tabs), 10)
            outcome.require(came, f"a new player did not get in at {offset:+} s")
        agent = crowd.agents[0]
        for _ in range(2):
            back = time.monotonic()
            agent.tabs[0].cut()
            await crowd.until(lambda: not agent.tabs[0].connected, 5)
            came = await crowd.until(lambda: agent.tabs[0].connected, 10)
            outcome.require(came, f"an agent did not get in again at {offset:+} s")
            outcome.recoveries_s.append(time.monotonic() - back)

    @staticmethod
    async def _judge(crowd: Crowd, began: float, sockets: int, outcome: Outcome) -> None:
        now = time.monotonic()
        ours = {agent.tabs[0].name for agent in crowd.agents[:1]}
        lost = [one for one in crowd.history.of("closed", since=began) if one.tab not in ours]
        late = await lateness.of(crowd, began, now)
        pings: dict[str, float] = {}
        for one in crowd.history.of("welcome", "ping"):
            pings[one.tab] = one.at
        silent = [tab for tab, at in pings.items() if now - at > 30 + 1]
        outcome.figures = {
            "sockets at the false clock": sockets,
            "delivery p95 (s)": round(share(late, 0.95), 2),
        }
        outcome.require(
            not lost, f"{len(lost)} sockets were lost: {[one.code for one in lost[:5]]}"
        )
        outcome.require(share(late, 0.95) <= LATE_SECONDS, "delivery p95 above 2 s")
        outcome.require(not silent, f"{len(silent)} sockets had no ping for 30 s")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        outcome.require(crowd.gone() == 0, "an agent counts as gone")

    @staticmethod
    async def _judge_stamps(house: House, crowd: Crowd, outcome: Outcome) -> None:
        """Every line against the moments in which its sender wanted it and had the ack."""
        rows = await asyncio.to_thread(
            house.rows,
            "SELECT e.cmid, e.ts FROM conversations_event e "
            "JOIN conversations_conversation c ON c.id = e.conversation_id "
            "JOIN conversations_brand b ON b.id = c.brand_id WHERE b.slug = ? AND e.cmid IS NOT NULL",
            crowd.brand,
        )
        wanted = {one.cmid: one.ms for one in crowd.history.of("invoke") if one.cmid}
        acked = {one.cmid: one.ms for one in crowd.history.of("ok") if one.cmid}
        wrong = [
            row["ts"] - acked[row["cmid"]]
            for row in rows
            if row["cmid"] in acked
            and not wanted[row["cmid"]] - STAMP_MS <= row["ts"] <= acked[row["cmid"]] + STAMP_MS
        ]
        outcome.figures["lines compared"] = len(rows)
        outcome.require(rows, "no line was compared")
        outcome.require(not wrong, f"{len(wrong)} lines bear a false time, as by {wrong[:3]} ms")


SCENES: list[Scene] = [WrongClock()]
