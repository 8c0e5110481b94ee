"""What must hold at each step of the day. A breach raises, and says what and when.

Worked out from rows and the simulated sight alone, without the dispatcher's own code: a step that does not
do its work, or does it wrongly, is found here.
"""

from __future__ import annotations

from collections import Counter

from bench.day.floor import Floor, Open
from bench.day.plan import SECOND
from chatdesk.conversations import clock
from chatdesk.delivery.presence import GONE_SECONDS, Sight
from chatdesk.dispatch.rounds import ROUND_PAUSE_MS

TICK_MS = SECOND
# Somebody who is gone is noticed by the first tick after his lease ran out.
SLACK_MS = 2 * TICK_MS


class Broken(AssertionError):
    """A promise of the product does not hold."""


class Promises:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        # A conversation that could have been rung at somebody, and since when.
        self._overlooked: dict[str, int] = {}
        self._alone: dict[str, int] = {}
        self._checked = 0

    def check(self, sight: Sight) -> None:
        self._now = clock.now_ms()
        floor = self._floor
        rows = {row.conv: row for row in floor.open_rows()}
        offers = floor.standing_offers()
        held = floor.held()
        seats = {seat[0]: seat for seat in floor.all_seats()}
        self._somebody_has_it(rows, offers, held)
        self._nothing_is_overdue(rows, offers)
        self._nobody_is_overloaded(offers, held, seats)
        self._nobody_waits_for_the_absent(rows, sight)
        self._nobody_is_overlooked(rows, offers, seats, sight)

    def _somebody_has_it(
        self,
        rows: dict[str, Open],
        offers: list[tuple[str, int, int, int]],
        held: list[tuple[str, int, int, bool, bool]],
    ) -> None:
        owners = Counter(conv for conv, *_ in held)
        rung = {conv for conv, *_ in offers}
        for row in rows.values():
            owned = row.state == "active" and row.owner_id is not None
            if owners[row.conv] != owned or (row.conv in rung and row.state != "queued"):
                raise self._broken("is neither owned, nor offered, nor queued", row.conv)
        if owners.keys() - rows.keys() or rung - rows.keys():
            raise self._broken("is closed and still in somebody's hands", "one")

    def _nothing_is_overdue(
        self, rows: dict[str, Open], offers: list[tuple[str, int, int, int]]
    ) -> None:
        for conv, _, _, due_ts in offers:
            if self._now - due_ts > SLACK_MS:
                raise self._broken("rings longer than an offer lasts", conv)
        for row in rows.values():
            if row.due_ts is not None and self._now - row.due_ts > SLACK_MS:
                raise self._broken("has a deadline that nobody kept", row.conv)

    def _nobody_is_overloaded(
        self,
        offers: list[tuple[str, int, int, int]],
        held: list[tuple[str, int, int, bool, bool]],
        seats: dict[int, tuple[int, str, int | None, int | None, int, int]],
    ) -> None:
        """Nobody is forced on this day; a sleeping one that wakes may be one too many."""
        taken: Counter[int] = Counter()
        for _, agent_id, places, asleep, forced in held:
            taken[agent_id] += places if not asleep and not forced else 0
        for _, agent_id, places, _ in offers:
            taken[agent_id] += places
        for agent_id, (_, _, _, _, capacity, load) in seats.items():
            if taken[agent_id] > capacity:
                raise self._broken("has more than his capacity", f"agent {agent_id}")
            if load != taken[agent_id]:
                raise self._broken("has another load than he carries", f"agent {agent_id}")

    def _nobody_waits_for_the_absent(self, rows: dict[str, Open], sight: Sight) -> None:
        """Unless we suspect ourselves: then an alarm stands."""
        if self._floor.breaker_stands():
            self._alone.clear()
            return
        longest_ms = (self._floor.lost_seconds - GONE_SECONDS) * 1000 + SLACK_MS
        alone: dict[str, int] = {}
        for row in rows.values():
            if row.owner_id is None or row.unanswered_since_ts is None:
                continue
            if row.owner_id not in sight.agents:
                alone[row.conv] = self._alone.get(row.conv, self._now)
                if self._now - alone[row.conv] > longest_ms:
                    raise self._broken("waits for somebody who is not there", row.conv)
        self._alone = alone

    def _nobody_is_overlooked(
        self,
        rows: dict[str, Open],
        offers: list[tuple[str, int, int, int]],
        seats: dict[int, tuple[int, str, int | None, int | None, int, int]],
        sight: Sight,
    ) -> None:
        rung = {conv for conv, *_ in offers}
        free = [
            agent_id
            for agent_id, (_, status, lost_ts, draining_ts, capacity, load) in seats.items()
            if status == "available"
            and lost_ts is None
            and draining_ts is None
            and agent_id in sight.agents
            and load < capacity
        ]
        overlooked: dict[str, int] = {}
        for row in rows.values():
            if row.state != "queued" or row.conv in rung or not free:
                continue
            if self._could_ring(row, free):
                overlooked[row.conv] = self._overlooked.get(row.conv, self._now)
                if self._now - overlooked[row.conv] > TICK_MS:
                    raise self._broken("waits while somebody free could take it", row.conv)
        self._overlooked = overlooked

    def _could_ring(self, row: Open, free: list[int]) -> bool:
        """Somebody free speaks the language and was not tried in this round, or the pause between two
        rounds is over."""
        able = [one for one in free if row.lang in self._floor.languages[one]]
        if not able:
            return False
        tries = self._floor.tried(row.conv, row.epoch)
        tried = {agent_id for agent_id, _ in tries}
        if any(one not in tried for one in able):
            return True
        last_ts = max(ended_ts for _, ended_ts in tries)
        return self._now - last_ts > ROUND_PAUSE_MS + SLACK_MS

    def _broken(self, what: str, who: str) -> Broken:
        at = (self._now - self._floor.starts_ts) // SECOND
        clock_of_day = f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}"
        return Broken(f"{clock_of_day} after the beginning: {who} {what}")
