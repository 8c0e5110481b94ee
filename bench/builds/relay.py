"""Servers that only hand frames on: the limits that stand beside the builds. They store and ack nothing.

``asgi`` is the bare relay of ``limits/relay.py``, two sockets a chat; ``echo`` is picows alone
(``limits/echo.py``), one socket a chat, which hears its own words.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence

from bench import messages
from bench.builds import Running, Start
from bench.generator import Generator, Socket, dial, speak
from bench.servers import ROOT, Server, Services, asgi_server, clean_environment
from tests.postgres import free_port

APPLICATION = "bench.limits.relay:application"
ECHO = "bench.limits.echo"


class End(Socket):
    """One socket of a chat: whatever it hears has arrived."""

    generator: Generator | None = None

    def hear(self, text: bytes) -> None:
        found = messages.read(text.decode())
        if found is not None and self.generator is not None:
            self.generator.arrived(*found)


class Relay(Running):
    """``argv`` is the command line for a port; ``web`` is a word in it; ``sockets`` is 1 or 2 a chat."""

    def __init__(
        self, services: Services, argv: Callable[[int], Sequence[str]], web: str, sockets: int
    ) -> None:
        self._services, self._argv, self._web, self._many = services, argv, web, sockets

    async def start(self, chats: int) -> Relay:
        port, log = free_port(), self._services.data_folder() / "log"
        self._server = Server(self._argv(port), clean_environment(), ROOT, port, self._web, log)
        self.sockets: list[End] = []
        try:
            return await self._fill(chats)
        except BaseException:
            await self.stop()
            raise

    async def _fill(self, chats: int) -> Relay:
        pid = self._server.wait("/")
        pairs: list[list[Socket]] = []
        for chat in range(chats):
            ends = [await self._dial(chat) for _ in range(self._many)]
            pairs.append([ends[0], ends[-1]])

        def text(chat: int, side: int, number: int) -> bytes:
            return messages.body(chat, number).encode()

        sockets = list[Socket](self.sockets)
        self.generator = Generator(chats, speak(pairs, text), None, sockets, pid)
        for end in self.sockets:
            end.generator = self.generator
        return self

    async def _dial(self, chat: int) -> End:
        end = await dial(End, f"ws://127.0.0.1:{self._server.port}/room{chat}")
        assert isinstance(end, End)
        self.sockets.append(end)
        return end

    def rows(self) -> Iterable[tuple[str, int, str]]:
        return ()

    def holes(self) -> int:
        return 0

    async def stop(self) -> None:
        for end in self.sockets:
            await end.leave()
        await asyncio.to_thread(self._server.stop)


def asgi(kind: str) -> Start:
    """``kind`` is ``uvicorn`` or ``daphne``."""

    async def start(services: Services, chats: int) -> Running:
        def argv(port: int) -> Sequence[str]:
            return asgi_server(kind, port, APPLICATION)

        return await Relay(services, argv, kind, 2).start(chats)

    return start


async def echo(services: Services, chats: int) -> Running:
    def argv(port: int) -> Sequence[str]:
        return [sys.executable, "-m", ECHO, str(port)]

    return await Relay(services, argv, ECHO, 1).start(chats)
