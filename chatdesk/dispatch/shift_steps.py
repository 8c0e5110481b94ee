"""The ends and beginnings of shifts: planned ahead, drained, handed over warmly."""

from __future__ import annotations

from chatdesk.conversations import assignments
from chatdesk.conversations.models import Conversation
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import choosing, roll
from chatdesk.dispatch.attempts import attempt
from chatdesk.dispatch.choosing import Need
from chatdesk.shifts import duties


def keep_shifts(sight: Sight | None) -> None:
    """Whatever begins, drains or ends by now. A step that died half-way is done again. While we suspect
    ourselves nobody is moved: we do not see who is there to take over."""
    sees = sight is not None and sight.complete
    for duty_id in duties.beginning():
        attempt(duties.begin, duty_id)
    for duty_id in duties.draining():
        attempt(duties.drain, duty_id)
    for duty in duties.ending():
        if duties.goes_on(duty) or (sees and _handed_over(duty.seat_id, sight)):
            attempt(duties.end, duty.pk)


def _handed_over(agent_id: int, sight: Sight | None) -> bool:
    """Each of his conversations goes to whoever could be rung for it, or back to the head."""
    mine = Conversation.objects.filter(owner_id=agent_id, state="active")
    for row in mine.order_by("waiting_since_ts", "pk"):
        to = _successor(row, agent_id, sight)
        attempt(assignments.hand_over, row.pk, agent_id, to, duties.SHIFT_END)
    return not mine.exists()


def _successor(row: Conversation, agent_id: int, sight: Sight | None) -> int | None:
    skill, team_id = ("", None) if row.waived_ts is not None else (row.skill, row.team_id)
    need = Need(row.brand_id, row.lang, skill, team_id, row.channel)
    others = [one for one in roll.free(sight) if one.agent_id != agent_id]
    free = choosing.sort(others, need, ()).free
    return choosing.choose(free, need, None)[0].agent_id if free else None
