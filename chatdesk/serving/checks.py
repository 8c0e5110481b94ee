"""What is looked at before anything is started: each refusal is one sentence that says what to do."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import sys
import tempfile
from pathlib import Path

from django.db import DatabaseError, connection

from chatdesk import configuration

# Operators on JSON.
SQLITE = (3, 38)
# What a client has not taken for so long is given up with its socket.
UNREAD_MS = 25_000
BACKLOG = 2_048


class Refused(RuntimeError):
    """The server cannot be started like this."""


def unknown_settings() -> list[str]:
    return [
        f"Unknown setting {name}: nobody reads it." for name in configuration.unknown(os.environ)
    ]


def processes(count: int, vendor: str) -> None:
    if count > 1 and vendor == "sqlite":
        raise Refused(
            "CHATDESK_PROCESSES is more than 1, but SQLite takes one process. "
            "Set CHATDESK_DATABASE_URL to a PostgreSQL database."
        )


def writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refused(f"The data directory cannot be written: {error.strerror}.") from error


def database() -> None:
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < SQLITE:
        raise Refused(
            f"This Python has SQLite {sqlite3.sqlite_version}; 3.38 or newer is needed. "
            "Set CHATDESK_DATABASE_URL to a PostgreSQL database."
        )
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise Refused(
            f"The database cannot be used: {str(error).strip()}. "
            "Start it, or correct CHATDESK_DATABASE_URL."
        ) from error


def listen(host: str, port: int) -> socket.socket:
    """The listening socket that all web processes share."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise Refused(
                f"Port {port} is taken. Stop what listens there or set CHATDESK_PORT."
            ) from error
        raise Refused(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    if sys.platform == "linux":
        # Sockets that are accepted inherit it: one whose peer takes nothing any more ends.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    listening.listen(BACKLOG)
    listening.set_inheritable(True)
    return listening
