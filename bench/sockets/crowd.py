"""Players' sockets by the thousand: they say hello, answer pings, and come back when they are cut, as the
widget does, with what they have."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import picows

from bench.builds.chatdesk import HEADERS
from bench.generator import Socket, dial

HELLO_SECONDS = 30.0
# As in static/kit/wire.js.
FIRST_TRY, LONGEST_TRY = 3.0, 30.0


class Heard(msgspec.Struct):
    """The fields of frames that a socket at rest looks at."""

    t: str
    conv: Any = None
    seq: int = 0
    n: int = 0
    db: str = ""
    code: str = ""


_heard = msgspec.json.Decoder(Heard)


class Member(Socket):
    """One player's socket. ``live`` is set when the server has welcomed it, ``gone`` when it is cut."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.live: asyncio.Future[None] = loop.create_future()
        self.gone = asyncio.Event()
        self.have: dict[str, int] = {}
        self.db = ""

    def hear(self, text: bytes) -> None:
        frame = _heard.decode(text)
        if frame.t == "ping":
            self.say(msgspec.json.encode({"t": "pong", "n": frame.n, "have": self.have}))
        elif frame.t in ("ev", "resumed"):
            self.have[frame.conv] = frame.seq
        elif frame.t == "welcome" and not self.live.done():
            self.db = frame.db
            self.live.set_result(None)
        elif frame.t == "error" and not self.live.done():
            self.live.set_exception(ConnectionError(frame.code))

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        super().on_ws_disconnected(transport)
        self.gone.set()
        if not self.live.done():
            self.live.set_exception(ConnectionError("closed"))


class Crowd:
    """Everybody who is connected, by number."""

    def __init__(self, port: int, sessions: Sequence[str]) -> None:
        self._url, self._sessions = f"ws://127.0.0.1:{port}/ws/player", sessions
        self.members: dict[int, Member] = {}

    async def join(self, number: int) -> float:
        """Connects one player, with what his last socket had; seconds from the dialling to the welcome."""
        hello: dict[str, Any] = {"t": "hello", "v": 1, "session": self._sessions[number]}
        last = self.members.get(number)
        if last is not None and last.have:
            ((conv, seq),) = last.have.items()
            hello["resume"] = {"db": last.db, "conv": conv, "seq": seq}
        began = time.monotonic()
        member = await dial(
            Member,
            self._url,
            extra_headers=HEADERS,
            websocket_handshake_timeout=HELLO_SECONDS,
        )
        assert isinstance(member, Member)
        member.say(msgspec.json.encode(hello))
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await member.live
        except BaseException:
            member.transport.disconnect()
            raise
        self.members[number] = member
        return time.monotonic() - began

    async def fill(self, upto: int, at_once: int) -> tuple[float, list[float]]:
        """Connects players until there are so many, ``at_once`` of them under way; the seconds that all
        took, and each. A refusal is raised."""
        waiting = iter(range(len(self.members), upto))
        joins: list[float] = []

        async def one_after_another() -> None:
            for number in waiting:
                joins.append(await self.join(number))

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_another())
        return time.monotonic() - began, joins

    async def come_back(self, number: int, cut: float, until: float) -> float | None:
        """One who was cut at ``cut`` tries until he is live again; the seconds that he was away, or None
        when it is too late."""
        longest = FIRST_TRY
        while time.monotonic() < until:
            await asyncio.sleep(random.uniform(0, longest))
            try:
                await self.join(number)
            except (OSError, TimeoutError, picows.WSError):
                longest = min(longest * 2, LONGEST_TRY)
            else:
                return time.monotonic() - cut
        return None

    @property
    def closed(self) -> int:
        return sum(member.closed for member in self.members.values())

    async def leave(self) -> None:
        for member in self.members.values():
            if not member.closed:
                member.transport.disconnect()
        self.members.clear()
