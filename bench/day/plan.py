"""What happens on the day, whoever assigns the chats: who comes, how patient he is and how long answers
take; who works when, who looks away, who walks off, and when the network fails. Pure, and the same for the
same seed: both policies are given the same plan.

Times are milliseconds since the day's beginning.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

LANGUAGES = {"nl": 0.40, "sv": 0.22, "en": 0.18, "ru": 0.10, "fi": 0.10}
# What topics players/topics.py offers, and how often each is chosen.
TOPICS = {
    "withdrawal": 0.27,
    "deposit": 0.16,
    "bonus": 0.14,
    "verification": 0.12,
    "login": 0.09,
    "technical": 0.07,
    "account": 0.06,
    "complaint": 0.02,
    "stop_gambling": 0.03,
    "other": 0.04,
}
# Who speaks what; each shift has these in turn.
SPOKEN = (
    *(("nl", "en"), ("sv", "en"), ("nl",), ("fi", "sv", "en"), ("ru", "en")),
    *(("nl", "en"), ("sv", "en"), ("nl", "ru"), ("fi", "en"), ("nl", "en")),
    *(("sv",), ("nl", "en"), ("fi", "sv"), ("ru", "nl", "en"), ("nl", "en")),
    *(("sv", "en"), ("nl",), ("ru", "en"), ("fi", "sv", "en"), ("nl", "sv")),
)
CAPACITIES = (3, 3, 2, 4, 3)
# Of the arrivals of a day, by hour of the clock.
BY_HOUR = (
    *(2.6, 1.8, 1.3, 1.0, 0.9, 1.0, 1.4, 2.2, 3.2, 4.0, 4.6, 4.9),
    *(5.0, 4.9, 4.8, 4.9, 5.2, 5.6, 6.0, 6.8, 7.4, 7.2, 6.1, 4.2),
)

PATIENCE_MS, PATIENCE_SPREAD = 240 * SECOND, 0.7
PATIENCE_LATER_MS, PATIENCE_LATER_SPREAD = 210 * SECOND, 0.6
# The first answer is a greeting, often a canned one; the others take reading and looking up.
GREETING_MS, GREETING_SPREAD = 12 * SECOND, 0.45
THINKING_MS, THINKING_SPREAD = 27 * SECOND, 0.55
ANSWER_MS, ANSWER_SPREAD = 34 * SECOND, 0.7
# He would be taken for silent after this.
LONGEST_ANSWER_MS = 300 * SECOND
REACTION_MS, REACTION_SPREAD = 5 * SECOND, 0.5
# Whoever did not see that something came sees it when he next looks through his list.
LOOKS_LATER_MS = (45 * SECOND, 180 * SECOND)
BACK_FROM_MISSED_MS = (60 * SECOND, 300 * SECOND)
DECLINES, VANISHES, FALLS_SILENT = 0.01, 0.5, 0.10
WALKS_OFF, COMES_BACK = 0.12, 0.5


@dataclass(frozen=True, slots=True)
class Turn:
    """An agent writes for ``thinking_ms``; the player's next line comes ``answer_ms`` later, or never."""

    thinking_ms: int
    answer_ms: int | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A player with one question. ``patience_ms`` is how long he waits for the first reply,
    ``later_ms`` for any other; ``vanishes``: he leaves without saying so."""

    number: int
    ts: int
    lang: str
    topic: str
    patience_ms: int
    later_ms: int
    vanishes: bool
    turns: tuple[Turn, ...]
    closing_ms: int


@dataclass(frozen=True, slots=True)
class Shift:
    name: str
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Staff:
    """An agent. ``misses`` is the share of rings that he does not see."""

    number: int
    shift: int
    languages: tuple[str, ...]
    capacity: int
    misses: float
    comes_ts: int
    lunch_ts: int
    walks_off_ts: int | None
    back_ts: int | None


@dataclass(frozen=True, slots=True)
class Surge:
    name: str
    starts: int
    ends: int
    times: float


@dataclass(frozen=True, slots=True)
class Outage:
    """Every second of those on duty is cut off at once."""

    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a day is, before chance."""

    name: str
    chats: int
    first_hour: int
    arrivals_ms: int
    shifts: tuple[Shift, ...]
    per_shift: int
    lunch_ms: int
    surges: tuple[Surge, ...]
    outage: Outage


