"""Frames and parts that players and staff have in common; none can carry an agent's identity."""

from __future__ import annotations

from msgspec import Struct

from chatdesk.delivery.protocol.words import ErrorCode, Role


class Part(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A piece of a frame. A field with a default is left out while it has that value."""


class Frame(Part, frozen=True, tag_field="t", tag=str.lower):
    """One frame to a client; the tag is the frame's ``t``."""


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
