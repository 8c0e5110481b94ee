"""Who waits, in lines: those who ask for the same form one. Written in SQL, because each decision of the
dispatcher begins here, and composing these queries cost more than asking them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

Place = tuple[int, str]
"""``rank_ts`` and key: where one stands in a line."""

FIRST: Place = (-(2**62), "")
# SQLite joins no more than 500 in one statement.
_IN_ONE_QUERY = 200


class Waiter(NamedTuple):
    """A queued conversation, as much of it as a decision needs."""

    pk: str
    brand_id: int
    player_id: str
    epoch: int
    need: str
    rank_ts: int
    weight: int

    @property
    def place(self) -> Place:
        return self.rank_ts, self.pk


def needs() -> list[str]:
    """What those who wait ask for, each once: one look into the index for each, however many wait."""
    with connection.cursor() as cursor:
        cursor.execute(_NEEDS)
        return [need for (need,) in cursor.fetchall()]


def heads(asked: Mapping[str, tuple[Place, int]]) -> dict[str, list[Waiter]]:
    """The next of each line, by need: behind a place in it, so many, without those who ring somewhere,
    in the order of the queue. One query, however many lines."""
    found: dict[str, list[Waiter]] = {need: [] for need in asked}
    wanted = list(asked.items())
    with connection.cursor() as cursor:
        for at in range(0, len(wanted), _IN_ONE_QUERY):
            some = wanted[at : at + _IN_ONE_QUERY]
            values = [
                value
                for need, ((rank_ts, pk), limit) in some
                for value in (need, rank_ts, rank_ts, pk, limit)
            ]
            cursor.execute(" UNION ALL ".join([_HEADS] * len(some)), values)
            for row in cursor.fetchall():
                one = Waiter(*row)
                found[one.need].append(one)
    return found


def tried(convs: Sequence[str], gave_up: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """(conversation, epoch, agent, when it ended) of every offer that is over, and of every assignment
    that ended for one of the reasons ``gave_up``."""
    return _of(_TRIED, convs, gave_up)


def served(players: Sequence[str]) -> list[tuple[str, int, int]]:
    """(player, brand, agent) of everything that was ever assigned for these players, the last one last."""
    return _of(_SERVED, players, ())


def _of(query: str, keys: Sequence[str], more: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    with connection.cursor() as cursor:
        for at in range(0, len(keys), _IN_ONE_QUERY):
            some = keys[at : at + _IN_ONE_QUERY]
            cursor.execute(query.format(_marks(some), _marks(more)), [*some, *more])
            found += cursor.fetchall()
    return found


def _marks(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))


_NEEDS = """
WITH RECURSIVE found(need) AS (
    SELECT (SELECT min(need) FROM conversations_conversation WHERE state = 'queued')
    UNION ALL
    SELECT (SELECT min(c.need) FROM conversations_conversation AS c
            WHERE c.state = 'queued' AND c.need > found.need)
    FROM found WHERE found.need IS NOT NULL)
SELECT need FROM found WHERE need IS NOT NULL
"""

_HEADS = """
SELECT * FROM (
    SELECT c.id, c.brand_id, c.player_id, c.epoch, c.need, c.rank_ts, c.weight
    FROM conversations_conversation AS c
    WHERE c.state = 'queued' AND c.need = %s
        AND c.rank_ts >= %s AND (c.rank_ts > %s OR c.id > %s)
        AND NOT EXISTS (SELECT 1 FROM conversations_offer AS o
                        WHERE o.conversation_id = c.id AND o.state = 'offered')
    ORDER BY c.rank_ts, c.id LIMIT %s) AS line
"""

_TRIED = """
WITH of(id) AS (SELECT id FROM conversations_conversation WHERE id IN ({0}))
SELECT conversation_id, round_epoch, agent_id, ended_ts FROM conversations_offer
WHERE conversation_id IN (SELECT id FROM of) AND ended_ts IS NOT NULL
UNION ALL
SELECT conversation_id, epoch, agent_id, ended_ts FROM conversations_assignment
WHERE conversation_id IN (SELECT id FROM of) AND end_reason IN ({1}) AND ended_ts IS NOT NULL
"""

_SERVED = """
SELECT c.player_id, c.brand_id, a.agent_id
FROM conversations_assignment AS a JOIN conversations_conversation AS c ON c.id = a.conversation_id
WHERE c.player_id IN ({0}) ORDER BY a.began_ts, a.id
"""
