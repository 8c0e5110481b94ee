"""What counts as sustained, what is said of it, and that the page is written between its marks only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.latencies import summary
from bench.steps import Step


def step(**changed: Any) -> Step:
    facts: dict[str, Any] = {
        "rate": 1_000,
        "seconds": 5.0,
        "sent": 100,
        "delivered": 100,
        "acked": 100,
        "committed": 100,
        "lost": 0,
        "doubled": 0,
        "reordered": 0,
        "refused": 0,
        "gave_up": False,
        "delivery": summary([0.005] * 100),
        "ack": summary([0.004] * 100),
        "lag": summary([0.001] * 100),
        "server_cpu": 0.5,
        "server_us": 80.0,
        "cores": [0.5, 0.4],
    }
    return Step(**{**facts, **changed})


def test_a_step_that_is_sustained() -> None:
    assert (step().verdict, step().faults) == ("passed", [])


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("p99", {"delivery": summary([0.005] * 98 + [0.1] * 2)}),
        ("p99", {"delivery": None}),
        ("lost", {"lost": 1}),
        ("doubled", {"doubled": 1}),
        ("reordered", {"reordered": 1}),
        ("refused", {"refused": 1}),
        ("unacked", {"acked": 99}),
        ("uncommitted", {"committed": 99}),
        ("uncommitted", {"committed": 101}),
        ("closed_sockets", {"closed_sockets": 1}),
        ("gave_up", {"gave_up": True}),
    ],
)
def test_each_fault_fails_a_step(fault: str, changed: dict[str, Any]) -> None:
    assert step(**changed).faults == [fault]
    assert step(**changed).verdict == "failed"


def test_a_late_generator_discards_a_step_whatever_it_showed() -> None:
    late = summary([0.001] * 90 + [0.02] * 10)
    assert step(lag=late).verdict == "discarded"
    assert step(lag=late, lost=1).verdict == "discarded"


def row(name: str, ours: bool, sustained: int, **end: Any) -> dict[str, Any]:
    passed = step(rate=sustained).as_json()
    failed = step(rate=sustained + 100, delivery=summary([1.0]), **end).as_json()
    run = {"sustained": sustained, "ended_by": "failed", "steps": [passed, failed]}
    return {
        "name": name,
        "says": f"build {name}",
        "ours": ours,
        "sustained": sustained,
        "least": sustained,
        "most": sustained,
        "runs": [run],
    }


def figures() -> dict[str, Any]:
    return {
        "taken": "2026-01-01",
        "plan": {"chats": 100, "seconds": 5.0, "repeats": 1, "body_chars": 60},
        "machine": {
            "cores": 2,
            "processor": "a processor",
            "pinned": True,
            "system": "Linux 6",
            "python": "3.11",
            "postgresql": "15",
            "valkey": "9",
            "fdatasync_ms": 1.0,
            "busy_before": 0.02,
            "packages": {"Django": "5.2"},
        },
        "builds": [
            row("chatdesk", True, 9_000, server_cpu=0.97),
            row("tutorial-core", False, 450),
            row("tutorial-pubsub", False, 900, cores=[0.6, 0.99]),
        ],
    }


def test_the_ratio_is_to_the_better_of_the_peers() -> None:
    assert report.ratio(figures()) == 10.0
    said = report.text(figures())
    assert "**9,000** messages a second" in said
    assert "**20 times as many** as build tutorial-core (450)" in said
    assert "**10 times as many** as build tutorial-pubsub (900)" in said


def test_the_ratio_with_as_many_sockets_as_the_tutorial_is_said_too() -> None:
    more = figures()
    more["builds"].insert(1, row("chatdesk-single", True, 4_500))
    said = report.text(more)
    assert "With an agent socket for each chat: **4,500** messages a second" in said
    assert "**5 times as many** as build tutorial-pubsub (900)" in said


def test_there_is_no_ratio_to_nothing() -> None:
    alone = figures()
    alone["builds"] = alone["builds"][:1]
    assert report.ratio(alone) is None


def test_each_row_says_what_limits_it() -> None:
    ours, core, pubsub = figures()["builds"]
    assert report.limit(ours).startswith("the one core of the web process")
    assert report.limit(core).startswith("waiting")
    assert report.limit(pubsub).startswith("the core that generator")


def test_figures_of_a_busy_machine_say_so() -> None:
    noisy = figures()
    assert "noise" not in report.text(noisy)
    noisy["machine"]["busy_before"] = 0.7
    assert "70% busy" in report.text(noisy)


def test_the_page_is_written_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write(figures(), page)
    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    report.write(figures(), page)
    assert page.read_text() == written
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no marks"):
        report.write(figures(), page)
