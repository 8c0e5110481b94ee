"""The bridge between processes over a real Valkey: what it carries, and that it says so when in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
import pytest_asyncio
from channels_redis.pubsub import RedisPubSubChannelLayer

from chatdesk.delivery import bridge as bridging
from chatdesk.delivery.audience import Hint, Line, Publication, Shut, Word
from chatdesk.delivery.bridge import Bridge
from tests.valkey import Valkey

pytestmark = [pytest.mark.asyncio, pytest.mark.live]

EVERYTHING: list[Publication] = [
    Line("c1", "event", 4, "p:x", '{"t":"ev"}', '{"t":"ev","s":1}', None),
    Line("c1", "note", 2, "a:9", None, '{"t":"note_ev"}', '{"t":"note_ev","cmid":"m"}'),
    Word("s:c1", '{"t":"eph"}', fleeting=True, but_sid="sid"),
    Hint("queue", "3"),
    Shut("session:x", 4401),
]


class Process:
    """One process as far as the bridge goes."""

    def __init__(self, url: str) -> None:
        self.heard: list[Publication] = []
        self.doubts = 0
        self.bridge = Bridge(lambda: _layer(url), self._take, self._doubt)
        self.bridge.start()

    def _take(self, batch: Sequence[Publication]) -> None:
        self.heard.extend(batch)

    def _doubt(self) -> None:
        self.doubts += 1


def _layer(url: str) -> Any:
    host = {"address": url, "socket_timeout": 5, "socket_connect_timeout": 2}
    return RedisPubSubChannelLayer(hosts=[host], prefix="tests")


async def soon(holds: Callable[[], bool], seconds: float = 20) -> None:
    for _ in range(int(seconds * 20)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not in time")


@pytest_asyncio.fixture
async def pair(valkey: Valkey) -> AsyncIterator[tuple[Process, Process]]:
    processes = Process(valkey.url), Process(valkey.url)
    await soon(lambda: all(one.bridge.healthy for one in processes))
    yield processes
    for one in processes:
        await one.bridge.stop()


async def test_what_one_publishes_the_other_gets_in_order_and_the_sender_does_not(
    pair: tuple[Process, Process],
) -> None:
    one, other = pair
    one.bridge.put(EVERYTHING)
    await soon(lambda: len(other.heard) == len(EVERYTHING))
    assert other.heard == EVERYTHING
    assert one.heard == []


async def test_large_bursts_arrive_whole(pair: tuple[Process, Process]) -> None:
    one, other = pair
    lines: list[Publication] = [Hint("conv", str(number)) for number in range(5000)]
    one.bridge.put(lines)
    await soon(lambda: len(other.heard) == len(lines))
    assert other.heard == lines


async def test_a_restart_of_redis_is_noticed_doubted_and_healed(
    pair: tuple[Process, Process], valkey: Valkey
) -> None:
    one, other = pair
    valkey.stop()
    await soon(lambda: not one.bridge.healthy and not other.bridge.healthy)
    doubts = other.doubts
    one.bridge.put(EVERYTHING)
    valkey.start()
    await soon(lambda: one.bridge.healthy and other.bridge.healthy)
    # Whoever was away asks the database: at least one doubt after the link came back.
    assert other.doubts > doubts
    one.bridge.put([Hint("conv", "after")])
    await soon(lambda: Hint("conv", "after") in other.heard)


async def test_over_its_bound_the_queue_is_dropped_with_a_doubt(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridging, "QUEUE_PUBLICATIONS", 10)
    one = Process(valkey.url)
    await soon(lambda: one.bridge.healthy)
    before = one.doubts
    one.bridge.put([Hint("conv", str(number)) for number in range(8)])
    one.bridge.put([Hint("conv", str(number)) for number in range(8)])
    assert one.doubts > before
    await one.bridge.stop()
