"""One transaction, and what is published once it is committed.

Every verb of the core is written as ``with transition() as changes:``. Inside, rows are written and what
happened is noted on ``changes``; after the outermost commit, and only then, it goes to the hub.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, transaction
from django.db.models import F

from chatdesk.conversations import errors, places, shown
from chatdesk.conversations.models import Brand, Seat
from chatdesk.delivery.audience import Hint, Line, Publication, Word
from chatdesk.delivery.hub import hub

# The composition root puts the table of consequences here: event kind -> further publications.
consequences_of: Callable[[str], Iterable[Publication]] = lambda kind: ()  # noqa: E731


_HELD_BY_OTHERS = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class Changes:
    """What a transaction did, in the order in which it did it."""

    def __init__(self) -> None:
        self._publications: list[Publication] = []
        self._hints: dict[Hint, None] = {}
        self._kinds: dict[str, None] = {}
        self._queues: set[int] = set()
        self._desks: set[int] = set()

    def event(self, row: shown.EventRow) -> None:
        self._publications.append(shown.event_line(row))
        self._kinds[row.kind] = None

    def note(self, row: shown.NoteRow) -> None:
        self._publications.append(shown.note_line(row))
        self._kinds[row.kind] = None

    def line(self, line: Line, kind: str) -> None:
        self._publications.append(line)
        self._kinds[kind] = None

    def word(self, word: Word) -> None:
        self._publications.append(word)

    def conversation(self, conv: str) -> None:
        """Its state changed: whoever shows it reads it again."""
        self._hints[Hint("conv", conv)] = None

    def desk(self, agent_id: int) -> None:
        """The agent's desk changed: its revision grows and its places are counted at the end of the
        same transaction. The caller holds the seat's lock."""
        self._hints[Hint("desk", str(agent_id))] = None
        self._desks.add(agent_id)

    def queue(self, brand_id: int) -> None:
        """The queue of a brand changed; its revision grows at the end of the same transaction."""
        self._hints[Hint("queue", str(brand_id))] = None
        self._queues.add(brand_id)

    def count_desks(self) -> None:
        """In the order of their keys, as they were locked."""
        for agent_id in sorted(self._desks):
            Seat.objects.filter(pk=agent_id).update(desk_rev=F("desk_rev") + 1, load=places.LOAD)

    def count_queues(self) -> None:
        """Last of all, because these rows are shared by whole brands; in the order of their keys."""
        for brand_id in sorted(self._queues):
            Brand.objects.filter(pk=brand_id).update(queue_rev=F("queue_rev") + 1)

    def hint(self, what: str, key: str = "") -> None:
        self._hints[Hint(what, key)] = None

    def publications(self) -> list[Publication]:
        further = [found for kind in self._kinds for found in consequences_of(kind)]
        hints = dict.fromkeys([*self._hints, *further])
        return [*self._publications, *hints]


@contextmanager
def transition() -> Iterator[Changes]:
    """Refuses to be nested: an inner commit would be no commit, and an ack before it a lie. Whoever
    waits too long for somebody else's lock is refused with ``Unavailable``; nothing was done then."""
    changes = Changes()
    try:
        with transaction.atomic(durable=True):
            yield changes
            changes.count_desks()
            changes.count_queues()
    except OperationalError as error:
        if isinstance(error.__cause__, _HELD_BY_OTHERS):
            raise errors.Unavailable(retry_ms=random.randint(300, 1_500)) from error
        raise
    hub.publish(changes.publications())
