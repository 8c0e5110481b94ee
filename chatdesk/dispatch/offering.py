"""Rings agents for everybody who waits: in the order of the queue, without waiting for anybody who cannot
be served now.

Those who ask for the same form a line; of each line only as many heads are read as there are places for
them. So a decision costs the same however many wait, and a line that nobody can serve costs nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from chatdesk.conversations import clock, offers, queries
from chatdesk.conversations.models import Conversation
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import choosing, roll, rounds
from chatdesk.dispatch.attempts import attempt
from chatdesk.dispatch.choosing import Candidate, Need
from chatdesk.dispatch.rounds import Rung

OFFERS_PER_STEP = 200
_HEADS = 50
_FIRST = (-(2**62), "")

_Head = tuple[int, str, Conversation, Need, Rung, int | None]


def offer_waiting(sight: Sight | None) -> None:
    free = roll.free(sight)
    if not free:
        return
    lines = [_line(key, free) for key in queries.needs()]
    considered = _Considered(sight)
    made = 0
    for _, _, row, need, rung, last_agent_id in heapq.merge(*lines, key=lambda head: head[:2]):
        able = _with_room(free, need)
        asked = rung.asked([one.agent_id for one in able], clock.now_ms()) if able else set()
        open_to = [one for one in able if one.agent_id not in asked]
        if not open_to:
            continue
        chosen, why = choosing.choose(open_to, need, last_agent_id)
        kept = considered.of(free, need, open_to, asked)
        made += attempt(offers.make, row.pk, chosen.agent_id, why, kept)
        # Also when it failed: then what we believed of this agent is out of date.
        chosen.takes(row.weight, need.channel)
        if made >= OFFERS_PER_STEP:
            return


def _with_room(free: Sequence[Candidate], need: Need) -> list[Candidate]:
    return [one for one in free if one.has_room(need.channel) and choosing.able(one, need)]


def _line(key: str, free: Sequence[Candidate]) -> Iterator[_Head]:
    """Those who ask for the same, in their order, as long as somebody has room for them."""
    need = Need.of(key)
    after = _FIRST
    while places := sum(one.capacity - one.load for one in _with_room(free, need)):
        rows = queries.heads_of(key, after, min(places, _HEADS))
        rung, last = rounds.of(rows), rounds.last_agents(rows)
        for row in rows:
            served = last.get((row.player_id, row.brand_id))
            yield row.rank_ts, row.pk, row, need, rung.get(row.pk, Rung()), served
        if not rows:
            return
        after = rows[-1].rank_ts, rows[-1].pk


class _Considered:
    """What is kept of a decision: who was free, and by what each of the others was ruled out."""

    def __init__(self, sight: Sight | None) -> None:
        self._sight = sight
        self._others: list[Candidate] | None = None
        self._absent: dict[str, list[int]] = {}

    def of(
        self,
        free: Sequence[Candidate],
        need: Need,
        open_to: Sequence[Candidate],
        asked: set[int],
    ) -> dict[str, Any]:
        if self._others is None:
            known = {one.agent_id for one in free}
            present = roll.present(self._sight)
            self._others = [one for one in present if one.agent_id not in known]
            self._absent = roll.absent(self._sight)
        found = choosing.sort([*free, *self._others], need, asked)
        return {
            "free": [one.agent_id for one in open_to],
            "excluded": {**found.excluded, **self._absent},
        }
