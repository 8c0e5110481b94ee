"""Who must hear of something: names of topics, and what is published on them.

A publication is made once, encoded once per audience, and means the same in every process.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Lane = Literal["event", "note"]


def player(conv: str) -> str:
    """Sockets of the player of a conversation."""
    return f"p:{conv}"


def staff(conv: str) -> str:
    """Sockets of staff who follow a conversation."""
    return f"s:{conv}"


def agent(agent_id: int) -> str:
    """Sockets of one staff member."""
    return f"a:{agent_id}"


def person(player_id: str) -> str:
    """All sockets of one player, whatever their session."""
    return f"person:{player_id}"


def session(session_hash: str) -> str:
    """Sockets of one player session."""
    return f"session:{session_hash}"


def browser(session_key: str) -> str:
    """Staff sockets that a browser session obtained."""
    return f"browser:{session_key}"


def socket(sid: str) -> str:
    return f"sid:{sid}"


WALL = "wall"


class Line(Struct, frozen=True, tag="l", array_like=True):
    """One committed line of a conversation, ready for each audience. ``own`` goes to the staff
    sockets of its author instead of ``staff``, because only they may see its cmid."""

    conv: str
    lane: Lane
    seq: int
    author: str
    player: str | None
    staff: str
    own: str | None


class Word(Struct, frozen=True, tag="w", array_like=True):
    """A ready frame for everybody on a topic; ``fleeting`` ones are dropped first."""

    topic: str
    text: str
    fleeting: bool = False
    but_sid: str | None = None


class Hint(Struct, frozen=True, tag="h", array_like=True):
    """Something changed: whoever shows it reads it again. ``what`` is conv, desk, queue, wall,
    dispatch, began (a player's new conversation; the key is the player's), or moved (a visitor's
    sessions are another player's now; the key is the visitor's)."""

    what: str
    key: str


class Shut(Struct, frozen=True, tag="c", array_like=True):
    """Every socket on a topic closes with this code."""

    topic: str
    code: int


Publication = Line | Word | Hint | Shut
