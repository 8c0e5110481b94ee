"""What was sent and what was received, and whether the two agree with the database. Pure: no I/O, no clock.

People are named as rows name authors: ``p:<player id>``, ``a:<agent id>``. Times are seconds of one
monotonic clock. Faults hold ids and numbers, never a text.

* **lost**: acked and not in the database under the acked number; or in the database while somebody took
  part, and never shown to him.
* **doubled**: one message under two numbers, a number shown twice to one person, or a message in the
  database that nobody sent or that was refused for good.
* **out of order**: numbers shown to one person that do not rise one by one; acks of one sender that do not
  rise in the order of sending; a body shown under another number of its conversation.
* **misdelivered**: a line of a conversation in which the receiver never took part, somebody else's
  ``cmid``, or a body that belongs to another conversation.
* **altered**: a line that differs from the database in any other way.

A player takes part from the first number to the last; an agent up to the number with which his last
turn ended (what was before him he reads). In a conversation of an earlier evening an agent may have had
his turn then: there only those are judged who were shown something now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chatdesk.demo.evening.transcript import Shown

Kind = Literal["lost", "doubled", "out_of_order", "misdelivered", "altered"]
KINDS: tuple[Kind, ...] = ("lost", "doubled", "out_of_order", "misdelivered", "altered")
_ENDS_A_TURN = frozenset({"left", "transferred", "closed"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the database's transcript."""

    seq: int
    kind: str
    role: str
    author: str
    body: str | None
    cmid: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One conversation as the database has it; ``notes`` are (author, cmid, note_seq)."""

    conv: str
    player: str
    state: str
    lines: tuple[Line, ...]
    notes: tuple[tuple[str, str | None, int], ...] = ()

    def until(self, who: str) -> int | None:
        """The last number that somebody must have seen; None if he took no part."""
        last = self.lines[-1].seq if self.lines else 0
        if who == self.player:
            return last
        end, serves = None, False
        for line in self.lines:
            if line.kind == "joined":
                serves = line.author == who
            elif serves and line.kind in _ENDS_A_TURN:
                end, serves = line.seq, False
        return last if serves else end


@dataclass(slots=True)
class Sent:
    """A message from the moment its author wanted it sent. ``offline``: he had to reconnect first."""

    conv: str
    author: str
    cmid: str
    body: str
    intended: float
    note: bool = False
    tries: int = 0
    offline: bool = False
    seq: int | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Showing:
    """An event as one person was shown it. ``live_since``: since when his socket followed without a
    break, None while he was catching up; ``part_since``: since when he took part at all."""

    event: Shown
    at: float
    live_since: float | None
    part_since: float | None


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    conv: str
    who: str
    seq: int | None
    why: str


@dataclass(slots=True)
class Ledger:
    sent: dict[str, Sent] = field(default_factory=dict)
    shown: dict[tuple[str, str], list[Showing]] = field(default_factory=lambda: defaultdict(list))
    seen: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    began: dict[str, str] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)

    # --- recording -----------------------------------------------------------------------------

    def intends(
        self, conv: str, author: str, cmid: str, body: str, at: float, *, note: bool = False
    ) -> Sent:
        message = Sent(conv, author, cmid, body, at, note)
        self.sent[cmid] = message
        return message

    def arrives(self, who: str) -> None:
        """Somebody of this evening: whatever he takes part in, he must be shown."""
        self.people.add(who)

    def opened(self, conv: str, player: str) -> None:
        """A conversation that began this evening: every message in it must be one of ours."""
        self.began[conv] = player

    def received(self, who: str, conv: str, seq: int) -> None:
        """Any line that a socket brought, before the ordering rule."""
        self.seen[who, conv].add(seq)

    def applied(
        self,
        who: str,
        conv: str,
        event: Shown,
        at: float,
        live_since: float | None = None,
        part_since: float | None = None,
    ) -> None:
        """A line that the ordering rule let through: what the person sees."""
        self.shown[who, conv].append(Showing(event, at, live_since, part_since))

    def conversations(self) -> set[str]:
        return {conv for _, conv in self.seen} | {one.conv for one in self.sent.values()}

    def unanswered(self) -> list[Sent]:
        """Messages of which nobody knows what became of them."""
        return [one for one in self.sent.values() if one.seq is None and one.refused is None]

    # --- how fast ------------------------------------------------------------------------------

    def latencies(self) -> tuple[list[float], list[float]]:
        """Seconds from wanting to send to being shown at the other side: (with both sides connected
        all the while, with somebody reconnecting in between). What was written before the other side
        took part is history and counts in neither. Ascending."""
        prompt: list[float] = []
        late: list[float] = []
        meant = {
            (one.conv, one.seq): one
            for one in self.sent.values()
            if one.seq is not None and not one.note
        }
        for (who, conv), showings in self.shown.items():
            for showing in showings:
                message = meant.get((conv, showing.event.seq))
                if message is None or message.author == who:
                    continue
                if showing.part_since is None or showing.part_since > message.intended:
                    continue
                took = showing.at - message.intended
                there = showing.live_since is not None and showing.live_since <= message.intended
                straight = message.tries == 1 and not message.offline
                (prompt if there and straight else late).append(took)
        return sorted(prompt), sorted(late)

    # --- judging -------------------------------------------------------------------------------

    def judge(self, records: Mapping[str, Record]) -> list[Fault]:
        """Every fault, given the database's word on every conversation that was heard of."""
        faults = [*self._of_senders(records)]
        parts = set(self.seen) | {
            (who, conv)
            for conv, record in records.items()
            if conv in self.began
            for who in self.people
            if record.until(who) is not None
        }
        for who, conv in sorted(parts):
            faults += self._of_receiver(who, conv, records.get(conv))
        for conv, record in records.items():
            if conv in self.began:
                faults += self._of_transcript(record)
        return faults

    def _of_senders(self, records: Mapping[str, Record]) -> Iterable[Fault]:
        last: dict[tuple[str, str, bool], int] = {}
        for one in self.sent.values():
            if one.seq is None:
                continue
            key = (one.conv, one.author, one.note)
            if one.seq <= last.get(key, 0):
                yield Fault("out_of_order", one.conv, one.author, one.seq, "acked out of turn")
            last[key] = max(one.seq, last.get(key, 0))
            places = _places(one, records.get(one.conv))
            if one.seq not in places:
                yield Fault("lost", one.conv, one.author, one.seq, "acked, not in the database")
            if len(places) > 1:
                yield Fault("doubled", one.conv, one.author, one.seq, "twice in the database")

    def _of_receiver(self, who: str, conv: str, record: Record | None) -> Iterable[Fault]:
        until = record.until(who) if record is not None else None
        if record is None or until is None:
            for seq in sorted(self.seen[who, conv]):
                yield Fault("misdelivered", conv, who, seq, "no part in this conversation")
            return
        lines = {line.seq: line for line in record.lines}
        showings = self.shown.get((who, conv), [])
        counted = Counter(showing.event.seq for showing in showings)
        for seq, times in counted.items():
            if times > 1:
                yield Fault("doubled", conv, who, seq, f"shown {times} times")
        expected = 1
        for showing in showings:
            seq = showing.event.seq
            if seq != expected and counted[seq] == 1:
                yield Fault("out_of_order", conv, who, seq, f"shown where {expected} belongs")
            expected = seq + 1
            yield from self._of_line(who, conv, showing.event, lines.get(seq), record)
        for seq in range(1, until + 1):
            if seq in lines and seq not in counted:
                yield Fault("lost", conv, who, seq, "never shown")

    def _of_line(
        self, who: str, conv: str, event: Shown, line: Line | None, record: Record
    ) -> Iterable[Fault]:
        if line is None:
            yield Fault("altered", conv, who, event.seq, "not in the database")
            return
        if event.cmid is not None and line.author != who:
            yield Fault("misdelivered", conv, who, event.seq, "somebody else's cmid")
        if event.body != line.body:
            if any(event.body == other.body for other in record.lines):
                yield Fault("out_of_order", conv, who, event.seq, "the body of another number")
            elif any(event.body == one.body for one in self.sent.values() if one.conv != conv):
                yield Fault("misdelivered", conv, who, event.seq, "another conversation's body")
            else:
                yield Fault("altered", conv, who, event.seq, "another body than the database's")
        elif (event.kind, event.role) != (line.kind, line.role):
            yield Fault("altered", conv, who, event.seq, "another kind or role")

    def _of_transcript(self, record: Record) -> Iterable[Fault]:
        ours = {one.author for one in self.sent.values()} | {record.player}
        for place, line in enumerate(record.lines, start=1):
            if line.seq != place:
                yield Fault("lost", record.conv, line.author, place, "a hole in the database")
                return
            if line.kind != "message" or line.author not in ours:
                continue
            one = self.sent.get(line.cmid or "")
            if one is None or (one.conv, one.author) != (record.conv, line.author):
                yield Fault("doubled", record.conv, line.author, line.seq, "nobody sent it")
            elif one.refused is not None:
                yield Fault("doubled", record.conv, line.author, line.seq, "refused, yet there")


def _places(one: Sent, record: Record | None) -> list[int]:
    """The numbers under which the database has a message."""
    if record is None:
        return []
    if one.note:
        return [
            seq for author, cmid, seq in record.notes if (author, cmid) == (one.author, one.cmid)
        ]
    return [
        line.seq
        for line in record.lines
        if (line.author, line.cmid, line.body) == (one.author, one.cmid, one.body)
    ]


def fault_counts(faults: Iterable[Fault]) -> dict[str, int]:
    counted = Counter(fault.kind for fault in faults)
    return {kind: counted[kind] for kind in KINDS}
