"""What the dispatcher does each time it wakes. Each step is a transaction of its own and is safe if a
second dispatcher does the same at the same moment: every change is conditional on what it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from django.db.models import Count, Q

from chatdesk.conversations import assignments, clock, errors, holding, offers, queries
from chatdesk.conversations.models import Assignment, Conversation, Offer, Seat
from chatdesk.conversations.transition import transition
from chatdesk.delivery.presence import GONE_SECONDS, Sight
from chatdesk.dispatch import choosing
from chatdesk.dispatch.choosing import Candidate, Need

log = structlog.get_logger(__name__)

ROUND_PAUSE_MS = 30_000
OFFERS_PER_STEP = 200
BREAKER_SHARE = 0.3
BREAKER_LEAST = 3
BREAKER_WINDOW_MS = 60_000


def expire_offers() -> None:
    """Ends what nobody answered in time."""
    due = Offer.objects.filter(state="offered", due_ts__lte=clock.now_ms())
    for offer_id in list(due.values_list("pk", flat=True)):
        _unless_locked(offers.expire, offer_id)


def _unless_locked(step: Callable[..., bool], conv_or_offer: str, *more: Any) -> bool:
    """One step; a row that somebody else holds is left for the next time, and holds up nobody."""
    try:
        return step(conv_or_offer, *more)
    except errors.Unavailable:
        log.warning("step_held_up", step=step.__name__, of=conv_or_offer)
        return False


def notice_absence(sight: Sight | None) -> None:
    """Marks agents whose leases ran out, and unmarks those who are back. Without sight nothing moves;
    when too many vanish at once we suspect ourselves and mark nobody."""
    if sight is None:
        return
    concerned = Seat.objects.filter(Q(status="available") | Q(agent__conversations__state="active"))
    seats = list(concerned.distinct())
    back = [seat.pk for seat in seats if seat.lost_ts is not None and seat.pk in sight.agents]
    if back:
        _mark(back, None)
    if not sight.complete:
        return
    now = clock.now_ms()
    gone = [seat.pk for seat in seats if seat.lost_ts is None and seat.pk not in sight.agents]
    if not gone:
        return
    lately = sum(1 for s in seats if s.lost_ts is not None and s.lost_ts > now - BREAKER_WINDOW_MS)
    there = sum(1 for seat in seats if seat.lost_ts is None)
    losing = len(gone) + lately
    if losing >= BREAKER_LEAST and losing > BREAKER_SHARE * max(there, 1) and sight.agents:
        log.error("presence_breaker", losing=losing, there=there)
        return
    # The lease outlived the last socket by this much.
    _mark(gone, now - GONE_SECONDS * 1000)


def _mark(agent_ids: list[int], lost_ts: int | None) -> None:
    with transition() as changes:
        holding.lock_seats(agent_ids)
        Seat.objects.filter(pk__in=agent_ids).update(lost_ts=lost_ts)
        for agent_id in agent_ids:
            changes.desk(agent_id)
        changes.hint("wall")


def return_unanswered(sight: Sight | None) -> None:
    """Conversations in which a player waits for an agent who is gone go back to the head."""
    if sight is None or not sight.complete:
        return
    now = clock.now_ms()
    stuck = Conversation.objects.filter(
        state="active", unanswered_since_ts__isnull=False, owner__seat__lost_ts__isnull=False
    ).select_related("brand", "owner__seat")
    for row in list(stuck):
        owner = row.owner
        if owner is None or owner.pk in sight.agents or owner.seat.lost_ts is None:
            continue
        if now - owner.seat.lost_ts >= row.brand.lost_agent_seconds * 1000:
            _unless_locked(assignments.return_to_queue, row.pk, owner.pk, "lost")


def offer_waiting(sight: Sight | None) -> None:
    """Rings agents for everybody who waits, in the order of the queue; heads that nobody can serve
    now are skipped, not waited for."""
    standing = set(Offer.objects.filter(state="offered").values_list("conversation_id", flat=True))
    waiting = [row for row in queries.waiting() if row.pk not in standing]
    if not waiting:
        return
    candidates = present(sight)
    if not candidates:
        return
    made = 0
    away: dict[str, list[int]] | None = None
    for row in waiting:
        need = Need(row.pk, row.brand_id, row.lang, row.skill, None)
        if not any(choosing.able(c, need) and c.load < c.capacity for c in candidates):
            # A long queue that nobody can serve now costs nothing.
            continue
        need = replace(need, last_agent_id=_last_agent(row))
        choice = choosing.choose(candidates, need, asked(row, candidates, need))
        if choice is None:
            continue
        chosen, why, considered = choice
        if away is None:
            away = absent(sight)
        considered["excluded"].update(away)
        if _unless_locked(offers.make, row.pk, chosen.agent_id, why, considered):
            made += 1
        # Also when it failed: then what we believed of this agent is out of date.
        chosen.load += 1
        if made >= OFFERS_PER_STEP:
            return


def present(sight: Sight | None) -> list[Candidate]:
    """Whoever declared himself available and is there, free or not."""
    seats = (
        Seat.objects.filter(status="available", lost_ts__isnull=True, agent__is_active=True)
        .prefetch_related("personas")
        .order_by("pk")
    )
    taken: dict[int, int] = defaultdict(int)
    for counted in (
        Assignment.objects.filter(ended_ts__isnull=True),
        Offer.objects.filter(state="offered"),
    ):
        for agent_id, many in counted.values_list("agent_id").annotate(many=Count("pk")):
            taken[agent_id] += many
    return [
        Candidate(
            agent_id=seat.pk,
            load=taken[seat.pk],
            capacity=seat.capacity,
            languages=frozenset(seat.languages),
            skills=frozenset(seat.skills),
            brands=frozenset(persona.brand_id for persona in seat.personas.all()),
            last_accepted_ts=seat.last_accepted_ts,
        )
        for seat in seats
        if sight is None or seat.pk in sight.agents
    ]


def absent(sight: Sight | None) -> dict[str, list[int]]:
    """The others on the staff by what keeps them: ``away``, ``offline``, or ``lost`` without a socket."""
    found: dict[str, list[int]] = defaultdict(list)
    seats = Seat.objects.filter(agent__is_active=True).order_by("pk")
    for pk, status, lost_ts in seats.values_list("pk", "status", "lost_ts"):
        if status != "available":
            found[status].append(pk)
        elif lost_ts is not None or (sight is not None and pk not in sight.agents):
            found["lost"].append(pk)
    return dict(found)


def asked(row: Conversation, candidates: list[Candidate], need: Need) -> set[int]:
    """Whom this round has tried: never twice the same, until everybody who can was tried once."""
    offered = Offer.objects.filter(conversation=row, round_epoch=row.epoch)
    rung = dict(offered.values_list("agent_id", "ended_ts"))
    gave_up = Assignment.objects.filter(
        conversation=row, epoch=row.epoch, end_reason__in=("released", "transferred", "lost")
    ).values_list("agent_id", "ended_ts")
    rung.update(gave_up)
    able = {c.agent_id for c in candidates if choosing.able(c, need)}
    if able and able <= set(rung):
        last = max((ended or 0) for ended in rung.values())
        if clock.now_ms() - last >= ROUND_PAUSE_MS:
            return set()
    return set(rung)


def _last_agent(row: Conversation) -> int | None:
    """Who served this player last, in this conversation's brand."""
    return (
        Assignment.objects.filter(
            conversation__player_id=row.player_id, conversation__brand_id=row.brand_id
        )
        .order_by("-began_ts")
        .values_list("agent_id", flat=True)
        .first()
    )
