"""Rows for tests, explicit and without chance: each builder says what it makes."""

from __future__ import annotations

from itertools import count

from agents.models import Agent
from chatdesk.conversations import clock, lifecycle
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Brand, Conversation, Persona, Seat
from players.models import Player

_numbers = count(1)


def brand(slug: str | None = None) -> Brand:
    slug = slug or f"brand{next(_numbers)}"
    return Brand.objects.create(slug=slug, name=slug.title())


def player(at: Brand, name: str = "Sanne") -> Player:
    return Player.objects.create(
        brand=at, sub=f"sub-{next(_numbers)}", name=name, created_ts=clock.now_ms()
    )


def as_actor(of: Player) -> Actor:
    return Actor("player", of.pk)


def agent(
    alias: str = "Vera",
    *,
    role: str = "agent",
    capacity: int = 3,
    languages: tuple[str, ...] = ("en", "nl"),
    skills: tuple[str, ...] = (),
    status: str = "available",
    brands: tuple[Brand, ...] = (),
) -> Actor:
    number = next(_numbers)
    row = Agent.objects.create(username=f"user{number}", role=role)
    seat = Seat.objects.create(
        agent=row,
        alias=alias,
        capacity=capacity,
        languages=list(languages),
        skills=list(skills),
        status=status,
    )
    for one in brands:
        Persona.objects.create(seat=seat, brand=one, alias=alias)
    seen = frozenset(one.pk for one in brands) or None
    return Actor(role, str(row.pk), alias=alias, brands=seen)  # type: ignore[arg-type]


def conversation(at: Brand, of: Player | None = None, lang: str = "en") -> Conversation:
    """A new one, waiting in the queue."""
    who = of or player(at)
    return lifecycle.open_conversation(as_actor(who), at.pk, lang=lang)
