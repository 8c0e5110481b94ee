"""Whom a waiting conversation has been rung at: never twice at the same agent in one round.

A round is over when everybody who could take it was tried equally often; the next begins after a pause,
and whoever comes on duty meanwhile is tried first. Rounds are of one wait: a new owner begins anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chatdesk.conversations import clock, lines
from chatdesk.conversations.lines import Waiter
from chatdesk.conversations.models import Conversation

ROUND_PAUSE_MS = 30_000
GAVE_UP = ("released", "transferred", "lost", "no_reply", "full", "shift_end")


@dataclass(slots=True)
class Rung:
    """How often each agent was tried in this wait, and when the last try ended."""

    times: Counter[int] = field(default_factory=Counter)
    last_ts: int = 0

    def asked(self, able: Collection[int]) -> set[int]:
        """Whom of those who can take it this round has tried already."""
        least = min((self.times[agent_id] for agent_id in able), default=0)
        if least > 0 and clock.now_ms() - self.last_ts < ROUND_PAUSE_MS:
            return set(able)
        return {agent_id for agent_id in able if self.times[agent_id] > least}


def of(rows: Sequence[Conversation | Waiter]) -> Mapping[str, Rung]:
    """Read for many at once: offers of this wait, and whoever gave it back to begin it."""
    epochs = {row.pk: row.epoch for row in rows}
    found: dict[str, Rung] = defaultdict(Rung)
    for conv, epoch, agent_id, ended_ts in lines.tried(list(epochs), GAVE_UP):
        if epoch == epochs[conv]:
            found[conv].times[agent_id] += 1
            found[conv].last_ts = max(found[conv].last_ts, ended_ts)
    return found


def last_agents(rows: Sequence[Conversation | Waiter]) -> Mapping[tuple[str, int], int]:
    """Who served each player last, by (player, brand)."""
    return {
        (player_id, brand_id): agent_id
        for player_id, brand_id, agent_id in lines.served([row.player_id for row in rows])
    }
