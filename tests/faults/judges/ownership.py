"""Who owned what: from the intervals of assignments, the transcript, and who was connected."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.faults.history import Record
from tests.faults.judges import Violation
from tests.faults.ledger import Ledger, Turn

OWNER_ALIVE_MS = 90_000
UNANSWERED_MS = 5_000
# A round of offers that nobody took is begun anew after 30 s.
QUEUED_MS = 45_000
_ENDS_A_TURN = frozenset({"left", "transferred", "closed"})


def owners(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """At most one owner at any instant; tokens grow; every open chat is queued or owned."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    for turn in ledger.turns:
        turns[turn.conv].append(turn)
    for conv, of_one in turns.items():
        of_one.sort(key=lambda turn: turn.epoch)
        for before, after in pairwise(of_one):
            if after.epoch == before.epoch:
                yield Violation("two_owners", conv, f"epoch {after.epoch} twice")
            if before.ended is None or after.began < before.ended:
                yield Violation("two_owners", conv, f"{before.agent} and {after.agent}")
    for conv, chat in ledger.chats.items():
        active = [turn for turn in turns.get(conv, []) if turn.ended is None]
        if chat.state == "active" and [turn.agent for turn in active] != [chat.owner]:
            yield Violation("stuck_chat", conv, f"active with {len(active)} turns")
        if chat.state != "active" and active:
            yield Violation("stuck_chat", conv, f"{chat.state}, but {active[0].agent} owns it")


def waiting(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Nobody waits in the queue for long while an agent on duty has a free place."""
    end = max((one.ms for one in history), default=0)
    loads = Counter(turn.agent for turn in ledger.turns if turn.ended is None)
    free = [agent for agent in ledger.on_duty if loads[agent] < ledger.capacity.get(agent, 0)]
    lines = ledger.by_conversation("event")
    for conv, chat in ledger.chats.items():
        since = max((row.ts for row in lines.get(conv, []) if row.kind == "queued"), default=end)
        if chat.state == "queued" and free and end - since > QUEUED_MS:
            yield Violation("stuck_chat", conv, f"{end - since} ms queued, {free[0]} has a place")


def capacities(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Never more chats than places, but for what a supervisor forced."""
    moments: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for turn in ledger.turns:
        if not turn.forced:
            moments[turn.agent].append((turn.began, 1))
            if turn.ended is not None:
                moments[turn.agent].append((turn.ended, -1))
    for agent, of_one in moments.items():
        load, places = 0, ledger.capacity.get(agent, 0)
        # Of one millisecond the endings come first: a place is freed before it is taken.
        for at, change in sorted(of_one):
            load += change
            if load > places:
                yield Violation("over_capacity", agent, f"{load} of {places} at {at}")
                break


def writers(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """Whoever writes as an agent owns the conversation at that number, and has the token of his turn."""
    epochs = {one.cmid: one.epoch for one in history if one.what == "invoke" and one.cmid}
    tokens = {(turn.conv, turn.epoch): turn.agent for turn in ledger.turns}
    for conv, rows in ledger.by_conversation("event").items():
        owner = ""
        for row in rows:
            if row.kind == "joined":
                owner = row.author
            elif row.kind in _ENDS_A_TURN:
                owner = ""
            elif row.kind == "message" and row.author.startswith("a:"):
                if row.author != owner:
                    yield Violation("written_by_non_owner", conv, f"{row.author} at {row.seq}")
                elif tokens.get((conv, epochs.get(row.cmid, -1)), owner) != owner:
                    yield Violation("written_by_non_owner", conv, f"old token at {row.seq}")
            elif row.kind == "message" and row.author != ledger.chats[conv].player:
                yield Violation("written_by_non_owner", conv, f"{row.author} at {row.seq}")


def abandoned(history: Sequence[Record], ledger: Ledger) -> Iterator[Violation]:
    """A player who waits for an answer is not left with an agent who has been gone for 90 s."""
    end = max((one.ms for one in history), default=0)
    absences = _absences(history, end)
    waits = _waits(ledger)
    for turn in ledger.turns:
        until = turn.ended if turn.ended is not None else end
        for gone, back in absences.get(turn.agent, []):
            begins = max(gone + OWNER_ALIVE_MS, turn.began)
            ends = min(back, until)
            for since, answered in waits.get(turn.conv, []):
                if min(ends, answered or end) - max(begins, since) > UNANSWERED_MS:
                    why = f"{turn.agent} gone for {(ends - gone) / 1000:.0f} s"
                    yield Violation("dead_owner", turn.conv, why)
                    break


def _absences(history: Sequence[Record], end: int) -> dict[str, list[tuple[int, int]]]:
    there: dict[str, set[str]] = defaultdict(set)
    gone: dict[str, int] = {}
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in history:
        if not one.who.startswith("a:"):
            continue
        if one.what == "welcome":
            if not there[one.who] and one.who in gone:
                found[one.who].append((gone.pop(one.who), one.ms))
            there[one.who].add(one.tab)
        elif one.what == "closed" and one.tab in there[one.who]:
            there[one.who].discard(one.tab)
            if not there[one.who]:
                gone[one.who] = one.ms
    for who, since in gone.items():
        found[who].append((since, end))
    return found


def _waits(ledger: Ledger) -> dict[str, list[tuple[int, int | None]]]:
    """Conversation to spans in which the player's line has no answer."""
    found: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    for conv, rows in ledger.by_conversation("event").items():
        since: int | None = None
        for row in rows:
            if row.kind == "message" and row.role == "player":
                since = row.ts if since is None else since
            elif since is not None and (row.kind == "closed" or row.role == "agent"):
                found[conv].append((since, row.ts))
                since = None
        if since is not None:
            found[conv].append((since, None))
    return found
