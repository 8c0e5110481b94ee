"""Why somebody was rung, and why somebody still waits; for supervisors.

A decision is the offer's own row: written in the same transaction, it says who was free, by what each of
the others was ruled out, and what became of it. Why one waits is worked out anew by the dispatcher's own
rules, so that both cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chatdesk.conversations import access
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Conversation, Offer, Seat
from chatdesk.dispatch import choosing, roll, rounds
from chatdesk.dispatch.choosing import Need

SHOWN_DECISIONS = 50


def routing(actor: Actor, conv: str) -> dict[str, Any]:
    """The newest decisions about a conversation, newest first, and what holds it up now."""
    access.require(actor, "routing")
    row = access.conversation(actor, conv)
    offers = list(
        Offer.objects.filter(conversation=row).order_by("-offered_ts", "pk")[:SHOWN_DECISIONS]
    )
    now = _now(row) if row.state == "queued" else None
    names = _names(actor, row.brand_id)
    return {
        "conv": row.pk,
        "state": row.state,
        "waiting": _named(now, names) if now is not None else None,
        "decisions": [
            {
                "offer": offer.pk,
                "agent": _who(offer.agent_id, names),
                "state": offer.state,
                "reason": offer.reason,
                "offered_ts": offer.offered_ts,
                "ended_ts": offer.ended_ts,
                "why": offer.why,
                **_named(offer.considered, names),
            }
            for offer in offers
        ],
    }


def _now(row: Conversation) -> dict[str, Any]:
    candidates = roll.present(None)
    need = Need.of(row.need)
    able = [
        one.agent_id
        for one in candidates
        if one.has_room(need.channel) and choosing.able(one, need)
    ]
    rung = rounds.of([row]).get(row.pk, rounds.Rung())
    found = choosing.sort(candidates, need, rung.asked(able))
    return {
        "free": [candidate.agent_id for candidate in found.free],
        "excluded": {**found.excluded, **roll.absent(None)},
    }


def _names(actor: Actor, brand_id: int) -> dict[int, str]:
    """By the alias that the brand knows; colleagues of other brands only are not told."""
    seats = Seat.objects.prefetch_related("personas")
    return {
        seat.pk: next(
            (one.alias for one in seat.personas.all() if one.brand_id == brand_id), seat.alias
        )
        for seat in seats
        if actor.brands is None
        or not seat.personas.all()
        or any(one.brand_id in actor.brands for one in seat.personas.all())
    }


def _named(considered: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    excluded = {
        reason: _those(agent_ids, names)
        for reason, agent_ids in sorted(considered.get("excluded", {}).items())
    }
    return {
        "free": _those(considered.get("free", []), names),
        "excluded": [{"reason": reason, "agents": who} for reason, who in excluded.items() if who],
    }


def _those(agent_ids: Iterable[int], names: dict[int, str]) -> list[dict[str, str]]:
    return [_who(agent_id, names) for agent_id in agent_ids if agent_id in names]


def _who(agent_id: int, names: dict[int, str]) -> dict[str, str]:
    return {"id": str(agent_id), "alias": names.get(agent_id, "")}
