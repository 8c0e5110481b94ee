"""What stands on the screen of one conversation, and what can go wrong with what one asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


class Refused(Exception):
    """A final ``nack`` or an ``error``; ``code`` is its constant."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Lost(Exception):
    """The socket broke or the answer did not come."""


class NoSession(Exception):
    """The door does not let this person in."""


@dataclass(slots=True)
class View:
    """What stands on the screen of one conversation: ``first`` to ``last`` without a hole."""

    last: int = 0
    head: int = 0
    closed: bool = False
    early: dict[int, Frame] = field(default_factory=dict)

    def arrive(self, seq: int, frame: Frame) -> list[Frame]:
        if seq <= self.last:
            return []
        self.early.setdefault(seq, frame)
        self.head = max(self.head, seq)
        ready = []
        while (following := self.early.pop(self.last + 1, None)) is not None:
            self.last += 1
            self.closed = following["kind"] == "closed" or (
                self.closed and following["kind"] != "reopened"
            )
            ready.append(following)
        return ready
