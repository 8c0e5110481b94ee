"""The only writer of assignments and offers: how a conversation changes hands.

Who may write an assignment: whoever holds the seat's and the conversation's lock. When two try, one
gets the lock, the other reads the new state and is refused; should code ever forget the lock, the
partial unique constraints refuse the second row. ``epoch`` grows with each new owner and fences the old.
"""

from __future__ import annotations

from typing import Any

from chatdesk.conversations import (
    access,
    clock,
    due,
    errors,
    holding,
    messages,
    offers,
    places,
    standing,
)
from chatdesk.conversations.access import EVERYWHERE, SYSTEM, Actor
from chatdesk.conversations.models import Assignment, Conversation, Intervention, Seat
from chatdesk.conversations.transition import Changes, transition


def claim(actor: Actor, conv: str) -> int:
    """An agent takes a waiting conversation; returns the epoch. A standing offer to somebody else
    is taken away from him."""
    access.require(actor, "claim")
    with transition() as changes:
        row, seats = holding.conversation(actor, conv, actor.agent_id)
        if row.state == "closed":
            raise errors.Closed
        if row.state == "active":
            if row.owner_id == actor.agent_id:
                return row.epoch
            raise errors.AlreadyTaken(alias=alias_of_owner(row))
        seat = _seat_of(actor, seats)
        begin(changes, row, seat, by=actor, how="claimed")
        changes.queue(row.brand_id)
    return row.epoch


def accept(actor: Actor, offer_id: str) -> tuple[str, int]:
    """Takes the conversation that is on offer; returns (conversation, epoch)."""
    access.require(actor, "accept")
    with transition() as changes:
        offer = offers.of(actor, offer_id)
        row, seats = holding.conversation(actor, offer.conversation_id, actor.agent_id)
        offer.refresh_from_db()
        if row.state == "active" and row.owner_id == actor.agent_id:
            return row.pk, row.epoch  # the agent's other tab was first
        if row.state == "active":
            raise errors.AlreadyTaken(alias=alias_of_owner(row))
        if row.state == "closed":
            raise errors.Closed
        if offer.state != "offered":
            raise errors.NotFound
        begin(changes, row, _seat_of(actor, seats), by=actor, how="accepted")
        changes.queue(row.brand_id)
    return row.pk, row.epoch


def transfer(
    actor: Actor, conv: str, epoch: int, *, agent: str | None, skill: str | None, note: str | None
) -> None:
    """Hands over to a colleague with a free place, or back to the queue for whoever has a skill."""
    access.require(actor, "transfer")
    if (agent is None) == (skill is None):
        raise errors.BadField
    target = agent_key(agent) if agent is not None else None
    with transition() as changes:
        concerned = [target] if target is not None else []
        row, seats = holding.conversation(actor, conv, actor.agent_id, *concerned)
        _require_owner(row, actor, epoch)
        if target is not None:
            seat = seats.get(target)
            if seat is None or target == actor.agent_id or not _serves(seat, row.brand_id):
                raise errors.NotFound
            if seat.status != "available" or seat.lost_ts is not None:
                raise errors.AtCapacity
            used = places.load(target) + places.ringing(target)
            if used >= seat.capacity or places.at_cap(seat, row):
                raise errors.AtCapacity
            to = {"to_alias": alias_at(seat, row.brand_id)}
        else:
            now = clock.now_ms()
            skilled = (found for found in Seat.objects.all() if skill in skills_at(found, now))
            if not any(_serves(found, row.brand_id) for found in skilled):
                raise errors.BadField
            seat = None
            to = {"to_skill": str(skill)}
        if note:
            messages.remark(changes, row, "note", actor, body=note)
        end(changes, row, "transferred")
        messages.record(
            changes, row, "transferred", actor, facts=to, staff={"to": agent} if agent else None
        )
        if seat is not None:
            begin(changes, row, seat, by=_as_actor(seat), how="transfer", ended=True)
        else:
            row.skill, row.team_id = str(skill), None
            row.waive_ts = row.waived_ts = None
            enqueue(changes, row, "transferred")
        changes.queue(row.brand_id)


def release(actor: Actor, conv: str, epoch: int) -> None:
    """Back to the head of the queue, the original wait kept."""
    access.require(actor, "release")
    with transition() as changes:
        row, _ = holding.conversation(actor, conv, actor.agent_id)
        _require_owner(row, actor, epoch)
        end(changes, row, "released")
        messages.record(changes, row, "left", actor, facts={"reason": "released"})
        enqueue(changes, row, "returned")
        changes.queue(row.brand_id)


def takeover(actor: Actor, conv: str) -> int:
    """A supervisor becomes the owner, whatever the capacity; returns the epoch."""
    access.require(actor, "takeover")
    with transition() as changes:
        row, seats = holding.conversation(actor, conv, actor.agent_id)
        if row.state == "closed":
            raise errors.Closed
        if row.owner_id == actor.agent_id:
            return row.epoch
        _force(changes, row, _seat_of(actor, seats), by=actor, how="takeover")
        intervene(actor, "takeover", row)
    return row.epoch


