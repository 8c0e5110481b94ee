"""The closed vocabularies of chat.v1 and the types of its texts and numbers."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final, Literal

from msgspec import Meta

VERSION: Final = 1
SUBPROTOCOL: Final = "chat.v1"

ErrorCode = Literal[
    "bad_frame",
    "unknown_type",
    "bad_field",
    "too_big",
    "rate",
    "not_found",
    "forbidden",
    "closed",
    "not_assignee",
    "already_taken",
    "at_capacity",
    "cmid_reused",
    "blocked",
    "unavailable",
    "internal",
]


class Close(IntEnum):
    """Why the server closes a socket: below 4400 a client tries again, from 4400 on it stops."""

    GOING_AWAY = 1001
    DRAIN = 4000
    NO_PONG = 4001
    SLOW = 4002
    GAP = 4003
    BACKEND_AWAY = 4004
    RATE = 4005
    NOT_AUTHENTICATED = 4401
    FORBIDDEN = 4403
    GONE = 4404
    REPLACED = 4409
    VERSION = 4410
    TOO_BIG = 4413


EventKind = Literal[
    "message",
    "opened",
    "queued",
    "joined",
    "left",
    "transferred",
    "closed",
    "reopened",
    "survey",
    "redacted",
]
NoteKind = Literal["note", "whisper", "flag"]
State = Literal["queued", "active", "closed"]
Status = Literal["available", "away", "offline"]
# The reasons that pages know in every language, beside whatever somebody writes himself. The last two
# are the server's own: three missed offers, and the end of a shift.
AWAY_REASONS: Final = (
    *("lunch", "break", "training", "phone", "email", "meeting", "coaching"),
    *("missed", "shift_end"),
)
Channel = Literal["chat", "message"]
Role = Literal["player", "agent", "bot", "system"]
StaffRole = Literal["player", "agent", "supervisor", "admin", "bot", "system"]
OfferEnd = Literal["accepted", "accepted_elsewhere", "declined", "timed_out", "withdrawn", "closed"]

# Every control character but tab and newline; \A…\Z because $ would let a last newline pass by.
NO_CONTROLS: Final = r"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z"

Ref = Annotated[str, Meta(max_length=64, pattern=NO_CONTROLS)]
Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_CONTROLS)]
Cmid = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_CONTROLS)]
Secret = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROLS)]
Body = Annotated[str, Meta(min_length=1, pattern=NO_CONTROLS)]
Line = Annotated[str, Meta(max_length=200, pattern=NO_CONTROLS)]
FieldKey = Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_CONTROLS)]
Word = Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_CONTROLS)]
Comment = Annotated[str, Meta(max_length=2000, pattern=NO_CONTROLS)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Score = Annotated[int, Meta(ge=1, le=5)]
Limit = Annotated[int, Meta(ge=1, le=100)]
Lang = Annotated[str, Meta(min_length=2, max_length=5, pattern=r"\A[a-zA-Z-]+\Z")]
