"""How many transactions of one INSERT a second PostgreSQL commits, with the disk's word for each.

The loop runs where the web process runs and speaks to libpq without a driver's own work around it; each
connection has a thread and waits for its commit before it begins the next one.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from bench import machine, messages
from bench.latencies import summary
from bench.limits.loops import Loop

DURABLE = {"fsync": "on", "synchronous_commit": "on"}
# As the peer on Socket.IO has it (peers/socketio/server.mjs).
TABLE = (
    "CREATE TABLE message (id bigserial PRIMARY KEY, room text NOT NULL, body text NOT NULL, "
    "created timestamptz NOT NULL DEFAULT now())"
)
INDEX = "CREATE INDEX message_of_room ON message (room, id)"
START_SECONDS = 30.0
NAME = b"insert"
INSERT = b"INSERT INTO message (room, body) VALUES ($1, $2)"


def measure(url: str, seconds: float, connections: int) -> dict[str, Any]:
    """What the loop found and the time that a commit takes (``commit``), in an empty database.

    Raises RuntimeError when the server does not wait for the disk, or when it holds other rows than it
    has committed.
    """
    with psycopg.connect(url, autocommit=True) as database:
        for name, wanted in DURABLE.items():
            if _one(database, f"SELECT current_setting('{name}')") != wanted:
                raise RuntimeError(f"{name} is not {wanted}: this would be no commit")
        database.execute(TABLE)
        database.execute(INDEX)
        found, took = _run(url, seconds, connections)
        rows = _one(database, "SELECT count(*) FROM message")
    if rows != len(took):
        raise RuntimeError(f"{len(took)} were committed and {rows} are there")
    return {"connections": connections, **found, "commit": summary(took)}


def _run(url: str, seconds: float, connections: int) -> tuple[dict[str, Any], list[float]]:
    together = threading.Barrier(connections + 1, timeout=START_SECONDS)
    with ThreadPoolExecutor(connections) as threads:
        running = [
            threads.submit(_commit, url, room, seconds, together) for room in range(connections)
        ]
        together.wait()
        loop = Loop()
        took = [one for each in running for one in each.result()]
        return loop.found(len(took)), took


def _commit(url: str, room: int, seconds: float, together: threading.Barrier) -> list[float]:
    """Seconds that each commit took."""
    took = []
    machine.pin_thread(machine.SERVER_CORE)
    with psycopg.connect(url, autocommit=True) as connection:
        line: PGconn = connection.pgconn
        line.prepare(NAME, INSERT)
        together.wait()
        until = time.monotonic() + seconds
        number = 0
        while (began := time.monotonic()) < until:
            values = [b"room%d" % room, messages.body(room, number).encode()]
            result = line.exec_prepared(NAME, values)
            if result.status != ExecStatus.COMMAND_OK:
                raise RuntimeError(result.get_error_message())
            took.append(time.monotonic() - began)
            number += 1
    return took


def _one(database: psycopg.Connection[Any], question: str) -> Any:
    row = database.execute(question).fetchone()
    return row[0] if row is not None else None