def assign(actor: Actor, conv: str, agent: str) -> int:
    """A supervisor gives a conversation to an agent, whatever the capacity."""
    access.require(actor, "assign")
    target = agent_key(agent)
    with transition() as changes:
        row, seats = holding.conversation(actor, conv, target)
        if row.state == "closed":
            raise errors.Closed
        seat = seats.get(target)
        if seat is None or not _serves(seat, row.brand_id) or not seat.agent.is_active:
            raise errors.NotFound
        if row.owner_id == target:
            return row.epoch
        _force(changes, row, seat, by=_as_actor(seat), how="assigned")
        intervene(actor, "assign", row, agent_id=target)
    return row.epoch


def return_to_queue(conv: str, agent_id: int, reason: str) -> bool:
    """The dispatcher takes a conversation from an agent who is gone or silent; False if it moved
    meanwhile. ``reason`` is ``lost``, ``no_reply`` or ``full``."""
    with transition() as changes:
        row, _ = holding.conversation(EVERYWHERE, conv, agent_id)
        if row.state != "active" or row.owner_id != agent_id:
            return False
        give_back(changes, row, reason)
    return True


def give_back(changes: Changes, row: Conversation, reason: str) -> None:
    """To the head of the queue, the original wait kept. The owner's seat and the row are locked."""
    left = Actor("agent", str(row.owner_id), alias=alias_of_owner(row))
    end(changes, row, reason)
    told = "connection" if reason == "lost" else reason
    messages.record(changes, row, "left", left, facts={"reason": told})
    enqueue(changes, row, "returned")
    changes.queue(row.brand_id)


def hand_over(conv: str, agent_id: int, to_agent_id: int | None, reason: str) -> bool:
    """The dispatcher gives an agent's conversation to a colleague who still has room, else back to the
    head of the queue; False if it moved meanwhile. ``reason`` is ``shift_end``."""
    with transition() as changes:
        named = [agent_id] + ([to_agent_id] if to_agent_id is not None else [])
        row, seats = holding.conversation(EVERYWHERE, conv, *named)
        if row.state != "active" or row.owner_id != agent_id:
            return False
        seat = seats.get(to_agent_id) if to_agent_id is not None else None
        if seat is None or not _takes_more(seat, row):
            give_back(changes, row, reason)
            return True
        left = Actor("agent", str(agent_id), alias=alias_of_owner(row))
        end(changes, row, reason)
        facts = {"to_alias": alias_at(seat, row.brand_id), "reason": reason}
        messages.record(
            changes, row, "transferred", left, facts=facts, staff={"to": str(to_agent_id)}
        )
        begin(changes, row, seat, by=_as_actor(seat), how="transfer", ended=True)
        changes.queue(row.brand_id)
    return True


def put_to_sleep(changes: Changes, row: Conversation) -> None:
    """Both are silent: its place is free for somebody else. The caller saves the row."""
    Assignment.objects.filter(conversation=row, ended_ts__isnull=True).update(
        asleep=True, slot=None
    )
    row.sleeping, row.prompted_ts = True, clock.now_ms()
    changes.desk(row.owner_id or 0)
    changes.hint("dispatch")
    changes.hint("wall")


def wake(changes: Changes, row: Conversation, seat: Seat) -> None:
    """Somebody spoke: its agent has it on his hands again, at most one place above his capacity; else
    it goes to whoever has room. The caller saves the row."""
    taken = places.load(seat.pk)
    row.sleeping = False
    if taken > seat.capacity and row.unanswered_since_ts is not None:
        give_back(changes, row, "full")
        return
    room = seat.capacity - taken
    Assignment.objects.filter(conversation=row, ended_ts__isnull=True).update(
        asleep=False,
        slot=places.free_slot(seat) if room > 0 else None,
        places=places.given(row, room),
        forced=room <= 0,
    )
    changes.desk(seat.pk)
    offers.withdraw_surplus(changes, seat)
    changes.hint("wall")


# --- the two movements every verb is made of --------------------------------------------------------


def begin(
    changes: Changes,
    row: Conversation,
    seat: Seat,
    *,
    by: Actor,
    how: str,
    forced: bool = False,
    ended: bool = False,
) -> None:
    """The seat's agent becomes the owner. Both rows are locked; nobody owns the conversation."""
    room = seat.capacity - places.load(seat.pk)
    full = room <= 0
    if not forced and (full or places.at_cap(seat, row)):
        raise errors.AtCapacity
    now = clock.now_ms()
    offers.settle(changes, row, accepted_by=seat.pk, alias=alias_at(seat, row.brand_id))
    row.epoch += 1
    Assignment.objects.create(
        conversation=row,
        agent_id=seat.pk,
        slot=None if full else places.free_slot(seat),
        places=places.given(row, room),
        epoch=row.epoch,
        how=how,
        forced=full,
        began_ts=now,
    )
    waited = now - row.waiting_since_ts
    row.state, row.owner_id, row.sleeping = "active", seat.pk, False
    # A supervisor who steps in reads first: he is held to no deadline.
    row.owned_since_ts = None if how == "takeover" else now
    row.waive_ts = None
    due.plan(row, row.brand)
    messages.record(changes, row, "joined", by, facts={"waited_ms": waited})
    row.save()
    Seat.objects.filter(pk=seat.pk).update(last_accepted_ts=now, missed=0)
    changes.desk(seat.pk)
    changes.conversation(row.pk)
    if not ended:
        offers.withdraw_surplus(changes, seat)


