"""Leases in a real Valkey: who is there, who is gone, and when an absence may be believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chatdesk.delivery import presence as leases
from chatdesk.delivery import redis_clients
from chatdesk.delivery.presence import Presence, Sight
from tests.valkey import Valkey

pytestmark = [pytest.mark.asyncio, pytest.mark.live]


@pytest_asyncio.fixture
async def presence(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Presence]:
    valkey.command("FLUSHALL")
    monkeypatch.setattr(leases, "REBUILD_SECONDS", 1)
    monkeypatch.setattr(leases, "LEASE_SECONDS", 2)
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.5)
    monkeypatch.setattr(leases, "AGAIN_SECONDS", 0.2)
    monkeypatch.setattr(leases, "DOUBT_SECONDS", 2)
    monkeypatch.setattr(leases, "GONE_SECONDS", 1)
    one = Presence(redis_clients.make(valkey.url))
    one.start()
    yield one
    await one.stop()


async def sighted(presence: Presence) -> Sight:
    sight = await presence.look()
    assert sight is not None
    return sight


async def until_gone(presence: Presence, agent_id: int) -> None:
    for _ in range(100):
        if agent_id not in (await sighted(presence)).agents:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{agent_id} is still there")


async def test_whoever_arrived_is_seen_by_every_process(presence: Presence, valkey: Valkey) -> None:
    await presence.arrive(7, "sid-1")
    other = Presence(redis_clients.make(valkey.url))
    assert (await sighted(other)).agents == {7}
    await other.stop()


async def test_a_lease_is_renewed_while_its_process_lives_and_runs_out_when_it_does_not(
    presence: Presence,
) -> None:
    await presence.arrive(7, "sid-1")
    await asyncio.sleep(3)
    assert (await sighted(presence)).agents == {7}
    # The process is gone without a word: nobody renews any more.
    assert presence._task is not None
    presence._task.cancel()
    await until_gone(presence, 7)


async def test_a_reload_is_no_departure(presence: Presence) -> None:
    await presence.arrive(7, "sid-1")
    await presence.depart(7, "sid-1")
    assert (await sighted(presence)).agents == {7}
    await presence.arrive(7, "sid-2")
    await asyncio.sleep(2)
    assert (await sighted(presence)).agents == {7}
    await presence.depart(7, "sid-2")
    await until_gone(presence, 7)


async def test_an_empty_redis_does_not_mean_that_everyone_is_gone(
    presence: Presence, valkey: Valkey
) -> None:
    await presence.arrive(7, "sid-1")
    await asyncio.sleep(2.2)
    assert (await sighted(presence)).complete
    valkey.command("FLUSHALL")
    sight = await sighted(presence)
    assert (sight.agents, sight.complete) == (frozenset(), False)
    await asyncio.sleep(2.2)
    sight = await sighted(presence)
    assert (sight.agents, sight.complete) == ({7}, True)


async def test_without_redis_nothing_is_known_of_anybody_and_nothing_breaks(
    presence: Presence, valkey: Valkey
) -> None:
    await presence.arrive(7, "sid-1")
    valkey.stop()
    try:
        assert await presence.look() is None
        await presence.arrive(8, "sid-2")
    finally:
        valkey.start()
    for _ in range(50):
        found = await presence.look()
        if found is not None and found.agents == {7, 8}:
            # Until the leases of every process can be back, no absence is believed.
            assert not found.complete
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the leases were not taken again")
