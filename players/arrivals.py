"""What the hello of a player needs, read for everybody who comes at the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatdesk.connections.gathering import Gathered
from chatdesk.conversations import clock, incarnations, queries
from chatdesk.delivery.protocol.frames import PlayerConv, PlayerService, StaffConv
from players import sessions
from players.models import PlayerSession
from players.service import Outlook


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came, and what the welcome says."""

    facts: sessions.SessionFacts
    me: dict[str, Any]
    brand: dict[str, Any]
    service: PlayerService
    previews: bool
    db: str
    now_ts: int


def read(secrets: Sequence[str]) -> dict[str, Arrival]:
    """The arrivals of good sessions; without those that are ended, unknown or blocked."""
    db, now = incarnations.current(), clock.now_ms()
    outlook = Outlook(now)
    return {
        secret: _arrival(row, outlook, db, now)
        for secret, row in sessions.good(secrets, now).items()
        if row.player.blocked_ts is None
    }


def _arrival(row: PlayerSession, outlook: Outlook, db: str, now: int) -> Arrival:
    player, brand = row.player, row.player.brand
    service = outlook.of(brand, player.lang, player.market)
    return Arrival(
        facts=sessions.facts(row),
        me=sessions.me(player),
        brand=sessions.brand_view(brand, player.lang, service),
        service=service,
        previews=brand.previews,
        db=db,
        now_ts=now,
    )


def _open(player_ids: Sequence[str]) -> dict[str, str]:
    return queries.open_of_players(player_ids)


def _states(convs: Sequence[str]) -> dict[str, tuple[PlayerConv, StaffConv]]:
    return queries.conv_frames(convs)


arrivals: Gathered[str, Arrival] = Gathered(read)
"""By the session's secret."""
open_conversations: Gathered[str, str] = Gathered(_open)
"""By the player's id."""
states: Gathered[str, tuple[PlayerConv, StaffConv]] = Gathered(_states)
"""By the conversation."""
