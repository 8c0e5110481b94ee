"""A PostgreSQL of the harness's own that can be broken: restarted at once, frozen, locked, rolled back."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.rows import dict_row

from tests import machine, postgres

# Enough for the pools of five processes; fsync and synchronous_commit stay as they are: on.
OPTIONS = "-c max_connections=150 -c shared_buffers=64MB"


class Cluster:
    """One server on one port, for as long as the harness lives."""

    def __init__(self) -> None:
        self._programs = machine.postgresql()
        self._user = postgres._unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="chatdesk-faults-pg-"))
        self.port = postgres.free_port()
        self._password = secrets.token_hex(16)
        self.url = self.address("postgres")

    def address(self, database: str) -> str:
        where = f"127.0.0.1:{self.port}"
        return f"postgres://{postgres.USER}:{self._password}@{where}/{database}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def begin(self) -> None:
        """Makes the cluster and starts it."""
        secret = self.folder / "password"
        secret.write_text(self._password)
        if self._user is not None:
            shutil.chown(self.folder, self._user)
            shutil.chown(secret, self._user)
        self._call(
            *("initdb", "-D", str(self.data), "-U", postgres.USER, "--pwfile", str(secret)),
            *("-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8"),
        )
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 {OPTIONS}"
        options += f" -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._call("pg_ctl", "-D", str(self.data), "-l", log, "-o", options, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._call("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def end(self) -> None:
        try:
            self.thaw()
            self.stop()
        except RuntimeError:
            pass  # it was down already
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, program: str, *argv: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *argv],
            user=self._user,
            stdin=subprocess.DEVNULL,
            # A server started by pg_ctl inherits what is open: a pipe would never end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        if done.returncode:
            said = self.folder / "log"
            raise RuntimeError(
                f"{program} {argv[-1]}: {said.read_text()[-800:] if said.exists() else ''}"
            )

    # --- breaking it ---------------------------------------------------------------------------

    def processes(self) -> list[psutil.Process]:
        """The postmaster first, then everybody it started."""
        number = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        postmaster = psutil.Process(number)
        return [postmaster, *postmaster.children(recursive=True)]

    def freeze(self) -> None:
        """Every process stands still; connections stay open and nobody answers."""
        for one in self.processes():
            one.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        try:
            found = self.processes()
        except (OSError, psutil.Error, ValueError):
            return
        for one in found:
            one.send_signal(signal.SIGCONT)

    # --- databases -----------------------------------------------------------------------------

    def new_database(self, name: str) -> str:
        return postgres.new_database(self.url, name)

    def dump(self, database: str, file: Path) -> None:
        """What ``pg_dump`` keeps of a database at this moment."""
        self._tool("pg_dump", "-Fc", "-f", str(file), self.address(database))

    def restore(self, database: str, file: Path) -> None:
        """Drops the database, makes it anew from a dump. Nobody may be connected."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')  # type: ignore[arg-type]
            connection.execute(f'CREATE DATABASE "{database}"')  # type: ignore[arg-type]
        self._tool("pg_restore", "--no-owner", "-d", self.address(database), str(file))

    def _tool(self, program: str, *argv: str) -> None:
        path = self._programs / program
        found = str(path) if path.exists() else program
        done = subprocess.run([found, *argv], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr[-800:]}")


def rows(url: str, sql: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """Rows as dicts; a server that has just come back is waited for."""
    until = time.monotonic() + 20
    while True:
        try:
            with psycopg.connect(url, connect_timeout=5, row_factory=dict_row) as connection:
                found: list[dict[str, Any]] = connection.execute(sql, parameters).fetchall()  # type: ignore[arg-type]
                return found
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
