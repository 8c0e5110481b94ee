"""What stood on screens, and what each socket brought, against the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.faults.history import Record
from tests.faults.judges import Violation
from tests.faults.ledger import Ledger

_ENDS_A_TURN = frozenset({"left", "transferred", "closed"})
# Word of a turn may be late by so much; whoever lost it sooner is owed none of its lines.
LATE_MS = 2_000


def _screens(history: Iterable[Record]) -> dict[tuple[str, str, str, str], list[Record]]:
    """(who, tab, conv, lane) to what stands there, in the order of showing; what a client threw away
    does not stand there any more."""
    found: dict[tuple[str, str, str, str], list[Record]] = defaultdict(list)
    for one in history:
        if one.what == "shown":
            found[one.who, one.tab, one.conv, one.lane].append(one)
        elif one.what == "forgot":
            for key in [key for key in found if key[1] == one.tab]:
                del found[key]
    return found


def views(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Each screen, line by line, against the database; and whole, where the person takes part."""
    lines = {lane: ledger.by_conversation(lane) for lane in ("event", "note")}
    screens = _screens(history)
    for (who, tab, conv, lane), shown in screens.items():
        rows = {row.seq: row for row in lines[lane].get(conv, [])}
        yield from _bubbles(tab, conv, shown)
        for one in shown:
            row = rows.get(one.seq)
            if row is None:
                yield Violation("view_differs", tab, f"{conv} {one.seq} is not in the database")
            elif (row.kind, row.hash, row.role) != (one.kind, one.hash, one.role):
                if lane == "note" and row.kind == one.kind and row.hash == one.hash:
                    continue
                yield Violation("view_differs", tab, f"{conv} {one.seq} is another line")
        until = _owed(who, conv, lane, ledger, history)
        last = shown[-1].seq
        if until is not None and last < until:
            yield Violation("view_differs", tab, f"{conv} {lane} ends at {last} of {until}")
    tabs = {(one.who, one.tab) for one in history if one.what == "welcome"}
    for chat in ledger.chats.values():
        if chat.state == "closed" or not chat.last_seq:
            continue
        for who, tab in tabs:
            if who in (chat.player, chat.owner) and (who, tab, chat.conv, "event") not in screens:
                yield Violation("view_differs", tab, f"{chat.conv} was never shown")
            noted = who == chat.owner and chat.last_note_seq
            if noted and (who, tab, chat.conv, "note") not in screens:
                yield Violation("view_differs", tab, f"{chat.conv}: no note was shown")


def _bubbles(tab: str, conv: str, shown: list[Record]) -> Iterator[Violation]:
    cmids: dict[str, int] = {}
    numbers: set[int] = set()
    for one in shown:
        if one.seq in numbers:
            yield Violation("two_bubbles", tab, f"{conv} {one.seq} twice")
        numbers.add(one.seq)
        if one.cmid and cmids.setdefault(one.cmid, one.seq) != one.seq:
            yield Violation("two_bubbles", tab, f"{conv} {one.cmid} twice")


def _owed(who: str, conv: str, lane: str, ledger: Ledger, history: Sequence[Record]) -> int | None:
    """The last number that somebody must have been shown; None where he is owed nothing."""
    chat = ledger.chats.get(conv)
    if chat is None:
        return None
    head = chat.last_seq if lane == "event" else chat.last_note_seq
    if who == chat.player:
        return head if lane == "event" else None
    if who == chat.owner or _watches(who, conv, history):
        return head
    if lane == "note":
        return None
    end, serves, began = None, False, 0
    for row in ledger.lines(conv):
        if row.kind == "joined":
            serves, began = row.author == who, row.ts
        elif serves and row.kind in _ENDS_A_TURN:
            if row.ts - began >= LATE_MS:
                end = row.seq
            serves = False
    return end


def _watches(who: str, conv: str, history: Sequence[Record]) -> bool:
    watched = False
    for one in history:
        if one.who == who and one.conv == conv and one.what in ("watch", "unwatch"):
            watched = one.what == "watch"
    return watched


def sockets(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Lines pushed over one socket rise one by one. A list of missed lines may begin anew: it ends
    with ``resumed`` of mode ``snapshot``, and may not begin below what that says."""
    last: dict[tuple[int, str, str], int] = {}
    again: dict[tuple[int, str, str], list[Record]] = defaultdict(list)
    for one in history:
        if one.what == "frame" and one.do == "push":
            key = (one.socket, one.conv, one.lane)
            if key in last and one.seq != last[key] + 1:
                again[key].append(one)
            last[key] = one.seq
        elif one.what == "resumed" and one.kind == "snapshot":
            for lane in ("event", "note"):
                again.pop((one.socket, one.conv, lane), None)
    for (socket, conv, lane), records in again.items():
        first = records[0]
        yield Violation("not_rising", first.tab, f"{conv} {lane} {first.seq} on socket {socket}")
