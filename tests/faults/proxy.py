"""A TCP proxy that does to connections what bad networks do: late, slow, cut, silent, in crumbs.

It runs on the harness's own loop. What ``weather`` says holds for every connection from the next chunk on,
in both directions.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.faults.address import Address

CHUNK = 65_536
SLICE_GAP_SECONDS = 0.0005
Side = Literal["client", "server"]


@dataclass(slots=True)
class Weather:
    """``latency`` and ``jitter`` in seconds per chunk, ``rate`` in bytes a second (0: none), ``crumbs``:
    one byte at a time, ``stalled``: nothing passes and nothing is said, ``refuses``: nobody gets in."""

    latency: float = 0.0
    jitter: float = 0.0
    rate: float = 0.0
    crumbs: bool = False
    stalled: bool = False
    refuses: bool = False


class Link:
    """One connection through the proxy: the client's socket and ours to the target."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.client = client
        self.server: asyncio.StreamWriter | None = None

    async def carry(self, reader: asyncio.StreamReader) -> None:
        """Until both directions have ended."""
        host, port = self.proxy.target
        try:
            incoming, self.server = await asyncio.open_connection(host, port)
        except OSError:
            self.reset()
            return
        try:
            await asyncio.gather(self._pump(reader, self.server), self._pump(incoming, self.client))
        except (OSError, RuntimeError):  # also: written after a half close
            pass
        finally:
            self.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self.proxy.pass_on(data, writer)
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    def half_close(self, side: Side) -> None:
        """No more bytes towards one side, while it may still speak."""
        writer = self.client if side == "client" else self.server
        if writer is not None and not writer.is_closing():
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()

    def reset(self) -> None:
        """An RST to both sides instead of a goodbye."""
        for writer in (self.client, self.server):
            if writer is None:
                continue
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError, AttributeError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def close(self) -> None:
        for writer in (self.client, self.server):
            if writer is not None:
                with contextlib.suppress(OSError, RuntimeError):
                    writer.close()


class Proxy:
    """``async with Proxy((host, port)) as proxy``: then ``proxy.address`` leads through it."""

    def __init__(self, target: tuple[str, int], seed: int = 0) -> None:
        self.target = target
        self.weather = Weather()
        self.links: set[Link] = set()
        self.accepted = 0
        self._chance = Random(seed)
        self._clear = asyncio.Event()
        self._clear.set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._arrived, "127.0.0.1", 0, backlog=2048)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._clear.set()
        for link in list(self.links):
            link.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.port)

    def stall(self) -> None:
        self.weather.stalled = True
        self._clear.clear()

    def clear(self) -> None:
        """Fair weather again; what was held back passes now."""
        self.weather = Weather()
        self._clear.set()

    def reset(self, share: float = 1.0) -> int:
        """Cuts a share of the connections; returns how many."""
        chosen = [link for link in list(self.links) if self._chance.random() < share]
        for link in chosen:
            link.reset()
        return len(chosen)

    def half_close(self, side: Side, share: float = 1.0) -> int:
        chosen = [link for link in list(self.links) if self._chance.random() < share]
        for link in chosen:
            link.half_close(side)
        return len(chosen)

    def switch(self, target: tuple[str, int]) -> None:
        """Who connects from now on comes out elsewhere; those there are cut."""
        self.target = target
        self.reset()

    async def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = Link(self, writer)
        if self.weather.refuses:
            link.reset()
            return
        task = asyncio.current_task()
        assert task is not None
        self.links.add(link)
        self._tasks.add(task)
        try:
            await link.carry(reader)
        except asyncio.CancelledError:
            pass  # the proxy ends; streams complain about a task that was cancelled
        finally:
            self.links.discard(link)
            self._tasks.discard(task)

    async def pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """One chunk, as the weather has it now."""
        await self._clear.wait()
        weather = self.weather
        delay = weather.latency + self._chance.uniform(0, weather.jitter)
        if weather.rate:
            delay += len(data) / weather.rate
        if delay:
            await asyncio.sleep(delay)
        await self._clear.wait()
        if not weather.crumbs:
            writer.write(data)
            await writer.drain()
            return
        for place in range(len(data)):
            writer.write(data[place : place + 1])
            await writer.drain()
            await asyncio.sleep(SLICE_GAP_SECONDS)
