"""Reads that many sockets want at the same moment, made together: group commit's counterpart.

While one reading runs the next ones gather, so a thousand sockets that come back at once cost a few
queries and not a few thousand, and a slow database makes readings larger and not the queue longer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from chatdesk.connections import database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEYS = 64
# Readings of one kind do not follow each other faster than this; a lone one waits for nothing.
CROWD_SECONDS = 0.04


class Gathered(Generic[K, V]):
    """``load`` answers for all its keys in a few queries, in a database thread; what it leaves out is
    None to whoever asked."""

    def __init__(self, load: Callable[[list[K]], Mapping[K, V]]) -> None:
        self._load = load
        self._asked: dict[K, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._next = 0.0

    async def ask(self, key: K) -> V | None:
        """Raises what the reading raised: ``database.AWAY`` above all."""
        loop = asyncio.get_running_loop()
        future = self._asked.get(key)
        if future is None:
            future = self._asked[key] = loop.create_future()
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._read())
        # Others may wait for the same: whoever gives up does not end it for them.
        return await asyncio.shield(future)

    async def _read(self) -> None:
        while self._asked:
            # Whoever asks in this turn of the loop comes along; in a crowd a little longer.
            await asyncio.sleep(max(self._next - time.monotonic(), 0))
            keys = list(self._asked)[:MOST_KEYS]
            futures = {key: self._asked.pop(key) for key in keys}
            try:
                found = await database.run(self._load, keys)
            except Exception as error:
                for future in futures.values():
                    if not future.done():
                        future.set_exception(error)
                        # Read here in case that nobody waits any more.
                        future.exception()
            else:
                for key, future in futures.items():
                    if not future.done():
                        future.set_result(found.get(key))
            self._next = time.monotonic() + CROWD_SECONDS
