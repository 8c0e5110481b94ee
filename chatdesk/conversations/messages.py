"""The only writer of events and notes. ``post_batch`` is the one path into the transcript.

Who may write a conversation's sequence: whoever holds the lock of its row. Two writers queue for that
lock, so numbers are given in commit order and without holes; the second one sees what the first wrote,
so a repeated ``cmid`` is found and acked again instead of written twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatdesk.conversations import bulk, care, clock, due, errors
from chatdesk.conversations.access import Actor
from chatdesk.conversations.bulk import Held, Row
from chatdesk.conversations.models import Conversation, Event, Note
from chatdesk.conversations.transition import Changes, transition

Kind = Literal["message", "note", "whisper"]
_UNFILLED = re.compile(r"\{\{\s*[a-z][a-z0-9_]*\s*\}\}")


@dataclass(slots=True)
class Draft:
    """A message, note or whisper before it is written. Its body is masked from the first (``care``):
    nobody writes, hashes, compares or logs another. ``epoch`` is the owner's fencing token."""

    conv: str
    actor: Actor
    cmid: str
    body: str
    kind: Kind = "message"
    epoch: int = 0
    canned: str | None = None

    def __post_init__(self) -> None:
        self.body = care.masked(self.body)


@dataclass(frozen=True, slots=True)
class Posted:
    """Committed: ``seq`` counts events, or notes for a note."""

    seq: int
    ts: int
    dup: bool


Outcome = Posted | errors.Refusal


class HeldUp:
    """Nothing was decided: somebody else holds the conversation's lock. The same draft goes again."""


HELD_UP = HeldUp()


