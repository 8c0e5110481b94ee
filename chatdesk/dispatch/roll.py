"""Who is on duty and how much he has, as rows say; and the others, by what keeps each.

Reads follow the free: while everybody is full, one query finds nobody, however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from chatdesk.conversations import clock, places
from chatdesk.conversations.models import Conversation, Offer, Seat
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
    seats: dict[int, tuple[Any, ...]] = {}
    brands: dict[int, set[int]] = defaultdict(set)
    # A row for each brand that one works for: one query, for it begins each decision.
    for agent_id, brand_id, *facts in rows.values_list(*_OF_A_CANDIDATE):
        if sight is None or agent_id in sight.agents:
            seats[agent_id] = tuple(facts)
            if brand_id is not None:
                brands[agent_id].add(brand_id)
    now = clock.now_ms() if any(until for *_, until, _caps in seats.values()) else 0
    room = _room({agent_id: caps for agent_id, (*_, caps) in seats.items() if caps})
    return [
        Candidate(
            agent_id=agent_id,
            load=load,
            capacity=capacity,
            languages=frozenset(languages),
            skills=places.valid_skills(skills, until, now),
            brands=frozenset(brands[agent_id]),
            last_accepted_ts=accepted_ts,
            team_id=team_id,
            room=room.get(agent_id, {}),
        )
        for agent_id, (
            load,
            capacity,
            languages,
            team_id,
            accepted_ts,
            skills,
            until,
            _,
        ) in seats.items()
    ]


_OF_A_CANDIDATE = (
    *("agent_id", "personas__brand_id", "load", "capacity", "languages", "team_id"),
    *("last_accepted_ts", "skills", "skills_until", "channel_caps"),
)


def _room(of: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, int]]:
    """How many more conversations of a channel each may have, for those with caps."""
    caps = {
        agent_id: {name: cap for name, cap in given.items() if isinstance(cap, int)}
        for agent_id, given in of.items()
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
