"""The simulated clock. The product asks ``chatdesk.conversations.clock`` for the time each time anew, so
whoever replaces the function there decides what time it is. Nothing sleeps."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatdesk.delivery.hub import Hub

# Monday 2 March 2026, 00:00 UTC.
MONDAY_MS = 1_772_409_600_000
# Ids rise for as long as this process lives: a second day in it never meets those of the first.
_ids = count(1)


class Time:
    """What is to happen, in its order; of two things at the same moment the first noted comes first."""

    def __init__(self) -> None:
        self.now = 0
        self._numbers = count()
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []

    def at(self, ts: int, act: Callable[..., None], *args: Any) -> None:
        heapq.heappush(self._heap, (max(ts, self.now), next(self._numbers), act, args))

    def run(self, until: int) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.now, _, act, args = heapq.heappop(self._heap)
            act(*args)
        self.now = until


@contextmanager
def simulated(time: Time, starts_ts: int) -> Iterator[Hub]:
    """Inside, the product lives at the simulated moment; what it publishes comes to the hub that is
    given, in this thread and at once.

    Ids are drawn by counting: where the product's last word between two equals is an id, two runs
    with one seed must not differ.
    """
    from chatdesk import consequences
    from chatdesk.conversations import clock, transition
    from chatdesk.conversations.models import ids
    from chatdesk.delivery.hub import Hub

    hub = Hub()
    loop = asyncio.new_event_loop()
    hub.bind(loop)
    before = (clock.now_ms, transition.hub, transition.consequences_of, ids.secrets)
    clock.now_ms = lambda: starts_ts + time.now
    transition.hub = hub
    consequences.install()
    ids.secrets = _Counted()  # type: ignore[assignment]
    try:
        yield hub
    finally:
        clock.now_ms, transition.hub, transition.consequences_of, ids.secrets = before
        loop.close()


class _Counted:
    """Stands for ``secrets`` where ids are made of sixteen choices: spells the next number."""

    def __init__(self) -> None:
        self.digits = ""

    def choice(self, letters: str) -> str:
        if not self.digits:
            self.digits = f"{next(_ids):016d}"
        first, self.digits = self.digits[0], self.digits[1:]
        return first
