"""How late lines stood on the screens of those who had a right to them at that moment.

Whoever takes a chat over, or begins to watch, is shown what was said before he came: that is no
lateness. So a screen counts for a line when its socket was there, and its player's chat it is, or its agent
owned the chat already, at the moment of the ack.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tests.faults.history import Record

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd

# An agent's desk comes to him a moment after his turn began in the database.
DESK_MS = 1_000

Turns = dict[tuple[str, str], list[tuple[int, int]]]


async def of(crowd: Crowd, since: float, until: float) -> list[float]:
    """Seconds from each ack in the span until the line stood on each other screen that is owed it."""
    rows = await asyncio.to_thread(
        crowd.house.rows,
        "SELECT a.conversation_id, a.agent_id, a.began_ts, a.ended_ts "
        "FROM conversations_assignment a "
        "JOIN conversations_conversation c ON c.id = a.conversation_id "
        "JOIN conversations_brand b ON b.id = c.brand_id WHERE b.slug = ?",
        crowd.brand,
    )
    return between(crowd.history.records, turns(rows), since, until)


def turns(rows: Iterable[dict[str, Any]]) -> Turns:
    """(conversation, who) to the spans in which it was his, in milliseconds."""
    found: Turns = defaultdict(list)
    for row in rows:
        ended = row["ended_ts"] if row["ended_ts"] is not None else 1 << 62
        found[row["conversation_id"], f"a:{row['agent_id']}"].append((row["began_ts"], ended))
    return found


def between(history: Sequence[Record], owned: Turns, since: float, until: float) -> list[float]:
    acked: dict[tuple[str, int], Record] = {}
    there: dict[str, float] = {}
    first: dict[tuple[str, str], float] = {}
    found = []
    for one in history:
        if one.what == "welcome":
            there[one.tab] = one.at
        elif one.what == "closed":
            there.pop(one.tab, None)
        elif one.what == "ok" and one.lane == "event" and since <= one.at <= until:
            acked.setdefault((one.conv, one.seq), one)
        elif one.what == "shown" and one.lane == "event":
            began = first.setdefault((one.tab, one.conv), one.at)
            ack = acked.get((one.conv, one.seq))
            if ack is None or ack.tab == one.tab:
                continue
            if there.get(one.tab, ack.at) < ack.at and (
                began < ack.at
                if one.who.startswith("p:")
                else any(b + DESK_MS < ack.ms < e for b, e in owned.get((one.conv, one.who), ()))
            ):
                found.append(one.at - ack.at)
    return found
