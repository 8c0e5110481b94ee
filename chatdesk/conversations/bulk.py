"""The statements of a batch in both dialects: as few as there can be, each of constant text.

PostgreSQL gets whole columns as arrays, so its parser and the client's see the same short statement
whatever the size of the batch; SQLite, which is in this process, gets row after row.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chatdesk.conversations import clock

Key = tuple[str, str, str]

_EVENT = "conversations_event"
_NOTE = "conversations_note"
_COMMON = ("conversation_id", "seq", "kind", "ts", "author", "role", "alias", "cmid", "body")
_COLUMNS = {
    _EVENT: (*_COMMON, "body_hash", "shown", "staff"),
    _NOTE: (*_COMMON, "body_hash", "facts"),
}
_TYPES = {"seq": "bigint", "ts": "bigint"}
_JSON = frozenset({"shown", "staff", "facts"})


@dataclass(slots=True)
class Row:
    """A line about to be written; reads like a model's row, costs a tenth of one."""

    conversation_id: str
    seq: int
    kind: str
    ts: int
    author: str
    role: str
    alias: str
    cmid: str | None
    body: str | None
    body_hash: str
    shown: dict[str, Any] | None = None
    staff: dict[str, Any] | None = None
    facts: dict[str, Any] | None = None


@dataclass(slots=True)
class Held:
    """What the lock of a conversation's row lets us know and change."""

    state: str
    epoch: int
    owner_id: int | None
    player_id: str
    brand_id: int
    last_seq: int
    last_note_seq: int
    unanswered_since_ts: int | None
    first_reply_ts: int | None
    changed: bool = False


_HOLD = (
    "SELECT id, state, epoch, owner_id, player_id, brand_id, last_seq, last_note_seq, "
    "unanswered_since_ts, first_reply_ts FROM conversations_conversation "
)


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def hold(convs: Collection[str]) -> tuple[dict[str, Held], int]:
    """Locks rows in the order of their ids, so that two batches never wait for each other in a
    circle; on SQLite the transaction already has the only write lock. Returns the clock with them,
    read after the lock."""
    with connection.cursor() as cursor:
        if _is_postgresql():
            cursor.execute(_HOLD + "WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(convs)])
        else:
            marks = ", ".join(["%s"] * len(convs))
            cursor.execute(_HOLD + f"WHERE id IN ({marks})", sorted(convs))
        held = {row[0]: Held(*row[1:]) for row in cursor.fetchall()}
    return held, clock.now_ms()


def written(keys: Collection[Key], *, notes: bool) -> dict[Key, tuple[int, int, str]]:
    """What stands already under (conversation, author, cmid): its number, time and body's hash."""
    if not keys:
        return {}
    table = _NOTE if notes else _EVENT
    with connection.cursor() as cursor:
        if _is_postgresql():
            # One look into the unique index for each key, whatever the planner thinks of arrays.
            cursor.execute(
                "SELECT k.conv, k.author, k.cmid, found.seq, found.ts, found.body_hash "
                "FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(conv, author, cmid), "
                f"LATERAL (SELECT seq, ts, body_hash FROM {table} WHERE conversation_id = k.conv "
                "AND author = k.author AND cmid = k.cmid LIMIT 1) AS found",
                [list(column) for column in zip(*keys, strict=True)],
            )
        else:
            values = ", ".join(["(%s, %s, %s)"] * len(keys))
            cursor.execute(
                "SELECT conversation_id, author, cmid, seq, ts, body_hash "
                f"FROM {table} WHERE (conversation_id, author, cmid) IN (VALUES {values})",
                [part for key in keys for part in key],
            )
        return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in cursor.fetchall()}


def renumber(held: dict[str, Held]) -> None:
    """Writes the numbers and waits of the conversations that changed."""
    changed = [
        (row.last_seq, row.last_note_seq, row.unanswered_since_ts, row.first_reply_ts, conv)
        for conv, row in held.items()
        if row.changed
    ]
    if not changed:
        return
    with connection.cursor() as cursor:
        if _is_postgresql():
            cursor.execute(
                "UPDATE conversations_conversation AS c SET last_seq = v.seq, "
                "last_note_seq = v.note_seq, unanswered_since_ts = v.unanswered, "
                "first_reply_ts = v.replied FROM unnest(%s::bigint[], %s::bigint[], "
                "%s::bigint[], %s::bigint[], %s::text[]) "
                "AS v(seq, note_seq, unanswered, replied, id) WHERE c.id = v.id",
                [list(column) for column in zip(*changed, strict=True)],
            )
        else:
            cursor.executemany(
                "UPDATE conversations_conversation SET last_seq = %s, last_note_seq = %s, "
                "unanswered_since_ts = %s, first_reply_ts = %s WHERE id = %s",
                changed,
            )


def insert(rows: Sequence[Row], *, notes: bool) -> None:
    if not rows:
        return
    table = _NOTE if notes else _EVENT
    columns = _COLUMNS[table]
    lines = [
        [
            json.dumps(value, ensure_ascii=False)
            if column in _JSON and value is not None
            else value
            for column in columns
            for value in (getattr(row, column),)
        ]
        for row in rows
    ]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if _is_postgresql():
            chosen = ", ".join(f"{name}::jsonb" if name in _JSON else name for name in columns)
            arrays = ", ".join(f"%s::{_TYPES.get(name, 'text')}[]" for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) "
                f"SELECT {chosen} FROM unnest({arrays}) AS v({names})",
                [list(column) for column in zip(*lines, strict=True)],
            )
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", lines)
