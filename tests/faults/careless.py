"""A client as others write it: its outbox has several messages in flight at once, and each is tried by
itself, a moment sooner or later. The server cannot know in which order they were meant."""

from __future__ import annotations

import asyncio

from tests.faults.people import Player
from tests.faults.tab import Frame, Lost, Tab

LATER_SECONDS = 0.4


def make_careless(player: Player) -> None:
    for tab in player.tabs:
        _hurry(tab)


def _hurry(tab: Tab) -> None:
    """Its messages do not wait for each other any more."""

    async def deliver(conv: str, frame: Frame) -> None:
        while True:
            await asyncio.sleep(tab.chance.uniform(0, LATER_SECONDS))
            try:
                answer = await tab._try(frame["cmid"], frame)
            except Lost:
                continue
            if answer["t"] == "ack" or answer["final"]:
                break
            await asyncio.sleep((answer.get("retry_ms") or 1000) / 1000)
        tab.waiting[conv] -= 1

    tab._deliver = deliver  # type: ignore[method-assign]
