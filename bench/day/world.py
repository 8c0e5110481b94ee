"""The people of the day: the same under each policy. They know only what their screens show them, and a
policy knows only what they do.

**An agent** writes one answer at a time: first to whoever is new on his list, then to whoever has waited
longest. Whoever is at lunch, cut off, has walked off or gone home answers nobody. **A player** who waits
too long leaves: half of them say so, the others close the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bench.day.clock import Time
from bench.day.ledger import Ledger
from bench.day.plan import MINUTE, SECOND, Arrival, Plan, Staff

READING_MS = 15 * SECOND
OVERTIME_MS = 10 * MINUTE
DRAIN_MS = 15 * MINUTE
SAMPLE_MS = MINUTE
# Of what keeps an agent from his desk, what also ends his connection.
_ENDS_CONNECTION = frozenset({"home", "walked", "cut"})


class Policy(Protocol):
    """Whoever assigns the chats. False: what somebody tried came too late."""

    def begin(self, world: World) -> None: ...
    def opens(self, arrival: Arrival) -> None: ...
    def player_says(self, number: int) -> None: ...
    def player_ends(self, number: int) -> None: ...
    def agent_says(self, agent: int, number: int) -> bool: ...
    def agent_closes(self, agent: int, number: int) -> bool: ...
    def declares(self, agent: int, status: str, reason: str) -> None: ...
    def connected(self, agent: int, there: bool) -> None: ...
    def drains(self, agent: int) -> None: ...
    def goes_home(self, agent: int) -> None: ...


@dataclass(slots=True)
class Player:
    arrival: Arrival
    there: bool = True
    waiting: bool = True
    line_ts: int = 0
    lines: int = 1
    turn: int = 0
    done: bool = False
    closed: bool = False
    owner: int | None = None
    noticed: bool = False
    served_by: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Person:
    """An agent; he is at his desk when nothing keeps him from it."""

    staff: Staff
    kept_by: set[str] = field(default_factory=lambda: {"home"})
    chats: set[int] = field(default_factory=set)
    writing: int | None = None
    turn: int = 0
    to_lunch: bool = False
    to_home: bool = False

    @property
    def there(self) -> bool:
        return not self.kept_by

    @property
    def connected(self) -> bool:
        return not self.kept_by & _ENDS_CONNECTION


class World:
    def __init__(self, plan: Plan, policy: Policy, ledger: Ledger, time: Time) -> None:
        self.plan, self.policy, self.ledger, self.time = plan, policy, ledger, time
        self.people = [Person(one) for one in plan.staff]
        self.players: dict[int, Player] = {}

    def run(self) -> None:
        self.policy.begin(self)
        at = self.time.at
        shape = self.plan.shape
        for one in self.plan.staff:
            shift = shape.shifts[one.shift]
            at(one.comes_ts, self._comes, one.number)
            at(one.lunch_ts, self._wants_lunch, one.number)
            if one.walks_off_ts is not None:
                at(one.walks_off_ts, self._goes, one.number, "walked")
            if one.back_ts is not None:
                at(one.back_ts, self._returns, one.number, "walked")
            at(shift.ends - DRAIN_MS, self.policy.drains, one.number)
            at(shift.ends, self._wants_home, one.number)
        at(shape.outage.starts, self._outage)
        for arrival in self.plan.arrivals:
            at(arrival.ts, self._arrives, arrival)
        for ts in range(0, self.plan.ends, SAMPLE_MS):
            at(ts, self._sample)
        self.time.run(self.plan.ends + OVERTIME_MS)
        self.ledger.end(self.time.now)

    def _sample(self) -> None:
        self.ledger.sample(self.time.now)

    # --- what screens show ------------------------------------------------------------------------

    def owns(self, agent: int, number: int, notices_ms: int = 0) -> None:
        """It is on his list now; he notices it so much later."""
        player = self.players[number]
        person = self.people[agent]
        player.owner, player.noticed = agent, False
        person.chats.add(number)
        self.ledger.owned(number, agent, self.time.now)
        self.time.at(self.time.now + notices_ms, self._notices, agent, number)

    def _notices(self, agent: int, number: int) -> None:
        player = self.players[number]
        if player.owner == agent and not player.noticed:
            player.noticed = True
            self._work(agent)

    def lost(self, agent: int, number: int) -> None:
        """It is not on his list any more."""
        self.players[number].owner = None
        self.ledger.owned(number, None, self.time.now)
        self._drop(agent, number)

    def ended(self, number: int) -> None:
        player = self.players[number]
        if player.closed:
            return
        owner = player.owner
        player.closed, player.owner, player.waiting = True, None, False
        self.ledger.ended(number, self.time.now)
        if owner is not None:
            self._drop(owner, number)

    def _drop(self, agent: int, number: int) -> None:
        person = self.people[agent]
        person.chats.discard(number)
        if person.writing == number:
            person.writing = None
            person.turn += 1
        self._leaves_desk_if_done(person)
        self._work(agent)

    # --- agents -----------------------------------------------------------------------------------

    def _comes(self, agent: int) -> None:
        self._returns(agent, "home")

    def _returns(self, agent: int, kept_by: str) -> None:
        person = self.people[agent]
        if kept_by not in person.kept_by:
            return
        was_connected = person.connected
        person.kept_by.discard(kept_by)
        if person.connected and not was_connected:
            self.policy.connected(agent, True)
        if person.there:
            self.ledger.back(agent, self.time.now)
            if not person.to_home and kept_by != "cut":
                self.policy.declares(agent, "available", "")
            self._leaves_desk_if_done(person)
            self._work(agent)

    def _goes(self, agent: int, kept_by: str) -> None:
        """Away from his desk, whatever is open on it."""
        person = self.people[agent]
        if kept_by == "walked" and not person.there:
            return
        was_connected = person.connected
        person.kept_by.add(kept_by)
        person.writing = None
        person.turn += 1
        self.ledger.away(agent, self.time.now)
        if was_connected and not person.connected:
            self.policy.connected(agent, False)
        if kept_by == "walked":
            self.ledger.count("walked_off")

    def _wants_lunch(self, agent: int) -> None:
        person = self.people[agent]
        if person.there and not person.to_home:
            person.to_lunch = True
            self.policy.declares(agent, "away", "lunch")
            self._leaves_desk_if_done(person)

    def _wants_home(self, agent: int) -> None:
        person = self.people[agent]
        person.to_home = True
        self.policy.goes_home(agent)
        self._leaves_desk_if_done(person)
        self.time.at(self.time.now + OVERTIME_MS, self._home, agent)

    def _leaves_desk_if_done(self, person: Person) -> None:
        if person.chats or not person.there:
            return
        agent = person.staff.number
        if person.to_home:
            self._home(agent)
        elif person.to_lunch:
            person.to_lunch = False
            self._goes(agent, "lunch")
            self.time.at(self.time.now + self.plan.shape.lunch_ms, self._returns, agent, "lunch")

    def _home(self, agent: int) -> None:
        if "home" not in self.people[agent].kept_by:
            self._goes(agent, "home")

    def _outage(self) -> None:
        """Half of those who are on duty are cut off, and everybody at once has his connection again."""
        cut = [
            one.staff.number
            for one in self.people
            if one.connected and self.plan.cut_off(one.staff.number)
        ]
        self.ledger.count("cut_off", len(cut))
        for agent in cut:
            self._goes(agent, "cut")
            self.time.at(self.plan.shape.outage.ends, self._returns, agent, "cut")

    def sent_away(self, agent: int) -> None:
        """His screen says that he missed too many rings."""
        back = self.plan.back_from_missed_ms(agent, self.time.now)
        self.time.at(self.time.now + back, self._is_here_after_all, agent)

    def _is_here_after_all(self, agent: int) -> None:
        person = self.people[agent]
        if person.there and not person.to_lunch and not person.to_home:
            self.policy.declares(agent, "available", "")

    def _work(self, agent: int) -> None:
        person = self.people[agent]
        if not person.there or person.writing is not None:
            return
        waiting = [
            (agent in self.players[number].served_by, self.players[number].line_ts, number)
            for number in person.chats
            if self.players[number].noticed
            and (self.players[number].waiting or self.players[number].done)
        ]
        if not waiting:
            return
        number = min(waiting)[2]
        player = self.players[number]
        if player.waiting:
            turns = player.arrival.turns
            took = turns[min(player.turn, len(turns) - 1)].thinking_ms
            if player.served_by and agent not in player.served_by:
                took += READING_MS
        else:
            took = max(player.arrival.closing_ms, SECOND)
        person.writing = number
        person.turn += 1
        self.time.at(self.time.now + took, self._written, agent, person.turn)

    def _written(self, agent: int, turn: int) -> None:
        person = self.people[agent]
        if person.turn != turn or person.writing is None:
            return
        number, person.writing = person.writing, None
        player = self.players[number]
        if not player.waiting and player.done:
            if self.policy.agent_closes(agent, number):
                self.ended(number)
        elif self.policy.agent_says(agent, number):
            self._answered(agent, player)
        self._work(agent)

    def _answered(self, agent: int, player: Player) -> None:
        number = player.arrival.number
        player.waiting = False
        player.served_by.add(agent)
        if not player.there:
            return
        self.ledger.reply(number, agent, self.time.now)
        turns = player.arrival.turns
        answer_ms = turns[min(player.turn, len(turns) - 1)].answer_ms
        player.turn += 1
        if answer_ms is not None:
            self.time.at(self.time.now + answer_ms, self._says, number)
        elif player.arrival.closing_ms >= 0:
            player.done = True

    # --- players ----------------------------------------------------------------------------------

    def _arrives(self, arrival: Arrival) -> None:
        now = self.time.now
        self.players[arrival.number] = Player(arrival, line_ts=now)
        self.ledger.came(arrival.number, now)
        self.time.at(now + arrival.patience_ms, self._impatient, arrival.number, 1)
        self.policy.opens(arrival)

    def _says(self, number: int) -> None:
        player = self.players[number]
        if player.closed or not player.there:
            return
        now = self.time.now
        player.waiting, player.line_ts = True, now
        player.lines += 1
        self.ledger.line(number, now)
        self.time.at(now + player.arrival.later_ms, self._impatient, number, player.lines)
        self.policy.player_says(number)
        if player.owner is not None:
            self._work(player.owner)

    def _impatient(self, number: int, lines: int) -> None:
        player = self.players[number]
        if player.closed or not player.there or not player.waiting or player.lines != lines:
            return
        player.there = False
        self.ledger.left(number, self.time.now)
        if not player.arrival.vanishes:
            self.policy.player_ends(number)
            self.ended(number)
