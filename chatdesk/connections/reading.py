"""Catching up: what sockets missed is read from the database, for many of them at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chatdesk.connections import database
from chatdesk.connections.gathering import Gathered
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


_Asked = tuple[Reader, str, Lane, int]
_Lines = list[tuple[int, str]]


async def after(reader: Reader, conv: str, lane: Lane, seq: int) -> _Lines:
    """The next page after ``seq`` as (number, frame)."""
    return await _pages.ask((reader, conv, lane, seq)) or []


def _after(asked: list[_Asked]) -> dict[_Asked, _Lines]:
    found: dict[_Asked, _Lines] = {}
    events = queries.events_after({(conv, seq) for _, conv, lane, seq in asked if lane == "event"})
    notes = queries.notes_after({(conv, seq) for _, conv, lane, seq in asked if lane == "note"})
    for key in asked:
        reader, conv, lane, seq = key
        if lane == "event":
            found[key] = [(row.seq, reader.event(row)) for row in events.get((conv, seq), ())]
        else:
            found[key] = [(row.seq, reader.note(row)) for row in notes.get((conv, seq), ())]
    return found


def _heads(convs: list[str]) -> dict[str, queries.Head]:
    return queries.heads(convs)


_pages: Gathered[_Asked, _Lines] = Gathered(_after)
heads: Gathered[str, queries.Head] = Gathered(_heads)
"""How far each conversation is."""


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
