"""A thousand players who only keep their place: light clients for a reconnect storm.

Each has a session and a conversation of its own, answers pings, and comes back with full jitter as chat.v1
asks. What a guest checks is that it is served again: welcome and the whole of what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.faults.address import Address

JITTER_SECONDS = 3.0
LONGEST_SECONDS = 30.0
AT_ONCE = 24
_GONE = (OSError, TimeoutError, EOFError, WebSocketException)


def allow_files(number: int) -> None:
    """Raises the limit of open files of this process and of what it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, max(hard, number)))


@dataclass(slots=True)
class Guest:
    """One player with one socket."""

    address: Address
    brand: str
    chance: Random
    session: str = ""
    conv: str = ""
    db: str = ""
    seq: int = 0
    back_at: float = 0.0
    tries: int = 0
    codes: list[int] = field(default_factory=list)
    socket: ClientConnection | None = None
    task: asyncio.Task[None] | None = None

    async def arrive(self) -> None:
        """Session, socket, conversation; from then on the socket is kept."""
        body = {"brand": self.brand}
        status, answer = await self.address.request("POST", "/api/v1/player/sessions", body)
        if status != 201:
            raise RuntimeError(f"no session: {status} {answer}")
        self.session = answer["session"]
        self.task = asyncio.create_task(self._stay())
        async with asyncio.timeout(30):
            while not self.conv or not self.back_at:
                await asyncio.sleep(0.02)

    async def _stay(self) -> None:
        while True:
            try:
                await self._one_socket()
            except _GONE:
                self.codes.append(1006)
            self.socket = None
            span = min(JITTER_SECONDS * 2**self.tries, LONGEST_SECONDS)
            self.tries += 1
            await asyncio.sleep(self.chance.uniform(0, span))

    async def _one_socket(self) -> None:
        hello: dict[str, Any] = {"t": "hello", "v": 1, "session": self.session}
        if self.conv:
            hello["resume"] = {"db": self.db, "conv": self.conv, "seq": self.seq}
        async with connect(
            f"ws://{self.address.host}:{self.address.port}/ws/player",
            sock=await self.address.dial(),
            subprotocols=[Subprotocol("chat.v1")],
            compression=None,
            ping_interval=None,
            open_timeout=20,
            close_timeout=1,
        ) as socket:
            self.socket = socket
            await socket.send(json.dumps(hello))
            async for text in socket:
                await self._take(socket, json.loads(text))
            self.codes.append(socket.close_code or 1006)

    async def _take(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        kind = frame["t"]
        if kind == "welcome":
            self.db = frame["db"]
            if not self.conv:
                await socket.send(json.dumps({"t": "open", "ref": "o"}))
        elif kind == "ok":
            self.conv, self.tries, self.back_at = frame["conv"], 0, time.monotonic()
        elif kind == "ev":
            self.seq = max(self.seq, frame["seq"])
        elif kind == "resumed":
            self.seq, self.tries, self.back_at = frame["to"], 0, time.monotonic()
        elif kind == "ping":
            have = {self.conv: self.seq}
            await socket.send(json.dumps({"t": "pong", "n": frame["n"], "have": have}))

    def drop(self) -> None:
        """The connection is gone without a goodbye; the guest comes back by itself."""
        self.back_at = 0.0
        if self.socket is not None:
            self.socket.transport.abort()

    async def leave(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


async def arrive(guests: Iterable[Guest]) -> None:
    """All of them, a few at a time: this is not the storm."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(guest: Guest) -> None:
        async with turns:
            await guest.arrive()

    await asyncio.gather(*(one(guest) for guest in guests))


async def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.1)
    return True


async def leave(guests: Iterable[Guest]) -> None:
    with contextlib.suppress(Exception):
        await asyncio.gather(*(guest.leave() for guest in guests))