FULL = Shape(
    name="day",
    chats=3_500,
    first_hour=7,
    arrivals_ms=24 * HOUR,
    shifts=(
        Shift("early", 0, 8 * HOUR + 30 * MINUTE),
        Shift("late", 8 * HOUR, 16 * HOUR + 30 * MINUTE),
        Shift("night", 16 * HOUR, 25 * HOUR),
    ),
    per_shift=20,
    lunch_ms=30 * MINUTE,
    surges=(
        Surge("payouts fail", 6 * HOUR, 6 * HOUR + 40 * MINUTE, 3.0),
        Surge("match evening", 13 * HOUR, 14 * HOUR + 30 * MINUTE, 1.5),
    ),
    outage=Outage(10 * HOUR + 30 * MINUTE, 10 * HOUR + 55 * MINUTE),
)
QUICK = Shape(
    name="quick",
    chats=300,
    first_hour=14,
    arrivals_ms=4 * HOUR,
    shifts=(
        Shift("early", 0, 130 * MINUTE),
        Shift("late", 60 * MINUTE, 200 * MINUTE),
        Shift("night", 130 * MINUTE, 270 * MINUTE),
    ),
    per_shift=4,
    lunch_ms=10 * MINUTE,
    surges=(Surge("payouts fail", 150 * MINUTE, 165 * MINUTE, 2.0),),
    outage=Outage(100 * MINUTE, 112 * MINUTE),
)


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    shape: Shape
    arrivals: tuple[Arrival, ...]
    staff: tuple[Staff, ...]

    @property
    def ends(self) -> int:
        return self.shape.shifts[-1].ends

    def _chance(self, *key: object) -> Random:
        return Random(f"{self.seed}|{'|'.join(map(str, key))}")

    def reaction_ms(self, agent: int, arrival: int, times: int) -> int | None:
        """After how long an agent reacts to a chat that comes to him; None when he does not see it.
        The same pair reacts the same under each policy."""
        chance = self._chance("reaction", agent, arrival, times)
        if chance.random() < self.staff[agent].misses:
            return None
        return _lognormal(chance, REACTION_MS, REACTION_SPREAD, 1 * SECOND, 18 * SECOND)

    def declines(self, agent: int, arrival: int, times: int) -> bool:
        return self._chance("declines", agent, arrival, times).random() < DECLINES

    def looks_later_ms(self, agent: int, arrival: int) -> int:
        return self._chance("later", agent, arrival).randint(*LOOKS_LATER_MS)

    def notices_ms(self, agent: int, arrival: int) -> int:
        """When he sees a chat that was put on his list: at once, or when he looks through it."""
        reaction = self.reaction_ms(agent, arrival, 0)
        return self.looks_later_ms(agent, arrival) if reaction is None else reaction

    def back_from_missed_ms(self, agent: int, now: int) -> int:
        return self._chance("missed", agent, now).randint(*BACK_FROM_MISSED_MS)

    def cut_off(self, agent: int) -> bool:
        """Whether the outage is his, if he is on duty then."""
        return agent % 2 == 0


def draw(seed: int, shape: Shape) -> Plan:
    chance = Random(seed)
    return Plan(seed, shape, _arrivals(chance, shape), _staff(chance, shape))


def _lognormal(chance: Random, median: int, spread: float, least: int, most: int) -> int:
    drawn = median * math.exp(chance.gauss(0.0, spread))
    return max(least, min(most, int(drawn)))


