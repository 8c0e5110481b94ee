"""What became of the messages of one step: counted from what receivers got, acks and rows.

Numbers of a chat run from ``first``; those outside the step belong to another one and are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench import messages


class Accounts:
    """The step of ``rounds`` messages in each of ``chats`` chats; ``acks`` is whether any will come."""

    def __init__(self, chats: int, first: int, rounds: int, *, acks: bool = True) -> None:
        self.chats, self.first, self.rounds, self.acks = chats, first, rounds, acks
        self.sent = self.delivered = self.acked = 0
        self.doubled = self.reordered = self.refused = 0
        self._delivered = bytearray(chats * rounds)
        self._acked = bytearray(chats * rounds)
        self._highest = [[-1, -1] for _ in range(chats)]

    def _place(self, chat: int, number: int) -> int | None:
        at = number - self.first
        if not (0 <= chat < self.chats and 0 <= at < self.rounds):
            return None
        return chat * self.rounds + at

    def arrive(self, chat: int, number: int) -> bool:
        """The other side got a message; True when it is of this step and the first such arrival."""
        place = self._place(chat, number)
        if place is None:
            return False
        if self._delivered[place]:
            self.doubled += 1
            return False
        self._delivered[place] = 1
        self.delivered += 1
        highest = self._highest[chat]
        side = messages.speaker(chat, number)
        if number < highest[side]:
            self.reordered += 1
        else:
            highest[side] = number
        return True

    def ack(self, chat: int, number: int) -> bool:
        """The sender knows it is written; True for the first such word."""
        place = self._place(chat, number)
        if place is None or self._acked[place]:
            return False
        self._acked[place] = 1
        self.acked += 1
        return True

    @property
    def lost(self) -> int:
        """Sent and never delivered, whether or not it was written."""
        return self.sent - self.delivered

    @property
    def settled(self) -> bool:
        """Everything sent was delivered, and acked where there are acks."""
        acked = self.acked if self.acks else self.sent
        return self.delivered == self.sent == acked


@dataclass(frozen=True, slots=True)
class Audit:
    """What the database holds of all steps of a run."""

    rows: int
    missing: int
    doubled: int
    reordered: int
    holes: int

    @property
    def clean(self) -> bool:
        return not (self.missing or self.doubled or self.reordered or self.holes)


def audit(rows: Iterable[tuple[str, int, str]], acked: set[tuple[int, int]], holes: int) -> Audit:
    """Rows are (room, position, body), ascending by position within a room.

    ``missing`` counts what was acked and is not there; ``holes`` is passed through: sequences that do
    not count 1, 2, 3 … where the build numbers its messages.
    """
    seen: set[tuple[int, int]] = set()
    highest: dict[tuple[int, int], int] = {}
    count = doubled = reordered = 0
    for _, _, text in rows:
        found = messages.read(text)
        if found is None:
            continue
        count += 1
        chat, number = found
        if found in seen:
            doubled += 1
            continue
        seen.add(found)
        key = (chat, messages.speaker(chat, number))
        if number < highest.get(key, -1):
            reordered += 1
        else:
            highest[key] = number
    return Audit(count, len(acked - seen), doubled, reordered, holes)
