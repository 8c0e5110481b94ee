"""Leases in a real Valkey: who is there, who is gone, and when an absence may be believed."""

from __future__ import annotations

import asyncio
import re
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
    monkeypatch.setattr(leases, "ACTED_SECONDS", 0.5)
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


# --- idle: what nobody did -------------------------------------------------------------------------------


async def idle(presence: Presence, agent_id: int) -> int | None:
    return (await sighted(presence)).idle.get(agent_id)


async def test_idle_counts_from_the_last_act_and_from_the_arrival_of_who_did_nothing_yet(
    presence: Presence,
) -> None:
    await presence.arrive(7, "sid-1")
    await presence.arrive(8, "sid-2")
    await asyncio.sleep(2.2)
    presence.acted(7)
    await asyncio.sleep(0.5)
    assert (await idle(presence, 7)) in (0, 1)
    assert (await idle(presence, 8)) in (2, 3, 4)


async def test_of_several_tabs_in_several_processes_the_last_act_counts(
    presence: Presence, valkey: Valkey
) -> None:
    other = Presence(redis_clients.make(valkey.url))
    other.start()
    await presence.arrive(7, "sid-1")
    await other.arrive(7, "sid-2")
    presence.acted(7)
    await asyncio.sleep(2.5)
    other.acted(7)
    await asyncio.sleep(1)
    # Both go on writing what they know; the older act of the first takes nothing back.
    for _ in range(5):
        assert (await idle(presence, 7)) in (0, 1, 2)
        await asyncio.sleep(0.1)
    assert presence._acted[7] < other._acted[7] - 2
    await other.stop()


async def test_a_new_socket_is_nothing_that_a_person_did(presence: Presence) -> None:
    await presence.arrive(7, "sid-1")
    await asyncio.sleep(2.2)
    await presence.depart(7, "sid-1")
    await presence.arrive(7, "sid-2")
    assert (await idle(presence, 7)) in (2, 3)


async def test_acts_end_with_the_lease(presence: Presence, valkey: Valkey) -> None:
    await presence.arrive(7, "sid-1")
    presence.acted(7)
    await presence.depart(7, "sid-1")
    assert (await idle(presence, 7)) == 0
    await until_gone(presence, 7)
    assert (await sighted(presence)).idle == {}
    assert valkey.command("HLEN", leases._ACTED) in (0, "0", b"0")


async def test_a_redis_that_lost_everything_is_told_again_of_acts(
    presence: Presence, valkey: Valkey
) -> None:
    await presence.arrive(7, "sid-1")
    presence.acted(7)
    await asyncio.sleep(1.2)
    valkey.command("FLUSHALL")
    assert (await idle(presence, 7)) is None
    await asyncio.sleep(2)
    found = await idle(presence, 7)
    assert found is not None
    assert found >= 2


async def test_a_typist_is_written_seldom(presence: Presence, valkey: Valkey) -> None:
    await presence.arrive(7, "sid-1")
    await asyncio.sleep(0.5)
    before = _writes(valkey)
    for _ in range(200):
        presence.acted(7)
        await asyncio.sleep(0.005)
    assert _writes(valkey) - before <= 4


def _writes(valkey: Valkey) -> int:
    text = str(valkey.command("INFO", "commandstats"))
    found = re.search(r"cmdstat_hset:calls=(\d+)", text)
    return int(found[1]) if found else 0


async def test_one_process_alone_keeps_acts_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "GONE_SECONDS", 0.5)
    alone = Presence(None)
    await alone.arrive(7, "sid-1")
    alone.acted(7)
    alone._acted[7] -= 400
    await alone.depart(7, "sid-1")
    assert (await sighted(alone)).idle == {}
    await alone.arrive(7, "sid-2")
    assert (await sighted(alone)).idle == {7: 400}
    await alone.depart(7, "sid-2")
    await asyncio.sleep(0.6)
    # Whoever comes back the next day has not been idle all night.
    await alone.arrive(7, "sid-3")
    assert (await sighted(alone)).idle == {7: 0}
