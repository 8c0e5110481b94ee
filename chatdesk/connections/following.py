"""Which conversations one socket follows, and that it misses nothing of them.

Whoever follows first joins, then reads, then goes live: what is pushed while reading only raises the head
of the subscription, and the reading goes on until it has reached it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

from chatdesk.connections import database, reading
from chatdesk.connections.limits import Limits
from chatdesk.connections.reading import Reader
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Lane, Line
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import Resumed
from chatdesk.delivery.subscription import Subscription

log = structlog.get_logger(__name__)

LANES: dict[str, tuple[Lane, ...]] = {"player": ("event",), "staff": ("event", "note")}


class Socket(Protocol):
    """What following needs of its socket."""

    side: Any
    limits: Limits

    def push(self, text: str) -> None: ...

    def reply(self, text: str) -> None: ...

    def hear(self, topic: str) -> None: ...

    def unhear(self, topic: str) -> None: ...

    def spawn(self, coroutine: Any) -> None: ...

    def back_end_away(self) -> None: ...


class Following:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._subscriptions: dict[tuple[str, Lane], Subscription] = {}
        self.reader = Reader(socket.side, "")

    def __contains__(self, conv: str) -> bool:
        return (conv, "event") in self._subscriptions

    def __bool__(self) -> bool:
        return bool(self._subscriptions)

    def conversations(self) -> set[str]:
        return {conv for conv, _ in self._subscriptions}

    def clear(self) -> None:
        self._subscriptions.clear()

    def heads(self) -> dict[str, int]:
        """The head of each conversation, as far as this process knows."""
        return {
            conv: max(hub.heads.get(conv, (0, 0))[0], subscription.sent)
            for (conv, lane), subscription in self._subscriptions.items()
            if lane == "event"
        }

    def reached(self, conv: str, seq: int) -> int:
        """What a client says to have got or read, bounded by what there is: beyond the head is the
        head, and more than the socket knows of was never written to it."""
        subscription = self._subscriptions.get((conv, "event"))
        known = max(subscription.sent, subscription.head) if subscription is not None else 0
        return min(seq, max(known, hub.heads.get(conv, (0, 0))[0]))

    # --- beginning and ending ------------------------------------------------------------------

    def begin(self, conv: str) -> None:
        """Joins. Nothing is written before ``go_live``, ``resume`` or ``snapshot``."""
        for lane in LANES[self._socket.side]:
            self._subscriptions.setdefault((conv, lane), Subscription(conv, lane))
        self._socket.hear(self._topic(conv))

    def go_live(self, conv: str, seq: int, note_seq: int = 0) -> None:
        """The client has everything up to here; what came meanwhile is read."""
        for subscription, at in self._both(conv, seq, note_seq):
            if subscription.reading:
                subscription.start_at(at)
                if not subscription.caught_up():
                    self._socket.spawn(self._catch_up(subscription))

    def end(self, conv: str) -> None:
        for lane in LANES[self._socket.side]:
            self._subscriptions.pop((conv, lane), None)
        self._socket.unhear(self._topic(conv))

    # --- resuming ------------------------------------------------------------------------------

    async def safely(self, reading: Coroutine[Any, Any, None]) -> None:
        """``resume`` or ``snapshot`` in a task of its own, where nobody else catches what it raises."""
        try:
            await reading
        except database.AWAY as error:
            log.warning("lines_not_read", error=type(error).__name__)
            self._socket.back_end_away()

    async def resume(self, conv: str, seq: int, note_seq: int, *, same_db: bool) -> None:
        """Sends what was missed as ordinary lines, then ``resumed``. Call ``begin`` first."""
        head = await reading.heads.ask(conv)
        if head is None:
            return
        missing = max(head.seq - seq, head.note_seq - note_seq)
        ahead = seq > head.seq or note_seq > head.note_seq
        if not same_db or ahead or missing > self._socket.limits.resume_events:
            await self.snapshot(conv)
            return
        for subscription, at in self._both(conv, seq, note_seq):
            subscription.start_at(at)
            subscription.told(head.seq if subscription.lane == "event" else head.note_seq)
            if not subscription.caught_up():
                subscription.reading = True
                await self._catch_up(subscription, self._socket.reply)
            if not self._goes_on(subscription):
                return
        self._resumed(conv, seq, "delta", more=False)

    async def snapshot(self, conv: str) -> None:
        """Sends the last lines of each sequence, then ``resumed``."""
        more, before_first = False, 0
        for subscription, _ in self._both(conv, 0, 0):
            lines, older = await reading.newest(self.reader, conv, subscription.lane)
            if not self._goes_on(subscription):
                return
            first = lines[0][0] - 1 if lines else 0
            if subscription.lane == "event":
                more, before_first = older, first
            subscription.start_at(first)
            for seq, text in lines:
                if subscription.wrote(seq):
                    self._socket.reply(text)
            if not subscription.caught_up():
                await self._catch_up(subscription, self._socket.reply)
        self._resumed(conv, before_first, "snapshot", more=more)

    def _resumed(self, conv: str, from_seq: int, mode: str, *, more: bool) -> None:
        event = self._subscriptions.get((conv, "event"))
        note = self._subscriptions.get((conv, "note"))
        if event is None:
            return
        frame = Resumed(
            conv=conv,
            from_=from_seq,
            to=event.sent,
            mode=mode,
            more=more,
            note_to=note.sent if note is not None else None,
        )
        self._socket.reply(codec.encode(frame))

    async def _catch_up(
        self, subscription: Subscription, write: Callable[[str], None] | None = None
    ) -> None:
        """``write`` is ``reply`` where the client asked for the lines."""
        write = write or self._socket.push
        conv, lane = subscription.conv, subscription.lane
        try:
            while self._goes_on(subscription):
                asked = subscription.head
                lines = await reading.after(self.reader, conv, lane, subscription.sent)
                if not self._goes_on(subscription):
                    return
                for seq, text in lines:
                    if subscription.wrote(seq):
                        write(text)
                if not lines:
                    subscription.give_up(asked)
                if subscription.caught_up():
                    return
        except database.AWAY as error:
            log.warning("catch_up_failed", error=type(error).__name__)
            self._socket.back_end_away()

    # --- what the hub brings -------------------------------------------------------------------

    def on_line(self, line: Line) -> None:
        subscription = self._subscriptions.get((line.conv, line.lane))
        if subscription is None:
            return
        verdict = subscription.pushed(line.seq)
        if verdict == "write":
            self._socket.push(self._worded(line))
        elif verdict == "read":
            self._socket.spawn(self._catch_up(subscription))

    def on_head(self, conv: str, seq: int, note_seq: int) -> None:
        for subscription, head in self._both(conv, seq, note_seq):
            if subscription.told(head):
                self._socket.spawn(self._catch_up(subscription))

    def _worded(self, line: Line) -> str:
        if self._socket.side == "player":
            return line.player or ""
        if line.own is not None and line.author == self.reader.author:
            return line.own
        return line.staff

    def _goes_on(self, subscription: Subscription) -> bool:
        """Whether it was not ended, or ended and begun anew, while something was read for it."""
        return self._subscriptions.get((subscription.conv, subscription.lane)) is subscription

    # --- small things --------------------------------------------------------------------------

    def _both(self, conv: str, event: int, note: int) -> list[tuple[Subscription, int]]:
        found = []
        for lane, number in (("event", event), ("note", note)):
            subscription = self._subscriptions.get((conv, lane))  # type: ignore[arg-type]
            if subscription is not None:
                found.append((subscription, number))
        return found

    def _topic(self, conv: str) -> str:
        side = self._socket.side
        return audience.player(conv) if side == "player" else audience.staff(conv)
