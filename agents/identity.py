"""Who a member of staff is for a socket: tickets, tokens, and whether they still hold.

**Invariants:** only hashes of tickets and keys are stored; a ticket works once, within 30 s; whoever is
disabled, demoted or signed out loses what he got by it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from agents.models import Agent, StaffTicket, StaffToken
from chatdesk.conversations import clock
from chatdesk.conversations.access import Actor, Role
from chatdesk.conversations.models import Persona, Seat

TICKET_MS = 30_000


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """What a socket must know of its member of staff, and by what he got in."""

    actor: Actor
    agent_id: int
    alias: str
    role: str
    languages: tuple[str, ...]
    capacity: int
    browser_session: str = ""
    token_hash: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict, compare=False)

    def alias_at(self, brand: str) -> str:
        """The alias under which he works for a brand, given by its slug."""
        return self.aliases.get(brand, self.alias)


def actor(agent: Agent) -> Actor:
    """In whose name the core acts. Without personas he works for every brand."""
    personas = dict(Persona.objects.filter(seat=agent.pk).values_list("brand_id", "alias"))
    seat = Seat.objects.filter(pk=agent.pk).only("alias").first()
    return Actor(
        role=cast(Role, agent.role),
        id=str(agent.pk),
        alias=seat.alias if seat is not None else "",
        brands=frozenset(personas) or None,
        aliases=personas,
    )


def issue_ticket(agent: Agent, browser_session: str = "", token_hash: str = "") -> tuple[str, int]:
    """A ticket for one socket and the time at which it expires."""
    ticket = "t_" + secrets.token_urlsafe(32)
    now = clock.now_ms()
    StaffTicket.objects.filter(agent=agent, expires_ts__lt=now).delete()
    StaffTicket.objects.create(
        ticket_hash=hashed(ticket),
        agent=agent,
        browser_session=browser_session,
        token_hash=token_hash,
        expires_ts=now + TICKET_MS,
    )
    return ticket, now + TICKET_MS


def redeem(ticket: str) -> StaffFacts | None:
    """What a ticket is good for, once; None when it is not, or its owner may not come in."""
    now = clock.now_ms()
    claimed = StaffTicket.objects.filter(
        ticket_hash=hashed(ticket), used_ts__isnull=True, expires_ts__gt=now
    ).update(used_ts=now)
    if claimed != 1:
        return None
    row = StaffTicket.objects.select_related("agent__seat").get(ticket_hash=hashed(ticket))
    agent = row.agent
    seat = getattr(agent, "seat", None)
    if seat is None:
        return None
    facts = StaffFacts(
        actor=actor(agent),
        agent_id=agent.pk,
        alias=seat.alias,
        role=agent.role,
        languages=tuple(seat.languages),
        capacity=seat.capacity,
        browser_session=row.browser_session,
        token_hash=row.token_hash,
        aliases=dict(Persona.objects.filter(seat=seat).values_list("brand__slug", "alias")),
    )
    return None if revoked([facts]) else facts


def revoked(principals: Collection[StaffFacts]) -> set[StaffFacts]:
    """Those who may not stay: disabled, of another role or other brands now, signed out, password
    changed, or the token taken away. A handful of queries, however many there are."""
    agents = Agent.objects.in_bulk({one.agent_id for one in principals})
    brands: dict[int, set[int]] = {}
    for seat, brand in Persona.objects.filter(seat__in=agents).values_list("seat_id", "brand_id"):
        brands.setdefault(seat, set()).add(brand)
    sessions = _signed_in({one.browser_session for one in principals if one.browser_session})
    hashes = {one.token_hash for one in principals if one.token_hash}
    tokens = dict(
        StaffToken.objects.filter(key_hash__in=hashes).values_list("key_hash", "agent_id")
        if hashes
        else ()
    )
    gone = set()
    for one in principals:
        agent = agents.get(one.agent_id)
        if (
            agent is None
            or not agent.is_active
            or agent.role != one.role
            or (frozenset(brands.get(one.agent_id, ())) or None) != one.actor.brands
            or (one.browser_session and not _holds(sessions.get(one.browser_session), agent))
            or (one.token_hash and tokens.get(one.token_hash) != one.agent_id)
        ):
            gone.add(one)
    return gone


def _signed_in(keys: Collection[str]) -> dict[str, dict[str, str]]:
    """What the browser sessions that still exist hold."""
    if not keys:
        return {}
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return {row.session_key: row.get_decoded() for row in rows}


def _holds(session: dict[str, str] | None, agent: Agent) -> bool:
    if not session or BACKEND_SESSION_KEY not in session:
        return False
    return session.get(SESSION_KEY) == str(agent.pk) and constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), agent.get_session_auth_hash()
    )


def create_token(agent: Agent) -> str:
    """A new key for ``Authorization: Token``; it is told once."""
    key = "k_" + secrets.token_urlsafe(32)
    StaffToken.objects.create(key_hash=hashed(key), agent=agent, created_ts=clock.now_ms())
    return key


def authenticate_token(key: str) -> tuple[Agent, str] | None:
    """The active owner of a key, and the key's hash."""
    row = (
        StaffToken.objects.select_related("agent")
        .filter(key_hash=hashed(key), agent__is_active=True)
        .first()
    )
    return (row.agent, row.key_hash) if row is not None else None


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
