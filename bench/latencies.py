"""Percentiles of everything that was measured: no buckets, no averages of percentiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

PERCENTILES = {"p50_ms": 50.0, "p90_ms": 90.0, "p99_ms": 99.0, "p999_ms": 99.9, "max_ms": 100.0}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The least value that at least ``percent`` of all do not exceed (nearest rank).

    ``ordered`` is ascending. Raises ValueError when it is empty: nothing measured is not zero.
    """
    if not ordered:
        raise ValueError("a percentile of nothing")
    rank = math.ceil(percent / 100 * len(ordered))
    return ordered[max(rank, 1) - 1]


def summary(seconds: Iterable[float]) -> dict[str, float] | None:
    """Count and percentiles in milliseconds of times in seconds; None when there are none."""
    ordered = sorted(seconds)
    if not ordered:
        return None
    found = {
        name: round(percentile(ordered, percent) * 1000, 2) for name, percent in PERCENTILES.items()
    }
    return {"count": len(ordered), **found}
