"""chatdesk as ``manage.py serve`` starts it: one web process, people made by its own functions, chats
opened and claimed by the ordinary commands. Limits per person are raised: they are what a person may do."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterable
from http.client import HTTPConnection
from typing import Any

import msgspec
import psycopg

from bench import messages
from bench.builds import Running, Start
from bench.generator import Generator, Socket, dial, speak
from bench.servers import ROOT, Server, Services, clean_environment
from tests.backstage import Backstage
from tests.postgres import free_port

CHATS_PER_AGENT = 8
BRAND = "bench"
ANSWER_SECONDS = 60
SECRET = "a secret of the casino, thirty-two bytes or more"
HEADERS = {"Sec-WebSocket-Protocol": "chat.v1"}
LIMITS = {
    "CHATDESK_LIMIT_PLAYER_FRAMES": "1000000",
    "CHATDESK_LIMIT_STAFF_FRAMES": "1000000",
    "CHATDESK_LIMIT_SESSIONS_PER_MINUTE": "1000000",
    # At full load an agent's eight chats fill the ordinary budget between two early pings.
    "CHATDESK_LIMIT_UNCONFIRMED_BYTES": "16777216",
}
ROWS = (
    "SELECT conversation_id, seq, body FROM conversations_event WHERE kind = 'message' "
    "ORDER BY conversation_id, seq"
)
COUNT = "SELECT count(*) FROM conversations_event WHERE kind = 'message'"
HOLES = (
    "SELECT count(*) FROM (SELECT conversation_id FROM conversations_event "
    "GROUP BY conversation_id HAVING count(*) <> max(seq) OR min(seq) <> 1) AS holes"
)


class Heard(msgspec.Struct):
    """The fields of frames that the generator looks at."""

    t: str
    ref: str | None = None
    conv: Any = None
    seq: int = 0
    kind: str = ""
    cmid: str | None = None
    body: str | None = None
    n: int = 0
    epoch: int = 0
    code: str = ""


_heard = msgspec.json.Decoder(Heard)


class Seat(Socket):
    """A socket of a player or an agent: hears, confirms pings, and asks at set-up."""

    def __init__(self) -> None:
        self.have: dict[str, int] = {}
        self.generator: Generator | None = None
        self._resumed = 0
        self._answers: dict[str, asyncio.Future[Heard]] = {}

    def hear(self, text: bytes) -> None:
        frame = _heard.decode(text)
        kind = frame.t
        if kind == "ev":
            self.have[frame.conv] = frame.seq
            # Only the author's sockets are told a cmid; the ack says the same to them.
            if frame.cmid is None and frame.kind == "message" and self.generator is not None:
                found = messages.read(frame.body or "")
                if found is not None:
                    self.generator.arrived(*found)
        elif kind == "ack":
            if self.generator is not None and frame.cmid is not None:
                self.generator.acked(int(frame.cmid[:4]), int(frame.cmid[5:]))
        elif kind == "ping":
            self.say(msgspec.json.encode({"t": "pong", "n": frame.n, "have": self.have}))
        elif kind == "nack" and self.generator is not None:
            self.generator.refused()
        elif kind == "resumed":
            self._resumed += 1
        elif kind in ("welcome", "ok", "error"):
            # A refused hello is answered by an error without a ref.
            name = frame.ref or ("welcome" if kind == "error" else kind)
            waiting = self._answers.pop(name, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)

    async def until_resumed(self, chats: int) -> None:
        """Waits until the lines of so many conversations have come and the rest will follow."""
        until = asyncio.get_running_loop().time() + ANSWER_SECONDS
        while self._resumed < chats:
            if asyncio.get_running_loop().time() > until:
                raise RuntimeError(f"{self._resumed} of {chats} chats are on the desk")
            await asyncio.sleep(0.02)

    async def ask(self, kind: str, answer: str | None = None, **fields: Any) -> Heard:
        """A command and its answer; an ``error`` is raised."""
        ref = f"r{len(self._answers)}"
        waiting: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._answers[answer or ref] = waiting
        names = {} if answer else {"ref": ref}
        self.say(json.dumps({"t": kind, **names, **fields}).encode())
        frame = await asyncio.wait_for(waiting, ANSWER_SECONDS)
        if frame.t == "error":
            raise RuntimeError(f"{kind}: {frame.code}")
        return frame


class Chatdesk(Running):
    def __init__(self, kind: str, vendor: str, services: Services, chats_per_agent: int) -> None:
        self._server_kind, self._vendor = kind, vendor
        self._services, self._chats_per_agent = services, chats_per_agent

    async def start(self, chats: int) -> Chatdesk:
        folder, port = self._services.data_folder(), free_port()
        self._url = self._services.database() if self._vendor == "postgresql" else ""
        self._file = folder / "chatdesk.sqlite3"
        env = {
            **clean_environment(),
            **LIMITS,
            "CHATDESK_DATA_DIR": str(folder),
            "CHATDESK_PORT": str(port),
            "CHATDESK_SERVER": self._server_kind,
            "CHATDESK_DATABASE_URL": self._url,
            "CHATDESK_REDIS_URL": self._services.valkey_url,
            "CHATDESK_PROCESSES": "1",
            "CHATDESK_LOG_LEVEL": "WARNING",
        }
        argv = [sys.executable, "manage.py", "serve"]
        self._server = Server(argv, env, ROOT, port, "chatdesk.serving.web", folder / "log")
        self._sockets: list[Seat] = []
        self._database: Any = None
        try:
            return await self._fill(chats, env)
        except BaseException:
            await self.stop()
            raise

    async def _fill(self, chats: int, env: dict[str, str]) -> Chatdesk:
        pid = self._server.wait("/readyz")
        self._database = (
            psycopg.connect(self._url, autocommit=True)
            if self._url
            else sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        )
        agents = await asyncio.to_thread(self._hire, env, -(-chats // self._chats_per_agent))
        pairs, prefixes = await self._open(chats, agents)

        def text(chat: int, side: int, number: int) -> bytes:
            cmid = f"{chat:04d}-{number:031d}"
            body = messages.body(chat, number)
            return f'{prefixes[chat][side]}"cmid":"{cmid}","body":"{body}"}}'.encode()

        self.generator = Generator(
            chats, speak(pairs, text), self._count, list[Socket](self._sockets), pid
        )
        for seat in self._sockets:
            seat.generator = self.generator
        return self

    # --- people and chats ----------------------------------------------------------------------

    def _hire(self, env: dict[str, str], many: int) -> list[str]:
        backstage = Backstage(env)
        try:
            backstage.brand(slug=BRAND, secret=SECRET, origins=[])
            return [
                backstage.agent(
                    username=f"agent{number}",
                    password="correct-horse-battery",
                    alias=f"Vera {number}",
                    role="agent",
                    brands=[BRAND],
                    languages=["en"],
                    capacity=self._chats_per_agent,
                )["token"]
                for number in range(many)
            ]
        finally:
            backstage.stop()

    async def _open(
        self, chats: int, tokens: list[str]
    ) -> tuple[list[list[Socket]], list[list[str]]]:
        """Sockets by chat and side, and how the ``send`` of each begins.

        An agent who has claimed his chats leaves until all are claimed, and then resumes: every
        claim moves the queue, and a queue that moves is shown again on every desk that is open.
        """
        pairs: list[list[Socket]] = []
        prefixes: list[list[str]] = []
        held: list[int] = []
        for number, token in enumerate(tokens):
            agent = await self._agent(token)
            first = number * self._chats_per_agent
            mine = range(first, min(first + self._chats_per_agent, chats))
            for _ in mine:
                player = await self._player()
                conv = (await player.ask("open")).conv
                epoch = (await agent.ask("claim", conv=conv)).epoch
                pairs.append([player])
                start = f'{{"t":"send","conv":"{conv}",'
                prefixes.append([start, f'{start}"epoch":{epoch},'])
            self._sockets.remove(agent)
            await agent.leave()
            held.append(len(mine))
        for number, token in enumerate(tokens):
            agent = await self._agent(token)
            await agent.until_resumed(held[number])
            for chat in range(len(pairs))[number * self._chats_per_agent :][: held[number]]:
                pairs[chat].append(agent)
        return pairs, prefixes

    async def _player(self) -> Seat:
        session = self._post("/api/v1/player/sessions", {"brand": BRAND})["session"]
        return await self._seat("/ws/player", session=session)

    async def _agent(self, token: str) -> Seat:
        ticket = self._post("/api/v1/staff/tickets", {}, Authorization=f"Token {token}")["ticket"]
        return await self._seat("/ws/staff", ticket=ticket)

    async def _seat(self, path: str, **hello: str) -> Seat:
        url = f"ws://127.0.0.1:{self._server.port}{path}"
        seat = await dial(Seat, url, extra_headers=HEADERS)
        assert isinstance(seat, Seat)
        await seat.ask("hello", answer="welcome", v=1, **hello)
        self._sockets.append(seat)
        return seat

    def _post(self, path: str, body: dict[str, str], **headers: str) -> dict[str, Any]:
        ask = HTTPConnection("127.0.0.1", self._server.port, timeout=20)
        try:
            sent = {"Content-Type": "application/json", **headers}
            ask.request("POST", path, json.dumps(body), sent)
            answer = ask.getresponse()
            content: dict[str, Any] = json.loads(answer.read())
            if answer.status != 201:
                raise RuntimeError(f"{path}: {answer.status} {content}")
            return content
        finally:
            ask.close()

    # --- the database --------------------------------------------------------------------------

    def _count(self) -> int:
        return int(self._database.execute(COUNT).fetchone()[0])

    def rows(self) -> Iterable[tuple[str, int, str]]:
        found: Iterable[tuple[str, int, str]] = self._database.execute(ROWS)
        return found

    def holes(self) -> int:
        return int(self._database.execute(HOLES).fetchone()[0])

    async def stop(self) -> None:
        for socket in self._sockets:
            await socket.leave()
        if self._database is not None:
            self._database.close()
        await asyncio.to_thread(self._server.stop)


def starter(server: str, vendor: str, chats_per_agent: int = CHATS_PER_AGENT) -> Start:
    async def start(services: Services, chats: int) -> Running:
        return await Chatdesk(server, vendor, services, chats_per_agent).start(chats)

    return start
