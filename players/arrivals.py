"""What the hello of a player needs, read for everybody who comes at the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatdesk.connections.gathering import Gathered
from chatdesk.conversations import clock, incarnations, queries
from chatdesk.delivery.protocol.frames import PlayerConv, StaffConv
from players import sessions
from players.models import Player
from players.service import Outlook


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came, and what the welcome says."""

    facts: sessions.SessionFacts
    me: dict[str, Any]
    brand: dict[str, Any]
    previews: bool
    db: str
    now_ts: int


def read(secrets: Sequence[str]) -> dict[str, Arrival]:
    """The arrivals of good sessions; without those that are ended, unknown or blocked."""
    db, now = incarnations.current(), clock.now_ms()
    outlook = Outlook(now)
    return {
        secret: Arrival(
            facts=sessions.facts(row),
            me=sessions.me(row.player),
            brand=_brand(row.player, outlook),
            previews=row.player.brand.previews,
            db=db,
            now_ts=now,
        )
        for secret, row in sessions.good(secrets, now).items()
        if row.player.blocked_ts is None
    }


def _brand(player: Player, outlook: Outlook) -> dict[str, Any]:
    brand, lang = player.brand, player.lang
    return sessions.brand_view(brand, lang, outlook.of(brand, lang, player.market))


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
