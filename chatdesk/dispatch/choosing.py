"""Who of those who can gets the next conversation. Pure: rows in, a name and the reason out.

Order: of those who speak the language, have the skill, serve the brand, are there and have a free place,
the least loaded; of equals the one whose last conversation is longest ago.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Candidate:
    """An agent as far as the choice goes. ``load`` counts taken and ringing places."""

    agent_id: int
    load: int
    capacity: int
    languages: frozenset[str]
    skills: frozenset[str]
    brands: frozenset[int]
    last_accepted_ts: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a waiting conversation asks for."""

    conv: str
    brand_id: int
    lang: str
    skill: str
    last_agent_id: int | None


def able(candidate: Candidate, need: Need) -> bool:
    """Whether an agent may serve it at all, free or not."""
    return (
        (not candidate.brands or need.brand_id in candidate.brands)
        and need.lang in candidate.languages
        and (not need.skill or need.skill in candidate.skills)
    )


def choose(
    candidates: Sequence[Candidate], need: Need, asked: Collection[int]
) -> tuple[Candidate, dict[str, Any]] | None:
    """The agent to ring and why, or None; ``asked`` were rung in this round already."""
    free = [
        candidate
        for candidate in candidates
        if candidate.load < candidate.capacity
        and candidate.agent_id not in asked
        and able(candidate, need)
    ]
    if not free:
        return None
    returning = next((c for c in free if c.agent_id == need.last_agent_id), None)
    chosen = returning or min(
        free, key=lambda c: (c.load / c.capacity, c.last_accepted_ts, c.agent_id)
    )
    why = {
        "languages": [need.lang],
        "skill": need.skill or None,
        "least_loaded": returning is None,
        "returning": returning is not None,
        "load": chosen.load,
        "candidates": len(free),
    }
    return chosen, why
