"""Pushes that get lost, come twice, or swap: the heads and the numbers must make up for it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.faults import lateness
from tests.faults.crowd import share
from tests.faults.scene import Outcome, Scene

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House

STALE_SECONDS = 20.0


class BadPushes(Scene):
    """A third of all pushes never reaches this process's sockets, a tenth comes twice, all have a delay
    of their own; heads are on, as in earnest."""

    name = "pushes-bad"
    says = (
        "30 % of pushes lost, 10 % doubled, all reordered: everything arrives, once and in order, "
        "never more than 20 s late."
    )
    plants = ("pushes-lost:0.3", "pushes-doubled:0.1", "pushes-reordered:0.3")
    seconds = 25.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        began = crowd.history.fault(self.name)
        await asyncio.sleep(self.seconds)
        now = time.monotonic()
        # Nobody says more; what was said last has nothing after it to show the gap.
        crowd.hush()
        await asyncio.sleep(1)
        await crowd.until(lambda: all(tab.idle for tab in crowd.tabs()), 5)
        await crowd.quiet(STALE_SECONDS)
        late = await lateness.of(crowd, began, now)
        outcome.injected = len(house.marks())
        outcome.recoveries_s = [round(seconds, 2) for seconds in late if seconds > 0.5]
        outcome.figures = {
            "deliveries": len(late),
            "delivery p50 (s)": round(share(late, 0.5), 2),
            "delivery p95 (s)": round(share(late, 0.95), 2),
            "slowest (s)": round(max(late, default=0.0), 1),
        }
        outcome.require(outcome.injected, "no push went wrong")
        outcome.require(len(late) > 100, f"only {len(late)} deliveries were seen")
        outcome.require(
            max(late, default=0.0) <= STALE_SECONDS,
            f"a line took {max(late, default=0.0):.1f} s to a socket that was there",
        )
        return outcome


SCENES: list[Scene] = [BadPushes()]
