"""Who of those who can gets the next conversation. Pure: rows in, a name and the reason out.

Order: of those who speak the language, have the skill (its certificate not expired), are in the team,
serve the brand, are there and have a free place, the least loaded by weight; of equals the one whose
last conversation is longest ago. The last agent of a returning player comes first, but only if he could
be chosen anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Candidate:
    """An agent as far as the choice goes. ``load`` counts places taken, ringing and wrapping up;
    ``full_for`` are the channels of which he has as many as he may have."""

    agent_id: int
    load: int
    capacity: int
    languages: frozenset[str]
    skills: frozenset[str]
    brands: frozenset[int]
    last_accepted_ts: int
    team_id: int | None = None
    room: dict[str, int] = field(default_factory=dict)

    def has_room(self, channel: str) -> bool:
        return self.load < self.capacity and self.room.get(channel, 1) > 0

    def takes(self, places: int, channel: str) -> None:
        """He is rung: a heavy conversation takes what is left."""
        self.load += min(places, max(self.capacity - self.load, 1))
        if channel in self.room:
            self.room[channel] -= 1


@dataclass(frozen=True, slots=True)
class Need:
    """What waiting conversations ask for."""

    brand_id: int
    lang: str
    skill: str = ""
    team_id: int | None = None
    channel: str = "chat"

    @classmethod
    def of(cls, key: str) -> Need:
        """From the key that a conversation in the queue has (``standing.place``)."""
        brand, lang, skill, team, channel = _fields(key)
        return cls(int(brand), lang, skill, int(team) if team else None, channel)


def _fields(key: str) -> tuple[str, str, str, str, str]:
    brand, lang, middle = key.split("|", 2)
    # A skill is free text, so it is what the others leave.
    skill, team, channel = middle.rsplit("|", 2)
    return brand, lang, skill, team, channel


def able(candidate: Candidate, need: Need) -> bool:
    """Whether an agent may serve it at all, free or not."""
    return unable(candidate, need) is None


def unable(candidate: Candidate, need: Need) -> str | None:
    """By what he is ruled out for good: the first that applies."""
    if candidate.brands and need.brand_id not in candidate.brands:
        return "brand"
    if need.lang not in candidate.languages:
        return "language"
    if need.skill and need.skill not in candidate.skills:
        return "skill"
    if need.team_id is not None and need.team_id != candidate.team_id:
        return "team"
    return None


@dataclass(frozen=True, slots=True)
class Sorted:
    """Who can be rung now, and the others by what rules each out: ``brand``, ``language``, ``skill``,
    ``team``, ``asked`` (in this round already) or ``full``; the first that applies."""

    free: Sequence[Candidate]
    excluded: Mapping[str, Sequence[int]]


def sort(candidates: Sequence[Candidate], need: Need, asked: Collection[int]) -> Sorted:
    free: list[Candidate] = []
    excluded: dict[str, list[int]] = {}
    for candidate in candidates:
        reason = unable(candidate, need)
        if reason is None and candidate.agent_id in asked:
            reason = "asked"
        if reason is None and not candidate.has_room(need.channel):
            reason = "full"
        if reason is None:
            free.append(candidate)
        else:
            excluded.setdefault(reason, []).append(candidate.agent_id)
    return Sorted(free, excluded)


def choose(
    free: Sequence[Candidate], need: Need, last_agent_id: int | None
) -> tuple[Candidate, dict[str, Any]]:
    """Of those who can be rung (at least one), the agent to ring, and why."""
    returning = next((c for c in free if c.agent_id == last_agent_id), None)
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
