"""The whole refusal vocabulary. A code is a wire string; the list is closed (chat.v1, section 6)."""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """A well-formed request that is not granted. Everything else that is raised is a bug."""

    code: ClassVar[str] = "internal"
    says: ClassVar[str] = ""
    final: ClassVar[bool] = True

    def __init__(self, *, alias: str | None = None, retry_ms: int | None = None) -> None:
        super().__init__(self.code)
        self.alias = alias
        self.retry_ms = retry_ms


class BadField(Refusal):
    code = "bad_field"
    says = "A field has a value that cannot be used."


class NotFound(Refusal):
    code = "not_found"
    says = "There is no such thing, or it is not for you."


class Forbidden(Refusal):
    code = "forbidden"
    says = "Your role may not do this."


class Closed(Refusal):
    code = "closed"
    says = "The conversation is closed."


class NotAssignee(Refusal):
    code = "not_assignee"
    says = "The conversation is in other hands now."


class AlreadyTaken(Refusal):
    code = "already_taken"
    says = "Somebody else was first."


class AtCapacity(Refusal):
    code = "at_capacity"
    says = "All places are taken."


class CmidReused(Refusal):
    code = "cmid_reused"
    says = "This cmid was used for another body."


class Blocked(Refusal):
    code = "blocked"
    says = "This player is blocked."


class Unavailable(Refusal):
    code = "unavailable"
    says = "The back end is away; try again."
    final = False


class Internal(Refusal):
    code = "internal"
    says = "Something went wrong on our side."
    final = False
