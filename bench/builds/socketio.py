"""Socket.IO with the Redis adapter and one INSERT per message (``peers/socketio``), two sockets a room."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bench import messages, npm, socketio
from bench.builds import Running, Start
from bench.builds.table import Table
from bench.generator import Generator, Socket, dial, speak
from bench.servers import ROOT, Server, Services, clean_environment
from tests.machine import node
from tests.postgres import free_port

FOLDER = ROOT / "bench" / "peers" / "socketio"
EVENT = "message"
# In short trials of 5, 10, 20 and 40: fewer wait longer, more gained nothing.
POOL_CONNECTIONS = 20
JOIN_SECONDS = 20


class Member(Socket):
    """One of the two in a room. A message's number is that of its ack."""

    def __init__(self, chat: int) -> None:
        self._chat = chat
        self.generator: Generator | None = None
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def hear(self, text: bytes) -> None:
        packet = socketio.decode(text)
        match packet.kind:
            case "event":
                self._line(str(packet.data[-1]))
            case "ack":
                self._answer(packet)
            case "ping":
                self.say(socketio.PONG)
            case "open":
                self.say(socketio.connect({"room": f"room{self._chat}"}))
            case "connect":
                self.joined.set_result(None)
            case "refused":
                self.joined.set_exception(RuntimeError(f"refused: {packet.data}"))
            case "disconnect" | "close":
                self.closed = True

    def _line(self, body: str) -> None:
        found = messages.read(body)
        if found is not None and self.generator is not None:
            self.generator.arrived(*found)

    def _answer(self, packet: socketio.Packet) -> None:
        if self.generator is None or packet.number is None:
            return
        if packet.data:
            self.generator.refused()
        else:
            self.generator.acked(self._chat, packet.number)


class SocketIO(Running):
    def __init__(self, services: Services, connections: int) -> None:
        self._services, self._connections = services, connections

    async def start(self, chats: int) -> SocketIO:
        await asyncio.to_thread(npm.prepare, FOLDER)
        port, self.url = free_port(), self._services.database()
        env = {
            **clean_environment(),
            "NODE_ENV": "production",
            "SOCKETIO_PORT": str(port),
            "SOCKETIO_DATABASE_URL": self.url,
            "SOCKETIO_REDIS_URL": self._services.valkey_url,
            "SOCKETIO_POOL": str(self._connections),
        }
        log = self._services.data_folder() / "log"
        self._server = Server([node(), "server.mjs"], env, FOLDER, port, "server.mjs", log)
        self._sockets: list[Member] = []
        self._table = Table(self.url, "message")
        try:
            return await self._fill(chats)
        except BaseException:
            await self.stop()
            raise

    async def _fill(self, chats: int) -> SocketIO:
        pid = self._server.wait("/")
        pairs = [[await self._join(chat), await self._join(chat)] for chat in range(chats)]

        def text(chat: int, side: int, number: int) -> bytes:
            return socketio.event(EVENT, messages.body(chat, number), number)

        self.generator = Generator(
            chats, speak(pairs, text), self._table.count, list[Socket](self._sockets), pid
        )
        for member in self._sockets:
            member.generator = self.generator
        return self

    async def _join(self, chat: int) -> Socket:
        url = f"ws://127.0.0.1:{self._server.port}{socketio.PATH}"
        member = await dial(lambda: Member(chat), url)
        assert isinstance(member, Member)
        self._sockets.append(member)
        await asyncio.wait_for(member.joined, JOIN_SECONDS)
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


def starter(connections: int = POOL_CONNECTIONS) -> Start:
    async def start(services: Services, chats: int) -> Running:
        return await SocketIO(services, connections).start(chats)

    return start
