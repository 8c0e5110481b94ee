"""The database of the model: rows in lists, one transaction at a time, which may fail.

It answers what the product asks its own (``bulk`` when it writes, ``queries`` when it reads), so that
``messages.post_batch`` and ``Following`` run here as they are. It enforces nothing that the
promises are to find out: no unique key, no number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.db import OperationalError

from chatdesk.conversations.bulk import Held, Key, Row
from chatdesk.conversations.queries import Head
from chatdesk.conversations.transition import Changes
from chatdesk.delivery.audience import Lane, Publication

if TYPE_CHECKING:
    from tests.model.process import Process

# "answer lost": committed, but the connection broke before anybody knew.
Fate = Literal["commits", "fails", "answer lost", "pretends"]
LANES: tuple[Lane, ...] = ("event", "note")
PAGE_LINES = 2
SNAPSHOT_LINES = 3


@dataclass(frozen=True, slots=True)
class Committed:
    """A row, and who had the conversation at the moment of the commit."""

    row: Row
    owner: int | None
    epoch: int


class Database:
    def __init__(self, convs: dict[str, Held]) -> None:
        self.held = convs
        self.lines: dict[tuple[str, Lane], list[Committed]] = {
            (conv, lane): [] for conv in convs for lane in LANES
        }
        self.fate: Fate = "commits"
        # In which process the open transaction is, and whose rows somebody else has locked.
        self.writer: Process
        self.taken: set[str] = set()
        self._rows: list[tuple[Row, Lane]] = []
        self._held: dict[str, Held] = {}
        self._now = 1_000

    # --- writing: what ``bulk`` and ``transition`` do ------------------------------------------

    @contextmanager
    def transition(self, publish: Callable[[list[Publication]], None]) -> Iterator[Changes]:
        changes = Changes()
        self._rows, self._held = [], {}
        yield changes
        fate, self.fate = self.fate, "commits"
        if fate == "pretends":
            return
        if fate == "fails":
            raise OperationalError("the disk is full")
        self.held.update(self._held)
        for row, lane in self._rows:
            held = self.held[row.conversation_id]
            line = Committed(row, held.owner_id, held.epoch)
            self.lines[row.conversation_id, lane].append(line)
        if fate == "answer lost":
            raise OperationalError("the connection broke")
        publish(changes.publications())

    def hold(self, convs: Collection[str], *, wait: bool = True) -> tuple[dict[str, Held], int]:
        self._now += 1
        free = [conv for conv in sorted(convs) if wait or conv not in self.taken]
        return {conv: copy(self.held[conv]) for conv in free}, self._now

    def locked(self, convs: Collection[str]) -> set[str]:
        return set(convs) & self.taken

    def written(self, keys: Collection[Key], *, notes: bool) -> dict[Key, tuple[int, int, str]]:
        lane: Lane = "note" if notes else "event"
        found: dict[Key, tuple[int, int, str]] = {}
        for key in keys:
            for line in self.lines[key[0], lane]:
                if (line.row.author, line.row.cmid) == key[1:]:
                    found[key] = (line.row.seq, line.row.ts, line.row.body_hash)
        return found

    def renumber(self, held: dict[str, Held]) -> None:
        self._held = {conv: row for conv, row in held.items() if row.changed}

    def insert(self, rows: Sequence[Row], *, notes: bool) -> None:
        self._rows += [(row, "note" if notes else "event") for row in rows]

    # --- reading: what ``queries`` does --------------------------------------------------------

    def rows(self, conv: str, lane: Lane) -> list[Row]:
        return [line.row for line in self.lines[conv, lane]]

    def heads(self, convs: Collection[str]) -> dict[str, Head]:
        return {
            conv: Head(self.held[conv].last_seq, self.held[conv].last_note_seq, ())
            for conv in sorted(convs)
        }

    def events_after(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], list[Row]]:
        return {place: self._page(place, "event") for place in places}

    def notes_after(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], list[Row]]:
        return {place: self._page(place, "note") for place in places}

    def _page(self, place: tuple[str, int], lane: Lane) -> list[Row]:
        conv, seq = place
        return [row for row in self.rows(conv, lane) if row.seq > seq][:PAGE_LINES]

    def last_events(self, conv: str, before: int | None, limit: int) -> tuple[list[Row], bool]:
        return self._last(self.rows(conv, "event"), before, limit)

    def last_notes(self, conv: str, before: int | None, limit: int) -> tuple[list[Row], bool]:
        return self._last(self.rows(conv, "note"), before, limit)

    def _last(self, rows: list[Row], before: int | None, limit: int) -> tuple[list[Row], bool]:
        found = [row for row in rows if before is None or row.seq < before]
        return found[-limit:], len(found) > limit

    def desk(self, agent: int) -> dict[str, int]:
        """The conversations of an agent, each with its epoch."""
        return {conv: held.epoch for conv, held in self.held.items() if held.owner_id == agent}
