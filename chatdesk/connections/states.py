"""States that are sent whole: a conversation's ``conv`` frame and the places in the queue.

A hint says that something changed; one read per process, for all its sockets, says what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from chatdesk.connections import database
from chatdesk.conversations import queries
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Word
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import Queue, StaffConv

log = structlog.get_logger(__name__)

CONV_SECONDS = 0.01
QUEUE_SECONDS = 0.1


class Coalesced:
    """Runs ``work(keys)`` soon after hints: keys that are asked for together are worked on together,
    hints that come meanwhile run it once more."""

    def __init__(self, seconds: float, work: Callable[[set[str]], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._work = work
        self._asked: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def ask(self, key: str) -> None:
        self._asked.add(key)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._asked:
                await asyncio.sleep(self._seconds)
                keys, self._asked = self._asked, set()
                try:
                    await self._work(keys)
                except database.AWAY as error:
                    # They go with whatever is asked for next: a hint, or what the watch finds.
                    self._asked |= keys
                    log.warning("state_not_read", error=type(error).__name__)
                    return
                except Exception:
                    # A bug of one state must not end all that follow.
                    log.exception("state_not_read")
        finally:
            self._task = None


class ConversationStates:
    def __init__(self, told: Callable[[StaffConv], None]) -> None:
        self._told = told
        self._convs = Coalesced(CONV_SECONDS, self._send)
        self._queues = Coalesced(QUEUE_SECONDS, self._send_places)
        self._places: dict[str, Queue] = {}
        hub.on_hint("conv", self._conv_hinted)
        hub.on_hint("queue", self._queues.ask)

    def ask(self, conv: str) -> None:
        """Sends the state soon, for whoever has just begun to follow."""
        self._convs.ask(conv)

    def _conv_hinted(self, conv: str) -> None:
        if hub.followed(conv):
            self._convs.ask(conv)

    async def _send(self, convs: set[str]) -> None:
        found = await database.run(queries.conv_frames, convs)
        for conv, (for_player, for_staff) in found.items():
            if for_player.queue is not None:
                self._places[conv] = for_player.queue
            else:
                self._places.pop(conv, None)
            hub.spread(
                [
                    Word(audience.player(conv), codec.encode(for_player)),
                    Word(audience.staff(conv), codec.encode(for_staff)),
                ]
            )
            self._told(for_staff)

    async def _send_places(self, brands: set[str]) -> None:
        for brand in brands:
            places = await database.run(queries.places, int(brand))
            for conv, queue in places.items():
                if self._places.get(conv) != queue and hub.followed(conv):
                    self._convs.ask(conv)
        if len(self._places) > 10_000:
            self._places.clear()
