"""Supervisors looking on: each look is recorded in the transaction that grants it."""

from __future__ import annotations

from chatdesk.conversations import access, assignments, queries
from chatdesk.conversations.access import Actor
from chatdesk.conversations.errors import NotFound
from chatdesk.conversations.transition import transition
from chatdesk.delivery.protocol.frames import StaffConv


def begin(actor: Actor, conv: str) -> StaffConv:
    """Grants and records a watch; returns the conversation's state."""
    access.require(actor, "watch")
    with transition():
        row = access.conversation(actor, conv)
        assignments.intervene(actor, "watch", row)
    frames = queries.conv_frames([conv]).get(conv)
    if frames is None:
        raise NotFound
    return frames[1]


def record_history(actor: Actor, conv: str) -> None:
    """A supervisor read a history without watching."""
    with transition():
        assignments.intervene(actor, "history", access.conversation(actor, conv))
