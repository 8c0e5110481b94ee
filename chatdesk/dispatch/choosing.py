"""Who of those who can gets the next conversation. Pure: rows in, a name and the reason out.

Order: of those who speak the language, have the skill, serve the brand, are there and have a free place,
the least loaded; of equals the one whose last conversation is longest ago.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    return _unable(candidate, need) is None


def _unable(candidate: Candidate, need: Need) -> str | None:
    if candidate.brands and need.brand_id not in candidate.brands:
        return "brand"
    if need.lang not in candidate.languages:
        return "language"
    if need.skill and need.skill not in candidate.skills:
        return "skill"
    return None


@dataclass(frozen=True, slots=True)
class Sorted:
    """Who can be rung now, and the others by what rules each out: ``brand``, ``language``, ``skill``,
    ``asked`` (in this round already) or ``full``; the first that applies."""

    free: Sequence[Candidate]
    excluded: Mapping[str, Sequence[int]]


def sort(candidates: Sequence[Candidate], need: Need, asked: Collection[int]) -> Sorted:
    free: list[Candidate] = []
    excluded: dict[str, list[int]] = {}
    for candidate in candidates:
        reason = _unable(candidate, need)
        if reason is None and candidate.agent_id in asked:
            reason = "asked"
        if reason is None and candidate.load >= candidate.capacity:
            reason = "full"
        if reason is None:
            free.append(candidate)
        else:
            excluded.setdefault(reason, []).append(candidate.agent_id)
    return Sorted(free, excluded)


def choose(
    candidates: Sequence[Candidate], need: Need, asked: Collection[int]
) -> tuple[Candidate, dict[str, Any], dict[str, Any]] | None:
    """The agent to ring, why, and who was considered; None when nobody is free. ``asked`` were rung in
    this round already."""
    found = sort(candidates, need, asked)
    free = found.free
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
    considered = {"free": [c.agent_id for c in free], "excluded": dict(found.excluded)}
    return chosen, why, considered
