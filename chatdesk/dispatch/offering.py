"""Rings agents for everybody who waits: in the order of the queue, without waiting for anybody who cannot
be served now.

Those who ask for the same form a line; of each line only as many heads are read as there are places for
them. So a decision costs the same however many wait, and a line that nobody can serve costs nothing.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

from chatdesk.conversations import lines, offers
from chatdesk.conversations.lines import Waiter
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import choosing, roll, rounds
from chatdesk.dispatch.attempts import attempt
from chatdesk.dispatch.choosing import Candidate, Need
from chatdesk.dispatch.rounds import Rung

OFFERS_PER_STEP = 200
_HEADS = 50

_Head = tuple[int, str, Waiter, Need, Rung, int | None]


def offer_waiting(sight: Sight | None, considered: Considered | None = None) -> None:
    """Rings whoever can be rung. ``considered`` is kept from step to step by whoever steps often."""
    free = roll.free(sight)
    if not free:
        return
    considered = considered or Considered()
    made = 0
    for _, _, row, need, rung, last_agent_id in heapq.merge(
        *_lines(free), key=lambda head: head[:2]
    ):
        able = _with_room(free, need)
        asked = rung.asked([one.agent_id for one in able])
        open_to = [one for one in able if one.agent_id not in asked]
        if not open_to:
            continue
        chosen, why = choosing.choose(open_to, need, last_agent_id)
        kept = considered.of(sight, free, need, open_to, asked)
        made += attempt(offers.make, row.pk, chosen.agent_id, why, kept)
        # Also when it failed: then what we believed of this agent is out of date.
        chosen.takes(row.weight, need.channel)
        if made >= OFFERS_PER_STEP:
            return


def _with_room(free: Sequence[Candidate], need: Need) -> list[Candidate]:
    return [one for one in free if one.has_room(need.channel) and choosing.able(one, need)]


def _lines(free: Sequence[Candidate]) -> list[Iterator[_Head]]:
    """The lines in which somebody can be served, with their first pages read together."""
    room = {key: _places(free, Need.of(key)) for key in lines.needs()}
    pages = lines.heads(
        {key: (lines.FIRST, min(places, _HEADS)) for key, places in room.items() if places}
    )
    known = _Known([row for page in pages.values() for row in page])
    return [_line(free, Need.of(key), page, known) for key, page in pages.items()]


def _line(
    free: Sequence[Candidate], need: Need, page: list[Waiter], known: _Known
) -> Iterator[_Head]:
    """Those who ask for the same, in their order, as long as somebody has room for them."""
    while page:
        for row in page:
            yield known.head(row, need)
        places = _places(free, need)
        if not places:
            return
        key = page[-1].need
        page = lines.heads({key: (page[-1].place, min(places, _HEADS))})[key]
        known = _Known(page)


def _places(free: Sequence[Candidate], need: Need) -> int:
    return sum(one.capacity - one.load for one in _with_room(free, need))


class _Known:
    """What was tried for some of those who wait, and who served them last."""

    def __init__(self, rows: Sequence[Waiter]) -> None:
        self._rung = rounds.of(rows)
        self._last = rounds.last_agents(rows)

    def head(self, row: Waiter, need: Need) -> _Head:
        served = self._last.get((row.player_id, row.brand_id))
        return row.rank_ts, row.pk, row, need, self._rung.get(row.pk, Rung()), served


class Considered:
    """What is kept of a decision: who was free, and by what each of the others was ruled out.

    The free are of the moment; the others, for whom nothing was decided, are read again when they are
    ``kept_seconds`` old.
    """

    def __init__(self, kept_seconds: float = 0.0) -> None:
        self._kept_seconds = kept_seconds
        self._read_at = -math.inf
        self._others: list[Candidate] = []
        self._absent: dict[str, list[int]] = {}
        self._of_need: dict[Need, dict[str, list[int]]] = {}

    def of(
        self,
        sight: Sight | None,
        free: Sequence[Candidate],
        need: Need,
        open_to: Sequence[Candidate],
        asked: set[int],
    ) -> dict[str, Any]:
        if time.monotonic() - self._read_at > self._kept_seconds:
            self._others = roll.present(sight)
            self._absent = roll.absent(sight)
            self._of_need = {}
            self._read_at = time.monotonic()
        known = {one.agent_id for one in free}
        excluded = {
            reason: list(agent_ids)
            for reason, agent_ids in choosing.sort(free, need, asked).excluded.items()
        }
        for reason, agent_ids in self._others_for(need).items():
            others = [agent_id for agent_id in agent_ids if agent_id not in known]
            if others:
                excluded[reason] = [*excluded.get(reason, ()), *others]
        return {"free": [one.agent_id for one in open_to], "excluded": excluded}

    def _others_for(self, need: Need) -> dict[str, list[int]]:
        """Everybody who was read, as if nobody had room: the free are left out of it later."""
        if need not in self._of_need:
            found = {reason: list(agent_ids) for reason, agent_ids in self._absent.items()}
            for one in self._others:
                found.setdefault(choosing.unable(one, need) or "full", []).append(one.agent_id)
            self._of_need[need] = found
        return self._of_need[need]
