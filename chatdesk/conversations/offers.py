"""Offers as an explicit state machine: offered, then accepted, declined, timed out or withdrawn.

The row is the timer (``due_ts``): an offer survives every crash, and ends exactly once, because each end
is a conditional UPDATE from ``offered`` under the seat's lock.
"""

from __future__ import annotations

from typing import Any

from chatdesk.conversations import access, alarms, clock, errors, holding, places
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Conversation, Offer, Seat
from chatdesk.conversations.transition import Changes, transition
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Word
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import OfferFrame, OfferGone
from chatdesk.delivery.protocol.words import OfferEnd

MISSES_UNTIL_AWAY = 3
MISSED = "missed"


def make(
    conv: str, agent_id: int, why: dict[str, Any], considered: dict[str, Any] | None = None
) -> bool:
    """The dispatcher rings an agent; False when the place or the conversation was gone meanwhile.
    ``considered`` is kept for supervisors with the offer, and never sent to the agent."""
    with transition() as changes:
        seat = holding.seat(agent_id)
        row = (
            Conversation.objects.select_related("brand", "player")
            .select_for_update(of=("self",))
            .filter(pk=conv, state="queued")
            .first()
        )
        if seat is None or row is None or seat.status != "available":
            return False
        if seat.draining_since_ts is not None or places.at_cap(seat, row):
            return False
        if seat.load >= seat.capacity:
            return False
        if Offer.objects.filter(conversation=row, state="offered").exists():
            return False
        now = clock.now_ms()
        offer = Offer.objects.create(
            conversation=row,
            agent_id=agent_id,
            why=why,
            considered=considered or {},
            places=places.given(row, seat.capacity - seat.load),
            round_epoch=row.epoch,
            offered_ts=now,
            due_ts=now + row.brand.offer_seconds * 1000,
        )
        changes.word(Word(audience.agent(agent_id), codec.encode(frame(offer))))
        changes.desk(agent_id)
        changes.conversation(conv)
        changes.hint("wall")
        changes.queue(row.brand_id)
    return True


def decline(actor: Actor, offer_id: str, reason: str) -> None:
    access.require(actor, "decline")
    with transition() as changes:
        holding.seat(actor.agent_id)
        offer = of(actor, offer_id)
        if offer.state == "declined":
            return
        if not _finish(changes, offer, "declined", reason=reason):
            raise errors.NotFound
        changes.hint("dispatch")
        changes.queue(offer.conversation.brand_id)


def expire(offer_id: str) -> bool:
    """Nobody answered. After three misses in a row the agent is away, with that reason."""
    with transition() as changes:
        found = Offer.objects.filter(pk=offer_id).first()
        seat = holding.seat(found.agent_id) if found is not None else None
        if found is None or seat is None or not _finish(changes, found, "timed_out"):
            return False
        seat.missed += 1
        if seat.missed >= MISSES_UNTIL_AWAY and seat.status == "available":
            seat.status, seat.status_reason = "away", MISSED
            seat.status_since_ts = clock.now_ms()
            alarms.raise_alarm(changes, alarms.MISSED, str(seat.pk), alias=seat.alias)
            # What still rings at somebody who is not there rings somewhere else.
            withdraw_all(changes, seat)
        seat.save(update_fields=["missed", "status", "status_reason", "status_since_ts"])
        changes.hint("dispatch")
        changes.hint("wall")
        changes.queue(found.conversation.brand_id)
    return True


def of(actor: Actor, offer_id: str) -> Offer:
    """The actor's own offer; somebody else's does not exist for him."""
    offer = (
        Offer.objects.select_related("conversation")
        .filter(pk=offer_id, agent_id=actor.agent_id)
        .first()
    )
    if offer is None:
        raise errors.NotFound
    return offer


def settle(changes: Changes, row: Conversation, *, accepted_by: int | None, alias: str) -> None:
    """The conversation found an owner or was closed: its standing offer ends accordingly."""
    for offer in Offer.objects.filter(conversation=row, state="offered"):
        if accepted_by is None:
            _finish(changes, offer, "withdrawn", told="closed")
        elif offer.agent_id == accepted_by:
            _finish(changes, offer, "accepted")
        else:
            _finish(changes, offer, "withdrawn", told="accepted_elsewhere", alias=alias)


def withdraw_surplus(changes: Changes, seat: Seat) -> None:
    """Offers beyond the places that are left are taken back; a heavy one rings on in what is left."""
    free = seat.capacity - places.load(seat.pk)
    for offer in _standing(seat):
        if free <= 0:
            _withdraw(changes, offer)
        elif offer.places > free:
            Offer.objects.filter(pk=offer.pk).update(places=free)
        free -= offer.places


def withdraw_all(changes: Changes, seat: Seat) -> None:
    """The agent does not take offers any more."""
    for offer in _standing(seat):
        _withdraw(changes, offer)


def _standing(seat: Seat) -> list[Offer]:
    standing = Offer.objects.filter(agent_id=seat.pk, state="offered")
    return list(standing.select_related("conversation").order_by("offered_ts", "pk"))


def _withdraw(changes: Changes, offer: Offer) -> None:
    _finish(changes, offer, "withdrawn")
    changes.conversation(offer.conversation_id)
    changes.hint("dispatch")
    changes.queue(offer.conversation.brand_id)


def frame(offer: Offer) -> OfferFrame:
    row = offer.conversation
    return OfferFrame(
        offer=offer.pk,
        conv=row.pk,
        expires_ts=offer.due_ts,
        lang=row.lang,
        topic=row.topic,
        brand=row.brand.slug,
        since_ts=row.waiting_since_ts,
        player={"name": row.player.name},
        why=offer.why,
    )


def _finish(
    changes: Changes,
    offer: Offer,
    state: str,
    *,
    reason: str = "",
    told: OfferEnd | None = None,
    alias: str | None = None,
) -> bool:
    ended = Offer.objects.filter(pk=offer.pk, state="offered").update(
        state=state, reason=reason, ended_ts=clock.now_ms()
    )
    if ended != 1:
        return False
    gone = OfferGone(offer=offer.pk, why=told or state, alias=alias)  # type: ignore[arg-type]
    changes.word(Word(audience.agent(offer.agent_id), codec.encode(gone)))
    changes.desk(offer.agent_id)
    return True
