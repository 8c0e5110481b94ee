"""The clock that decides: the database's."""

from __future__ import annotations

import time

from django.db import connection


def now_ms() -> int:
    """Milliseconds since 1970 UTC. SQLite lives in this process, so its clock is this machine's."""
    if connection.vendor != "postgresql":
        return time.time_ns() // 1_000_000
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
        row = cursor.fetchone()
    return int(row[0])
