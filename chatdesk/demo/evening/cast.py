"""Prepares in the database who takes part, by the ways that an operator has: staff, keys, tokens."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import jwt
from django.db import DatabaseError

from agents import identity, staff
from agents.models import Agent, StaffToken
from chatdesk.conversations.models import Brand, BrandKey, Seat
from chatdesk.demo.evening.plan import AgentPlan, PlayerPlan

TOKEN_SECONDS = 600


class NotPrepared(Exception):
    """The database is not ready for an evening; the text says what to do."""


@dataclass(frozen=True, slots=True)
class House:
    """Where players can come in. ``keys``: brand to (kid, secret); ``anonymous``: brands that let
    visitors in without one."""

    brands: tuple[str, ...]
    keys: dict[str, tuple[str, str]]
    anonymous: frozenset[str]


def house() -> House:
    """Raises NotPrepared without tables or a brand."""
    try:
        signing = BrandKey.objects.filter(
            algorithm=BrandKey.Algorithm.HS256, revoked_ts__isnull=True
        ).order_by("created_ts", "pk")
        keys = {key.brand_id: (key.kid, key.material) for key in signing}
        brands = [
            brand
            for brand in Brand.objects.order_by("pk")
            if brand.anonymous_allowed or brand.pk in keys
        ]
        if not brands:
            raise NotPrepared(
                "There is no brand that we could visit; start with serve --demo, or use create_brand."
            )
        return House(
            brands=tuple(brand.slug for brand in brands),
            keys={brand.slug: keys[brand.pk] for brand in brands if brand.pk in keys},
            anonymous=frozenset(brand.slug for brand in brands if brand.anonymous_allowed),
        )
    except DatabaseError as error:
        raise NotPrepared(
            "The database has no tables, or is away; start the server first."
        ) from error


def hire(plan: AgentPlan) -> str:
    """The agent, made when he is not there yet, and a new key for his tickets.

    Raises NotPrepared when somebody else has his user name."""
    agent = Agent.objects.filter(username=plan.username).first()
    if agent is None:
        try:
            agent = staff.create(
                plan.username,
                secrets.token_urlsafe(24),
                alias=plan.alias,
                role="agent",
                languages=plan.languages,
                skills=("general",),
                brands=(plan.brand,) if plan.brand is not None else (),
                capacity=plan.capacity,
            )
        except staff.BadStaff as error:
            raise NotPrepared(str(error)) from error
    elif not agent.is_active or not Seat.objects.filter(pk=agent.pk).exists():
        raise NotPrepared(f"{plan.username!r} exists, but does not work here any more.")
    return identity.create_token(agent)


def dismiss(keys: list[str]) -> None:
    """The keys of this evening open nothing any more."""
    StaffToken.objects.filter(key_hash__in=[identity.hashed(key) for key in keys]).delete()


def token(of: House, plan: PlayerPlan, evening: str) -> str | None:
    """What the casino's back end would sign for this player; None for an anonymous visitor.

    ``evening`` makes the player new, so that nothing of an earlier evening is found open."""
    key = of.keys.get(plan.brand)
    if key is None or not (plan.known or plan.brand not in of.anonymous):
        return None
    kid, secret = key
    now = int(time.time())
    claims: dict[str, object] = {
        "aud": f"chatdesk:{plan.brand}",
        "sub": f"{evening}-{plan.number}",
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": secrets.token_hex(8),
        "name": plan.name,
        "lang": plan.lang,
        "verified": plan.number % 3 > 0,
    }
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": kid})
