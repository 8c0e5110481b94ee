"""Frames to staff: other types than those to players, whatever the two have in common."""

from __future__ import annotations

from typing import Any

from chatdesk.delivery.protocol.frames.shared import Alias, Frame, Limits, Part, Queue, Sides
from chatdesk.delivery.protocol.words import EventKind, NoteKind, OfferEnd, StaffRole, State, Status


class StaffFrom(Part, frozen=True):
    """Who speaks, as staff may know it."""

    role: StaffRole
    alias: str | None = None


class StaffEvent(Frame, tag="ev", rename={"from_": "from"}, frozen=True):
    """One line of the conversation, for staff."""

    conv: str
    seq: int
    kind: EventKind
    ts: int
    from_: StaffFrom
    body: str | None = None
    cmid: str | None = None
    data: dict[str, Any] | None = None


class NoteEvent(Frame, tag="note_ev", rename={"from_": "from"}, frozen=True):
    """One line of the staff's own sequence: note, whisper or flag."""

    conv: str
    note_seq: int
    kind: NoteKind
    ts: int
    from_: StaffFrom
    body: str | None = None
    cmid: str | None = None
    data: dict[str, Any] | None = None


class StaffConv(Frame, tag="conv", frozen=True):
    """The conversation's state, for staff; sent whole."""

    conv: str
    state: State
    queue: Queue | None
    agent: Alias | None
    last_seq: int
    delivered: Sides
    read: Sides
    note_seq: int
    epoch: int
    help: bool


class WatchOk(Frame, tag="ok", frozen=True):
    """``watch`` is answered with the conversation's state; its lines follow."""

    ref: str
    conv: str
    state: StaffConv


class StaffMe(Part, frozen=True):
    """The staff member himself."""

    id: str
    alias: str
    role: StaffRole
    languages: list[str]
    capacity: int


class StaffWelcome(Frame, tag="welcome", frozen=True):
    """The answer to a staff member's hello."""

    v: int
    sid: str
    db: str
    server_ts: int
    ping_ms: int
    limits: Limits
    me: StaffMe


class StaffPing(Frame, tag="ping", frozen=True):
    """Asks for a pong, tells heads and the revision of the desk."""

    n: int
    heads: dict[str, int]
    desk_rev: int


class StaffHistoryFrame(Frame, tag="history", frozen=True):
    """Older events and, for who asked, notes; ascending."""

    ref: str
    conv: str
    events: list[StaffEvent]
    more: bool
    notes: list[NoteEvent] | None = None
    more_notes: bool | None = None


class ChatPlayer(Part, frozen=True):
    """What an agent may know of a player."""

    id: str
    name: str
    authenticated: bool
    verified: bool
    tier: str
    age_band: str
    rg_state: str


class Chat(Part, frozen=True):
    """One conversation on a desk. While its agent has said nothing, ``warn_ts`` and ``reply_due_ts`` say
    when he is warned and when it goes back to the queue, if the player waits or was never ``answered``."""

    conv: str
    epoch: int
    state: State
    brand: str
    lang: str
    topic: str
    player: ChatPlayer
    last_seq: int
    note_seq: int
    delivered: Sides
    read: Sides
    unread: int
    waiting_since_ts: int | None
    weight: int
    sleeping: bool
    help: bool
    forced: bool
    opened_ts: int
    fields: dict[str, str]
    answered: bool
    warn_ts: int | None
    reply_due_ts: int | None


class OfferFrame(Frame, tag="offer", frozen=True):
    """Who and why: what an agent is shown before he decides."""

    offer: str
    conv: str
    expires_ts: int
    lang: str
    topic: str
    brand: str
    since_ts: int
    player: dict[str, str]
    why: dict[str, Any]


class OfferGone(Frame, tag="offer_gone", frozen=True):
    """An offer ended; ``alias`` names a colleague who took it."""

    offer: str
    why: OfferEnd
    alias: str | None = None


class WaitingChat(Part, frozen=True):
    """One conversation in the queue."""

    conv: str
    brand: str
    lang: str
    topic: str
    since_ts: int
    offered: bool
    weight: int


class Waiting(Part, frozen=True):
    """The queue as a desk shows it."""

    count: int
    oldest_ts: int | None
    chats: list[WaitingChat]


class Desk(Frame, frozen=True):
    """An agent's whole desk as state; sent whole whenever ``rev`` differs. ``load`` are the places that
    are taken, ringing or wrapping up; since ``draining_since_ts`` no new conversation comes."""

    rev: int
    status: Status
    reason: str
    status_since_ts: int
    missed: int
    capacity: int
    load: int
    draining_since_ts: int | None
    shift_ends_ts: int | None
    chats: list[Chat]
    offers: list[OfferFrame]
    waiting: Waiting


class WallFrame(Frame, tag="wall", frozen=True):
    """The first is full; later ones hold what changed. A chat that ended is ``state: closed``;
    ``alarms`` come whole, the newest first."""

    rev: int
    full: bool
    queue: dict[str, Any] | None = None
    agents: list[dict[str, Any]] | None = None
    chats: list[dict[str, Any]] | None = None
    kpi: dict[str, Any] | None = None
    alarms: list[dict[str, Any]] | None = None
