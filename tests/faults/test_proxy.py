"""The proxy does to connections what its weather says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import Proxy, Weather

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echo(name: bytes = b"") -> AsyncIterator[tuple[str, int]]:
    """A server that answers every chunk with its name and the chunk."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(name + data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[:2]
    server.close()


def run(scene: Callable[[Proxy, Streams], Awaitable[None]]) -> None:
    async def main() -> None:
        async with echo() as target, Proxy(target) as proxy, asyncio.timeout(10):
            streams = await asyncio.open_connection("127.0.0.1", proxy.port)
            await scene(proxy, streams)
            streams[1].close()

    asyncio.run(main())


async def said(streams: Streams, text: bytes) -> bytes:
    streams[1].write(text)
    return await streams[0].readexactly(len(text))


def test_fair_weather_changes_nothing() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        assert await said(streams, b"x" * 5000) == b"x" * 5000

    run(scene)


def test_latency_delays_both_ways() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        proxy.weather = Weather(latency=0.1)
        began = time.monotonic()
        assert await said(streams, b"late") == b"late"
        assert time.monotonic() - began >= 0.2

    run(scene)


def test_a_rate_is_kept() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        proxy.weather = Weather(rate=10_000)
        began = time.monotonic()
        await said(streams, b"x" * 2000)
        assert time.monotonic() - began >= 0.35

    run(scene)


def test_crumbs_arrive_whole() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        proxy.weather = Weather(crumbs=True)
        assert await said(streams, b"in small pieces") == b"in small pieces"

    run(scene)


def test_a_stalled_connection_says_nothing_and_loses_nothing() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        proxy.stall()
        streams[1].write(b"held back")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await streams[0].read(1)
        proxy.clear()
        assert await streams[0].readexactly(9) == b"held back"

    run(scene)


def test_a_reset_connection_breaks_without_goodbye() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        await said(streams, b"there")
        assert proxy.reset() == 1
        with pytest.raises(ConnectionResetError):
            await streams[0].readexactly(1)

    run(scene)


def test_a_half_closed_connection_ends_on_one_side() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        await said(streams, b"there")
        assert proxy.half_close("client") == 1
        assert await streams[0].read(1) == b""

    run(scene)


def test_switching_leads_elsewhere() -> None:
    async def main() -> None:
        async with echo(b"1") as one, echo(b"2") as two, Proxy(one) as proxy, asyncio.timeout(10):
            first = await asyncio.open_connection("127.0.0.1", proxy.port)
            first[1].write(b"a")
            assert await first[0].readexactly(2) == b"1a"
            proxy.switch(two)
            second = await asyncio.open_connection("127.0.0.1", proxy.port)
            second[1].write(b"a")
            assert await second[0].readexactly(2) == b"2a"

    asyncio.run(main())


def test_who_is_refused_does_not_get_in() -> None:
    async def scene(proxy: Proxy, streams: Streams) -> None:
        proxy.weather = Weather(refuses=True)
        reader, _ = await asyncio.open_connection("127.0.0.1", proxy.port)
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)

    run(scene)
