"""Pushes that get lost, come twice or out of order, on their way to this process's sockets.

What comes out of a commit or over the bridge is a push and may go wrong. What a process spreads after it
has asked the database is none: it is the remedy.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.sabotage.marking import mark

LATE_SECONDS = 0.3
# Of each kind so many are noted: the first prove that something went wrong at all.
NOTED = 50
Spread = Callable[[Sequence[Any]], None]


def _on_the_way(change: Callable[[Spread], Spread]) -> None:
    """Puts ``change`` between what is published, here or elsewhere, and this process's sockets."""
    from chatdesk.delivery.bridge import Bridge
    from chatdesk.delivery.hub import hub

    published, first = hub._publish, Bridge.__init__

    def publish(batch: Sequence[Any]) -> None:
        sound = hub.spread
        hub.spread = change(sound)  # type: ignore[method-assign]
        try:
            published(batch)
        finally:
            hub.spread = sound  # type: ignore[method-assign]

    def begin(bridge: Any, make_layer: Any, on_batch: Spread, on_doubt: Any) -> None:
        first(bridge, make_layer, change(on_batch), on_doubt)

    hub._publish = publish  # type: ignore[method-assign]
    Bridge.__init__ = begin  # type: ignore[method-assign]


def _lost(argument: str) -> None:
    share = float(argument or 0.3)

    def change(spread: Spread) -> Spread:
        def some(batch: Sequence[Any]) -> None:
            arrived = [one for one in batch if random.random() >= share]
            if len(arrived) < len(batch):
                mark("pushes-lost", NOTED)
            spread(arrived)

        return some

    _on_the_way(change)


def _doubled(argument: str) -> None:
    share = float(argument or 0.1)

    def change(spread: Spread) -> Spread:
        def twice(batch: Sequence[Any]) -> None:
            doubled = [one for one in batch if random.random() < share]
            if doubled:
                mark("pushes-doubled", NOTED)
            spread([*batch, *doubled])

        return twice

    _on_the_way(change)


def _reordered(argument: str) -> None:
    """Each push has a delay of its own, and a batch is shuffled."""
    late = float(argument or LATE_SECONDS)

    def change(spread: Spread) -> Spread:
        def shuffled(batch: Sequence[Any]) -> None:
            loop = asyncio.get_running_loop()
            mark("pushes-reordered", NOTED)
            for one in random.sample(list(batch), len(batch)):
                loop.call_later(random.uniform(0, late), spread, [one])

        return shuffled

    _on_the_way(change)


PLANTS: dict[str, Callable[[str], None]] = {
    "pushes-lost": _lost,
    "pushes-doubled": _doubled,
    "pushes-reordered": _reordered,
}
