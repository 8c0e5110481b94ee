"""Duties: written ahead from the shifts, begun, drained and ended.

Rosters are optional: whoever has no duty is never drained.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import structlog

from chatdesk.conversations import clock, holding, messages, offers
from chatdesk.conversations.access import SYSTEM
from chatdesk.conversations.models import Conversation, Seat
from chatdesk.conversations.transition import transition
from chatdesk.shifts import roster
from chatdesk.shifts.models import Duty, Shift

log = structlog.get_logger(__name__)

AHEAD_MS = 48 * 3600_000
SHIFT_END = "shift_end"


def plan() -> int:
    """Writes the duties of the next two days and takes back those that are planned no more; returns how
    many were written. Two at once write the same rows once."""
    now = clock.now_ms()
    wanted: dict[tuple[int, int, int], Duty] = {}
    unknown: set[int] = set()
    for shift, seat_ids in _shifts():
        try:
            spans = list(roster.spans(shift, now, now + AHEAD_MS))
        except Exception:
            # The others are planned all the same, and what was planned of this one stays.
            log.exception("shift_not_planned", shift=shift.pk)
            unknown.add(shift.pk)
            continue
        for span in spans:
            for seat_id in seat_ids:
                wanted[shift.pk, seat_id, span.starts_ts] = Duty(
                    shift=shift,
                    seat_id=seat_id,
                    starts_ts=span.starts_ts,
                    drains_ts=span.ends_ts - shift.drain_minutes * roster.MINUTE_MS,
                    ends_ts=span.ends_ts,
                )
    known = Duty.objects.filter(ends_ts__gt=now).exclude(shift__in=unknown)
    standing = {(duty.shift_id, duty.seat_id, duty.starts_ts): duty for duty in known}
    stale = [
        duty.pk
        for key, duty in standing.items()
        if key not in wanted or _timers(wanted[key]) != _timers(duty)
    ]
    # What has begun goes on as it was planned; what has not is as if it had never been.
    Duty.objects.filter(pk__in=stale, state="planned").delete()
    missing = [duty for key, duty in wanted.items() if key not in standing]
    missing += [wanted[key] for key, duty in standing.items() if key in wanted and duty.pk in stale]
    Duty.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def _timers(duty: Duty) -> tuple[int, int]:
    return duty.drains_ts, duty.ends_ts


def _shifts() -> list[tuple[Shift, list[int]]]:
    seats = list(Seat.objects.filter(agent__is_active=True).values_list("pk", "team_id"))
    return [
        (
            shift,
            [
                pk
                for pk, team_id in seats
                if (pk == shift.seat_id if shift.team_id is None else team_id == shift.team_id)
            ],
        )
        for shift in Shift.objects.all()
    ]


def beginning() -> list[int]:
    now = clock.now_ms()
    rows = Duty.objects.filter(state="planned", starts_ts__lte=now)
    return list(rows.order_by("starts_ts", "pk").values_list("pk", flat=True))


def draining() -> list[int]:
    """Duties that end soon, without those that go on in another one."""
    rows = Duty.objects.filter(state="running", drains_ts__lte=clock.now_ms())
    return [duty.pk for duty in rows.order_by("drains_ts", "pk") if not goes_on(duty)]


def ending() -> list[Duty]:
    rows = Duty.objects.filter(state__in=("running", "draining"), ends_ts__lte=clock.now_ms())
    return list(rows.order_by("ends_ts", "pk"))


def begin(duty_id: int) -> bool:
    """Whoever drained for the last one takes offers again, once he says that he is there."""
    with transition() as changes:
        duty = Duty.objects.get(pk=duty_id)
        holding.lock_seats([duty.seat_id])
        if not _move(duty, ("planned",), "running"):
            return False
        Seat.objects.filter(pk=duty.seat_id).update(draining_since_ts=None)
        changes.desk(duty.seat_id)
        changes.hint("dispatch")
        changes.hint("wall")
    return True


def drain(duty_id: int) -> bool:
    """No new offers from now on, and a hand-over note in each open conversation."""
    with transition() as changes:
        duty = Duty.objects.get(pk=duty_id)
        holding.lock_seats([duty.seat_id])
        if not _move(duty, ("running",), "draining"):
            return False
        now = clock.now_ms()
        Seat.objects.filter(pk=duty.seat_id).update(draining_since_ts=now)
        mine = Conversation.objects.select_for_update().filter(
            owner_id=duty.seat_id, state="active"
        )
        for row in mine.order_by("pk"):
            facts, told = _hand_over_note(row, duty, now)
            messages.remark(changes, row, "flag", SYSTEM, body=told, facts=facts)
            row.save(update_fields=["last_note_seq"])
            changes.conversation(row.pk)
        changes.desk(duty.seat_id)
        changes.hint("wall")
    return True


def end(duty_id: int) -> bool:
    """He has gone home, unless another duty of his goes on; False while he has conversations."""
    with transition() as changes:
        duty = Duty.objects.get(pk=duty_id)
        (seat,) = holding.lock_seats([duty.seat_id])
        stays = goes_on(duty)
        # With the seat in hand: what he took at the last moment is handed over first.
        mine = Conversation.objects.filter(owner_id=duty.seat_id, state="active")
        if not stays and mine.exists():
            return False
        if not _move(duty, ("running", "draining"), "ended"):
            return False
        if not stays:
            offers.withdraw_all(changes, seat)
            Seat.objects.filter(pk=duty.seat_id).update(
                draining_since_ts=None,
                status="offline",
                status_reason=SHIFT_END,
                status_since_ts=clock.now_ms(),
            )
            changes.desk(duty.seat_id)
            changes.hint("wall")
    return True


def goes_on(duty: Duty) -> bool:
    """Whether another duty of the same person covers its end; of one whose end nobody saw, whether
    another one covers this moment."""
    ends_ts = max(duty.ends_ts, clock.now_ms())
    return (
        Duty.objects.filter(
            seat_id=duty.seat_id,
            state__in=("planned", "running", "draining"),
            starts_ts__lte=ends_ts,
            ends_ts__gt=ends_ts,
        )
        .exclude(pk=duty.pk)
        .exists()
    )


def shift_ends(seat_ids: Collection[int]) -> dict[int, int]:
    """When the duty ends that each has now."""
    rows = Duty.objects.filter(seat_id__in=list(seat_ids), state__in=("running", "draining"))
    return dict(rows.order_by("ends_ts").values_list("seat", "ends_ts"))


def _move(duty: Duty, states: tuple[str, ...], to: str) -> bool:
    moved = Duty.objects.filter(pk=duty.pk, state__in=states).update(state=to)
    return moved == 1


def _hand_over_note(row: Conversation, duty: Duty, now: int) -> tuple[dict[str, Any], str]:
    """Facts alone: whoever comes next reads the lines themselves. Minutes, rounded down."""
    waits, wrote = row.unanswered_since_ts, row.last_agent_ts
    facts = {
        "handover": True,
        "ends_ts": duty.ends_ts,
        "open_min": (now - row.opened_ts) // roster.MINUTE_MS,
        "waits_min": (now - waits) // roster.MINUTE_MS if waits is not None else None,
        "answered_min": (now - wrote) // roster.MINUTE_MS if wrote is not None else None,
        "lines": row.last_seq,
    }
    told = [f"Hand-over: {row.topic}, {row.lang}, open for {facts['open_min']} min"]
    if waits is not None:
        told.append(f"the player has waited for {facts['waits_min']} min")
    if wrote is None:
        told.append("no agent has written yet")
    else:
        told.append(f"an agent wrote last {facts['answered_min']} min ago")
    return facts, f"{', '.join(told)}."
