"""Who waits, in lines: those who ask for the same form one. Written in SQL, because each decision of the
dispatcher begins here, and composing these queries cost more than asking them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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
