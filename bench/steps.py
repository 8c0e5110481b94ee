"""One step: so many messages a second for so many seconds, and whether that was sustained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from bench.search import Verdict

LIMIT_MS = 100.0
LAG_MS = 5.0


@dataclass(slots=True)
class Step:
    """Times in milliseconds, ``seconds`` is how long was sent. ``committed`` counts new rows.

    ``delivery`` runs from the moment a message was meant to be sent to its receipt at the other side,
    ``ack`` to its ack; ``lag`` is how late the generator itself sent it. What is not ``durable`` neither
    acks nor stores, and is not asked for it.
    """

    rate: int
    seconds: float
    sent: int
    delivered: int
    acked: int
    committed: int
    lost: int
    doubled: int
    reordered: int
    refused: int
    gave_up: bool
    delivery: dict[str, float] | None
    ack: dict[str, float] | None
    lag: dict[str, float] | None
    short: bool = False
    server_cpu: float = 0.0
    server_us: float = 0.0
    cores: list[float] = field(default_factory=list)
    closed_sockets: int = 0
    durable: bool = True

    @property
    def faults(self) -> list[str]:
        """Why the step is not sustained; empty when it is."""
        found = []
        if self.delivery is None or self.delivery["p99_ms"] >= LIMIT_MS:
            found.append("p99")
        for name in ("lost", "doubled", "reordered", "refused", "closed_sockets"):
            if getattr(self, name):
                found.append(name)
        if self.durable and self.acked != self.sent:
            found.append("unacked")
        if self.durable and self.committed != self.sent:
            found.append("uncommitted")
        return found + (["gave_up"] if self.gave_up and "p99" not in found else [])

    @property
    def verdict(self) -> Verdict:
        """A step that failed while the generator was late says nothing about the server."""
        if not self.faults and self.lag_ok:
            return "passed"
        return "failed" if self.lag_ok else "discarded"

    @property
    def lag_ok(self) -> bool:
        return self.lag is not None and self.lag["p99_ms"] <= LAG_MS

    def as_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "faults": self.faults, **asdict(self)}
