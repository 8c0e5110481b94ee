"""The statements of a batch in both dialects: as few as there can be, each of constant text.

A batch goes over as one JSON document, encoded in C, so that neither the database's parser nor our
Python looks at single values. From SQLite, which is in this process, the answer comes as one document
too: each row that is fetched hands the interpreter's lock over, and a busy loop gives it back late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from django.db import connection, models

from chatdesk.conversations import clock

Key = tuple[str, str, str]

_EVENT = "conversations_event"
_NOTE = "conversations_note"
_COMMON = ("conversation_id", "seq", "kind", "ts", "author", "role", "alias", "cmid", "body")
_COLUMNS = {
    _EVENT: (*_COMMON, "body_hash", "shown", "staff"),
    _NOTE: (*_COMMON, "body_hash", "facts"),
}
_JSON = frozenset({"shown", "staff", "facts"})
_TYPES = {"seq": "bigint", "ts": "bigint", **dict.fromkeys(_JSON, "jsonb")}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[list[Any]]).decode


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
    blocked_ts: int | None
    # What its next deadline is worked out from: its own facts and its brand's timers.
    channel: str
    sleeping: bool
    waive_ts: int | None
    waived_ts: int | None
    owned_since_ts: int | None
    last_player_ts: int | None
    last_agent_ts: int | None
    prompted_ts: int | None
    warn_seconds: int
    first_reply_seconds: int
    nudge_seconds: int
    silence_seconds: int
    sleep_seconds: int
    due: str = ""
    due_ts: int | None = None
    changed: bool = False


_HELD = (
    "c.id, c.state, c.epoch, c.owner_id, c.player_id, c.brand_id, c.last_seq, "
    "c.last_note_seq, c.unanswered_since_ts, c.first_reply_ts, p.blocked_ts, "
    "c.channel, c.sleeping, c.waive_ts, c.waived_ts, c.owned_since_ts, c.last_player_ts, "
    "c.last_agent_ts, c.prompted_ts, b.warn_seconds, b.first_reply_seconds, b.nudge_seconds, "
    "b.silence_seconds, b.sleep_seconds"
)
_FROM = (
    "FROM conversations_conversation AS c JOIN players_player AS p ON p.id = c.player_id "
    "JOIN conversations_brand AS b ON b.id = c.brand_id "
)


def _hold_with_clock(waiting: str) -> str:
    return (
        f"WITH held AS MATERIALIZED (SELECT {_HELD} {_FROM}"
        "WHERE c.id = ANY(ARRAY(SELECT json_array_elements_text(%s::json))) "
        f"ORDER BY c.id FOR UPDATE OF c {waiting}) "
        "SELECT held.*, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) FROM held"
    )


_HOLD = _hold_with_clock("")
_HOLD_WHAT_IS_FREE = _hold_with_clock("SKIP LOCKED")


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _on_postgresql(statement: str, document: object) -> psycopg.Cursor[Any]:
    """Runs a statement of constant text, whose only parameter is the document, in the transaction
    that is open. Past Django's cursor: that one writes parameters into the text, escaped."""
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        return cursor.execute(statement, [_encode(document).decode()])


def _on_sqlite(statement: str, document: object) -> list[list[Any]]:
    """The same; a statement that answers gives one document."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_encode(document).decode()])
        answer = cursor.fetchone()
    return _decode(answer[0]) if answer is not None else []


def hold(convs: Collection[str], *, wait: bool = True) -> tuple[dict[str, Held], int]:
    """Locks rows in the order of their ids, so that two batches never wait for each other in a
    circle; on SQLite the transaction already has the only write lock. Without ``wait`` rows that
    somebody else has locked are left out. Returns the clock with them, read after the lock."""
    if _is_postgresql():
        # The clock is read row by row, each after its lock: the latest is after all of them.
        found = _on_postgresql(_HOLD if wait else _HOLD_WHAT_IS_FREE, list(convs)).fetchall()
        held = {row[0]: Held(*row[1:-1]) for row in found}
        return held, max((row[-1] for row in found), default=0) or clock.now_ms()
    rows = _on_sqlite(
        f"SELECT json_group_array(json_array({_HELD})) {_FROM}"
        "WHERE c.id IN (SELECT value FROM json_each(%s))",
        list(convs),
    )
    return {row[0]: Held(*row[1:]) for row in rows}, clock.now_ms()


def locked(convs: Collection[str]) -> set[str]:
    """Which of the conversations that were left out exist: somebody else has them."""
    if not convs or not _is_postgresql():
        return set()
    found = _on_postgresql(
        "SELECT id FROM conversations_conversation "
        "WHERE id = ANY(ARRAY(SELECT json_array_elements_text(%s::json)))",
        list(convs),
    )
    return {row[0] for row in found.fetchall()}


def written(keys: Collection[Key], *, notes: bool) -> dict[Key, tuple[int, int, str]]:
    """What stands already under (conversation, author, cmid): its number, time and body's hash."""
    if not keys:
        return {}
    table = _NOTE if notes else _EVENT
    if _is_postgresql():
        # One look into the unique index for each key, whatever the planner thinks of arrays.
        found = _on_postgresql(
            "SELECT k.conv, k.author, k.cmid, found.seq, found.ts, found.body_hash FROM "
            "(SELECT e->>0, e->>1, e->>2 FROM json_array_elements(%s::json) AS e) "
            f"AS k(conv, author, cmid), LATERAL (SELECT seq, ts, body_hash FROM {table} "
            "WHERE conversation_id = k.conv AND author = k.author AND cmid = k.cmid LIMIT 1) "
            "AS found",
            list(keys),
        ).fetchall()
    else:
        # CROSS JOIN keeps this order of loops: again one look into the index for each key.
        found = _on_sqlite(
            "SELECT json_group_array(json_array(t.conversation_id, t.author, t.cmid, t.seq, t.ts, "
            f"t.body_hash)) FROM json_each(%s) AS k CROSS JOIN {table} AS t "
            "ON t.conversation_id = k.value->>0 AND t.author = k.value->>1 "
            "AND t.cmid = k.value->>2",
            list(keys),
        )
    return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in found}


