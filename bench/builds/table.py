"""The table of messages that a peer fills: one row for each, its id ascending."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier


class Table:
    """A table with ``id``, ``room`` and ``body``, read over a connection of its own."""

    def __init__(self, url: str, name: str) -> None:
        self._database: Any = psycopg.connect(url, autocommit=True)
        self._count = SQL("SELECT count(*) FROM {}").format(Identifier(name))
        self._rows = SQL("SELECT room, id, body FROM {} ORDER BY room, id").format(Identifier(name))

    def count(self) -> int:
        return int(self._database.execute(self._count).fetchone()[0])

    def rows(self) -> Iterable[tuple[str, int, str]]:
        """(room, id, body), ascending."""
        found: Iterable[tuple[str, int, str]] = self._database.execute(self._rows)
        return found

    def close(self) -> None:
        self._database.close()
