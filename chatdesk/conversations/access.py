"""Who may do what. One question, ``may(actor, action, …)``, for sockets, REST and the admin site.

**Invariant:** no edge reads core rows except through this module; what an actor may not see is
refused exactly as what does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.db.models import QuerySet

from chatdesk.conversations.errors import Forbidden, NotFound
from chatdesk.conversations.models import Conversation

Role = Literal["player", "agent", "supervisor", "admin", "system"]

_AGENT = frozenset(
    {"state", "accept", "decline", "claim", "send", "note", "typing", "read", "history"}
    | {"transfer", "release", "close", "help", "canned", "roster"}
)
_SUPERVISOR = _AGENT | {
    *(
        "wall",
        "watch",
        "unwatch",
        "whisper",
        "takeover",
        "assign",
        "force_close",
        "force_state",
        "routing",
        "coverage",
    )
}
_PLAYER = frozenset({"open", "send", "typing", "read", "history", "close", "rate", "auth"})
ACTIONS: dict[str, frozenset[str]] = {
    "player": _PLAYER,
    "agent": _AGENT,
    "supervisor": _SUPERVISOR,
    "admin": _SUPERVISOR,
    "system": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """In whose name something is done. ``id`` is a player's id or an agent's key as text;
    ``brands`` are the keys of the brands he may see, None meaning every one; ``aliases`` where a
    brand knows him by another name."""

    role: Role
    id: str
    alias: str = ""
    brands: frozenset[int] | None = None
    aliases: Mapping[int, str] = field(default_factory=dict, compare=False)

    @property
    def author(self) -> str:
        """How rows name him."""
        if self.role == "system":
            return "s"
        return f"p:{self.id}" if self.role == "player" else f"a:{self.id}"

    @property
    def is_staff(self) -> bool:
        return self.role in ("agent", "supervisor", "admin")

    @property
    def supervises(self) -> bool:
        return self.role in ("supervisor", "admin")

    @property
    def agent_id(self) -> int:
        return int(self.id)

    def alias_at(self, brand_id: int) -> str:
        """The alias under which he works for a brand."""
        return self.aliases.get(brand_id, self.alias)

    def sees_brand(self, brand_id: int) -> bool:
        return self.brands is None or brand_id in self.brands


SYSTEM = Actor("system", "s")
EVERYWHERE = Actor("admin", "0")
"""Whoever looks at rows in nobody's name: the dispatcher, and verbs that others are part of."""


def may(actor: Actor, action: str) -> bool:
    """Whether a role has this action at all; the row decides the rest."""
    return action in ACTIONS[actor.role]


def require(actor: Actor, action: str) -> None:
    if not may(actor, action):
        raise Forbidden


def visible(actor: Actor) -> QuerySet[Conversation]:
    """The conversations that an actor may see at all."""
    rows = Conversation.objects.all()
    if actor.role == "player":
        return rows.filter(player_id=actor.id)
    if not actor.is_staff:
        return rows.none()
    return rows if actor.brands is None else rows.filter(brand_id__in=actor.brands)


def conversation(actor: Actor, conv: str, *, lock: bool = False) -> Conversation:
    """The row, or NotFound; ``lock`` holds it until the transaction ends."""
    rows = visible(actor).select_related("brand")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(pk=conv).first()
    if row is None:
        raise NotFound
    return row


def transcript(actor: Actor, conv: str) -> Conversation:
    """A conversation whose text the actor may read: his own, his desk's, or a supervisor's."""
    row = conversation(actor, conv)
    if actor.role == "agent" and row.owner_id != actor.agent_id:
        served = row.assignments.filter(agent_id=actor.agent_id).exists()
        if not served:
            raise NotFound
    return row