def _arrivals(chance: Random, shape: Shape) -> tuple[Arrival, ...]:
    """A Poisson process whose rate follows the hour and the surges, thinned from its highest rate."""
    rates = [_rate(shape, minute * MINUTE) for minute in range(shape.arrivals_ms // MINUTE)]
    usual = sum(_rate(shape, minute * MINUTE, surges=False) for minute in range(len(rates)))
    # Surges come on top of the chats that the day has anyway.
    per_ms = [shape.chats * rate / usual / MINUTE for rate in rates]
    highest = max(per_ms)
    taken: set[int] = set()
    found: list[Arrival] = []
    at = 0.0
    while True:
        at += chance.expovariate(highest)
        if at >= shape.arrivals_ms:
            return tuple(found)
        if chance.random() * highest > per_ms[int(at) // MINUTE]:
            continue
        ts = int(at)
        while ts in taken:
            ts += 1
        taken.add(ts)
        found.append(_arrival(chance, len(found), ts, shape))


def _rate(shape: Shape, ts: int, *, surges: bool = True) -> float:
    rate = BY_HOUR[(shape.first_hour + ts // HOUR) % 24]
    for surge in shape.surges if surges else ():
        if surge.starts <= ts < surge.ends:
            rate *= surge.times
    return rate


def _pick(chance: Random, shares: dict[str, float]) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]


def _arrival(chance: Random, number: int, ts: int, shape: Shape) -> Arrival:
    many = chance.choices((2, 3, 4, 5, 6, 8), (10, 20, 26, 22, 14, 8))[0]
    silent_after = chance.randrange(many - 1) if chance.random() < FALLS_SILENT else None
    topic = _pick(chance, TOPICS)
    paying_out = any(one.starts <= ts < one.ends and one.times >= 2 for one in shape.surges)
    if paying_out and topic != "stop_gambling" and chance.random() < 0.6:
        topic = "withdrawal"
    return Arrival(
        number=number,
        ts=ts,
        lang=_pick(chance, LANGUAGES),
        topic=topic,
        patience_ms=_lognormal(chance, PATIENCE_MS, PATIENCE_SPREAD, 30 * SECOND, 30 * MINUTE),
        later_ms=_lognormal(
            chance, PATIENCE_LATER_MS, PATIENCE_LATER_SPREAD, 60 * SECOND, 30 * MINUTE
        ),
        vanishes=chance.random() < VANISHES,
        turns=tuple(
            Turn(
                _lognormal(chance, GREETING_MS, GREETING_SPREAD, 4 * SECOND, 60 * SECOND)
                if turn == 0
                else _lognormal(chance, THINKING_MS, THINKING_SPREAD, 6 * SECOND, 150 * SECOND),
                None
                if turn in (silent_after, many - 1)
                else _lognormal(chance, ANSWER_MS, ANSWER_SPREAD, 4 * SECOND, LONGEST_ANSWER_MS),
            )
            for turn in range(many if silent_after is None else silent_after + 1)
        ),
        # The one who fell silent is closed for his silence, not because all was said.
        closing_ms=chance.randint(5 * SECOND, 20 * SECOND) if silent_after is None else -1,
    )


def _staff(chance: Random, shape: Shape) -> tuple[Staff, ...]:
    found: list[Staff] = []
    for number, shift in enumerate(shape.shifts):
        for place in range(shape.per_shift):
            found.append(_agent(chance, len(found), number, shift, place, shape))
    return tuple(found)


def _agent(chance: Random, number: int, of: int, shift: Shift, place: int, shape: Shape) -> Staff:
    length = shift.ends - shift.starts
    walks_off_ts = back_ts = None
    if chance.random() < WALKS_OFF:
        walks_off_ts = shift.starts + int(length * chance.uniform(0.15, 0.9))
        if chance.random() < COMES_BACK:
            back_ts = walks_off_ts + chance.randint(10 * MINUTE, 60 * MINUTE)
            if back_ts >= shift.ends - 20 * MINUTE:
                back_ts = None
    # Lunch is taken in turn, over the middle of the shift.
    middle = 0.35 + 0.35 * place / max(shape.per_shift - 1, 1)
    return Staff(
        number=number,
        shift=of,
        languages=SPOKEN[place % len(SPOKEN)] if shape.per_shift >= 10 else _few(place),
        capacity=CAPACITIES[place % len(CAPACITIES)],
        misses=chance.choice((0.01, 0.02, 0.03, 0.05, 0.12)),
        comes_ts=shift.starts + chance.randint(0, 120 * SECOND),
        lunch_ts=shift.starts + int(length * middle),
        walks_off_ts=walks_off_ts,
        back_ts=back_ts,
    )


def _few(place: int) -> Sequence[str]:
    """A handful of agents speak three languages each."""
    return (("nl", "en", "sv"), ("nl", "ru", "en"), ("sv", "fi", "en"), ("nl", "fi", "ru"))[
        place % 4
    ]
