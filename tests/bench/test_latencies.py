"""Percentiles: exact, by nearest rank, and never of nothing."""

from __future__ import annotations

import pytest

from bench.latencies import percentile, summary


def test_the_nearest_rank_of_a_hundred() -> None:
    ordered = [float(n) for n in range(1, 101)]
    assert [percentile(ordered, percent) for percent in (0.1, 50, 99, 99.1, 100)] == [
        1.0,
        50.0,
        99.0,
        100.0,
        100.0,
    ]


def test_one_late_message_in_a_hundred_is_within_p99_and_two_are_not() -> None:
    one = summary([0.001] * 99 + [5.0])
    two = summary([0.001] * 98 + [5.0] * 2)
    assert one is not None
    assert two is not None
    assert (one["p99_ms"], one["max_ms"]) == (1.0, 5000.0)
    assert two["p99_ms"] == 5000.0


def test_order_of_arrival_does_not_matter() -> None:
    assert summary([0.3, 0.1, 0.2]) == summary([0.1, 0.2, 0.3])


def test_nothing_measured_is_not_zero() -> None:
    assert summary([]) is None
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)
