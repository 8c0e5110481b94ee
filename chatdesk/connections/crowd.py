"""What one person does over all his sockets of this process: how many they are, how fast they talk."""

from __future__ import annotations

import time
from typing import Literal, Protocol

Verdict = Literal["fine", "over", "far over"]
FAR = 3
PONGS_PER_FRAME = 5
# So many windows are kept before those that are over are forgotten.
WINDOWS = 1_000


class Evictable(Protocol):
    def on_shut(self, code: int) -> None: ...


class Window:
    """Counts frames for some seconds, from the first frame on."""

    __slots__ = ("count", "ends_at")

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.count = 0


class Crowd:
    """Everybody with a socket in this process. A window outlives the sockets in it: whoever comes
    back at once has not become quieter by that."""

    def __init__(self) -> None:
        self._sockets: dict[str, dict[Evictable, None]] = {}
        self._windows: dict[str, Window] = {}
        self._forget_at = WINDOWS

    def spoke(
        self, person: str, limit: int, window_seconds: int, *, pong: bool = False
    ) -> tuple[Verdict, int]:
        """Verdict on one more frame of a person, and milliseconds until his window ends. Pongs do not
        count as frames, but a flood of them is one."""
        if pong:
            person, limit = f"{person} pongs", limit * PONGS_PER_FRAME
        now = time.monotonic()
        window = self._windows.get(person)
        if window is None or now >= window.ends_at:
            if len(self._windows) >= self._forget_at:
                self._forget(now)
            window = self._windows[person] = Window(now + window_seconds)
        window.count += 1
        if window.count <= limit:
            return "fine", 0
        left_ms = max(int((window.ends_at - now) * 1000), 1)
        return ("far over" if window.count > FAR * limit else "over"), left_ms

    def _forget(self, now: float) -> None:
        self._windows = {key: one for key, one in self._windows.items() if one.ends_at > now}
        self._forget_at = max(WINDOWS, 2 * len(self._windows))

    def enter(self, seat: str, socket: Evictable, limit: int) -> list[Evictable]:
        """Adds a socket; returns those that are too many now, oldest first."""
        sockets = self._sockets.setdefault(seat, {})
        sockets[socket] = None
        surplus = list(sockets)[: max(len(sockets) - limit, 0)]
        for old in surplus:
            del sockets[old]
        return surplus

    def exit(self, seat: str, socket: Evictable) -> None:
        sockets = self._sockets.get(seat)
        if sockets is None:
            return
        sockets.pop(socket, None)
        if not sockets:
            del self._sockets[seat]
