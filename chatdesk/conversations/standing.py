"""Where a conversation stands in the queue, and what it asks of an agent there. Pure: row in, keys out.

**Nobody starves:** priority is a head start of a fixed length, so whoever waits is overtaken only by
those who came within that length after him.
"""

from __future__ import annotations

from chatdesk.conversations.models import Conversation, Route

URGENT = 10
DISTRESS_PLACES = 3
STOP_GAMBLING = "stop_gambling"
# A left message waits behind everybody who sits before a screen: so many points.
MESSAGE_POINTS = -48


def asks(row: Conversation, route: Route | None, now: int) -> None:
    """Writes what the topic asks for at the brand into a new conversation."""
    if route is not None:
        row.skill, row.team_id = route.skill, route.team_id
        row.priority, row.weight = route.priority, route.weight
        if route.waive_seconds is not None and (route.skill or route.team_id):
            row.waive_ts = now + route.waive_seconds * 1000
    elif row.topic == STOP_GAMBLING:
        row.priority, row.weight = URGENT, DISTRESS_PLACES
    row.priority += _points(row.brand.tiers.get(row.player.tier))
    if row.channel == "message":
        row.priority += MESSAGE_POINTS


def _points(given: object) -> int:
    return given if isinstance(given, int) else 0


def place(row: Conversation) -> None:
    """Writes the keys by which it is found in the queue."""
    row.rank_ts = row.waiting_since_ts - row.priority * row.brand.priority_step_seconds * 1000
    skill, team = ("", None) if row.waived_ts is not None else (row.skill, row.team_id)
    row.need = f"{row.brand_id}|{row.lang}|{skill}|{team or ''}|{row.channel}"
