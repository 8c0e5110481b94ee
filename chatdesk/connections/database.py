"""How sockets reach the database: a bounded pool of threads of our own, never the event loop's.

Each thread keeps one connection; a fault closes it, so that the next call begins with a fresh one. Nobody
waits longer than ``CALL_SECONDS``: then the caller is told that the database is away, and the
connection is cut so that its thread comes free. While it is away calls are refused at once, and one at a
time goes to look.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from psycopg_pool import PoolTimeout

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 6
WAITING_CALLS = 2_000
CALL_SECONDS = 10.0
LOOK_SECONDS = 0.5
AWAY = (OperationalError, InterfaceError, PoolTimeout)
# SQLSTATE classes of a connection that is lost, a server that stops or starts, one that is full.
_GONE = ("08", "57P", "53300")

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
_writer = ThreadPoolExecutor(1, thread_name_prefix="committer")
_waiting = 0


class Crowded(OperationalError):
    """More calls wait for a thread than the bound allows."""


class Away(OperationalError):
    """The database does not answer, or did not a moment ago."""


class Outage:
    """Whether the database is away, as far as this process has seen."""

    def __init__(self) -> None:
        self._away = False
        self._pause = 0.0
        self._next_look = 0.0

    def refuses(self) -> bool:
        """True while it is away; the one call that may look is let through."""
        if not self._away:
            return False
        now = time.monotonic()
        if now < self._next_look:
            return True
        self._pause = min(self._pause * 2 or 0.05, LOOK_SECONDS)
        self._next_look = now + self._pause
        return False

    def seen(self, error: BaseException | None) -> None:
        """How a call ended."""
        if error is None:
            self._away = False
        elif not self._away and _is_gone(error):
            # Whoever comes next looks at once: it may have been one connection only.
            self._away, self._pause, self._next_look = True, 0.0, 0.0


outage = Outage()


def _is_gone(error: BaseException) -> bool:
    if isinstance(error, PoolTimeout | Away):
        return True
    cause = error.__cause__
    if isinstance(error, InterfaceError) or isinstance(cause, psycopg.OperationalError):
        state = getattr(cause, "sqlstate", None)
        return state is None or state.startswith(_GONE)
    return False


class _Call(Generic[T]):
    """One call in one thread, which can be cut short from the loop."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._of_thread: Any = None

    def __call__(self) -> T:
        self._of_thread = connections["default"]
        try:
            return self._function()
        except DatabaseError:
            connections.close_all()
            raise
        finally:
            self._of_thread = None

    def cut(self) -> None:
        """Ends the connection under a call that hangs; its thread then gets an error."""
        raw = getattr(self._of_thread, "connection", None)
        if not isinstance(raw, psycopg.Connection) or raw.closed:
            return
        with socket.socket(fileno=os.dup(raw.pgconn.socket)) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)


async def _in(threads: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    if outage.refuses():
        raise Away("the database is away")
    call = _Call(function)
    future = asyncio.get_running_loop().run_in_executor(threads, call)
    future.add_done_callback(_look)
    await asyncio.wait((future,), timeout=CALL_SECONDS)
    if not future.done():
        future.cancel()
        call.cut()
        late = Away("the database does not answer")
        outage.seen(late)
        raise late
    return future.result()


def _look(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        outage.seen(future.exception())


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a synchronous function with database access in one of the threads."""
    global _waiting
    if _waiting >= WAITING_CALLS:
        raise Crowded("too many calls wait for the database")
    _waiting += 1
    try:
        return await _in(_pool, partial(function, *args, **kwargs))
    finally:
        _waiting -= 1


async def write(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Like ``run``, in the committer's own thread: batches follow each other, never overtake."""
    return await _in(_writer, partial(function, *args, **kwargs))
