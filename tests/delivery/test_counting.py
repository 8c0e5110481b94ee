"""A person's sockets over all processes, counted in a real Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chatdesk.delivery import counting, redis_clients
from chatdesk.delivery.counting import SocketCount
from tests.valkey import Valkey

pytestmark = [pytest.mark.asyncio, pytest.mark.live]


@pytest_asyncio.fixture
async def pair(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[SocketCount, SocketCount]]:
    valkey.command("FLUSHALL")
    monkeypatch.setattr(counting, "LEASE_SECONDS", 1)
    monkeypatch.setattr(counting, "RENEW_SECONDS", 0.3)
    one, other = (SocketCount(redis_clients.make(valkey.url)) for _ in range(2))
    for count in (one, other):
        count.start()
    # Both have their lease.
    await asyncio.sleep(0.2)
    yield one, other
    for count in (one, other):
        await count.stop()


async def test_the_socket_too_many_is_the_oldest_over_all_processes(
    pair: tuple[SocketCount, SocketCount],
) -> None:
    one, other = pair
    assert not await one.join("session:x", "a", 2)
    assert not await other.join("session:x", "b", 2)
    assert await one.join("session:x", "c", 2)
    assert await one.surplus("session:x", 2) == ["a"]
    assert await one.surplus("session:x", 2) == []
    await other.leave("session:x", "b")
    assert not await one.join("session:x", "d", 2)


async def test_what_a_killed_process_left_pushes_nobody_out(
    pair: tuple[SocketCount, SocketCount],
) -> None:
    killed, alive = pair
    await alive.join("session:x", "old", 2)
    for sid in ("a", "b", "c"):
        await killed.join("session:x", sid, 2)
    await killed.stop()
    assert await alive.join("session:x", "new", 2)
    await asyncio.sleep(1.2)
    assert await alive.surplus("session:x", 2) == []
    assert not await alive.join("session:x", "new", 2)


async def test_without_redis_nobody_is_pushed_out(
    pair: tuple[SocketCount, SocketCount], valkey: Valkey
) -> None:
    one, _ = pair
    valkey.stop()
    try:
        assert not await one.join("session:x", "a", 0)
        assert await one.surplus("session:x", 0) == []
        await one.leave("session:x", "a")
    finally:
        valkey.start()
