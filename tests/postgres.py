"""A PostgreSQL of the tests' own: ``python -m tests.postgres COMMAND …`` runs a command with it.

Server programs of Debian or of a wheel, a data directory in a temporary folder, a free loopback port, as an
unprivileged user when the tests run as root. Nothing is tuned but its size: an ack must mean what it
says here too, so fsync stays on.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import machine

URL = "CHATDESK_DATABASE_URL"
USER = "chatdesk"


def _unprivileged() -> str | None:
    """The user that the server runs as; None where we are no root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster() -> Iterator[str]:
    """A running server; yields the URL of its database, whose user may create others."""
    programs, user = machine.postgresql(), _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="chatdesk-pg-"))
    password, port = secrets.token_hex(16), free_port()
    secret = folder / "password"
    secret.write_text(password)
    if user is not None:
        shutil.chown(folder, user)
        shutil.chown(secret, user)

    def call(*argv: str) -> None:
        done = subprocess.run(
            argv, user=user, capture_output=True, text=True, cwd=folder, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{argv[0]}: {done.stderr or done.stdout}")

    data = folder / "data"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    options += " -c max_connections=120 -c shared_buffers=128MB"
    try:
        call(
            *(str(programs / "initdb"), "-D", str(data), "-U", USER, "--pwfile", str(secret)),
            *("-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8"),
        )
        log = str(folder / "log")
        call(*(str(programs / "pg_ctl"), "-D", str(data), "-l", log, "-o", options, "-w", "start"))
        try:
            yield f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            call(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, name: str) -> str:
    """Makes an empty database beside the one of the URL and returns its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return url.rsplit("/", 1)[0] + f"/{name}"


def main(argv: list[str]) -> int:
    with cluster() as url:
        own = new_database(url, "chatdesk")
        return subprocess.run(argv, env={**os.environ, URL: own}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
