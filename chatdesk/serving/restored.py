"""Notices that the SQLite file was put back from a backup: a small file beside it remembers the last start
and how far the transcripts were. PostgreSQL knows by itself (``conversations/incarnations.py``).

The database is written first and the file after it: whoever is interrupted between the two is taken for
restored at the next start, which costs clients a snapshot and nothing else.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import structlog
from django.db import DatabaseError, connection
from django.db.models import Max

from chatdesk.conversations import incarnations
from chatdesk.conversations.models import Event, Incarnation

log = structlog.get_logger(__name__)

NAME = "incarnation.json"


class Witness:
    """The file beside the database of one data directory."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._start = ""
        self._events = 0

    def begin(self) -> None:
        """At each start, after the migrations: renews the id if this is not what was left."""
        if connection.vendor != "sqlite":
            incarnations.settle()
            return
        row = Incarnation.objects.order_by("pk").get()
        if row.marks and not self._left(row.marks):
            log.warning("database_restored")
            incarnations.renew()
        self._start = secrets.token_hex(8)
        Incarnation.objects.filter(pk=row.pk).update(marks=self._start)
        self._events = -1
        self.note()

    def _left(self, start: str) -> bool:
        try:
            left = json.loads(self._file.read_text())
            return bool(left["start"] == start and _events() >= left["events"])
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def note(self) -> None:
        """From time to time: how far the transcripts are now. What cannot be written is left."""
        if connection.vendor != "sqlite" or not self._start:
            return
        try:
            events = _events()
        except DatabaseError as error:
            log.info("witness_not_written", error=type(error).__name__)
            return
        finally:
            connection.close()
        if events == self._events:
            return
        new = self._file.with_suffix(".new")
        try:
            new.write_text(json.dumps({"start": self._start, "events": events}))
            new.replace(self._file)
        except OSError as error:
            log.info("witness_not_written", error=type(error).__name__)
            return
        self._events = events


def _events() -> int:
    return Event.objects.aggregate(last=Max("pk"))["last"] or 0
