"""Delivered and read marks of this process's sockets: told at once, written twice a second.

A mark is one growing number, so writes coalesce and a lost one is repaired by the next.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from chatdesk.connections import database
from chatdesk.conversations import pointers
from chatdesk.conversations.pointers import Pointer
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Word
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import Eph

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 0.5
REMEMBERED = 50_000


class Marks:
    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Pointer], int] = OrderedDict()
        self._unwritten: dict[tuple[str, Pointer], int] = {}
        self._task: asyncio.Task[None] | None = None

    def advance(self, conv: str, side: str, kind: str, seq: int) -> None:
        """``side`` is player or agent, ``kind`` delivered or read; ``seq`` is at most the head."""
        pointer: Pointer = f"{side}_{kind}"  # type: ignore[assignment]
        key = (conv, pointer)
        if seq <= self._known.get(key, 0):
            return
        self._known[key] = seq
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self._unwritten[key] = seq
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._flush_soon())
        text = codec.encode(Eph(conv=conv, kind=kind, role=side, seq=seq, ttl_ms=0))  # type: ignore[arg-type]
        hub.publish(
            [
                Word(audience.player(conv), text, fleeting=True),
                Word(audience.staff(conv), text, fleeting=True),
            ]
        )

    def forget(self) -> None:
        """The numbers are of another database."""
        self._known.clear()
        self._unwritten.clear()

    async def flushed(self) -> None:
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _flush_soon(self) -> None:
        while self._unwritten:
            await asyncio.sleep(FLUSH_SECONDS)
            batch, self._unwritten = self._unwritten, {}
            try:
                held_up = await database.run(pointers.advance, batch)
            except database.AWAY as error:
                log.warning("marks_not_written", error=type(error).__name__)
                held_up = {conv for conv, _ in batch}
            for key, seq in batch.items():
                if key[0] in held_up:
                    self._unwritten[key] = max(seq, self._unwritten.get(key, 0))
