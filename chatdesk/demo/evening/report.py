"""What an evening came to, as numbers, as JSON and as a page of text. Ids only, never a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chatdesk.demo.evening.ledger import Fault, fault_counts

SHOWN_FAULTS = 20


def percentile(ascending: Sequence[float], share: float) -> float | None:
    """The value below which this share lies (nearest rank); None of nothing."""
    if not ascending:
        return None
    rank = max(1, -(-len(ascending) * int(share * 1000) // 1000))
    return ascending[min(rank, len(ascending)) - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: median, 95th and 99th percentile, greatest; None where nothing was measured."""

    many: int
    p50: float | None
    p95: float | None
    p99: float | None
    greatest: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        ordered = sorted(values)
        p50, p95, p99 = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
        return cls(len(ordered), p50, p95, p99, ordered[-1] if ordered else None)


@dataclass(frozen=True, slots=True)
class Report:
    """``unaccounted`` names whoever or whatever nobody can say the end of."""

    seconds: float
    players: int
    agents: int
    conversations: int
    served: int
    gave_up: int
    most_at_once: int
    sent: int
    acked: int
    refused: int
    notes: int
    faults: tuple[Fault, ...]
    unaccounted: tuple[str, ...]
    waited: Spread
    delivery: Spread
    after_reconnect: Spread
    own_lag: Spread
    ratings: int
    agent_score: float | None
    outcome_score: float | None
    ratings_declined: int
    offers_missed: int
    offers_declined: int
    cuts: int
    reconnects: int
    dups: int
    repeats: int
    early: int
    gaps: int
    endings: int
    refusals: dict[str, int]
    waited_out: int

    @property
    def ok(self) -> bool:
        """Nothing lost, doubled, out of order, misdelivered or altered, and everything accounted for."""
        return not self.faults and not self.unaccounted

    def as_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, "fault_counts": fault_counts(self.faults), **asdict(self)}

    def text(self) -> str:
        counts = fault_counts(self.faults)
        rows = [
            (
                "conversations",
                f"{self.conversations}: {self.served} served, {self.gave_up} gave up",
            ),
            (
                "people",
                f"{self.players} players, {self.agents} agents ({self.most_at_once} chats"
                " at once at most)",
            ),
            (
                "messages",
                f"{self.sent} sent, {self.acked} acked, {self.refused} refused; {self.notes} notes",
            ),
            ("lost", str(counts["lost"])),
            ("doubled", str(counts["doubled"])),
            ("out of order", str(counts["out_of_order"])),
            ("misdelivered", str(counts["misdelivered"])),
            ("altered", str(counts["altered"])),
            ("unaccounted for", str(len(self.unaccounted))),
            ("wait for an agent", _seconds(self.waited, ("p50", "p95", "greatest"))),
            ("delivery", _millis(self.delivery)),
            ("after a reconnect", _seconds(self.after_reconnect, ("p50", "greatest"))),
            ("own lag", _millis(self.own_lag)),
            (
                "ratings",
                f"{self.ratings} given (agent {_score(self.agent_score)}, outcome "
                f"{_score(self.outcome_score)}), {self.ratings_declined} declined",
            ),
            ("offers", f"{self.offers_missed} missed, {self.offers_declined} declined"),
            ("connections", f"{self.cuts} cut on purpose, {self.reconnects} reconnects in all"),
            (
                "on the wire",
                f"{self.dups} messages acked again, {self.repeats} lines repeated, "
                f"{self.early} came early, {self.gaps} holes and {self.endings} endings asked for",
            ),
            (
                "refusals",
                ", ".join(f"{code} {many}" for code, many in self.refusals.items()) or "none",
            ),
        ]
        lines = [f"  {name:<18} {value}" for name, value in rows]
        lines += [f"  ! {_named(fault)}" for fault in self.faults[:SHOWN_FAULTS]]
        if len(self.faults) > SHOWN_FAULTS:
            lines.append(f"  ! and {len(self.faults) - SHOWN_FAULTS} more")
        lines += [f"  ! unaccounted for: {name}" for name in self.unaccounted]
        verdict = (
            "Nothing lost, doubled, reordered or misdelivered." if self.ok else "NOT as promised."
        )
        return "\n".join(["", f"The evening took {self.seconds:.0f} s.", *lines, verdict])


def _named(fault: Fault) -> str:
    return f"{fault.kind} {fault.conv} seq {fault.seq} {fault.who}: {fault.why}"


def _seconds(spread: Spread, shares: Sequence[str]) -> str:
    names = {"p50": "median", "greatest": "max"}
    if not spread.many:
        return "none"
    told = [f"{names.get(share, share)} {getattr(spread, share):.1f} s" for share in shares]
    return f"{', '.join(told)} (of {spread.many})"


def _millis(spread: Spread) -> str:
    if not spread.many:
        return "none"
    told = [(name, getattr(spread, name)) for name in ("p50", "p99", "greatest")]
    shown = ", ".join(
        f"{name.replace('greatest', 'max')} {value * 1000:.0f} ms" for name, value in told
    )
    return f"{shown} (of {spread.many})"


def _score(mean: float | None) -> str:
    return "-" if mean is None else f"{mean:.1f}"
