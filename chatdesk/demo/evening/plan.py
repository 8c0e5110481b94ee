"""Who comes when, with what, and how patiently: the evening as data, the same for the same seed.

Every person draws from a stream of chance of his own, so that one more player changes nobody else.
Times are seconds since the evening began; pauses of people are multiplied by ``pace`` when they are lived.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from chatdesk.demo.evening import phrases
from chatdesk.demo.evening.phrases import LANGUAGES, Question

PACE_MINUTES = 2.0
ARRIVALS_END = 0.8
RUSH_AT = 0.45
RUSH_SHARE = 0.6
# How often a reason brings somebody, relative to 1.
_OFTEN = {
    "withdrawal_pending": 8,
    "bonus_terms": 6,
    "bonus_request": 5,
    "deposit_missing": 5,
    "kyc_verification": 5,
    "login_problem": 5,
    "technical_problem": 4,
    "withdrawal_cancel": 3,
    "game_rules": 3,
    "fairness_doubt": 2,
    "complaint": 2,
    "ask_human": 2,
}
# The first two speak all five languages between them, so that nobody waits in vain.
_SPOKEN = (
    ("nl", "fi", "en"),
    ("sv", "ru", "en"),
    ("fi", "sv", "en"),
    ("ru", "nl", "en"),
    ("sv", "nl", "fi"),
    ("ru", "fi", "en"),
    ("nl", "sv", "en"),
)
_ALIASES = (
    *("Linde", "Elvin", "Tessel", "Ronja", "Jurre", "Saara", "Mats", "Lara", "Timon", "Vilja"),
    *("Arvid", "Nadia", "Floris", "Kaisa", "Edda", "Lev", "Maren", "Otso", "Sofie", "Ruben"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for. ``pace`` multiplies the pauses of people; None: 1 from two minutes on."""

    players: int = 200
    agents: int = 20
    minutes: float = 5.0
    seed: int = 1
    url: str = "http://127.0.0.1:8000"
    pace: float | None = None
    say: Callable[[str], None] = lambda line: None

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    @property
    def tempo(self) -> float:
        """The pace in force."""
        if self.pace is not None:
            return self.pace
        return min(1.0, max(0.05, self.minutes / PACE_MINUTES))


