"""What is answered to a command that was carried out, refused, or met a fault: outcomes as frames."""

from __future__ import annotations

import random

from chatdesk.conversations import errors
from chatdesk.conversations.messages import Draft, Outcome, Posted
from chatdesk.delivery.protocol.codec import BadInput
from chatdesk.delivery.protocol.frames import Ack, Error, Nack


def decided(draft: Draft, outcome: Outcome) -> Ack | Nack:
    """``ack`` for what is committed, ``nack`` for what is not."""
    if isinstance(outcome, Posted):
        is_note = draft.kind != "message"
        return Ack(
            cmid=draft.cmid,
            conv=draft.conv,
            ts=outcome.ts,
            dup=outcome.dup,
            seq=None if is_note else outcome.seq,
            note_seq=outcome.seq if is_note else None,
        )
    return Nack(
        cmid=draft.cmid,
        code=outcome.code,  # type: ignore[arg-type]
        final=outcome.final,
        retry_ms=outcome.retry_ms,
    )


def refused(refusal: errors.Refusal, ref: str | None) -> Error:
    return Error(
        code=refusal.code,  # type: ignore[arg-type]
        message=refusal.says,
        ref=ref,
        retry_ms=refusal.retry_ms,
        alias=refusal.alias,
    )


def not_understood(bad: BadInput, *, live: bool) -> Error | Nack:
    """Of a message whose cmid could be read the client's outbox must hear that it is final."""
    if bad.cmid is not None and live:
        return Nack(cmid=bad.cmid, code=bad.code, final=True)
    return Error(code=bad.code, message=bad.message, ref=bad.ref)


def too_fast(command: object, left_ms: int) -> list[Error | Nack]:
    """Of a message the client's outbox hears too that it goes later."""
    ref, cmid = getattr(command, "ref", None), getattr(command, "cmid", None)
    said: list[Error | Nack] = [
        Error(code="rate", message="Too many frames.", ref=ref, retry_ms=left_ms)
    ]
    if cmid is not None:
        said.append(Nack(cmid=cmid, code="rate", final=False, retry_ms=left_ms))
    return said


def away(ref: str | None = None, *, least_ms: int = 500, most_ms: int = 3_000) -> Error:
    """The database does not answer: try again, and not all at once."""
    retry_ms = random.randint(least_ms, most_ms)
    return Error(code="unavailable", message=errors.Unavailable.says, ref=ref, retry_ms=retry_ms)


def bug(ref: str | None, error_id: str) -> Error:
    """A fault of ours; the id leads to the log."""
    return Error(code="internal", message=errors.Internal.says, ref=ref, id=error_id)