def body_hash(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def post(draft: Draft) -> Posted:
    """One message, for whoever is no socket. Raises the refusal."""
    (outcome,) = post_batch([draft])
    if isinstance(outcome, errors.Refusal):
        raise outcome
    return outcome


def post_batch(drafts: Sequence[Draft]) -> list[Outcome]:
    """Writes a batch in one transaction and publishes it; one outcome for each draft, in order.
    Waits for whoever holds one of the conversations."""
    outcomes = _write(drafts, wait=True)
    return [outcome for outcome in outcomes if not isinstance(outcome, HeldUp)]


def post_what_is_free(drafts: Sequence[Draft]) -> list[Outcome | HeldUp]:
    """The same without waiting, so that one locked conversation holds up no other: its drafts, all
    of them, come back as ``HELD_UP``."""
    return _write(drafts, wait=False)


def _write(drafts: Sequence[Draft], *, wait: bool) -> list[Outcome | HeldUp]:
    with transition() as changes:
        convs = {draft.conv for draft in drafts}
        held, now = bulk.hold(convs, wait=wait)
        locked = bulk.locked(convs - held.keys()) if not wait else set()
        known = _already_written(drafts)
        events: list[Row] = []
        notes: list[Row] = []
        outcomes: list[Outcome | HeldUp] = []
        for draft in drafts:
            if draft.conv in locked:
                outcomes.append(HELD_UP)
            else:
                outcomes.append(_decide(draft, held.get(draft.conv), known, now, events, notes))
        for one in held.values():
            due.plan(one, one)
        bulk.renumber(held)
        bulk.insert(events, notes=False)
        bulk.insert(notes, notes=True)
        for row in events:
            changes.event(row)
        for row in notes:
            changes.note(row)
    return outcomes


def _decide(
    draft: Draft,
    held: Held | None,
    known: dict[tuple[str, str, str, bool], tuple[int, int, str]],
    now: int,
    events: list[Row],
    notes: list[Row],
) -> Outcome:
    actor = draft.actor
    is_note = draft.kind != "message"
    if held is None or not _sees(actor, held):
        return errors.NotFound()
    digest = body_hash(draft.body)
    key = (draft.conv, actor.author, draft.cmid, is_note)
    before = known.get(key)
    if before is not None:
        seq, ts, before_digest = before
        # First of all: what was committed is acked again, whatever became of the conversation.
        return Posted(seq, ts, dup=True) if before_digest == digest else errors.CmidReused()
    refusal = _refuse(draft, held)
    if refusal is not None:
        return refusal
    held.changed = True
    if is_note:
        held.last_note_seq += 1
        seq = held.last_note_seq
    else:
        held.last_seq += 1
        seq = held.last_seq
        _count_waiting(held, actor, now)
    row = Row(
        conversation_id=draft.conv,
        seq=seq,
        kind=draft.kind,
        ts=now,
        author=actor.author,
        role=_role(actor, is_note),
        alias="" if actor.role == "player" else actor.alias_at(held.brand_id),
        cmid=draft.cmid,
        body=draft.body,
        body_hash=digest,
        staff={"canned": draft.canned} if draft.canned else None,
    )
    (notes if is_note else events).append(row)
    known[key] = (seq, now, digest)
    return Posted(seq, now, dup=False)


def _sees(actor: Actor, held: Held) -> bool:
    if actor.role == "player":
        return held.player_id == actor.id
    return actor.is_staff and actor.sees_brand(held.brand_id)


def _refuse(draft: Draft, held: Held) -> errors.Refusal | None:
    actor = draft.actor
    owns = actor.is_staff and held.owner_id == actor.agent_id
    if draft.kind == "message":
        if held.state == "closed":
            return errors.Closed()
        if actor.is_staff:
            if not owns or held.epoch != draft.epoch:
                return errors.NotAssignee()
            if _UNFILLED.search(draft.body):
                return errors.BadField()
        elif held.blocked_ts is not None:
            return errors.Blocked()
        return None
    if draft.kind == "whisper" and not actor.supervises:
        return errors.Forbidden()
    if actor.supervises:
        return None
    if held.state == "closed":
        return errors.Closed()
    return None if owns else errors.NotAssignee()


def _count_waiting(held: Held, actor: Actor, now: int) -> None:
    if actor.role == "player":
        held.last_player_ts = now
        if held.unanswered_since_ts is None:
            held.unanswered_since_ts = now
    else:
        held.last_agent_ts = now
        held.unanswered_since_ts = None
        if held.first_reply_ts is None:
            held.first_reply_ts = now


def _role(actor: Actor, is_note: bool) -> str:
    if actor.role == "player":
        return "player"
    return actor.role if is_note else "agent"


def _already_written(
    drafts: Sequence[Draft],
) -> dict[tuple[str, str, str, bool], tuple[int, int, str]]:
    """Asked after the lock: whoever wrote the same cmid at this moment has committed by now."""
    found: dict[tuple[str, str, str, bool], tuple[int, int, str]] = {}
    for notes in (False, True):
        keys = {
            (draft.conv, draft.actor.author, draft.cmid)
            for draft in drafts
            if (draft.kind != "message") is notes
        }
        for key, line in bulk.written(keys, notes=notes).items():
            found[(*key, notes)] = line
    return found


# --- lines that verbs write inside their own transition --------------------------------------------


def record(
    changes: Changes,
    conversation: Conversation,
    kind: str,
    by: Actor,
    *,
    body: str | None = None,
    facts: dict[str, Any] | None = None,
    staff: dict[str, Any] | None = None,
) -> Event:
    """An event of the conversation's own life. The caller holds the row's lock and saves it."""
    conversation.last_seq += 1
    row = Event.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        kind=kind,
        ts=clock.now_ms(),
        author=by.author,
        role="system" if by.role == "system" else ("player" if by.role == "player" else "agent"),
        alias="" if by.role in ("player", "system") else by.alias_at(conversation.brand_id),
        body=care.masked(body) if body else body,
        shown=facts,
        staff=staff,
    )
    changes.event(row)
    return row


def remark(
    changes: Changes,
    conversation: Conversation,
    kind: str,
    by: Actor,
    *,
    body: str | None = None,
    facts: dict[str, Any] | None = None,
) -> Note:
    """A note or flag that belongs to a verb. The caller holds the row's lock and saves it."""
    conversation.last_note_seq += 1
    row = Note.objects.create(
        conversation=conversation,
        seq=conversation.last_note_seq,
        kind=kind,
        ts=clock.now_ms(),
        author=by.author,
        role=by.role,
        alias="" if by.role in ("player", "system") else by.alias_at(conversation.brand_id),
        body=care.masked(body) if body else body,
        facts=facts,
    )
    changes.note(row)
    return row


__all__ = [
    "HELD_UP",
    "Draft",
    "HeldUp",
    "Outcome",
    "Posted",
    "body_hash",
    "post",
    "post_batch",
    "post_what_is_free",
    "record",
    "remark",
]