@dataclass(frozen=True, slots=True)
class PlayerPlan:
    """One player. ``cut_after`` is the line after whose sending his connection breaks."""

    number: int
    arrives: float
    brand: str
    lang: str
    known: bool
    name: str
    reason: str
    topic: str
    lines: tuple[str, ...]
    follow_ups: tuple[str, ...]
    thanks: str | None
    patience: float
    closes_himself: bool
    rating: tuple[int, int] | None
    declines_rating: bool
    cut_after: int | None
    chance: int


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent. ``brand`` None is every brand; ``ignores`` are offers (1, 2 …) he lets ring out."""

    number: int
    username: str
    alias: str
    languages: tuple[str, ...]
    brand: str | None
    capacity: int
    begins: float
    break_at: float | None
    break_seconds: float
    declines: frozenset[int]
    ignores: frozenset[int]
    cut_at: float | None
    chance: int


@dataclass(frozen=True, slots=True)
class Plan:
    players: tuple[PlayerPlan, ...]
    agents: tuple[AgentPlan, ...]


def make(options: Options, brands: Sequence[str]) -> Plan:
    """The evening for these brands (slugs, at least one). Raises ValueError for numbers below 1."""
    if options.players < 1 or options.agents < 1 or options.minutes <= 0 or not brands:
        raise ValueError("An evening needs players, agents, minutes and a brand.")
    agents = tuple(_agent(number, options, brands) for number in range(1, options.agents + 1))
    spoken = [lang for lang in LANGUAGES if any(lang in agent.languages for agent in agents)]
    arrivals = _arrivals(options)
    players = tuple(
        _player(number, at, options, brands, spoken) for number, at in enumerate(arrivals, start=1)
    )
    return Plan(players, agents)


def _arrivals(options: Options) -> list[float]:
    """A Poisson stream that swells to a rush and leaves time to serve the last one: after so many
    arrivals, their moments are independent draws."""
    chance = Random(f"{options.seed}:arrivals")
    end = options.seconds * ARRIVALS_END
    moments = (
        chance.triangular(0, 1, RUSH_AT) if chance.random() < RUSH_SHARE else chance.random()
        for _ in range(options.players)
    )
    return sorted(round(moment * end, 3) for moment in moments)


def _player(
    number: int, arrives: float, options: Options, brands: Sequence[str], spoken: Sequence[str]
) -> PlayerPlan:
    chance = Random(f"{options.seed}:player:{number}")
    lang = chance.choice(spoken)
    question = _question(chance, lang)
    lines = list(question.lines)
    if chance.random() < 0.5:
        lines.insert(0, chance.choice(phrases.some(lang, "openers")))
    if chance.random() < 0.5:
        lines.append(chance.choice(phrases.some(lang, "asides")))
    follow_ups = [
        chance.choice(phrases.some(lang, "follow_ups" if chance.random() < 0.6 else "reactions"))
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4)))
    ]
    thanks = chance.choice(phrases.some(lang, "thanks")) if chance.random() < 0.8 else None
    rates = chance.random() < 0.65
    grave = question.topic == phrases.GRAVE_TOPIC
    scores = (chance.choice((2, 3, 4, 4, 5, 5, 5)), chance.choice((1, 3, 4, 4, 5, 5)))
    return PlayerPlan(
        number=number,
        arrives=arrives,
        brand=chance.choice(brands),
        lang=lang,
        known=chance.random() < 0.6,
        name=chance.choice(phrases.some(lang, "names")),
        reason=question.reason,
        topic=question.topic,
        lines=tuple(lines),
        follow_ups=() if grave else tuple(follow_ups),
        thanks=phrases.some(lang, "thanks")[0] if grave else thanks,
        patience=round(chance.uniform(40, 150), 1),
        closes_himself=chance.random() < 0.3,
        rating=scores if rates and not grave else None,
        declines_rating=not rates and not grave and chance.random() < 0.5,
        cut_after=chance.randrange(len(lines) + 1) if chance.random() < 0.2 else None,
        chance=chance.getrandbits(32),
    )


def _question(chance: Random, lang: str) -> Question:
    asked = [question for question in phrases.questions() if question.lang == lang]
    weights = [_OFTEN.get(question.reason, 1) for question in asked]
    return chance.choices(asked, weights)[0]


def _agent(number: int, options: Options, brands: Sequence[str]) -> AgentPlan:
    """Name, alias, languages and brand depend on the number alone: he is the same every evening."""
    chance = Random(f"{options.seed}:agent:{number}")
    rest = chance.random() < 0.3
    ordinals = range(1, 9)
    # An offer that is not answered rings for its whole time, which a short evening does not have.
    ignores = chance.random() < 0.15 and options.minutes >= PACE_MINUTES
    generation, place = divmod(number - 1, len(_ALIASES))
    return AgentPlan(
        number=number,
        username=f"evening-{number:02}",
        alias=_ALIASES[place] + (f" {generation + 1}" if generation else ""),
        languages=_SPOKEN[(number - 1) % len(_SPOKEN)],
        brand=brands[number // 5 % len(brands)] if number % 5 == 0 else None,
        capacity=3 if number % 4 else 4,
        begins=round(chance.uniform(0, 4), 2),
        break_at=round(options.seconds * chance.uniform(0.2, 0.6), 1) if rest else None,
        break_seconds=round(chance.uniform(15, 40), 1),
        declines=frozenset(chance.sample(ordinals, 1) if chance.random() < 0.4 else ()),
        ignores=frozenset(chance.sample(ordinals, 1) if ignores else ()),
        cut_at=(
            round(options.seconds * chance.uniform(0.2, 0.8), 1) if chance.random() < 0.3 else None
        ),
        chance=chance.getrandbits(32),
    )
