"""The chat of the Channels tutorial with one INSERT per message (``peers/tutorial``), two sockets a room.

Two set-ups, each at its best sensible settings: the core Redis layer, with room for bursts, on daphne; the
pub/sub layer on uvicorn with uvloop, httptools and no deflate. The database connection is kept open.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterable

import msgspec

from bench import messages
from bench.builds import Running, Start
from bench.builds.table import Table
from bench.generator import Generator, Socket, dial, speak
from bench.servers import ROOT, Server, Services, asgi_server, clean_environment
from tests.postgres import free_port

FOLDER = ROOT / "bench" / "peers" / "tutorial"


class Heard(msgspec.Struct):
    message: str


_heard = msgspec.json.Decoder(Heard)


class Member(Socket):
    """One of the two in a room. There is no ack: a sender knows by the echo of the room."""

    def __init__(self, side: int) -> None:
        self._side = side
        self.generator: Generator | None = None

    def hear(self, text: bytes) -> None:
        found = messages.read(_heard.decode(text).message)
        if found is None or self.generator is None:
            return
        if messages.speaker(*found) == self._side:
            self.generator.acked(*found)
        else:
            self.generator.arrived(*found)


class Tutorial(Running):
    def __init__(self, server: str, layer: str, services: Services) -> None:
        self._kind, self._layer, self._services = server, layer, services

    async def start(self, chats: int) -> Tutorial:
        port, url = free_port(), self._services.database()
        env = {
            **clean_environment(),
            "PYTHONPATH": str(FOLDER),
            "DJANGO_SETTINGS_MODULE": "tutorial.settings",
            "TUTORIAL_DATABASE_URL": url,
            "TUTORIAL_REDIS_URL": self._services.valkey_url,
            "TUTORIAL_LAYER": self._layer,
        }
        migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=env, cwd=FOLDER, check=True)
        argv = asgi_server(self._kind, port, "tutorial.asgi:application")
        log = self._services.data_folder() / "log"
        self._server = Server(argv, env, FOLDER, port, self._kind, log)
        self._sockets: list[Member] = []
        self._table = Table(url, "chat_message")
        try:
            return await self._fill(chats)
        except BaseException:
            await self.stop()
            raise

    async def _fill(self, chats: int) -> Tutorial:
        pid = self._server.wait("/")
        rooms = [[await self._join(room, side) for side in (0, 1)] for room in range(chats)]

        def text(chat: int, side: int, number: int) -> bytes:
            return f'{{"message":"{messages.body(chat, number)}"}}'.encode()

        pairs = [list[Socket](room) for room in rooms]
        sockets = list[Socket](self._sockets)
        self.generator = Generator(chats, speak(pairs, text), self._table.count, sockets, pid)
        for member in self._sockets:
            member.generator = self.generator
        await asyncio.sleep(1)  # subscriptions arrive
        return self

    async def _join(self, room: int, side: int) -> Member:
        url = f"ws://127.0.0.1:{self._server.port}/ws/chat/room{room}/"
        origin = {"Origin": f"http://127.0.0.1:{self._server.port}"}
        member = await dial(lambda: Member(side), url, extra_headers=origin)
        assert isinstance(member, Member)
        self._sockets.append(member)
        return member

    def rows(self) -> Iterable[tuple[str, int, str]]:
        return self._table.rows()

    def holes(self) -> int:
        return 0

    async def stop(self) -> None:
        for member in self._sockets:
            await member.leave()
        self._table.close()
        await asyncio.to_thread(self._server.stop)


def starter(server: str, layer: str) -> Start:
    async def start(services: Services, chats: int) -> Running:
        return await Tutorial(server, layer, services).start(chats)

    return start
