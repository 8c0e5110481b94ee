"""How sockets reach the database: a bounded pool of threads of our own, never the event loop's.

Each thread keeps one connection. A fault closes it, so that the next call begins with a fresh one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from psycopg_pool import PoolTimeout

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 6
WAITING_CALLS = 2_000
AWAY = (OperationalError, InterfaceError, PoolTimeout)

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
_writer = ThreadPoolExecutor(1, thread_name_prefix="committer")
_waiting = 0


class Crowded(OperationalError):
    """More calls wait for a thread than the bound allows."""


def _fresh(call: Callable[[], T]) -> T:
    try:
        return call()
    except DatabaseError:
        connections.close_all()
        raise


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a synchronous function with database access in one of the threads."""
    global _waiting
    if _waiting >= WAITING_CALLS:
        raise Crowded("too many calls wait for the database")
    _waiting += 1
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_pool, _fresh, partial(function, *args, **kwargs))
    finally:
        _waiting -= 1


async def write(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Like ``run``, in the committer's own thread: batches follow each other, never overtake."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_writer, _fresh, partial(function, *args, **kwargs))
