"""One readable table: what else happens after an event is committed.

What *must* happen is no consequence: it is written in the event's own transaction. These are hints to
whoever shows or decides something; a lost one is made good by the next tick or the next heads.
"""

from __future__ import annotations

from chatdesk.conversations import transition
from chatdesk.delivery.audience import Hint, Publication

WALL = Hint("wall", "")
DISPATCH = Hint("dispatch", "")

AFTER: dict[str, tuple[Publication, ...]] = {
    "message": (WALL,),
    "opened": (WALL,),
    "queued": (DISPATCH, WALL),
    "joined": (WALL,),
    "left": (DISPATCH, WALL),
    "transferred": (DISPATCH, WALL),
    "closed": (DISPATCH, WALL),
    "reopened": (DISPATCH, WALL),
    "survey": (),
    "redacted": (),
    "note": (),
    "whisper": (),
    "flag": (WALL,),
}


def install() -> None:
    """Called once by every process's composition root."""
    transition.consequences_of = lambda kind: AFTER[kind]
