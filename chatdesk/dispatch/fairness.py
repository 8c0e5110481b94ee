"""How the work of some hours was shared out: what rang at whom, what became of it, and who carried what.

Everything is counted from offers and assignments, so whoever doubts a figure can count again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from chatdesk.conversations import access, clock
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Assignment, Offer, Seat

SPAN_MS = 8 * 3600_000
LONGEST_MS = 31 * 24 * 3600_000
_RETURNED = ("released", "transferred", "lost", "no_reply", "full", "shift_end")


def fair_share(actor: Actor, from_ts: int | None, to_ts: int | None) -> dict[str, Any]:
    """Per agent of the brands that the supervisor sees; ``place_min`` are places times minutes, and
    ``gini`` is 0 where all carried the same and near 1 where one carried all."""
    access.require(actor, "routing")
    to_ts = to_ts if to_ts is not None else clock.now_ms()
    from_ts = from_ts if from_ts is not None else to_ts - SPAN_MS
    rows = [row for row in _rows(_seats(actor), from_ts, to_ts) if row["offers"] or row["handled"]]
    carried = sum(row["place_min"] for row in rows)
    for row in rows:
        row["share"] = round(row["place_min"] / carried, 3) if carried else None
    return {
        "from_ts": from_ts,
        "to_ts": to_ts,
        "agents": sorted(rows, key=lambda row: (-row["place_min"], row["alias"], row["id"])),
        "gini": gini([row["place_min"] for row in rows]),
    }


def gini(amounts: Sequence[float]) -> float | None:
    """Half the mean difference of any two, over the mean; None where there is nothing to share."""
    total = sum(amounts)
    if total <= 0:
        return None
    many = len(amounts)
    ranked = sum(place * amount for place, amount in enumerate(sorted(amounts), start=1))
    return round(2 * ranked / (many * total) - (many + 1) / many, 3)


def _seats(actor: Actor) -> list[Seat]:
    seats = Seat.objects.filter(agent__is_active=True)
    if actor.brands is not None:
        seats = seats.filter(
            Q(personas__brand_id__in=actor.brands) | Q(personas__isnull=True)
        ).distinct()
    return list(seats.order_by("alias", "pk"))


def _rows(seats: Sequence[Seat], from_ts: int, to_ts: int) -> list[dict[str, Any]]:
    keys = [seat.pk for seat in seats]
    rung: dict[int, Counter[str]] = defaultdict(Counter)
    for agent_id, state in Offer.objects.filter(
        agent_id__in=keys, offered_ts__gte=from_ts, offered_ts__lt=to_ts
    ).values_list("agent_id", "state"):
        rung[agent_id][state] += 1
    held: dict[int, list[Assignment]] = defaultdict(list)
    touching = Assignment.objects.filter(agent_id__in=keys, began_ts__lt=to_ts)
    for one in touching.filter(Q(ended_ts__isnull=True) | Q(ended_ts__gt=from_ts)):
        held[one.agent_id].append(one)
    return [_row(seat, rung[seat.pk], held[seat.pk], from_ts, to_ts) for seat in seats]


def _row(
    seat: Seat, rung: Counter[str], held: Sequence[Assignment], from_ts: int, to_ts: int
) -> dict[str, Any]:
    places = sum(
        one.places * (min(one.ended_ts or to_ts, to_ts) - max(one.began_ts, from_ts))
        for one in held
    )
    began = [one for one in held if one.began_ts >= from_ts]
    ended = [one for one in held if one.ended_ts is not None and one.ended_ts < to_ts]
    returned = Counter(one.end_reason for one in ended if one.end_reason in _RETURNED)
    return {
        "id": str(seat.pk),
        "alias": seat.alias,
        # Only the status of now is kept, so how long he was available is not known.
        "available_min": None,
        "offers": sum(rung.values()),
        "accepted": rung["accepted"],
        "declined": rung["declined"],
        "missed": rung["timed_out"],
        "claimed": sum(one.how == "claimed" for one in began),
        "forced": sum(one.how in ("assigned", "takeover") for one in began),
        "returned": dict(sorted(returned.items())),
        "handled": len({one.conversation_id for one in held}),
        "place_min": round(places / 60_000, 1),
    }
