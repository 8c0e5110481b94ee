"""The process's own switchboard: which sockets hear which topic, and one bridge to other processes.

Local sockets are served first and without Redis; the bridge then carries the same publications to the
other processes in one batch. **Invariant:** delivery is at most once; the database is the truth, and
heads close the gap. Nothing is published that is not committed: publishers call after their commit.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import structlog

from chatdesk.delivery.audience import Hint, Line, Publication, Shut, Word, player, staff

log = structlog.get_logger(__name__)

HintHandler = Callable[[str], None]


class Listener(Protocol):
    """A socket as the hub knows it. None of these may block or raise."""

    def on_line(self, line: Line, side: str) -> None: ...

    def on_word(self, word: Word) -> None: ...

    def on_shut(self, code: int) -> None: ...


class Hub:
    def __init__(self) -> None:
        self._topics: dict[str, dict[Listener, None]] = {}
        self._handlers: dict[str, list[HintHandler]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: int | None = None
        self.heads: dict[str, tuple[int, int]] = {}
        self.to_others: Callable[[Sequence[Publication]], None] | None = None

    # --- composition ---------------------------------------------------------------------------

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on publications of any thread are spread on this loop."""
        self._loop = loop
        self._thread = threading.get_ident()

    def on_hint(self, what: str, handler: HintHandler) -> None:
        self._handlers.setdefault(what, []).append(handler)

    # --- topics --------------------------------------------------------------------------------

    def join(self, topic: str, listener: Listener) -> None:
        self._topics.setdefault(topic, {})[listener] = None

    def leave(self, topic: str, listener: Listener) -> None:
        members = self._topics.get(topic)
        if members is None:
            return
        members.pop(listener, None)
        if not members:
            del self._topics[topic]
            conv = topic[2:]
            if topic[:2] in ("p:", "s:") and not self.followed(conv):
                self.heads.pop(conv, None)

    def members(self, topic: str) -> list[Listener]:
        return list(self._topics.get(topic, ()))

    def has(self, topic: str) -> bool:
        return topic in self._topics

    def followed(self, conv: str) -> bool:
        return player(conv) in self._topics or staff(conv) in self._topics

    def conversations(self) -> set[str]:
        """The conversations that any local socket follows."""
        return {topic[2:] for topic in self._topics if topic[:2] in ("p:", "s:")}

    # --- publishing ----------------------------------------------------------------------------

    def publish(self, publications: Iterable[Publication]) -> None:
        """Hands committed facts to everybody. Callable from any thread; never blocks, never raises.
        Without a loop (a management command) nothing is pushed: the heads find it."""
        batch = list(publications)
        if not batch or self._loop is None:
            return
        if threading.get_ident() == self._thread:
            self._publish(batch)
            return
        try:
            self._loop.call_soon_threadsafe(self._publish, batch)
        except RuntimeError:
            log.info("hub_closed", lost=len(batch))

    def _publish(self, batch: Sequence[Publication]) -> None:
        self.spread(batch)
        if self.to_others is not None:
            self.to_others(batch)

    def spread(self, batch: Sequence[Publication]) -> None:
        """Writes to this process's sockets only; also called for what the bridge brings."""
        for publication in batch:
            if isinstance(publication, Line):
                self._spread_line(publication)
            elif isinstance(publication, Word):
                for listener in self.members(publication.topic):
                    listener.on_word(publication)
            elif isinstance(publication, Hint):
                for handler in self._handlers.get(publication.what, ()):
                    handler(publication.key)
            else:
                for listener in self.members(publication.topic):
                    listener.on_shut(publication.code)

    def _spread_line(self, line: Line) -> None:
        conv = line.conv
        topics = self._topics
        heard = False
        if line.player is not None:
            for listener in list(topics.get("p:" + conv, ())):
                listener.on_line(line, "player")
                heard = True
        for listener in list(topics.get("s:" + conv, ())):
            listener.on_line(line, "staff")
            heard = True
        if heard:
            seq, note_seq = self.heads.get(conv, (0, 0))
            if line.lane == "event":
                self.heads[conv] = (max(seq, line.seq), note_seq)
            else:
                self.heads[conv] = (seq, max(note_seq, line.seq))


hub = Hub()


def publish_close(topic: str, code: int) -> None:
    """Closes every socket on a topic, in every process."""
    hub.publish([Shut(topic, code)])
