"""A client's own ordering rule, in one place: apply the next number, drop old ones, keep early ones."""

from __future__ import annotations

from dataclasses import dataclass, field

_ENDS_A_TURN = frozenset({"left", "transferred", "closed"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One event as a client was shown it; ``cmid`` only where it is his own."""

    seq: int
    kind: str
    role: str
    body: str | None
    cmid: str | None


@dataclass(slots=True)
class Transcript:
    """What one person has of one conversation. ``last`` is the highest number without a hole; ``ended``
    says that the agent's turn is over, ``closed`` that the conversation is."""

    last: int = 0
    early: dict[int, Shown] = field(default_factory=dict)
    ended: bool = False
    closed: bool = False

    def arrive(self, event: Shown) -> list[Shown]:
        """The events that may be shown now, in order; often one, none for a repeat or an early one."""
        if event.seq <= self.last:
            return []
        self.early.setdefault(event.seq, event)
        ready = []
        while (following := self.early.pop(self.last + 1, None)) is not None:
            self.last += 1
            ready.append(following)
            if following.kind == "joined":
                self.ended = False
            elif following.kind in _ENDS_A_TURN:
                self.ended = True
                self.closed = following.kind == "closed"
        return ready

    @property
    def hole(self) -> int | None:
        """The last missing number below what came early; None when nothing is missing."""
        return min(self.early) - 1 if self.early else None
