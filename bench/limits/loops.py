"""What a loop found in one run, and the middle of several runs."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from bench.machine import Spent


class Loop:
    """A loop of this process that begins now."""

    def __init__(self) -> None:
        self._spent, self._began = Spent(os.getpid()), time.monotonic()

    def found(self, done: int) -> dict[str, Any]:
        """Things done a second, the share of one core that this process had, and how busy each core was,
        0 to 1: whoever is at 1 is what was measured."""
        took = time.monotonic() - self._began
        share, cores = self._spent.now()
        return {"per_second": round(done / took), "loop_cpu": share, "cores": cores}


def over(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Median, least and most a second of the repeats, and the repeats. Raises ValueError for none."""
    rates = sorted(run["per_second"] for run in runs)
    return {
        "per_second": round(median(rates)),
        "least": rates[0],
        "most": rates[-1],
        "runs": list(runs),
    }
