"""Rows as each audience is shown them. The only place where a row becomes a frame.

**Invariant:** a transcript is built from an allow-list: for players only ``shown`` facts and aliases,
typed; staff facts travel in staff frames; a ``cmid`` goes back to its author alone.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from chatdesk.conversations.models import Conversation
from chatdesk.delivery.audience import Line
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import (
    Alias,
    NoteEvent,
    PlayerConv,
    PlayerEvent,
    PlayerFacts,
    PlayerFrom,
    Queue,
    Sides,
    StaffConv,
    StaffEvent,
    StaffFrom,
)


class EventRow(Protocol):
    """What a line needs of a row; both a model instance and a fresh draft have it."""

    conversation_id: str
    seq: int
    kind: str
    ts: int
    author: str
    role: str
    alias: str
    cmid: str | None
    body: str | None
    shown: dict[str, Any] | None
    staff: dict[str, Any] | None


class NoteRow(Protocol):
    conversation_id: str
    seq: int
    kind: str
    ts: int
    author: str
    role: str
    alias: str
    cmid: str | None
    body: str | None
    facts: dict[str, Any] | None


def player_event(row: EventRow, reader: str) -> PlayerEvent:
    """``reader`` is the author string of whoever reads; only his own lines carry their cmid."""
    return PlayerEvent(
        conv=row.conversation_id,
        seq=row.seq,
        kind=row.kind,  # type: ignore[arg-type]
        ts=row.ts,
        from_=PlayerFrom(role=row.role, alias=row.alias or None),  # type: ignore[arg-type]
        body=row.body,
        cmid=row.cmid if row.author == reader else None,
        data=msgspec.convert(row.shown, PlayerFacts) if row.shown else None,
    )


def staff_event(row: EventRow, reader: str) -> StaffEvent:
    return StaffEvent(
        conv=row.conversation_id,
        seq=row.seq,
        kind=row.kind,  # type: ignore[arg-type]
        ts=row.ts,
        from_=StaffFrom(role=row.role, alias=row.alias or None),  # type: ignore[arg-type]
        body=row.body,
        cmid=row.cmid if row.author == reader else None,
        data={**(row.shown or {}), **(row.staff or {})} or None,
    )


def note_event(row: NoteRow, reader: str) -> NoteEvent:
    return NoteEvent(
        conv=row.conversation_id,
        note_seq=row.seq,
        kind=row.kind,  # type: ignore[arg-type]
        ts=row.ts,
        from_=StaffFrom(role=row.role, alias=row.alias or None),  # type: ignore[arg-type]
        body=row.body,
        cmid=row.cmid if row.author == reader else None,
        data=row.facts or None,
    )


def event_line(row: EventRow) -> Line:
    """A committed event, encoded once for each audience."""
    by_staff = row.author.startswith("a:") and row.cmid is not None
    return Line(
        conv=row.conversation_id,
        lane="event",
        seq=row.seq,
        author=row.author,
        player=codec.encode(player_event(row, row.author if row.author[:2] == "p:" else "")),
        staff=codec.encode(staff_event(row, "")),
        own=codec.encode(staff_event(row, row.author)) if by_staff else None,
    )


def note_line(row: NoteRow) -> Line:
    return Line(
        conv=row.conversation_id,
        lane="note",
        seq=row.seq,
        author=row.author,
        player=None,
        staff=codec.encode(note_event(row, "")),
        own=codec.encode(note_event(row, row.author)) if row.cmid is not None else None,
    )


def player_conv(row: Conversation, queue: Queue | None, alias: str | None) -> PlayerConv:
    return PlayerConv(
        conv=row.pk,
        state=row.state,  # type: ignore[arg-type]
        queue=queue,
        agent=Alias(alias=alias) if alias else None,
        last_seq=row.last_seq,
        delivered=Sides(player=row.player_delivered, agent=row.agent_delivered),
        read=Sides(player=row.player_read, agent=row.agent_read),
    )


def staff_conv(row: Conversation, queue: Queue | None, alias: str | None) -> StaffConv:
    return StaffConv(
        conv=row.pk,
        state=row.state,  # type: ignore[arg-type]
        queue=queue,
        agent=Alias(alias=alias) if alias else None,
        last_seq=row.last_seq,
        delivered=Sides(player=row.player_delivered, agent=row.agent_delivered),
        read=Sides(player=row.player_read, agent=row.agent_read),
        note_seq=row.last_note_seq,
        epoch=row.epoch,
        help=row.help,
    )
