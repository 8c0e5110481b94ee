"""Least-busy assignment without offers and return timers, on the same people. Pure; a model of a rule, not
the code of another desk.

**The rule**, as the best-known open desk has it:

- A chat is given at once to whoever is online, speaks the language, has the fewest open chats and is below
  his limit; of equals to whoever was given one longest ago. Nobody is asked, and no deadline runs until
  the first reply. The limit counts all open chats.
- There is no queue. When everybody is at his limit the chat stays unassigned, and is looked at again when
  somebody closes one (the oldest first), or by a job every 15 minutes. ``at_once`` looks every second
  instead, and whenever somebody declares himself online: as quick as can be.
- Online is what an agent declared, as long as his presence is not older than 60 s. Whoever is gone for
  longer gets no further chats; those he has stay with him until he is back.

**Simplifications, each in its favour:** it routes by language as exactly as we do; agents take themselves
off the list 15 minutes before they go home and stay up to ten minutes longer to finish; an agent ends a
chat whose player has been silent for six minutes, as our deadline does; counting and choosing never race.
Urgent topics have no priority there, and no weight.
"""

from __future__ import annotations

from bench.day.plan import MINUTE, SECOND, Arrival, Plan
from bench.day.world import DRAIN_MS, World

JOB_MS = 15 * MINUTE
AT_ONCE_MS = SECOND
PRESENCE_MS = 60 * SECOND
SILENCE_MS = 360 * SECOND


class LeastBusy:
    def __init__(self, plan: Plan, *, at_once: bool = False) -> None:
        self._plan, self._at_once = plan, at_once
        staff = range(len(plan.staff))
        self._open: dict[int, set[int]] = {one: set() for one in staff}
        self._given_ts = dict.fromkeys(staff, -1)
        self._declared: set[int] = set()
        # None: connected. Else since when he is not.
        self._gone_ts: dict[int, int | None] = dict.fromkeys(staff, 0)
        self._unassigned: dict[int, None] = {}
        self._owner: dict[int, int] = {}
        self._answered: dict[int, int] = {}

    def begin(self, world: World) -> None:
        self._world, self._time = world, world.time
        self._time.at(0, self._job)

    # --- the rule ---------------------------------------------------------------------------------

    def _job(self) -> None:
        self._time.at(self._time.now + (AT_ONCE_MS if self._at_once else JOB_MS), self._job)
        self._look_again()

    def _look_again(self) -> None:
        for number in list(self._unassigned):
            self._assign(number)

    def _online(self, agent: int) -> bool:
        gone = self._gone_ts[agent]
        present = gone is None or self._time.now - gone < PRESENCE_MS
        return agent in self._declared and present

    def _assign(self, number: int) -> None:
        lang = self._plan.arrivals[number].lang
        able = [
            one.number
            for one in self._plan.staff
            if lang in one.languages
            and self._online(one.number)
            and len(self._open[one.number]) < one.capacity
        ]
        if not able:
            self._unassigned[number] = None
            return
        agent = min(able, key=lambda one: (len(self._open[one]), self._given_ts[one], one))
        self._unassigned.pop(number, None)
        self._open[agent].add(number)
        self._given_ts[agent] = self._time.now
        self._owner[number] = agent
        self._world.ledger.count("assigned")
        self._world.owns(agent, number, self._plan.notices_ms(agent, number))

    def _closed(self, number: int) -> None:
        self._unassigned.pop(number, None)
        agent = self._owner.pop(number, None)
        if agent is not None:
            self._open[agent].discard(number)
            # Not within the act that closed it: whoever closes one is done with it first.
            self._time.at(self._time.now, self._look_again)

    # --- what people do ---------------------------------------------------------------------------

    def opens(self, arrival: Arrival) -> None:
        self._assign(arrival.number)

    def player_says(self, number: int) -> None:
        self._answered.pop(number, None)

    def player_ends(self, number: int) -> None:
        self._closed(number)

    def agent_says(self, agent: int, number: int) -> bool:
        now = self._time.now
        self._answered[number] = now
        self._time.at(now + SILENCE_MS, self._ends_silent, agent, number, now)
        return True

    def _ends_silent(self, agent: int, number: int, answered_ts: int) -> None:
        """The agent sees that nobody is there any more."""
        if self._owner.get(number) != agent or self._answered.get(number) != answered_ts:
            return
        if not self._world.people[agent].there:
            # When he is back he sees it.
            self._time.at(self._time.now + MINUTE, self._ends_silent, agent, number, answered_ts)
            return
        self._closed(number)
        self._world.ledger.count("ended_silent")
        self._world.ended(number)

    def agent_closes(self, agent: int, number: int) -> bool:
        self._closed(number)
        return True

    def declares(self, agent: int, status: str, reason: str) -> None:
        shift = self._plan.shape.shifts[self._plan.staff[agent].shift]
        if status == "available" and self._time.now < shift.ends - DRAIN_MS:
            self._declared.add(agent)
            if self._at_once:
                self._look_again()
        else:
            self._declared.discard(agent)

    def connected(self, agent: int, there: bool) -> None:
        self._gone_ts[agent] = None if there else self._time.now

    def drains(self, agent: int) -> None:
        """He takes no more, so that he can go home in time."""
        self._declared.discard(agent)

    def goes_home(self, agent: int) -> None:
        self._declared.discard(agent)
