"""The chat of the Channels tutorial with one INSERT per message (``peers/tutorial``), two sockets a room.

Two set-ups, each at its best sensible settings: the core Redis layer, with room for bursts, on daphne; the
pub/sub layer on uvicorn with uvloop, httptools and no deflate. The database connection is kept open.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg

from bench import messages
from bench.builds import Running, Start
from bench.generator import Generator, Socket, dial, speak
from bench.servers import ROOT, Server, Services, clean_environment
from tests.postgres import free_port

FOLDER = ROOT / "bench" / "peers" / "tutorial"
UVICORN = (
    *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false", "--lifespan", "off", "--log-level", "warning"),
)


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
        application = "tutorial.asgi:application"
        argv = [sys.executable, "-m", self._kind]
        if self._kind == "uvicorn":
            argv += ["--port", str(port), *UVICORN, application]
        else:
            # Twisted's own backlog of 50 would turn away a burst of joins.
            endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=2048"
            argv += ["-e", endpoint, "--verbosity", "0", application]
        log = self._services.data_folder() / "log"
        self._server = Server(argv, env, FOLDER, port, self._kind, log)
        self._sockets: list[Member] = []
        self._database: Any = psycopg.connect(url, autocommit=True)
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
        self.generator = Generator(chats, speak(pairs, text), self._count, sockets, pid)
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

    # --- the database --------------------------------------------------------------------------

    def _count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM chat_message").fetchone()[0])

    def rows(self) -> Iterable[tuple[str, int, str]]:
        found: Iterable[tuple[str, int, str]] = self._database.execute(
            "SELECT room, id, body FROM chat_message ORDER BY room, id"
        )
        return found

    def holes(self) -> int:
        return 0

    async def stop(self) -> None:
        for member in self._sockets:
            await member.leave()
        self._database.close()
        await asyncio.to_thread(self._server.stop)


def starter(server: str, layer: str) -> Start:
    async def start(services: Services, chats: int) -> Running:
        return await Tutorial(server, layer, services).start(chats)

    return start