_RENUMBERED = (
    *("last_seq", "last_note_seq", "unanswered_since_ts", "first_reply_ts"),
    *("last_player_ts", "last_agent_ts", "due", "due_ts"),
)


def renumber(held: dict[str, Held]) -> None:
    """Writes the numbers, waits and deadlines of the conversations that changed."""
    changed = [
        [conv, *(getattr(row, name) for name in _RENUMBERED)]
        for conv, row in held.items()
        if row.changed
    ]
    if not changed:
        return
    if _is_postgresql():
        sets = ", ".join(
            f"{name} = (e->>{place}){'' if name == 'due' else '::bigint'}"
            for place, name in enumerate(_RENUMBERED, start=1)
        )
        _on_postgresql(
            f"UPDATE conversations_conversation AS c SET {sets} "
            "FROM json_array_elements(%s::json) AS e WHERE c.id = e->>0",
            changed,
        )
        return
    sets = ", ".join(
        f"{name} = e.value->>{place}" for place, name in enumerate(_RENUMBERED, start=1)
    )
    _on_sqlite(
        f"UPDATE conversations_conversation AS c SET {sets} "
        "FROM json_each(%s) AS e WHERE c.id = e.value->>0",
        changed,
    )


def insert(rows: Sequence[Row], *, notes: bool) -> None:
    if not rows:
        return
    table = _NOTE if notes else _EVENT
    columns = _COLUMNS[table]
    names = ", ".join(columns)
    if _is_postgresql():
        types = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in columns)
        _on_postgresql(
            f"INSERT INTO {table} ({names}) "
            f"SELECT {names} FROM json_to_recordset(%s::json) AS v({types})",
            rows,
        )
        return
    values = ", ".join(
        f"nullif(e.value->'{name}', 'null')" if name in _JSON else f"e.value->>'{name}'"
        for name in columns
    )
    _on_sqlite(f"INSERT INTO {table} ({names}) SELECT {values} FROM json_each(%s) AS e", rows)


_POINTERS = ("player_delivered", "player_read", "agent_delivered", "agent_read")


def raise_pointers(wanted: Mapping[str, Mapping[str, int]]) -> set[str]:
    """Raises each pointer to the number wanted, at most to the head and never down. Returns the
    conversations that were there to be written; locked ones are left out."""
    rows = [[conv, *(seqs.get(name, 0) for name in _POINTERS)] for conv, seqs in wanted.items()]
    if _is_postgresql():
        sets = ", ".join(
            f"{name} = GREATEST(c.{name}, LEAST((w.e->>{place})::bigint, c.last_seq))"
            for place, name in enumerate(_POINTERS, start=1)
        )
        found = _on_postgresql(
            "WITH w AS MATERIALIZED (SELECT e FROM json_array_elements(%s::json) AS e), "
            "free AS MATERIALIZED (SELECT id FROM conversations_conversation "
            "WHERE id IN (SELECT e->>0 FROM w) ORDER BY id FOR UPDATE SKIP LOCKED) "
            f"UPDATE conversations_conversation AS c SET {sets} FROM w, free "
            "WHERE c.id = free.id AND w.e->>0 = free.id RETURNING c.id",
            rows,
        )
        return {row[0] for row in found.fetchall()}
    sets = ", ".join(
        f"{name} = MAX(c.{name}, MIN(e.value->>{place}, c.last_seq))"
        for place, name in enumerate(_POINTERS, start=1)
    )
    _on_sqlite(
        f"UPDATE conversations_conversation AS c SET {sets} "
        "FROM json_each(%s) AS e WHERE c.id = e.value->>0",
        rows,
    )
    return set(wanted)


def after(
    table: type[models.Model], asked: Collection[tuple[str, int]], page: int
) -> Iterable[Any]:
    """Rows of Event or Note after each (conversation, number), ascending; each row knows by
    ``asked_seq`` which page it belongs to. Numbers have no holes, so a page is a span of them."""
    # LATERAL and CROSS JOIN: one look into the unique index for each key, whatever the planner thinks.
    statement = (
        "SELECT t.*, (e->>1)::bigint AS asked_seq FROM json_array_elements(%s::json) AS e "
        "CROSS JOIN LATERAL (SELECT * FROM {0} WHERE conversation_id = e->>0 "
        "AND seq > (e->>1)::bigint AND seq <= (e->>1)::bigint + %s OFFSET 0) AS t "
        "ORDER BY t.seq"
        if _is_postgresql()
        else "SELECT t.*, e.value->>1 AS asked_seq FROM json_each(%s) AS e "
        "CROSS JOIN {0} AS t ON t.conversation_id = e.value->>0 "
        "AND t.seq > e.value->>1 AND t.seq <= (e.value->>1) + %s ORDER BY t.seq"
    ).format(table._meta.db_table)
    return table._default_manager.raw(statement, [_encode(list(asked)).decode(), page])
