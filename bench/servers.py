"""Processes of the bench: started, asked whether they are ready, moved to their core, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from bench import machine
from chatdesk.serving import valkey
from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 25.0
UVICORN = (
    *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false", "--lifespan", "off", "--log-level", "warning"),
)


def clean_environment() -> dict[str, str]:
    """Ours, without what would configure the product behind the bench's back."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHATDESK_")}


def asgi_server(kind: str, port: int, application: str) -> list[str]:
    """The command line of ``uvicorn`` or ``daphne`` at its best settings for sockets."""
    if kind == "uvicorn":
        return [sys.executable, "-m", kind, "--port", str(port), *UVICORN, application]
    # Twisted's own backlog of 50 would turn away a burst of joins.
    endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=2048"
    return [sys.executable, "-m", kind, "-e", endpoint, "--verbosity", "0", application]


class Server:
    """A server program. ``web`` is a word in the command line of the process that serves."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, port: int, web: str, log: Path
    ) -> None:
        self.port, self._web, self._log = port, web, log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                argv, env=dict(env), cwd=cwd, stdout=out, stderr=out, start_new_session=True
            )

    def wait(self, path: str) -> int:
        """Waits until the path answers, pins everything; returns the serving process's id."""
        until = time.monotonic() + START_SECONDS
        while not self._answers(path):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-4000:]}")
            time.sleep(0.1)
        return self._settle()

    def _answers(self, path: str) -> bool:
        ask = HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            ask.request("GET", path)
            return ask.getresponse().status < 500
        except (OSError, HTTPException):
            return False
        finally:
            ask.close()

    def _settle(self) -> int:
        root = psutil.Process(self._process.pid)
        family = [root, *root.children(recursive=True)]
        (serving,) = [one for one in family if any(self._web in word for word in one.cmdline())]
        for one in family:
            core = machine.SERVER_CORE if one == serving else machine.OTHERS_CORE
            machine.pin(one.pid, core)
        return int(serving.pid)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Services:
    """What all builds share: one PostgreSQL cluster (fsync on) and one Valkey."""

    def __init__(self, postgres_url: str, valkey_url: str, folder: Path) -> None:
        self._postgres_url, self.valkey_url, self.folder = postgres_url, valkey_url, folder
        self._numbers = 0

    def number(self) -> int:
        """Another at each call: for names of databases and folders."""
        self._numbers += 1
        return self._numbers

    def database(self) -> str:
        """URL of a new, empty database."""
        return postgres.new_database(self._postgres_url, f"bench{self.number()}")

    def data_folder(self) -> Path:
        path = self.folder / f"data{self.number()}"
        path.mkdir()
        return path


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    """Children inherit the core of whoever calls: call it pinned."""
    child, url = valkey.embedded(folder / "valkey")
    child.start()
    try:
        with postgres.cluster() as postgres_url:
            yield Services(postgres_url, url, folder)
    finally:
        child.ask_to_end()
        child.end(time.monotonic() + 5)
