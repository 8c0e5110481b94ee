"""The product's own policy: its verbs, called by the people of the day, and its dispatcher's steps.

The dispatcher wakes as in earnest: when something was published that concerns it, and once a second
whatever happened. A wake is left out when the rows show that none of its steps would find anything to do
(``Floor.calls_for``); ``every_second`` leaves none out, and must come to the same.

The sight is what leases would show: whoever is cut off is seen for ``GONE_SECONDS`` more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.day.floor import Floor
from bench.day.plan import SECOND, Arrival, Plan
from bench.day.promises import Promises
from bench.day.world import World
from chatdesk.conversations import assignments, errors, lifecycle, messages, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.delivery.hub import Hub
from chatdesk.delivery.presence import GONE_SECONDS, Sight
from chatdesk.dispatch import steps
from chatdesk.dispatch.dispatcher import REST_SECONDS
from chatdesk.dispatch.offering import offer_waiting
from chatdesk.shifts import duties

Step = Callable[[Sight | None], None]

# In the order of ``Dispatcher._step``. The suspicion of the first half minute is left out: nobody is
# there yet to be moved.
STEPS: tuple[Step, ...] = (*steps.EACH_SECOND, offer_waiting)
AT_ONCE: tuple[Step, ...] = (*steps.AT_ONCE, offer_waiting)

TICK_MS = SECOND
REST_MS = int(REST_SECONDS * 1000)
GONE_MS = GONE_SECONDS * 1000
PLAN_MS = 3_600 * SECOND


class Ours:
    def __init__(
        self,
        plan: Plan,
        floor: Floor,
        hub: Hub,
        *,
        each_second: tuple[Step, ...] = STEPS,
        at_once: tuple[Step, ...] = AT_ONCE,
        every_second: bool = False,
    ) -> None:
        self._plan, self._floor = plan, floor
        self._each_second, self._at_once = each_second, at_once
        self._every_second = every_second
        self._seen_until: dict[int, int | None] = {}
        self._changed: dict[str, None] = {}
        self._desks_changed = False
        self._asked = False
        self._wakes_at: int | None = None
        self._stepped = -REST_MS
        self._promises = Promises(floor)
        hub.on_hint("dispatch", self._hear)
        hub.on_hint("queue", self._hear)
        hub.on_hint("conv", lambda key: self._changed.setdefault(key))
        hub.on_hint("desk", self._hear_desk)

    def _hear(self, _key: str) -> None:
        self._asked = True

    def _hear_desk(self, _key: str) -> None:
        self._desks_changed = True

    # --- the dispatcher ---------------------------------------------------------------------------

    def begin(self, world: World) -> None:
        self._world, self._time = world, world.time
        for ts in range(0, self._plan.ends, PLAN_MS):
            self._time.at(ts, duties.plan)
        self._time.at(0, self._tick)

    def _sight(self) -> Sight:
        now = self._time.now
        here = (agent for agent, until in self._seen_until.items() if until is None or until > now)
        return Sight(frozenset(self._floor.seats[agent] for agent in here), complete=True)

    def _tick(self) -> None:
        self._time.at(self._time.now + TICK_MS, self._tick)
        self._step(self._each_second, whole=True)

    def _wake(self) -> None:
        self._wakes_at = None
        self._step(self._at_once, whole=False)

    def _step(self, each: tuple[Step, ...], *, whole: bool) -> None:
        self._asked = False
        sight = self._sight()
        if (whole and self._every_second) or self._floor.calls_for(sight, whole=whole):
            self._stepped = self._time.now
            for step in each:
                step(sight)
            self._world.ledger.count("dispatcher_steps")
            self._show()
            if whole:
                self._promises.check(sight)
        elif whole and self._time.now % (10 * TICK_MS) == 0:
            self._promises.check(sight)
        self._listen()

    def _listen(self) -> None:
        """Whatever was published wakes the dispatcher, which rests a moment after each step."""
        if self._asked and self._wakes_at is None:
            self._wakes_at = max(self._time.now + 1, self._stepped + REST_MS)
            self._time.at(self._wakes_at, self._wake)

    def _did(self) -> None:
        self._show()
        self._listen()

    def _show(self) -> None:
        """What became of the conversations that changed is on the people's screens."""
        if not self._changed and not self._desks_changed:
            return
        changed, self._changed, self._desks_changed = self._changed, {}, False
        floor, world = self._floor, self._world
        for number, state, owner, how in floor.read(list(changed)):
            before = world.players[number].owner
            if before is not None and before != owner and state != "closed":
                world.lost(before, number)
            if owner is not None and owner != before:
                # What he took himself he has seen; what was handed to him he must notice.
                seen = how in ("accepted", "claimed")
                world.owns(owner, number, 0 if seen else self._plan.notices_ms(owner, number))
            if state == "closed":
                world.ended(number)
        for offer, number, agent, times in floor.ringing_anew():
            self._rings(offer, number, agent, times)
        for agent in floor.sent_away():
            world.ledger.count("sent_away")
            world.sent_away(agent)

    def _rings(self, offer: str, number: int, agent: int, times: int) -> None:
        after = self._plan.reaction_ms(agent, number, times)
        if after is not None and self._world.people[agent].there:
            self._time.at(self._time.now + after, self._answers, offer, number, agent, times)

    def _answers(self, offer: str, number: int, agent: int, times: int) -> None:
        if not self._world.people[agent].there:
            return
        who = self._floor.staff[agent]
        if self._plan.declines(agent, number, times):
            self._try(offers.decline, who, offer, "busy")
        else:
            self._try(assignments.accept, who, offer)

    # --- what people do ---------------------------------------------------------------------------

    def opens(self, arrival: Arrival) -> None:
        who = self._floor.player(arrival)
        row = lifecycle.open_conversation(
            who, self._floor.brand_id, topic=arrival.topic, lang=arrival.lang
        )
        self._floor.opened(arrival.number, row.pk)
        self.player_says(arrival.number)

    def player_says(self, number: int) -> None:
        lines = self._world.players[number].lines
        self._post(number, self._floor.players[number], f"p{number}-{lines}", 0)

    def player_ends(self, number: int) -> None:
        self._try(lifecycle.close, self._floor.players[number], self._floor.convs[number])

    def agent_says(self, agent: int, number: int) -> bool:
        turn = f"a{number}-{self._world.people[agent].turn}"
        return self._post(number, self._floor.staff[agent], turn, self._floor.epochs[number])

    def agent_closes(self, agent: int, number: int) -> bool:
        return self._try(
            lifecycle.close,
            self._floor.staff[agent],
            self._floor.convs[number],
            epoch=self._floor.epochs[number],
            reason="solved",
        )

    def declares(self, agent: int, status: str, reason: str) -> None:
        who = self._floor.staff[agent]
        self._try(lifecycle.declare, who, who.agent_id, status, reason or None)

    def connected(self, agent: int, there: bool) -> None:
        self._seen_until[agent] = None if there else self._time.now + GONE_MS

    def drains(self, agent: int) -> None:
        """The roster does."""

    def goes_home(self, agent: int) -> None:
        """The roster ends his duty, and his chats are handed over."""

    def _post(self, number: int, who: Actor, cmid: str, epoch: int) -> bool:
        draft = Draft(self._floor.convs[number], who, cmid, "…", epoch=epoch)
        return self._try(messages.post, draft)

    def _try(self, verb: Callable[..., Any], *args: Any, **more: Any) -> bool:
        try:
            verb(*args, **more)
        except errors.Refusal as refusal:
            self._world.ledger.count(f"refused_{refusal.code}")
            return False
        finally:
            self._did()
        return True

    # --- at the end -------------------------------------------------------------------------------

    def count(self) -> None:
        """What became of the offers, and why chats were returned, from the rows."""
        self._floor.count(self._world.ledger)
