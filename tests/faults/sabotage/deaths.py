"""Points of death: the process kills itself with SIGKILL at the n-th passing of a named point.

Argument ``n`` or ``nxt``: at every n-th passing, but only ``t`` times over all processes (once, if not
said): a child that comes back would die for ever. In the order of the product's own code:

``dies-uncommitted``  web: a message is written, its transaction is open
``dies-committed``    web: committed; nobody was told anything
``dies-unpushed``     web: committed, the publication waits for the loop
``dies-unacked``      web: pushed to this process's sockets; no ack
``dies-unrung``       web: acked and pushed here; the other processes, where the player sits, were not told
``dies-idle``         dispatcher: before a step
``dies-offering``     dispatcher: an offer is written, its transaction is open
``dies-offered``      dispatcher: the offer is committed; nobody was told
``dies-returning``    dispatcher: a conversation is back in the queue, the transaction is open
``dies-returned``     dispatcher: the same, committed; nobody was told
``dies-stepped``      dispatcher: after a conversation went back and everybody was told
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

from tests.faults.sabotage.marking import mark

# Until an ack has left through the socket; a bridge that was rung has long sent by then.
ACK_SECONDS = 0.05


class Death:
    """One point: counts who passes."""

    def __init__(self, point: str, argument: str) -> None:
        each, _, times = argument.partition("x")
        self._point, self._each, self._times = point, int(each or 1), int(times or 1)
        self._passed = 0
        self._lock = threading.Lock()

    def due(self) -> bool:
        with self._lock:
            self._passed += 1
            return self._passed % self._each == 0 and mark(self._point, self._times)

    def passed(self) -> None:
        if self.due():
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Inside(threading.local):
    """Whether this thread is inside a certain function."""

    yes = False

    @contextmanager
    def it(self) -> Iterator[None]:
        self.yes = True
        try:
            yield
        finally:
            self.yes = False


def _within(module: Any, name: str) -> Inside:
    """Notes for each thread whether it is inside this function of the module."""
    inside, original = Inside(), getattr(module, name)

    @wraps(original)
    def noted(*args: Any, **kwargs: Any) -> Any:
        with inside.it():
            return original(*args, **kwargs)

    setattr(module, name, noted)
    return inside


def _before(owner: Any, name: str, does: Callable[..., None]) -> None:
    """Calls ``does`` with the same arguments before this function of the owner."""
    original = getattr(owner, name)

    @wraps(original)
    def preceded(*args: Any, **kwargs: Any) -> Any:
        does(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(owner, name, preceded)


def _after(owner: Any, name: str, does: Callable[[Any], None]) -> None:
    """Calls ``does`` with what this function returned."""
    original = getattr(owner, name)

    @wraps(original)
    def followed(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        does(found)
        return found

    setattr(owner, name, followed)


def has_message(batch: Sequence[Any]) -> bool:
    """Whether somebody's message is among the publications (and not only what verbs record)."""
    from chatdesk.delivery.audience import Line

    return any(isinstance(one, Line) and '"message"' in one.staff for one in batch)


# --- web -------------------------------------------------------------------------------------------


def _uncommitted(argument: str) -> None:
    from chatdesk.conversations import bulk

    death, original = Death("dies-uncommitted", argument), bulk.insert

    def insert(rows: Sequence[Any], *, notes: bool) -> None:
        original(rows, notes=notes)
        if rows:
            death.passed()

    bulk.insert = insert


def _committed(argument: str) -> None:
    from chatdesk.delivery.hub import hub

    death = Death("dies-committed", argument)

    def writing(batch: Sequence[Any]) -> None:
        if threading.current_thread().name.startswith("committer") and has_message(batch):
            death.passed()

    _before(hub, "publish", writing)


def _unpushed(argument: str) -> None:
    from chatdesk.delivery.hub import hub

    death = Death("dies-unpushed", argument)
    _before(hub, "_publish", lambda batch: death.passed() if has_message(batch) else None)


def _unacked(argument: str) -> None:
    from chatdesk.connections.committer import Waiting
    from chatdesk.conversations.messages import Posted

    death = Death("dies-unacked", argument)

    def telling(waiting: Any, outcome: Any) -> None:
        if isinstance(outcome, Posted):
            death.passed()

    _before(Waiting, "tell", telling)


def _unrung(argument: str) -> None:
    from chatdesk.delivery.bridge import Bridge

    death, original = Death("dies-unrung", argument), Bridge.put

    def put(bridge: Any, batch: Sequence[Any]) -> None:
        if has_message(batch) and _player_sits_elsewhere(batch) and death.due():
            asyncio.get_running_loop().call_later(ACK_SECONDS, die)
        else:
            original(bridge, batch)

    Bridge.put = put  # type: ignore[method-assign]


def _player_sits_elsewhere(batch: Sequence[Any]) -> bool:
    """Whether somebody of the staff hears a line of the batch here, and its player does not."""
    from chatdesk.delivery.audience import Line, player, staff
    from chatdesk.delivery.hub import hub

    return any(
        isinstance(one, Line) and hub.has(staff(one.conv)) and not hub.has(player(one.conv))
        for one in batch
    )


# --- dispatcher ------------------------------------------------------------------------------------


def _idle(argument: str) -> None:
    from chatdesk.dispatch.dispatcher import Dispatcher

    death = Death("dies-idle", argument)
    _before(Dispatcher, "_step", lambda _: death.passed())


def _offering(argument: str) -> None:
    from chatdesk.conversations import offers

    death, inside = Death("dies-offering", argument), _within(offers, "make")
    _after(offers, "frame", lambda _: death.passed() if inside.yes else None)


def _offered(argument: str) -> None:
    from chatdesk.conversations import offers
    from chatdesk.delivery.hub import hub

    death, inside = Death("dies-offered", argument), _within(offers, "make")
    _before(hub, "publish", lambda _: death.passed() if inside.yes else None)


def _returning(argument: str) -> None:
    from chatdesk.conversations import assignments

    death, inside = Death("dies-returning", argument), _within(assignments, "return_to_queue")
    _after(assignments, "enqueue", lambda _: death.passed() if inside.yes else None)


def _returned(argument: str) -> None:
    from chatdesk.conversations import assignments
    from chatdesk.delivery.hub import hub

    death, inside = Death("dies-returned", argument), _within(assignments, "return_to_queue")
    _before(hub, "publish", lambda _: death.passed() if inside.yes else None)


def _stepped(argument: str) -> None:
    from chatdesk.conversations import assignments

    death = Death("dies-stepped", argument)
    _after(assignments, "return_to_queue", lambda moved: death.passed() if moved else None)


WEB: dict[str, Callable[[str], None]] = {
    "dies-uncommitted": _uncommitted,
    "dies-committed": _committed,
    "dies-unpushed": _unpushed,
    "dies-unacked": _unacked,
    "dies-unrung": _unrung,
}
DISPATCHER: dict[str, Callable[[str], None]] = {
    "dies-idle": _idle,
    "dies-offering": _offering,
    "dies-offered": _offered,
    "dies-returning": _returning,
    "dies-returned": _returned,
    "dies-stepped": _stepped,
}
PLANTS = {**WEB, **DISPATCHER}
