"""What happens when a conversation's deadline is reached. The row is the timer (``due.py``).

Who may act on one: whoever holds the locks and still finds it due by the row's facts. When two
dispatchers try, the second finds the next deadline and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import translation
from django.utils.translation import gettext

from chatdesk.conversations import assignments, clock, due, holding, lifecycle, messages, standing
from chatdesk.conversations.access import EVERYWHERE, SYSTEM
from chatdesk.conversations.models import Assignment, Conversation, Seat
from chatdesk.conversations.transition import Changes, transition

SILENT = "player_silent"


# For these nobody's silence is believed: somebody spoke, or waited.
NO_SILENCE = frozenset({"wake", "waive"})


def reached(limit: int, *, doubting: bool = False) -> list[str]:
    """Conversations whose deadline is over, the oldest first; while ``doubting`` what we hear, only
    those for which no silence counts."""
    rows = Conversation.objects.filter(due_ts__lte=clock.now_ms())
    if doubting:
        rows = rows.filter(due__in=NO_SILENCE)
    return list(rows.order_by("due_ts").values_list("pk", flat=True)[:limit])


def keep(conv: str) -> bool:
    """Does what is due, in one transaction; False when nothing is."""
    with transition() as changes:
        row, seats = holding.conversation(EVERYWHERE, conv)
        kind, due_ts = due.next_due(row, row.brand)
        if due_ts is not None and due_ts <= clock.now_ms():
            _ACTS[kind](changes, row, seats)
            acted = True
        else:
            acted = False
        due.plan(row, row.brand)
        row.save()
    return acted


def free_places(limit: int) -> list[int]:
    """Agents some of whose places were kept after a close for long enough."""
    over = Assignment.objects.filter(wrap_up_ts__lte=clock.now_ms())
    return list(over.values_list("agent_id", flat=True).distinct()[:limit])


def end_wrap_up(agent_id: int) -> bool:
    with transition() as changes:
        holding.lock_seats([agent_id])
        assignments.end_wrap_ups(changes, agent_id, until_ts=clock.now_ms())
    return True


_Act = Callable[[Changes, Conversation, dict[int, Seat]], None]


def _warn(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    """The agent who took it has said nothing yet."""
    row.prompted_ts = clock.now_ms()
    messages.remark(changes, row, "flag", SYSTEM, facts={"first_reply": "late"})
    changes.desk(row.owner_id or 0)
    changes.hint("wall")


def _return(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    assignments.give_back(changes, row, "no_reply")


def _nudge(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    """The player is asked in his own language whether he is there; that is no agent's word."""
    row.prompted_ts = clock.now_ms()
    with translation.override(row.lang):
        asked = gettext("Are you still there? We close the chat if we do not hear from you.")
    messages.record(changes, row, "message", SYSTEM, body=asked)


def _close(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    lifecycle.finish(changes, row, SYSTEM, SILENT)


def _sleep(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    assignments.put_to_sleep(changes, row)


def _wake(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    assignments.wake(changes, row, seats[row.owner_id or 0])


def _waive(changes: Changes, row: Conversation, seats: dict[int, Seat]) -> None:
    """Whoever could serve it best was waited for long enough: anybody may."""
    row.waived_ts = clock.now_ms()
    standing.place(row)
    changes.hint("dispatch")
    changes.hint("wall")
    changes.queue(row.brand_id)


_ACTS: dict[str, _Act] = {
    "warn": _warn,
    "return": _return,
    "nudge": _nudge,
    "close": _close,
    "sleep": _sleep,
    "wake": _wake,
    "waive": _waive,
}
