"""The limits are measured for real, shortly: what is counted is what was done, and no promise of speed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench import report
from bench.accounts import Accounts
from bench.latencies import summary
from bench.limits import commits, publish
from bench.limits.loops import over
from bench.servers import Services, services
from bench.steps import Step

SECONDS = 0.3


def bare_step(rate: int, **changed: Any) -> Step:
    """Of a server that neither stores nor acks."""
    counted: dict[str, Any] = {
        "rate": rate,
        "seconds": 5.0,
        "sent": 100,
        "delivered": 100,
        "acked": 0,
        "committed": 0,
        "lost": 0,
        "doubled": 0,
        "reordered": 0,
        "refused": 0,
        "gave_up": False,
        "ack": None,
        "delivery": summary([0.005] * 100),
        "lag": summary([0.001] * 100),
        "durable": False,
    }
    return Step(**{**counted, **changed})


def row(name: str, step: Step, *, ours: bool = False, limit: bool = False) -> dict[str, Any]:
    run = {"sustained": step.rate, "ended_by": "top", "steps": [step.as_json()]}
    found = {"name": name, "says": f"build {name}", "ours": ours, "limit": limit, "runs": [run]}
    return found | {"sustained": step.rate, "least": step.rate, "most": step.rate}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with services(tmp_path_factory.mktemp("limits")) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("pipelined", [False, True])
def test_everything_published_is_heard(tmp_path: Path, pipelined: bool) -> None:
    found = publish.measure(tmp_path, SECONDS, pipelined=pipelined)
    assert found["per_second"] > 0
    assert found["heard"] >= found["per_second"] * SECONDS * 0.9


@pytest.mark.live
@pytest.mark.parametrize("connections", [1, 10])
def test_each_commit_is_a_row(shared: Services, connections: int) -> None:
    url = shared.database()
    found = commits.measure(url, SECONDS, connections)
    with psycopg.connect(url) as database:
        counted = database.execute("SELECT count(*), count(DISTINCT room) FROM message").fetchone()
    assert counted == (found["commit"]["count"], connections)


@pytest.mark.live
def test_a_database_that_does_not_wait_for_the_disk_is_refused(shared: Services) -> None:
    url = shared.database()
    name = url.rsplit("/", 1)[1]
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    with pytest.raises(RuntimeError, match="synchronous_commit is not on"):
        commits.measure(url, SECONDS, 1)


def test_a_command_is_written_as_redis_reads_it() -> None:
    assert (
        publish.command(b"PUBLISH", b"a", b"bc")
        == b"*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n$2\r\nbc\r\n"
    )


def test_the_middle_of_several_runs() -> None:
    found = over([{"per_second": rate} for rate in (30, 10, 20)])
    assert (found["per_second"], found["least"], found["most"]) == (20, 10, 30)
    with pytest.raises(ValueError, match="no median"):
        over([])


def test_a_limit_is_asked_for_everything_but_rows_and_acks() -> None:
    assert bare_step(100).verdict == "passed"
    assert bare_step(100, durable=True).faults == ["unacked", "uncommitted"]
    assert bare_step(100, lost=1, delivered=99).faults == ["lost"]
    assert bare_step(100, delivery=summary([0.2] * 100)).faults == ["p99"]


def test_without_acks_a_step_is_settled_when_all_is_delivered() -> None:
    for acks in (True, False):
        accounts = Accounts(1, 0, 2, acks=acks)
        accounts.sent = 2
        accounts.arrive(0, 0)
        assert not accounts.settled
        accounts.arrive(0, 1)
        assert accounts.settled is not acks


def test_a_limit_is_no_peer_and_stands_beside_what_runs_on_its_server() -> None:
    facts = {"cores": 2, "processor": "a processor", "pinned": True, "system": "Linux 6"}
    facts |= {"python": "3.11", "postgresql": "15", "fdatasync_ms": 1.0, "busy_before": 0.0}
    acked = {"ack": summary([0.004] * 100), "acked": 100, "committed": 100, "durable": True}
    figures = {
        "taken": "2026-01-01",
        "plan": {"chats": 100, "seconds": 5.0, "repeats": 1, "body_chars": 60},
        "machine": facts | {"packages": {"Django": "5.2"}},
        "builds": [
            row("chatdesk", bare_step(9_000, **acked), ours=True),
            row("chatdesk-daphne", bare_step(4_000, **acked), ours=True),
            row("socketio", bare_step(6_000, **acked)),
            row("relay-uvicorn", bare_step(15_000), limit=True),
        ],
    }
    assert report.ratio(figures) == 1.5
    assert report.near_limits(figures) == {"chatdesk": 0.6}
    said = report.text(figures)
    assert "build chatdesk: **60%** of the build relay-uvicorn (15,000)" in said
    assert "times as many** as build relay-uvicorn" not in said
    assert "| build relay-uvicorn | 15,000 (15,000 to 15,000) | 5.0 / 5.0 | none | 0 |" in said
