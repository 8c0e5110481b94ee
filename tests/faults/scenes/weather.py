"""Bad networks between people and the house: the chaos proxy's weather."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.address import Address
from tests.faults.crowd import Crowd, share
from tests.faults.house import House
from tests.faults.proxy import Proxy, Weather
from tests.faults.scene import Outcome, Scene

RECONNECT_SECONDS = 5.0


class Behind(Scene):
    """Everybody reaches the house through the proxy; subclasses make the weather."""

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        async with _everybody_moves(crowd) as proxy:
            outcome.require(await _all_there(crowd, 15), "not everybody came through the proxy")
            await asyncio.sleep(1)
            began = crowd.history.fault(self.name)
            await self.storm(proxy, crowd, outcome)
            proxy.clear()
            healed = crowd.history.heal("fair weather")
            outcome.require(await _all_there(crowd, 40), "somebody did not come back")
            acks = crowd.ack_seconds(began, healed)
            outcome.figures["ack p50 / p95 meanwhile (s)"] = (
                f"{share(acks, 0.5):.2f} / {share(acks, 0.95):.2f}"
            )
            outcome.require(outcome.injected, "nothing was broken")
            outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
            await crowd.quiet()
        return outcome

    async def storm(self, proxy: Proxy, crowd: Crowd, outcome: Outcome) -> None:
        raise NotImplementedError


async def _all_there(crowd: Crowd, seconds: float) -> bool:
    return await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), seconds)


@asynccontextmanager
async def _everybody_moves(crowd: Crowd) -> AsyncIterator[Proxy]:
    """Into the proxy, and out of it again before it ends."""
    house = crowd.house
    async with Proxy(("127.0.0.1", house.port), crowd.chance.randrange(10**6)) as proxy:
        _move(crowd, proxy.address)
        for tab in crowd.tabs():
            tab.cut()
        await asyncio.sleep(0.2)
        try:
            yield proxy
        finally:
            _move(crowd, house.address)


def _move(crowd: Crowd, address: Address) -> None:
    crowd.address = address
    for person in crowd.people:
        person.address = address
        for tab in person.tabs:
            tab.address = address


class Slow(Behind):
    name = "network-slow"
    databases = ("postgresql",)
    says = "Latency of 150 to 450 ms, then 3 kB/s per direction: all arrives, in order, once."

    async def storm(self, proxy: Proxy, crowd: Crowd, outcome: Outcome) -> None:
        for name, weather in (
            ("latency and jitter", Weather(latency=0.15, jitter=0.3)),
            ("3 kB/s", Weather(rate=3_000)),
        ):
            crowd.history.fault(name)
            proxy.weather = weather
            outcome.injected += 1
            await asyncio.sleep(5)


class Crumbs(Behind):
    name = "network-crumbs"
    databases = ("postgresql",)
    says = "Every byte in a segment of its own: frames are put together again, nothing is lost."
    players = 8
    agents = 2

    async def storm(self, proxy: Proxy, crowd: Crowd, outcome: Outcome) -> None:
        crowd.history.fault("one byte at a time")
        proxy.weather = Weather(crumbs=True)
        outcome.injected += 1
        # New handshakes too, not only what is open.
        proxy.reset(0.5)
        await asyncio.sleep(6)


class Cut(Behind):
    name = "network-reset"
    says = (
        "Resets and half-closed connections, a third of all each 4 s: reconnected with p95 under 5 s, "
        "nothing lost or twice."
    )

    async def storm(self, proxy: Proxy, crowd: Crowd, outcome: Outcome) -> None:
        for number in range(3):
            at = crowd.history.fault("reset or half close")
            if number % 2:
                outcome.injected += proxy.half_close("client" if number == 1 else "server", 0.33)
            else:
                outcome.injected += proxy.reset(0.33)
            await asyncio.sleep(4)
            outcome.recoveries_s += crowd.returns(at, at + 1)
        p95 = share(outcome.recoveries_s, 0.95)
        outcome.require(outcome.recoveries_s, "nobody lost a socket")
        outcome.within(p95, RECONNECT_SECONDS, "reconnected (p95)")


class Stalled(Behind):
    name = "network-stalled"
    databases = ("postgresql",)
    says = (
        "Nothing passes for 5 s, in either direction, and nobody is told: sockets live on, what was held "
        "back is acked, nothing is twice."
    )

    async def storm(self, proxy: Proxy, crowd: Crowd, outcome: Outcome) -> None:
        for _ in range(2):
            at = crowd.history.fault("stalled")
            proxy.stall()
            outcome.injected += 1
            await asyncio.sleep(5)
            passing = crowd.history.heal("passes")
            proxy.clear()
            await crowd.until(lambda p=passing: any(crowd.history.of("ok", since=p)), 10)
            first = next(iter(crowd.history.of("ok", since=passing)), None)
            outcome.require(first, "nothing was acked after the stall")
            if first is not None:
                outcome.recoveries_s.append(first.at - passing)
            lost = [one.code for one in crowd.history.of("closed", since=at)]
            outcome.require(not lost, f"sockets ended: {lost[:5]}")
            await asyncio.sleep(2)
