"""What ``git clone`` and ``make run`` give somebody who has nothing of ours: a copy of its own to try."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
FIRST_START_SECONDS = 600


class House:
    """A clone in a folder of its own, run by ``make run``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "chatdesk"
        subprocess.run(
            ["git", "clone", "--quiet", str(ROOT), str(self.folder)],
            check=True,
            capture_output=True,
        )
        self.port = self._two_ports()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.casino = f"http://127.0.0.1:{self.port + 1}"
        self.output = folder / "make-run.log"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CHATDESK_", "DJANGO_", "VIRTUAL_ENV", "PYTHON"))
        }
        self.env = {**kept, "CHATDESK_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    def _two_ports(self) -> int:
        """The demo casino takes the port after the server's."""
        while True:
            port = free_port()
            with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
                probe.bind(("127.0.0.1", port + 1))
                return port

    def run(self) -> float:
        """``make run`` until it says that it can serve; returns the seconds it took."""
        began = time.monotonic()
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                ["make", "run"],
                cwd=self.folder,
                env=self.env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        while "Ctrl-C ends it." not in self.said():
            if self._process.poll() is not None or time.monotonic() - began > FIRST_START_SECONDS:
                raise RuntimeError(f"make run did not serve:\n{self.said()[-4000:]}")
            time.sleep(0.1)
        return time.monotonic() - began

    def make(self, *arguments: str) -> subprocess.Popen[str]:
        """Another ``make`` in another terminal."""
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def listening(self) -> set[str]:
        """The addresses at which anything that it started listens."""
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        return {
            connection.laddr.ip
            for one in [parent, *parent.children(recursive=True)]
            for connection in one.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }

    def interrupt(self) -> None:
        """Ctrl-C in its terminal."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(40)

    def logins(self) -> dict[str, dict[str, str]]:
        """The printed logins by user name, as a person reads them from the terminal."""
        found = {}
        for line in self.said().splitlines():
            parts = line.split()
            if len(parts) >= 5 and parts[3:5] == ["appears", "as"]:
                found[parts[1]] = {"role": parts[0], "password": parts[2], "alias": parts[5]}
        return found

    def ready(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.origin}/readyz", timeout=5) as answer:
            state: dict[str, Any] = json.load(answer)
        return state
