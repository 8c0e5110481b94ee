"""Who saw what: lines, notes, names and ids that their receiver may not have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.faults.history import Record
from tests.faults.judges import Violation
from tests.faults.judges.sending import spans_taken_back
from tests.faults.ledger import Ledger, Row, Turn

STRAGGLERS_MS = 5_000


def received(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Nobody gets a line of a conversation in which he has no part, somebody else's ``cmid``, or a
    note as a player; agents get no more than a few stragglers after their turn."""
    rows = {(row.conv, row.lane, row.seq): row for row in ledger.rows}
    turns: dict[tuple[str, str], list[Turn]] = defaultdict(list)
    for turn in ledger.turns:
        turns[turn.conv, turn.agent].append(turn)
    watched = {(one.who, one.conv) for one in history if one.what == "watch"}
    told: set[tuple[str, str, str]] = set()
    # What was shown before a backup was put back is compared with no row: they are others now.
    rewound = max((end for _, end in spans_taken_back(history)), default=0.0)
    for one in history:
        if one.what == "leaked":
            yield Violation("seen_what_is_not_theirs", one.tab, str((one.data or {}).get("why")))
        if one.what != "frame":
            continue
        if one.at > rewound:
            why = _not_theirs(one, ledger, rows, turns, watched)
        else:
            why = _of_a_player(one, ledger)
        if why and (one.tab, one.conv, why) not in told:
            told.add((one.tab, one.conv, why))
            yield Violation("seen_what_is_not_theirs", one.tab, f"{one.conv} {one.seq}: {why}")


def _not_theirs(
    one: Record,
    ledger: Ledger,
    rows: dict[tuple[str, str, int], Row],
    turns: dict[tuple[str, str], list[Turn]],
    watched: set[tuple[str, str]],
) -> str:
    row = rows.get((one.conv, one.lane, one.seq))
    if one.conv not in ledger.chats:
        return "a chat of another brand, or of none"
    why = _of_a_player(one, ledger)
    if not why and one.who.startswith("a:") and (one.who, one.conv) not in watched:
        why = _of_staff(one, ledger, row, turns.get((one.conv, one.who), []))
    if not why and one.cmid and row is not None and row.author != one.who:
        why = "somebody else's cmid"
    return why


def _of_a_player(one: Record, ledger: Ledger) -> str:
    """Whose a chat is never changes, whatever becomes of the database."""
    chat = ledger.chats.get(one.conv)
    if not one.who.startswith("p:"):
        return ""
    if one.lane == "note":
        return "a note"
    return "another player's chat" if chat is not None and chat.player != one.who else ""


def _of_staff(one: Record, ledger: Ledger, row: Row | None, own: list[Turn]) -> str:
    if one.do == "history" and one.who in ledger.supervisors:
        return ""  # he may read whatever he asks for in his brands; it is recorded
    if not own:
        return "a chat that was never his"
    ends = [turn.ended for turn in own if turn.ended is not None]
    over = max(ends) if len(ends) == len(own) else None
    if one.do == "push" and row is not None and over is not None and row.ts > over + STRAGGLERS_MS:
        return "a line long after his turn"
    return ""
