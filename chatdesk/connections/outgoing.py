"""What waits to be written to one socket, and how much of it the client has confirmed.

The budget counts pushes, not answers: a client that asks for much is limited by its rate, one that does
not read is closed with 4002 and resumes from the database. ``fleeting`` frames are dropped first.
Bound: ``unconfirmed_bytes`` of pushes and ``QUEUED_BYTES`` of everything.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from chatdesk.delivery.protocol.words import Close

QUEUED_BYTES = 4 * 1024 * 1024
EARLY_PING_BYTES = 64 * 1024
EARLY_PING_SECONDS = 2.0

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Outgoing:
    def __init__(self, send: Send, unconfirmed_bytes: int, on_gone: Callable[[], None]) -> None:
        self._send = send
        self._limit = unconfirmed_bytes
        self._on_gone = on_gone
        self._queue: deque[str | int] = deque()
        self._queued_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._pushed = 0
        self._confirmed = 0
        self._unconfirmed_since: float | None = None
        self._pings: deque[tuple[int, int, float]] = deque()
        self._last_ping = 0.0
        self._number = 0
        self.closing: int | None = None

    # --- frames --------------------------------------------------------------------------------

    def answer(self, text: str) -> None:
        """Queues an answer to the client's own request."""
        self._put(text)

    def push(self, text: str, *, fleeting: bool = False) -> None:
        """Queues what the client did not ask for; over the budget the socket is slow and closes."""
        if self.closing is not None:
            return
        if fleeting and self.unconfirmed > EARLY_PING_BYTES:
            return
        self._pushed += len(text) if text.isascii() else len(text.encode())
        if self._unconfirmed_since is None:
            self._unconfirmed_since = time.monotonic()
        if self.unconfirmed > self._limit:
            self.close(Close.SLOW)
            return
        self._put(text)

    def close(self, code: int) -> None:
        """Closes after everything that was queued before; of a slow one nothing is kept."""
        if self.closing is None:
            if code == Close.SLOW:
                self._queue.clear()
            # A plain number: daphne's protocol refuses to send a member of an enumeration.
            self.closing = int(code)
            self._queue.append(self.closing)
            self._wake()

    def _put(self, text: str) -> None:
        if self.closing is not None:
            return
        self._queue.append(text)
        self._queued_bytes += len(text)
        if self._queued_bytes > QUEUED_BYTES:
            self.close(Close.SLOW)
            return
        self._wake()

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._write())

    async def _write(self) -> None:
        queue = self._queue
        # A batch brings its author the line and then the ack; a turn later both leave in one go.
        await asyncio.sleep(0)
        try:
            while queue:
                item = queue.popleft()
                if isinstance(item, str):
                    self._queued_bytes -= len(item)
                    await self._send({"type": "websocket.send", "text": item})
                else:
                    queue.clear()
                    await self._send({"type": "websocket.close", "code": item})
        except Exception:  # the server's own errors for a socket that has gone; there are many
            queue.clear()
            self.closing = self.closing or 1006
            self._on_gone()

    async def abandon(self) -> None:
        """The socket is gone: nothing more is written."""
        self.closing = self.closing or 1006
        self._queue.clear()
        if self._task is not None and not self._task.done():
            self._task.cancel()

    # --- confirmation --------------------------------------------------------------------------

    @property
    def unconfirmed(self) -> int:
        """Bytes pushed that no pong has confirmed."""
        return self._pushed - self._confirmed

    def wants_early_ping(self) -> bool:
        """At most every two seconds; sooner only where a reader who has answered every ping so far
        would be called slow for what was pushed since."""
        if self.unconfirmed <= EARLY_PING_BYTES:
            return False
        answered = not self._pings and self.unconfirmed > self._limit / 2
        return answered or time.monotonic() - self._last_ping >= EARLY_PING_SECONDS

    def next_ping(self) -> int:
        """Numbers a ping that is about to be queued; its pong confirms everything before it."""
        self._number += 1
        self._last_ping = time.monotonic()
        self._pings.append((self._number, self._pushed, self._last_ping))
        if len(self._pings) > 64:
            self._pings.popleft()
        return self._number

    def ponged(self, number: int) -> None:
        if number > self._number:
            return
        while self._pings and self._pings[0][0] <= number:
            _, pushed, at = self._pings.popleft()
            self._confirmed = max(self._confirmed, pushed)
            self._unconfirmed_since = at if self.unconfirmed else None

    def unconfirmed_seconds(self) -> float:
        if self._unconfirmed_since is None or not self.unconfirmed:
            return 0.0
        return time.monotonic() - self._unconfirmed_since