def end(changes: Changes, row: Conversation, reason: str) -> None:
    """The owner is none any more. The caller decides what the conversation becomes and saves it."""
    owner = row.owner_id
    if owner is None:
        return
    now = clock.now_ms()
    wraps = row.brand.wrap_up_seconds if reason == "closed" and not row.sleeping else 0
    Assignment.objects.filter(conversation=row, ended_ts__isnull=True).update(
        ended_ts=now, end_reason=reason, wrap_up_ts=now + wraps * 1000 if wraps else None
    )
    row.owner_id = None
    row.help = row.sleeping = False
    if not wraps:
        places.spread(owner)
    changes.desk(owner)
    changes.conversation(row.pk)


def enqueue(changes: Changes, row: Conversation, reason: str) -> None:
    """Puts it in the queue with the wait it has; ``reason`` is new, returned or transferred."""
    row.state = "queued"
    row.owned_since_ts = None
    standing.place(row)
    due.plan(row, row.brand)
    messages.record(changes, row, "queued", SYSTEM, facts={"reason": reason})
    row.save()
    changes.conversation(row.pk)


def end_wrap_ups(changes: Changes, agent_id: int, until_ts: int | None = None) -> None:
    """The places that were kept after a close are free: all of them, or those due by then."""
    kept = Assignment.objects.filter(agent_id=agent_id, wrap_up_ts__isnull=False)
    if until_ts is not None:
        kept = kept.filter(wrap_up_ts__lte=until_ts)
    if kept.update(wrap_up_ts=None):
        places.spread(agent_id)
        changes.desk(agent_id)
        changes.hint("dispatch")


def _takes_more(seat: Seat, row: Conversation) -> bool:
    """Whether the dispatcher may give him one more without ringing."""
    return (
        seat.status == "available"
        and seat.lost_ts is None
        and seat.draining_since_ts is None
        and seat.load < seat.capacity
        and not places.at_cap(seat, row)
    )


def _force(changes: Changes, row: Conversation, seat: Seat, *, by: Actor, how: str) -> None:
    if row.state == "active":
        previous = Actor("agent", str(row.owner_id), alias=alias_of_owner(row))
        end(changes, row, how)
        messages.record(changes, row, "left", previous, facts={"reason": "handed_over"})
    begin(changes, row, seat, by=by, how=how, forced=True)
    changes.queue(row.brand_id)


def intervene(
    actor: Actor,
    action: str,
    row: Conversation | None,
    *,
    agent_id: int | None = None,
    reason: str = "",
) -> None:
    """Records a supervisor's act in the same transaction."""
    Intervention.objects.create(
        actor_id=actor.agent_id,
        action=action,
        conversation=row,
        agent_id=agent_id,
        reason=reason,
        ts=clock.now_ms(),
    )


# --- small questions -------------------------------------------------------------------------------


def alias_at(seat: Seat, brand_id: int) -> str:
    persona = seat.personas.filter(brand_id=brand_id).first()
    return persona.alias if persona is not None else seat.alias


def alias_of_owner(row: Conversation) -> str:
    seat = Seat.objects.filter(pk=row.owner_id).first()
    return alias_at(seat, row.brand_id) if seat is not None else ""


def _as_actor(seat: Seat) -> Actor:
    aliases: dict[int, Any] = dict(seat.personas.values_list("brand_id", "alias"))
    return Actor("agent", str(seat.pk), alias=seat.alias, aliases=aliases)


def _serves(seat: Seat, brand_id: int) -> bool:
    brands = set(seat.personas.values_list("brand_id", flat=True))
    return not brands or brand_id in brands


def _seat_of(actor: Actor, seats: dict[int, Seat]) -> Seat:
    seat = seats.get(actor.agent_id)
    if seat is None:
        raise errors.Forbidden
    return seat


def skills_at(seat: Seat, now: int) -> frozenset[str]:
    """A skill whose certificate has expired is none."""
    return places.valid_skills(seat.skills, seat.skills_until, now)


def agent_key(agent: str) -> int:
    if not agent.isascii() or not agent.isdigit() or len(agent) > 18:
        raise errors.NotFound
    return int(agent)


def _require_owner(row: Conversation, actor: Actor, epoch: int) -> None:
    if row.state == "closed":
        raise errors.Closed
    if row.owner_id != actor.agent_id or row.epoch != epoch:
        raise errors.NotAssignee
