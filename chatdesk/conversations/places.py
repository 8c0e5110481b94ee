"""An agent's places: what takes them, how many are left, and which slot is free. A conversation takes as
many as it weighs; asleep it takes none.

Exact while the seat is locked. ``Seat.load`` is the same sum, written at the end of each transition that
changed it; inside one, before its end, only the functions here are true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from chatdesk.conversations.models import Assignment, Conversation, Offer, Seat

_AWAKE = Q(ended_ts__isnull=True, asleep=False)
_WRAPPING_UP = Q(wrap_up_ts__isnull=False)


def load(agent_id: int) -> int:
    """Places that conversations take, forced ones included."""
    return _sum(Assignment.objects.filter(_AWAKE, agent_id=agent_id))


def ringing(agent_id: int) -> int:
    """Places that offers take."""
    return _sum(Offer.objects.filter(agent_id=agent_id, state="offered"))


def _sum(rows: QuerySet[Any]) -> int:
    return rows.aggregate(many=Sum("places"))["many"] or 0


def _summed(rows: QuerySet[Any]) -> Coalesce:
    summed = rows.order_by().values("agent_id").annotate(many=Sum("places")).values("many")
    return Coalesce(Subquery(summed, output_field=IntegerField()), Value(0))


LOAD = _summed(Assignment.objects.filter(_AWAKE | _WRAPPING_UP, agent_id=OuterRef("pk"))) + _summed(
    Offer.objects.filter(agent_id=OuterRef("pk"), state="offered")
)
"""What offers, conversations and wrap-ups take, for an UPDATE of seats."""


def at_cap(seat: Seat, row: Conversation) -> bool:
    """Whether the agent has as many other conversations of its channel as he may have."""
    cap = seat.channel_caps.get(row.channel)
    if not isinstance(cap, int):
        return False
    open_now = Q(owner_id=seat.pk, state="active", sleeping=False)
    rung = Q(offers__agent_id=seat.pk, offers__state="offered")
    others = Conversation.objects.filter(open_now | rung, channel=row.channel).exclude(pk=row.pk)
    return others.distinct().count() >= cap


def given(row: Conversation, room: int) -> int:
    """How many it gets where so many are left: a heavy one takes what is left, at least one."""
    return max(min(row.weight, room), 1)


def spread(agent_id: int) -> None:
    """A heavy conversation that found less room than it weighs takes the rest as places come free."""
    squeezed = Assignment.objects.filter(
        _AWAKE, agent_id=agent_id, slot__isnull=False, places__lt=F("conversation__weight")
    ).select_related("conversation")
    for one in squeezed.order_by("began_ts", "pk"):
        capacity = Seat.objects.values_list("capacity", flat=True).get(pk=agent_id)
        more = min(
            one.conversation.weight - one.places, capacity - load(agent_id) - ringing(agent_id)
        )
        if more > 0:
            Assignment.objects.filter(pk=one.pk).update(places=F("places") + more)


def free_slot(seat: Seat) -> int | None:
    busy = Assignment.objects.filter(agent_id=seat.pk, ended_ts__isnull=True)
    taken = set(busy.values_list("slot", flat=True))
    return next((number for number in range(seat.capacity) if number not in taken), None)


def valid_skills(
    skills: Iterable[str], until: Mapping[str, int | None], now: int
) -> frozenset[str]:
    """A skill whose certificate has expired is none."""
    ends = ((one, until.get(one)) for one in skills)
    return frozenset(one for one, end in ends if end is None or end > now)
