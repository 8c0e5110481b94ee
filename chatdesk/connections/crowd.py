"""What one person does over all his sockets of this process: how many they are, how fast they talk."""

from __future__ import annotations

import time
from typing import Literal, Protocol

Verdict = Literal["fine", "over", "far over"]
FAR = 3


class Evictable(Protocol):
    def on_shut(self, code: int) -> None: ...


class Person:
    """Counts frames in windows that begin with the first frame."""

    __slots__ = ("_began", "_count", "sockets")

    def __init__(self) -> None:
        self.sockets: dict[Evictable, None] = {}
        self._began = 0.0
        self._count = 0

    def spoke(self, limit: int, window_seconds: int) -> tuple[Verdict, int]:
        """Verdict on one more frame, and milliseconds until the window ends."""
        now = time.monotonic()
        if now - self._began >= window_seconds:
            self._began, self._count = now, 0
        self._count += 1
        if self._count <= limit:
            return "fine", 0
        left_ms = max(int((self._began + window_seconds - now) * 1000), 1)
        return ("far over" if self._count > FAR * limit else "over"), left_ms


class Crowd:
    """Everybody with a socket in this process."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def person(self, key: str) -> Person:
        return self._people.setdefault(key, Person())

    def enter(self, key: str, socket: Evictable, limit: int) -> list[Evictable]:
        """Adds a socket; returns those that are too many now, oldest first."""
        sockets = self.person(key).sockets
        sockets[socket] = None
        surplus = list(sockets)[: max(len(sockets) - limit, 0)]
        for old in surplus:
            del sockets[old]
        return surplus

    def exit(self, key: str, socket: Evictable) -> None:
        person = self._people.get(key)
        if person is None:
            return
        person.sockets.pop(socket, None)
        if not person.sockets:
            del self._people[key]
