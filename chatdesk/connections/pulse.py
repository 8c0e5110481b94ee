"""The heartbeat of one socket: pings from our side, silence from the other.

Any frame counts as life. The first ping comes after a random half to whole interval, so that sockets that
came together do not breathe together.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

PONG_GRACE_SECONDS = 10
LEAST_WAIT_SECONDS = 0.05


class Pulse:
    """``beat`` sends a ping, ``silent`` ends the socket, ``check`` is asked on each turn whether the
    socket may go on."""

    def __init__(
        self,
        seconds: int,
        *,
        beat: Callable[[], None],
        silent: Callable[[], None],
        check: Callable[[], bool],
    ) -> None:
        self.seconds = seconds
        self._beat = beat
        self._silent = silent
        self._check = check
        self._heard = time.monotonic()
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def wait_for_hello(self, seconds: float, hello_late: Callable[[], None]) -> None:
        """``hello_late`` is called when ``begin`` has not been by then."""
        self._timer = asyncio.get_running_loop().call_later(seconds, hello_late)

    def heard(self) -> None:
        self._heard = time.monotonic()

    def silence_seconds(self) -> float:
        """Since the last frame of the other side."""
        return time.monotonic() - self._heard

    def begin(self) -> None:
        self.end()
        self._next = time.monotonic() + self.seconds * random.uniform(0.5, 1.0)
        self._turn()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self) -> None:
        now = time.monotonic()
        dead = self._heard + self.seconds + PONG_GRACE_SECONDS
        if not self._check():
            return
        if now >= dead:
            self._silent()
            return
        if now >= self._next:
            self._beat()
            self._next = now + self.seconds
        wait = max(min(self._next, dead) - now, LEAST_WAIT_SECONDS)
        self._timer = asyncio.get_running_loop().call_later(wait, self._turn)
