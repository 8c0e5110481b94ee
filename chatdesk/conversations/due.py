"""The next deadline of a conversation, worked out from its row. Pure: facts in, kind and time out.

Every writer of the row plans it anew in the same UPDATE, so a deadline survives whatever the facts survive.
Kinds: ``warn`` and ``return`` (taken and not answered), ``nudge`` and ``close`` (the player is silent),
``sleep`` (both are), ``wake`` (somebody spoke in a sleeping one), ``waive`` (skill and team were waited
for long enough).
"""

from __future__ import annotations

from typing import Protocol


class Facts(Protocol):
    state: str
    channel: str
    sleeping: bool
    waive_ts: int | None
    waived_ts: int | None
    owned_since_ts: int | None
    first_reply_ts: int | None
    unanswered_since_ts: int | None
    last_player_ts: int | None
    last_agent_ts: int | None
    prompted_ts: int | None


class Timers(Protocol):
    """A brand's; seconds, and 0 is never."""

    warn_seconds: int
    first_reply_seconds: int
    nudge_seconds: int
    silence_seconds: int
    sleep_seconds: int


class Planned(Facts, Protocol):
    due: str
    due_ts: int | None


def plan(row: Planned, timers: Timers) -> None:
    """Writes the next deadline into the row."""
    row.due, row.due_ts = next_due(row, timers)


def next_due(row: Facts, timers: Timers) -> tuple[str, int | None]:
    """Kind and time in ms of the next deadline; ``("", None)`` when there is none."""
    found: list[tuple[int, str]] = []
    if row.state == "queued" and row.waive_ts is not None and row.waived_ts is None:
        found.append((row.waive_ts, "waive"))
    if row.state == "active":
        found = _of_active(row, timers)
    if not found:
        return "", None
    ts, kind = min(found)
    return kind, ts


def _of_active(row: Facts, timers: Timers) -> list[tuple[int, str]]:
    spoken = max(row.last_player_ts or 0, row.last_agent_ts or 0)
    prompted = row.prompted_ts or 0
    if row.sleeping and spoken > prompted:
        return [(spoken, "wake")]
    found: list[tuple[int, str]] = []
    if owes_reply(row):
        since = row.owned_since_ts or 0
        if row.channel == "chat":
            if timers.warn_seconds and prompted < since:
                found.append((since + timers.warn_seconds * 1000, "warn"))
            if timers.first_reply_seconds:
                found.append((since + timers.first_reply_seconds * 1000, "return"))
        return found
    if row.unanswered_since_ts is not None or row.last_agent_ts is None:
        return found
    if row.channel == "chat":
        if timers.nudge_seconds and prompted < row.last_agent_ts and not row.sleeping:
            found.append((row.last_agent_ts + timers.nudge_seconds * 1000, "nudge"))
        if timers.silence_seconds:
            found.append((row.last_agent_ts + timers.silence_seconds * 1000, "close"))
    if timers.sleep_seconds and not row.sleeping:
        found.append((spoken + timers.sleep_seconds * 1000, "sleep"))
    return found


def owes_reply(row: Facts) -> bool:
    """Whether its owner has said nothing since he has it, and somebody waits for that."""
    if row.owned_since_ts is None or (row.last_agent_ts or 0) >= row.owned_since_ts:
        return False
    return row.first_reply_ts is None or row.unanswered_since_ts is not None
