"""The database's word after a scene: rows as the checker takes them, read past the product."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import digest
from tests.faults.house import House


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a transcript, or one note (``lane`` says which)."""

    conv: str
    lane: str
    seq: int
    kind: str
    ts: int
    author: str
    role: str
    cmid: str
    hash: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One assignment: whose a conversation was, from when to when; ``ended`` is None while it lasts."""

    conv: str
    agent: str
    epoch: int
    began: int
    ended: int | None
    forced: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    conv: str
    player: str
    state: str
    owner: str
    epoch: int
    last_seq: int
    last_note_seq: int


@dataclass(slots=True)
class Ledger:
    """Everything the database holds of one brand."""

    chats: dict[str, Chat] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    capacity: dict[str, int] = field(default_factory=dict)
    on_duty: set[str] = field(default_factory=set)
    supervisors: set[str] = field(default_factory=set)

    def lines(self, conv: str, lane: str = "event") -> list[Row]:
        return sorted(
            (row for row in self.rows if row.conv == conv and row.lane == lane),
            key=lambda row: row.seq,
        )

    def by_conversation(self, lane: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            if row.lane == lane:
                found[row.conv].append(row)
        for rows in found.values():
            rows.sort(key=lambda row: row.seq)
        return found

    def dump(self) -> str:
        """For reading after a failure; without texts."""
        whole: dict[str, Any] = {
            "chats": [_plain(chat) for chat in self.chats.values()],
            "turns": [_plain(turn) for turn in self.turns],
            "rows": [_plain(row) for row in self.rows],
        }
        return json.dumps(whole)


def _plain(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


_OF_BRAND = (
    "JOIN conversations_conversation c ON c.id = x.conversation_id "
    "JOIN conversations_brand b ON b.id = c.brand_id WHERE b.slug = ?"
)


def read(house: House, brand: str) -> Ledger:
    """What the database has of a brand now."""
    ledger = Ledger()
    for row in house.rows(
        "SELECT c.id, c.player_id, c.state, c.owner_id, c.epoch, c.last_seq, c.last_note_seq "
        "FROM conversations_conversation c JOIN conversations_brand b ON b.id = c.brand_id "
        "WHERE b.slug = ?",
        brand,
    ):
        ledger.chats[row["id"]] = Chat(
            conv=row["id"],
            player=f"p:{row['player_id']}",
            state=row["state"],
            owner=f"a:{row['owner_id']}" if row["owner_id"] is not None else "",
            epoch=row["epoch"],
            last_seq=row["last_seq"],
            last_note_seq=row["last_note_seq"],
        )
    for lane, table in (("event", "conversations_event"), ("note", "conversations_note")):
        for row in house.rows(
            f"SELECT x.conversation_id, x.seq, x.kind, x.ts, x.author, x.role, x.cmid, x.body "
            f"FROM {table} x {_OF_BRAND}",
            brand,
        ):
            ledger.rows.append(
                Row(
                    conv=row["conversation_id"],
                    lane=lane,
                    seq=row["seq"],
                    kind=row["kind"],
                    ts=row["ts"],
                    author=row["author"],
                    role=row["role"],
                    cmid=row["cmid"] or "",
                    # The body itself and not the stored hash: what counts is what is kept.
                    hash=digest(row["body"]),
                )
            )
    for row in house.rows(
        "SELECT x.conversation_id, x.agent_id, x.epoch, x.began_ts, x.ended_ts, x.forced, "
        f"x.end_reason FROM conversations_assignment x {_OF_BRAND}",
        brand,
    ):
        ledger.turns.append(
            Turn(
                conv=row["conversation_id"],
                agent=f"a:{row['agent_id']}",
                epoch=row["epoch"],
                began=row["began_ts"],
                ended=row["ended_ts"],
                forced=bool(row["forced"]),
                reason=row["end_reason"],
            )
        )
    for row in house.rows(
        "SELECT s.agent_id, s.capacity, s.status, s.lost_ts, a.role FROM conversations_seat s "
        "JOIN agents_agent a ON a.id = s.agent_id "
        "JOIN conversations_persona p ON p.seat_id = s.agent_id "
        "JOIN conversations_brand b ON b.id = p.brand_id WHERE b.slug = ?",
        brand,
    ):
        agent = f"a:{row['agent_id']}"
        ledger.capacity[agent] = row["capacity"]
        if row["role"] == "supervisor":
            ledger.supervisors.add(agent)
        if row["status"] == "available" and row["lost_ts"] is None:
            ledger.on_duty.add(agent)
    return ledger
