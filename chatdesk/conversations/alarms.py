"""What supervisors must know at once: raised, standing, cleared. An alarm is a row, so it survives us.

Who may raise one: anybody in a transition. When two raise the same, the second finds it standing; the
partial unique constraint would refuse a twin.
"""

from __future__ import annotations

from typing import Any

import structlog

from chatdesk.conversations import clock
from chatdesk.conversations.models import Alarm
from chatdesk.conversations.transition import Changes, transition

log = structlog.get_logger(__name__)

# One that nobody clears is shown for so long.
SHOWN_MS = 15 * 60_000
MISSED = "missed"
SUSPICION = "suspicion"
PRESENCE_BREAKER = "presence_breaker"
CLEARED_BY_US = frozenset({SUSPICION, PRESENCE_BREAKER})


def raise_alarm(changes: Changes, kind: str, about: str = "", **facts: Any) -> bool:
    """Part of the caller's transition; False when it stands already."""
    _, is_new = Alarm.objects.get_or_create(
        kind=kind,
        about=about,
        cleared_ts=None,
        defaults={"facts": facts, "raised_ts": clock.now_ms()},
    )
    if is_new:
        log.error("alarm", kind=kind, about=about)
        changes.hint("wall")
    return is_new


def clear(changes: Changes, kind: str, about: str = "") -> bool:
    """What it was about is over."""
    cleared = Alarm.objects.filter(kind=kind, about=about, cleared_ts__isnull=True).update(
        cleared_ts=clock.now_ms()
    )
    if cleared:
        log.info("alarm_cleared", kind=kind, about=about)
        changes.hint("wall")
    return bool(cleared)


def keep(kind: str, stands: bool, about: str = "", **facts: Any) -> None:
    """Raises or clears it, as a transition of its own where something changes."""
    standing = Alarm.objects.filter(kind=kind, about=about, cleared_ts__isnull=True).exists()
    if standing == stands:
        return
    with transition() as changes:
        if stands:
            raise_alarm(changes, kind, about, **facts)
        else:
            clear(changes, kind, about)


def age_ms(kind: str, about: str = "") -> int:
    """For how long it has stood; 0 when it does not."""
    row = Alarm.objects.filter(kind=kind, about=about, cleared_ts__isnull=True).first()
    return clock.now_ms() - row.raised_ts if row is not None else 0


def standing(now: int) -> list[Alarm]:
    """The newest first; those that nobody clears end by their age."""
    rows = Alarm.objects.filter(cleared_ts__isnull=True).order_by("-raised_ts", "-pk")
    since = now - SHOWN_MS
    return [row for row in rows if row.kind in CLEARED_BY_US or row.raised_ts >= since]
