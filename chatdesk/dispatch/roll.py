"""Who is on duty and how much he has, as rows say; and the others, by what keeps each.

Reads follow the free: while everybody is full, one query finds nobody, however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import F, QuerySet

from chatdesk.conversations import assignments, clock
from chatdesk.conversations.models import Conversation, Offer, Persona, Seat
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch.choosing import Candidate


def free(sight: Sight | None) -> list[Candidate]:
    """Those on duty who have a place left."""
    return _candidates(_on_duty().filter(load__lt=F("capacity")), sight)


def present(sight: Sight | None) -> list[Candidate]:
    """Everybody on duty, free or not."""
    return _candidates(_on_duty(), sight)


def absent(sight: Sight | None) -> dict[str, list[int]]:
    """The others on the staff by what keeps them: ``away``, ``offline``, ``lost`` without a socket, or
    ``draining`` because the shift ends soon."""
    found: dict[str, list[int]] = defaultdict(list)
    seats = Seat.objects.filter(agent__is_active=True).order_by("pk")
    for pk, status, lost_ts, draining in seats.values_list(
        "pk", "status", "lost_ts", "draining_since_ts"
    ):
        if status != "available":
            found[status].append(pk)
        elif lost_ts is not None or (sight is not None and pk not in sight.agents):
            found["lost"].append(pk)
        elif draining is not None:
            found["draining"].append(pk)
    return dict(found)


def _on_duty() -> QuerySet[Seat]:
    return Seat.objects.filter(
        status="available",
        lost_ts__isnull=True,
        draining_since_ts__isnull=True,
        agent__is_active=True,
    ).order_by("pk")


def _candidates(rows: QuerySet[Seat], sight: Sight | None) -> list[Candidate]:
    rows = rows.only(*_OF_A_CANDIDATE)
    seats = [seat for seat in rows if sight is None or seat.pk in sight.agents]
    if not seats:
        return []
    now = clock.now_ms() if any(seat.skills_until for seat in seats) else 0
    brands: dict[int, set[int]] = defaultdict(set)
    for seat_id, brand_id in Persona.objects.filter(
        seat__in=[seat.pk for seat in seats]
    ).values_list("seat_id", "brand_id"):
        brands[seat_id].add(brand_id)
    room = _room([seat for seat in seats if seat.channel_caps])
    return [
        Candidate(
            agent_id=seat.pk,
            load=seat.load,
            capacity=seat.capacity,
            languages=frozenset(seat.languages),
            skills=assignments.skills_at(seat, now),
            brands=frozenset(brands[seat.pk]),
            last_accepted_ts=seat.last_accepted_ts,
            team_id=seat.team_id,
            room=room.get(seat.pk, {}),
        )
        for seat in seats
    ]


_OF_A_CANDIDATE = (
    *("agent_id", "load", "capacity", "languages", "skills", "skills_until", "team_id"),
    *("channel_caps", "last_accepted_ts"),
)


def _room(seats: Iterable[Seat]) -> dict[int, dict[str, int]]:
    """How many more conversations of a channel each may have, for those with caps."""
    caps = {
        seat.pk: {name: cap for name, cap in seat.channel_caps.items() if isinstance(cap, int)}
        for seat in seats
    }
    if not caps:
        return {}
    owned = Conversation.objects.filter(owner_id__in=list(caps), state="active", sleeping=False)
    rung = Offer.objects.filter(agent_id__in=list(caps), state="offered")
    for agent_id, channel in [
        *owned.values_list("owner_id", "channel"),
        *rung.values_list("agent_id", "conversation__channel"),
    ]:
        if agent_id is not None and channel in caps[agent_id]:
            caps[agent_id][channel] -= 1
    return caps
