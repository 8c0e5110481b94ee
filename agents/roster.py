"""To whom a conversation can be given, as far as one member of staff may know."""

from __future__ import annotations

from typing import Any

from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Brand, Seat


def roster(actor: Actor) -> dict[str, Any]:
    """Colleagues at the brands that the actor sees, by alias; all skills; those brands."""
    brands = Brand.objects.order_by("name", "pk")
    if actor.brands is not None:
        brands = brands.filter(pk__in=actor.brands)
    seats = (
        Seat.objects.filter(agent__is_active=True)
        .select_related("agent")
        .prefetch_related("personas")
        .order_by("alias", "pk")
    )
    agents = [_entry(seat) for seat in seats if _meets(seat, actor)]
    skills = {skill for agent in agents for skill in agent["skills"]}
    return {
        "agents": agents,
        "skills": sorted(skills),
        "brands": [{"slug": brand.slug, "name": brand.name} for brand in brands],
    }


def _meets(seat: Seat, actor: Actor) -> bool:
    served = {persona.brand_id for persona in seat.personas.all()}
    return actor.brands is None or not served or bool(served & actor.brands)


def _entry(seat: Seat) -> dict[str, Any]:
    return {
        "id": str(seat.pk),
        "alias": seat.alias,
        "role": seat.agent.role,
        "languages": list(seat.languages),
        "skills": list(seat.skills),
    }
