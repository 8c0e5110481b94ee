"""Frames to players. **Invariant:** no field of these types can carry an agent's identity."""

from __future__ import annotations

from typing import Any

from chatdesk.delivery.protocol.frames.shared import Alias, Frame, Limits, Part, Queue, Sides
from chatdesk.delivery.protocol.words import EventKind, Role, State


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


class PlayerService(Frame, tag="service", frozen=True):
    """Whether and when a player can be served; sent when it changes, to who has no conversation.
    ``available``: somebody who speaks his language is free. ``spoken``: somebody on duty speaks it.
    ``eta_s``: the wait of one who joins now; null when unknown. ``capped``: a chat would be refused, a
    message can be left. ``hours``: from and to of what is open in the next seven days; empty is always."""

    open: bool
    opens_ts: int | None
    closes_ts: int | None
    available: bool
    spoken: bool
    eta_s: int | None
    capped: bool
    hours: list[list[int]]


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
