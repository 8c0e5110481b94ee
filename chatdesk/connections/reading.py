"""Catching up: what a socket missed is read from the database, a bounded number of sockets at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chatdesk.connections import database
from chatdesk.conversations import queries, shown
from chatdesk.conversations.models import Event, Note
from chatdesk.delivery.audience import Lane
from chatdesk.delivery.protocol import codec

AT_ONCE = 32
_turns = asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose eyes read: the side decides the frame type, the author string which cmids come along."""

    side: str
    author: str

    def event(self, row: Event) -> str:
        if self.side == "player":
            return codec.encode(shown.player_event(row, self.author))
        return codec.encode(shown.staff_event(row, self.author))

    def note(self, row: Note) -> str:
        return codec.encode(shown.note_event(row, self.author))


async def after(reader: Reader, conv: str, lane: Lane, seq: int) -> list[tuple[int, str]]:
    """The next page after ``seq`` as (number, frame)."""
    async with _turns:
        return await database.run(_after, reader, conv, lane, seq)


def _after(reader: Reader, conv: str, lane: Lane, seq: int) -> list[tuple[int, str]]:
    if lane == "event":
        return [(row.seq, reader.event(row)) for row in queries.events_after(conv, seq)]
    return [(row.seq, reader.note(row)) for row in queries.notes_after(conv, seq)]


async def newest(reader: Reader, conv: str, lane: Lane) -> tuple[list[tuple[int, str]], bool]:
    """The snapshot: the last lines, ascending, and whether there are older ones."""
    async with _turns:
        return await database.run(_newest, reader, conv, lane)


def _newest(reader: Reader, conv: str, lane: Lane) -> tuple[list[tuple[int, str]], bool]:
    limit = queries.SNAPSHOT_EVENTS
    if lane == "event":
        events, more = queries.last_events(conv, None, limit)
        return [(row.seq, reader.event(row)) for row in events], more
    notes, more = queries.last_notes(conv, None, limit)
    return [(row.seq, reader.note(row)) for row in notes], more
