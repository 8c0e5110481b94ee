"""One socket's place in one sequence of one conversation: an explicit state machine.

``live``: the next line is ``sent + 1``. ``reading``: lines are being read from the database, pushes only
raise ``head``. A push is a doorbell: what comes twice is dropped, what skips a number starts a reading.
"""

from __future__ import annotations

from typing import Literal

from chatdesk.delivery.audience import Lane

Verdict = Literal["write", "drop", "read"]


class Subscription:
    __slots__ = ("conv", "head", "lane", "reading", "sent")

    def __init__(self, conv: str, lane: Lane) -> None:
        self.conv = conv
        self.lane: Lane = lane
        self.sent = 0
        self.head = 0
        self.reading = True

    def pushed(self, seq: int) -> Verdict:
        """What to do with a pushed line. ``read`` says: begin a reading; its end is ``caught_up``."""
        if seq > self.head:
            self.head = seq
        if self.reading or seq <= self.sent:
            return "drop"
        if seq == self.sent + 1:
            self.sent = seq
            return "write"
        self.reading = True
        return "read"

    def told(self, head: int) -> bool:
        """The database says how far the sequence goes; True says: begin a reading."""
        if head > self.head:
            self.head = head
        if self.reading or self.sent >= self.head:
            return False
        self.reading = True
        return True

    def wrote(self, seq: int) -> bool:
        """A line that a reading brought; True if the socket has not had it yet."""
        if seq <= self.sent:
            return False
        self.sent = seq
        return True

    def start_at(self, seq: int) -> None:
        """The socket has everything up to ``seq`` (it said so, or a snapshot gave it)."""
        self.sent = max(self.sent, seq)
        self.head = max(self.head, seq)

    def caught_up(self) -> bool:
        """Ends a reading if nothing came meanwhile; False says: read on."""
        if self.sent < self.head:
            return False
        self.reading = False
        return True

    def give_up(self, asked: int) -> None:
        """The database had no more than was sent when it was asked up to ``asked``: whoever rang was
        mistaken or ahead of it. Whoever rang since then is heard."""
        if self.head <= asked:
            self.head = self.sent
