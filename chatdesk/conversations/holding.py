"""The order in which verbs take their locks: seats by key, then the conversation, then the brand.

**Invariant:** nobody waits for a seat while holding a conversation, so no two verbs wait in a circle.
The committer holds conversations only (by id), and so never meets this order crosswise.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from django.db import transaction

from chatdesk.conversations import access
from chatdesk.conversations.access import Actor
from chatdesk.conversations.errors import Unavailable
from chatdesk.conversations.models import Conversation, Offer, Seat

_TRIES = 20


class _Moved(Exception):
    """The conversation changed hands between the look and the lock."""


def seat(agent_id: int) -> Seat | None:
    """Locks one seat."""
    return Seat.objects.select_for_update().filter(pk=agent_id).first()


def conversation(actor: Actor, conv: str, *agent_ids: int) -> tuple[Conversation, dict[int, Seat]]:
    """Locks the seats of everybody concerned (the owner, whoever has it on offer, and those named),
    then the conversation. Call it first in a transition; it starts over when the owner changes
    between the look and the lock."""
    for _ in range(_TRIES):
        with suppress(_Moved), transaction.atomic():
            # Leaving this savepoint by an exception gives back the locks taken inside it: starting
            # over with them in hand would take seats while holding a conversation.
            before = access.conversation(actor, conv)
            held = concerned(before) | set(agent_ids)
            seats = {row.pk: row for row in lock_seats(held)}
            row = access.conversation(actor, conv, lock=True)
            if not concerned(row) <= held:
                raise _Moved
            return row, seats
    raise Unavailable(retry_ms=200)


def lock_seats(agent_ids: Collection[int]) -> list[Seat]:
    """Locks several seats, always in the same order."""
    return list(Seat.objects.select_for_update().filter(pk__in=agent_ids).order_by("pk"))


def concerned(row: Conversation) -> set[int]:
    """On whose desks a conversation is: its owner's, or of whoever has it on offer."""
    offered = Offer.objects.filter(conversation=row, state="offered").values_list("agent_id")
    return {agent_id for (agent_id,) in offered} | ({row.owner_id} if row.owner_id else set())
