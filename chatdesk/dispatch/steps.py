"""What the dispatcher does each time it wakes. Each step is a transaction of its own and is safe if a
second dispatcher does the same at the same moment: every change is conditional on what it found."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db.models import Q

from chatdesk.conversations import alarms, assignments, clock, deadlines, holding, offers
from chatdesk.conversations.models import Conversation, Offer, Seat
from chatdesk.conversations.transition import transition
from chatdesk.delivery.presence import GONE_SECONDS, Sight
from chatdesk.dispatch.attempts import attempt
from chatdesk.dispatch.shift_steps import keep_shifts

log = structlog.get_logger(__name__)

BREAKER_SHARE = 0.3
BREAKER_LEAST = 3
BREAKER_WINDOW_MS = 60_000
# So long an absence of many is doubted; then it is believed.
BREAKER_LIMIT_MS = 10 * 60_000
DUE_PER_STEP = 500


def expire_offers(sight: Sight | None = None) -> None:
    """Ends what nobody answered in time."""
    due = Offer.objects.filter(state="offered", due_ts__lte=clock.now_ms())
    for offer_id in list(due.values_list("pk", flat=True)):
        attempt(offers.expire, offer_id)


def keep_deadlines(sight: Sight | None) -> None:
    """Conversations whose deadline is over. While we suspect ourselves nobody is moved for a silence
    that may be ours."""
    doubting = sight is None or not sight.complete
    for conv in deadlines.reached(DUE_PER_STEP, doubting=doubting):
        attempt(deadlines.keep, conv)


def free_places(sight: Sight | None = None) -> None:
    """Wrap-ups that are over."""
    for agent_id in deadlines.free_places(DUE_PER_STEP):
        attempt(deadlines.end_wrap_up, agent_id)


def notice_absence(sight: Sight | None) -> None:
    """Marks agents whose leases ran out, and unmarks those who are back. Without sight nothing moves;
    when too many vanish at once we suspect ourselves and mark nobody, for ten minutes at most."""
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
    lately = sum(1 for s in seats if s.lost_ts is not None and s.lost_ts > now - BREAKER_WINDOW_MS)
    there = sum(1 for seat in seats if seat.lost_ts is None)
    losing = len(gone) + lately
    breaks = (
        bool(gone)
        and losing >= BREAKER_LEAST
        and losing > BREAKER_SHARE * max(there, 1)
        and bool(sight.agents)
    )
    if breaks and alarms.age_ms(alarms.PRESENCE_BREAKER) >= BREAKER_LIMIT_MS:
        log.error("presence_breaker_ends", losing=losing, there=there)
        breaks = False
    alarms.keep(alarms.PRESENCE_BREAKER, breaks, losing=losing, there=there)
    if gone and not breaks:
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
            attempt(assignments.return_to_queue, row.pk, owner.pk, "lost")


Step = Callable[[Sight | None], None]

# Whenever something happened, and once a second whatever happened; ``offer_waiting`` follows both.
AT_ONCE: tuple[Step, ...] = (expire_offers,)
EACH_SECOND: tuple[Step, ...] = (
    expire_offers,
    notice_absence,
    return_unanswered,
    keep_deadlines,
    free_places,
    keep_shifts,
)
