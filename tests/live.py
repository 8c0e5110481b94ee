"""The product running for tests: ``manage.py serve`` with a data directory, Valkey and port of its own.

On SQLite one web process serves; with PostgreSQL (``CHATDESK_DATABASE_URL``, see ``tests/postgres.py``) two
do, and a dispatcher beside them, so that what one process commits reaches the other's sockets.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

from tests import canaries, postgres
from tests.backstage import Backstage

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
CASINO = "https://casino.example"
SECRET = "a secret of the casino, thirty-two bytes or more"
# Whatever is answered here goes to players, or to pages that they load.
TO_PLAYERS = ("/api/v1/player/", "/widget/", "/w.js")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff as the tests know him."""

    id: str
    token: str
    alias: str
    username: str


class Live:
    """One running server. ``more`` are further settings, such as limits."""

    def __init__(self, folder: Path, server: str, **more: str) -> None:
        self.folder, self.server = folder, server
        self.port = postgres.free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        outside = os.environ.get(postgres.URL, "")
        self.vendor = "postgresql" if outside.startswith("postgres") else "sqlite"
        database = (
            postgres.new_database(outside, f"live{secrets.token_hex(4)}")
            if self.vendor == "postgresql"
            else ""
        )
        kept = {name: value for name, value in os.environ.items() if name[:9] != "CHATDESK_"}
        self.env = {
            **kept,
            "CHATDESK_DATA_DIR": str(folder),
            "CHATDESK_PORT": str(self.port),
            "CHATDESK_SERVER": server,
            "CHATDESK_DATABASE_URL": database,
            "CHATDESK_PROCESSES": "2" if self.vendor == "postgresql" else "1",
            "CHATDESK_LIMIT_SESSIONS_PER_MINUTE": "100000",
            **more,
        }
        self._numbers = 0
        self.log = folder / "serve.log"

    # --- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                if self.http("GET", "/readyz").status == 200:
                    return
            except (OSError, HTTPException):
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def begin(self) -> None:
        """Starts it with one brand that everybody uses who needs no own."""
        self.start()
        self.backstage = Backstage(self.env)
        self.backstage.first_agent_id(number=canaries.FIRST_AGENT_ID)
        self.brand("aurora")

    def stop(self) -> int:
        """Ends it as an operator would; returns the exit status."""
        if hasattr(self, "backstage"):
            self.backstage.stop()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def processes(self) -> dict[int, str]:
        """The children that run now, by process id; one that died and came back has another."""
        return {
            child.pid: " ".join(child.cmdline()[1:])
            for child in psutil.Process(self.process.pid).children()
        }

    def web_processes(self) -> set[int]:
        return {pid for pid, line in self.processes().items() if "chatdesk.serving.web" in line}

    def server_of(self, client_port: int) -> int:
        """The process that holds the far end of a client's socket."""
        for pid in self.web_processes():
            for one in psutil.Process(pid).net_connections("tcp"):
                if one.raddr and one.raddr.port == client_port and one.laddr.port == self.port:
                    return pid
        raise LookupError(client_port)

    def manage(self, *argv: str) -> str:
        """Runs a management command with the server's settings; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *argv],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    # --- HTTP ----------------------------------------------------------------------------------

    def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request. ``body`` is sent as JSON, or as it is when it is bytes. Each answer to a
        player is searched for canaries."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, found, response.read())
        finally:
            connection.close()
        if path.startswith(TO_PLAYERS):
            canaries.check(str(answer.headers))
            canaries.check(answer.body)
        return answer

    # --- people --------------------------------------------------------------------------------

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def brand(self, slug: str | None = None, **more: Any) -> str:
        """A new brand, whose queue nobody else looks at; returns its slug."""
        slug = slug or f"brand{self.number()}"
        self.backstage.brand(slug=slug, secret=SECRET, origins=[CASINO], **more)
        return slug

    def hire(
        self,
        alias: str = "Vera",
        role: str = "agent",
        brands: tuple[str, ...] = ("aurora",),
        **more: Any,
    ) -> Member:
        """A new member of staff, whose whole identity is made of canaries."""
        who = canaries.identity()
        facts = {"languages": ["en"], **more}
        made = self.backstage.agent(
            password="correct-horse-battery",
            alias=alias,
            role=role,
            brands=list(brands),
            **who,
            **facts,
        )
        return Member(made["id"], made["token"], alias, who["username"])
