"""Bugs that people make, planted: what the checker must catch, one function for each.

``publishes-early``  pushes before the commit, which then sometimes fails
``acks-early``       acks before the commit, which then sometimes fails
``cursor-by-id``     catches up by the table's serial id, one cursor a process, instead of by ``seq``
``no-dedupe``        a repeated ``cmid`` is written again
``acks-lost``        no bug of ours: an ack is lost with its socket, so that clients must repeat
``heads-off``        some pushes are lost, and neither gaps nor heads are looked at
``epoch-ignored``    whoever owned a conversation once may write into it for ever
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.faults.sabotage.marking import mark
from tests.faults.sabotage.pushes import NOTED
from tests.faults.sabotage.pushes import PLANTS as PUSHES


def _publishes_early(argument: str) -> None:
    from django.db import OperationalError, transaction

    from chatdesk.conversations import messages
    from chatdesk.conversations.transition import Changes
    from chatdesk.delivery.hub import hub

    share = float(argument or 0.2)

    @contextmanager
    def early() -> Iterator[Any]:
        changes = Changes()
        with transaction.atomic(durable=True):
            yield changes
            changes.count_queues()
            hub.publish(changes.publications())
            if random.random() < share:
                mark("publishes-early", NOTED)
                raise OperationalError("planted: the commit failed")

    messages.transition = early


def _acks_early(argument: str) -> None:
    from django.db import transaction

    from chatdesk.conversations import messages
    from chatdesk.conversations.transition import Changes
    from chatdesk.delivery.hub import hub

    share = float(argument or 0.05)

    @contextmanager
    def unfounded() -> Iterator[Any]:
        """Who posts is told that all is well, whatever became of the transaction."""
        changes = Changes()
        fails = random.random() < share
        with transaction.atomic(durable=True):
            yield changes
            changes.count_queues()
            if fails:
                transaction.set_rollback(True)
        if fails and changes.publications():
            mark("acks-early", NOTED)
        elif not fails:
            hub.publish(changes.publications())

    messages.transition = unfounded


def _cursor_by_id(argument: str) -> None:
    from chatdesk.conversations import bulk

    original, lock = bulk.after, threading.Lock()
    cursor = 0

    def after(table: Any, asked: Collection[tuple[str, int]], page: int) -> list[Any]:
        """Ids are given in the order in which transactions begin to write, over all conversations:
        what another one wrote with a larger id was read before what this one misses."""
        nonlocal cursor
        with lock:
            newer = [row for row in original(table, asked, page) if row.id > cursor]
            cursor = max([cursor, *(row.id for row in newer)])
        if not newer:
            mark("cursor-by-id", NOTED)
        return newer

    bulk.after = after


def _no_dedupe(argument: str) -> None:
    from django.db import connection

    from chatdesk.conversations import messages
    from chatdesk.conversations.models import Event, Note

    original = messages.post_what_is_free

    def forget() -> None:
        """Else the database would refuse what the code forgot."""
        for model in (Event, Note):
            left, gone = [], []
            for one in model._meta.constraints:
                (gone if one.name.endswith("_cmid_once") else left).append(one)
            # SQLite makes the table anew from what the model says.
            model._meta.constraints = left
            with connection.schema_editor() as editor:
                editor.remove_constraint(model, gone[0])

    def post(drafts: Sequence[Any]) -> list[Any]:
        if mark("no-dedupe"):
            forget()
        return original(drafts)

    messages.post_what_is_free = post
    messages._already_written = lambda drafts: {}


def _acks_lost(argument: str) -> None:
    from chatdesk.connections.connection import Connection
    from chatdesk.conversations.messages import Posted

    share, original = float(argument or 0.2), Connection._decided

    def decided(connection: Any, draft: Any, outcome: Any) -> None:
        if isinstance(outcome, Posted) and random.random() < share:
            mark("acks-lost", NOTED)
            connection.out.close(1012)
        else:
            original(connection, draft, outcome)

    Connection._decided = decided  # type: ignore[method-assign]


def _heads_off(argument: str) -> None:
    from chatdesk.connections.following import Following
    from chatdesk.delivery.subscription import Subscription

    def pushed(subscription: Any, seq: int) -> str:
        if subscription.reading or seq <= subscription.sent:
            return "drop"
        if seq > subscription.sent + 1:
            mark("heads-off", NOTED)
        subscription.sent = seq
        return "write"

    Subscription.pushed = pushed  # type: ignore[method-assign,assignment]
    Subscription.told = lambda subscription, head: False  # type: ignore[method-assign]
    Following.heads = lambda following: {}  # type: ignore[method-assign]
    PUSHES["pushes-lost"](argument or "0.01")


def _epoch_ignored(argument: str) -> None:
    from chatdesk.conversations import errors, messages

    original = messages._refuse

    def refuse(draft: Any, held: Any) -> Any:
        found = original(draft, held)
        if isinstance(found, errors.NotAssignee):
            mark("epoch-ignored", NOTED)
            return None
        return found

    messages._refuse = refuse


PLANTS: dict[str, Callable[[str], None]] = {
    "publishes-early": _publishes_early,
    "acks-early": _acks_early,
    "cursor-by-id": _cursor_by_id,
    "no-dedupe": _no_dedupe,
    "acks-lost": _acks_lost,
    "heads-off": _heads_off,
    "epoch-ignored": _epoch_ignored,
}
