"""What must hold of the floor at any moment between two transactions, asked of the rows alone."""

from __future__ import annotations

from collections import Counter, defaultdict

from django.db import connection, transaction

from chatdesk.conversations.models import Assignment, Conversation, Offer, Seat


def breaches() -> list[str]:
    """Each in a sentence; empty when all holds. Reads one moment, whoever writes meanwhile."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return [*_owners(), *_places()]


def _owners() -> list[str]:
    found = []
    held: dict[str, list[Assignment]] = defaultdict(list)
    for one in Assignment.objects.filter(ended_ts__isnull=True):
        held[one.conversation_id].append(one)
    rung = Counter(Offer.objects.filter(state="offered").values_list("conversation_id", flat=True))
    for row in Conversation.objects.all():
        mine = held.pop(row.pk, [])
        if row.state == "active":
            if [(one.agent_id, one.epoch) for one in mine] != [(row.owner_id, row.epoch)]:
                found.append(f"{row.pk} is active and held by {len(mine)}")
            elif mine[0].asleep != row.sleeping:
                found.append(f"{row.pk} sleeps in one table only")
        elif mine or row.owner_id is not None:
            found.append(f"{row.pk} is {row.state} and held")
        if rung[row.pk] > (1 if row.state == "queued" else 0):
            found.append(f"{row.pk} is {row.state} and rings {rung[row.pk]} times")
        if (row.state == "queued") != bool(row.state == "queued" and row.need):
            found.append(f"{row.pk} waits in no line")
    return found


def _places() -> list[str]:
    found = []
    for seat in Seat.objects.all():
        mine = Assignment.objects.filter(agent_id=seat.pk)
        awake = [one for one in mine if one.ended_ts is None and not one.asleep]
        ringing = Offer.objects.filter(agent_id=seat.pk, state="offered")
        wrapping = [one for one in mine if one.wrap_up_ts is not None]
        load = sum(one.places for one in [*awake, *ringing, *wrapping])
        if seat.load != load:
            found.append(f"{seat.alias} counts {seat.load} places and has {load}")
        regular = sum(one.places for one in awake if not one.forced)
        if regular > seat.capacity:
            found.append(f"{seat.alias} has {regular} of {seat.capacity} places")
    return found
