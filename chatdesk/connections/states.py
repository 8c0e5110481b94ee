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
    """Runs ``work(key)`` soon after hints for a key: hints that come together run it once, hints
    that come meanwhile run it once more."""

    def __init__(self, seconds: float, work: Callable[[str], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._work = work
        self._asked: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def ask(self, key: str) -> None:
        self._asked.add(key)
        if key not in self._tasks:
            self._tasks[key] = asyncio.get_running_loop().create_task(self._run(key))

    async def _run(self, key: str) -> None:
        try:
            while key in self._asked:
                await asyncio.sleep(self._seconds)
                self._asked.discard(key)
                await self._work(key)
        except database.AWAY as error:
            log.warning("state_not_read", error=type(error).__name__)
        except Exception:
            # Asked again by the next hint or the next watch.
            log.exception("state_not_read")
        finally:
            self._tasks.pop(key, None)


class ConversationStates:
    def __init__(self, told: Callable[[StaffConv], None]) -> None:
        self._told = told
        self._convs = Coalesced(CONV_SECONDS, self._send_conv)
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

    async def _send_conv(self, conv: str) -> None:
        frames = await database.run(queries.conv_frames, conv)
        if frames is None:
            return
        for_player, for_staff = frames
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

    async def _send_places(self, brand: str) -> None:
        places = await database.run(queries.places, int(brand))
        for conv, queue in places.items():
            if self._places.get(conv) != queue and hub.followed(conv):
                self._convs.ask(conv)
        if len(self._places) > 10_000:
            self._places.clear()
