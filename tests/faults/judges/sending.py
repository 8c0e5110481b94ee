"""What was sent: acked exactly once, refused never, in order, and nobody left without an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.history import Record
from tests.faults.judges import Violation
from tests.faults.ledger import Ledger, Row

# These a person understands: the chat was over, or had just changed hands.
UNDERSTOOD = frozenset({"closed", "not_assignee"})
# And these answer commands about things that others were faster with.
RACES = UNDERSTOOD | {"already_taken", "at_capacity", "not_found", "forbidden"}


@dataclass(slots=True)
class _Sent:
    who: str
    tab: str
    conv: str
    lane: str
    hash: str
    at: float


def _invoked(history: Iterable[Record]) -> dict[str, _Sent]:
    return {
        one.cmid: _Sent(
            one.who, one.tab, one.conv, "event" if one.do == "send" else "note", one.hash, one.at
        )
        for one in history
        if one.what == "invoke" and one.cmid
    }


def spans_taken_back(history: Iterable[Record]) -> list[tuple[float, float]]:
    """Spans whose acks a restored backup took back."""
    return [((one.data or {})["from"], one.at) for one in history if one.what == "rewound"]


def taken_back(one: Record, spans: list[tuple[float, float]]) -> bool:
    return any(begin <= one.at <= end for begin, end in spans)


def messages(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Acked exactly once, refused never, and nothing that nobody sent."""
    sent, rewinds = _invoked(history), spans_taken_back(history)
    places: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    bodies: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in ledger.rows:
        if row.cmid:
            places[row.author, row.lane, row.cmid].append(row)
        if row.hash:
            bodies[row.author, row.conv, row.hash].append(row)
    acked: dict[str, set[int]] = defaultdict(set)
    for one in history:
        if one.what == "ok" and one.cmid and one.cmid in sent:
            if taken_back(one, rewinds):
                continue
            if not acked[one.cmid]:
                yield from _one_ack(one, sent[one.cmid], places)
            acked[one.cmid].add(one.seq)
        elif one.what == "fail" and one.cmid and one.cmid in sent:
            message = sent[one.cmid]
            if places.get((message.who, message.lane, one.cmid)):
                yield Violation("refused_but_written", message.conv, f"{one.cmid} {one.code}")
    for cmid, numbers in acked.items():
        if len(numbers) > 1:
            yield Violation("ack_differs", sent[cmid].conv, f"{cmid}: {sorted(numbers)}")
    for (who, conv, _), rows in bodies.items():
        if len(rows) > 1:
            yield Violation("acked_doubled", conv, f"{who} at {[row.seq for row in rows]}")
    for row in ledger.rows:
        if row.cmid and row.cmid not in sent:
            yield Violation("written_but_not_sent", row.conv, f"{row.author} {row.seq}")


def _one_ack(
    ack: Record, message: _Sent, places: dict[tuple[str, str, str], list[Row]]
) -> Iterator[Violation]:
    rows = places.get((message.who, message.lane, ack.cmid), [])
    here = [row for row in rows if row.conv == message.conv]
    if not any(row.seq == ack.seq and row.hash == message.hash for row in here):
        yield Violation("acked_lost", message.conv, f"{message.who} {ack.cmid} as {ack.seq}")
    if len(rows) > 1:
        yield Violation("acked_doubled", message.conv, f"{ack.cmid} at {[row.seq for row in rows]}")


def sequences(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """1, 2, 3 … up to the head, in both sequences; senders' numbers in the order of sending."""
    for lane in ("event", "note"):
        by_conversation = ledger.by_conversation(lane)
        for conv, chat in ledger.chats.items():
            head = chat.last_seq if lane == "event" else chat.last_note_seq
            numbers = [row.seq for row in by_conversation.get(conv, [])]
            if numbers != list(range(1, head + 1)):
                yield Violation("seq_hole", conv, f"{lane}: {len(numbers)} lines, head {head}")
    sent, rewinds = _invoked(history), spans_taken_back(history)
    numbers_of: dict[str, int] = {}
    for one in history:
        if one.what == "ok" and one.cmid in sent and not taken_back(one, rewinds):
            numbers_of.setdefault(one.cmid, one.seq)
    last: dict[tuple[str, str, str], int] = {}
    for cmid, message in sent.items():
        seq = numbers_of.get(cmid)
        if seq is None:
            continue
        key = (message.tab, message.conv, message.lane)
        if seq <= last.get(key, 0):
            yield Violation("out_of_order", message.conv, f"{message.tab}: {seq} after {last[key]}")
        last[key] = max(seq, last.get(key, 0))


def answers(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Nobody is left without an answer, and no refusal shows a person a failure that was none."""
    open_ones = _invoked(history)
    for one in history:
        if one.what in ("ok", "fail") and one.cmid:
            open_ones.pop(one.cmid, None)
        if one.what != "fail":
            continue
        allowed = UNDERSTOOD if one.cmid else RACES
        if one.code not in allowed:
            yield Violation("refused_wrongly", one.who, f"{one.do} {one.conv}: {one.code}")
    for cmid, message in open_ones.items():
        yield Violation("never_answered", message.conv, f"{message.tab} {cmid}")
