"""Every frame the server may send (chat.v1, section 4).

**Invariant:** what is sent to players is built from the ``Player…`` types and the types that both share;
none of them has a field in which an agent's identity could travel. Staff frames are other types.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from chatdesk.delivery.protocol.words import (
    ErrorCode,
    EventKind,
    NoteKind,
    OfferEnd,
    Role,
    StaffRole,
    State,
    Status,
)


class Part(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A piece of a frame. A field with a default is left out while it has that value."""


class Frame(Part, frozen=True, tag_field="t", tag=str.lower):
    """One frame to a client; the tag is the frame's ``t``."""


# --- shared by players and staff -----------------------------------------------------------------


class Ok(Frame, frozen=True):
    """The answer to a command that was carried out; what it names depends on the command."""

    ref: str
    conv: str | None = None
    epoch: int | None = None


class Error(Frame, frozen=True):
    """``alias`` names the winner of a lost race. ``id`` of an ``internal`` error is in the log."""

    code: ErrorCode
    message: str
    ref: str | None = None
    retry_ms: int | None = None
    alias: str | None = None
    id: str | None = None


class Ack(Frame, frozen=True):
    """Committed and durable. ``seq`` for an event, ``note_seq`` for a note."""

    cmid: str
    conv: str
    ts: int
    dup: bool
    seq: int | None = None
    note_seq: int | None = None


class Nack(Frame, frozen=True):
    """Not written. ``final`` says that the same try can never succeed."""

    cmid: str
    code: ErrorCode
    final: bool
    retry_ms: int | None = None


class Eph(Frame, frozen=True):
    """Never stored, may be dropped: typing, delivered, read, presence."""

    conv: str
    kind: str
    role: Role
    ttl_ms: int
    on: bool | None = None
    seq: int | None = None
    alias: str | None = None
    text: str | None = None


class Resumed(Frame, rename={"from_": "from"}, frozen=True):
    """Closes the list of what was missed: everything in (from, to] came before it."""

    conv: str
    from_: int
    to: int
    mode: str
    more: bool
    note_to: int | None = None


class Drain(Frame, frozen=True):
    """This server goes away: reconnect after so many milliseconds."""

    in_ms: int


class Queue(Part, frozen=True):
    """``eta_s`` is null when no honest estimate exists."""

    position: int
    eta_s: int | None


class Alias(Part, frozen=True):
    """The only name of staff that players see."""

    alias: str


class Sides(Part, frozen=True):
    """Highest seq confirmed by each side."""

    player: int
    agent: int


class Limits(Part, frozen=True):
    """What the client must keep to."""

    frame_bytes: int
    body_chars: int


# --- players -------------------------------------------------------------------------------------


class PlayerFrom(Part, frozen=True):
    """Who speaks, as a player may know it."""

    role: Role
    alias: str | None = None


class PlayerFacts(Part, frozen=True):
    """What a player may know of an event besides its text."""

    topic: str | None = None
    lang: str | None = None
    reason: str | None = None
    waited_ms: int | None = None
    to_alias: str | None = None
    to_skill: str | None = None
    by: str | None = None
    agent_alias: str | None = None
    seq: int | None = None


class PlayerEvent(Frame, tag="ev", rename={"from_": "from"}, frozen=True):
    """One line of the conversation, for players."""

    conv: str
    seq: int
    kind: EventKind
    ts: int
    from_: PlayerFrom
    body: str | None = None
    cmid: str | None = None
    data: PlayerFacts | None = None


class PlayerConv(Frame, tag="conv", frozen=True):
    """The conversation's state, for players; sent whole."""

    conv: str
    state: State
    queue: Queue | None
    agent: Alias | None
    last_seq: int
    delivered: Sides
    read: Sides


class PlayerMe(Part, frozen=True):
    """The player himself."""

    id: str
    name: str
    authenticated: bool


class PlayerWelcome(Frame, tag="welcome", frozen=True):
    """The answer to a player's hello."""

    v: int
    sid: str
    db: str
    server_ts: int
    ping_ms: int
    limits: Limits
    me: PlayerMe
    brand: dict[str, Any]
    conv: PlayerConv | None


class PlayerPing(Frame, tag="ping", frozen=True):
    """Asks for a pong and tells the head of each conversation."""

    n: int
    heads: dict[str, int]


class PlayerHistoryFrame(Frame, tag="history", frozen=True):
    """Older events, ascending."""

    ref: str
    conv: str
    events: list[PlayerEvent]
    more: bool


# --- staff ---------------------------------------------------------------------------------------


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
    """One conversation on a desk."""

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


class Waiting(Part, frozen=True):
    """The queue as a desk shows it."""

    count: int
    oldest_ts: int | None
    chats: list[WaitingChat]


class Desk(Frame, frozen=True):
    """An agent's whole desk as state; sent whole whenever ``rev`` differs."""

    rev: int
    status: Status
    reason: str
    status_since_ts: int
    missed: int
    capacity: int
    chats: list[Chat]
    offers: list[OfferFrame]
    waiting: Waiting


class WallFrame(Frame, tag="wall", frozen=True):
    """The first is full; later ones hold what changed. A chat that ended is ``state: closed``."""

    rev: int
    full: bool
    queue: dict[str, Any] | None = None
    agents: list[dict[str, Any]] | None = None
    chats: list[dict[str, Any]] | None = None
    kpi: dict[str, Any] | None = None


PlayerFrame = (
    PlayerWelcome
    | Ok
    | Error
    | Ack
    | Nack
    | PlayerEvent
    | PlayerConv
    | Eph
    | PlayerHistoryFrame
    | Resumed
    | PlayerPing
    | Drain
)
StaffFrame = (
    StaffWelcome
    | Ok
    | WatchOk
    | Error
    | Ack
    | Nack
    | StaffEvent
    | NoteEvent
    | StaffConv
    | Eph
    | StaffHistoryFrame
    | Resumed
    | StaffPing
    | Desk
    | OfferFrame
    | OfferGone
    | WallFrame
    | Drain
)
