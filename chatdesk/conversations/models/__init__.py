"""The rows of the core, and the constraints that hold when two write at once.

Actors are named by string keys only (``players.Player``, ``agents.Agent``): the core follows a relation,
it never imports an actor. Times are integer milliseconds since 1970 UTC, as on the wire.

**Invariants held here, by the database:** ``seq`` and ``note_seq`` are unique per conversation; a
``cmid`` is unique per (conversation, author) for ever; a conversation has at most one active assignment
and at most one standing offer; an agent's slot holds at most one conversation; a player has one open
conversation.
"""

from chatdesk.conversations.models.assignment import Assignment, Offer
from chatdesk.conversations.models.brands import Brand, BrandKey, Route
from chatdesk.conversations.models.conversation import Conversation, Event, Note
from chatdesk.conversations.models.ids import new_id
from chatdesk.conversations.models.records import Alarm, Incarnation, Intervention, Rating
from chatdesk.conversations.models.staff import Persona, Seat, Team

__all__ = [
    "Alarm",
    "Assignment",
    "Brand",
    "BrandKey",
    "Conversation",
    "Event",
    "Incarnation",
    "Intervention",
    "Note",
    "Offer",
    "Persona",
    "Rating",
    "Route",
    "Seat",
    "Team",
    "new_id",
]
