"""Everybody who lives in a house during one scene, in a brand of their own, and what they went through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from tests.faults.address import Address
from tests.faults.history import History
from tests.faults.house import House
from tests.faults.people import Agent, Person, Player, Supervisor
from tests.faults.tab import Tab

QUIET_SECONDS = 15.0
LOOK_SECONDS = 0.25
ALIASES = ("Vera", "Milan", "Noor", "Sanne", "Joris", "Eeva")


class Crowd:
    """``players`` have 1 to 3 tabs each; what a scene needs beside them it adds."""

    def __init__(self, house: House, history: History, brand: str, seed: int) -> None:
        self.house, self.history, self.brand = house, history, brand
        self.chance = Random(seed)
        self.address: Address = house.address
        self.players: list[Player] = []
        self.agents: list[Agent] = []
        self.supervisor: Supervisor | None = None

    @property
    def people(self) -> list[Person]:
        staff: list[Person] = [*self.agents, *([self.supervisor] if self.supervisor else [])]
        return [*self.players, *staff]

    def tabs(self) -> list[Tab]:
        return [tab for person in self.people for tab in person.tabs]

    # --- coming and going ----------------------------------------------------------------------

    async def come(self, players: int, agents: int) -> None:
        """Everybody arrives, and lives from then on."""
        await asyncio.to_thread(self.house.casino, self.brand)
        capacity = max(3, -(-players // max(agents, 1)))
        hired = [
            await asyncio.to_thread(self.house.employ, alias, self.brand, "agent", capacity)
            for alias in ALIASES[:agents]
        ]
        boss = await asyncio.to_thread(
            self.house.employ, "Anna", self.brand, "supervisor", capacity
        )
        for member in hired:
            self.agents.append(
                Agent(member.token, member.id, self.address, self.history, self._chance())
            )
        self.supervisor = Supervisor(
            boss.token, boss.id, self.address, self.history, self._chance()
        )
        for agent in self.agents:
            agent.colleagues = [one.id for one in hired if one.id != agent.id]
            agent.new_tab()
        self.supervisor.new_tab()
        for number in range(players):
            await self.add_player(tabs=1 + (number % 4 == 1) + 2 * (number % 8 == 3))
        for person in self.people:
            person.begin()

    def _chance(self) -> Random:
        return Random(self.chance.random())

    async def add_player(self, tabs: int = 1, address: Address | None = None) -> Player:
        """One more player; he lives once ``begin`` is called (``come`` does that for its own)."""
        player = Player(self.brand, address or self.address, self.history, self._chance())
        await player.arrive(tabs)
        self.players.append(player)
        return player

    async def add_agent(self, alias: str) -> Agent:
        """One more agent; he comes with ``new_tab`` and lives with ``begin``."""
        member = await asyncio.to_thread(self.house.employ, alias, self.brand)
        agent = Agent(member.token, member.id, self.address, self.history, self._chance())
        self.agents.append(agent)
        return agent

    def hush(self) -> None:
        for person in self.people:
            person.hushed = True

    async def go(self) -> None:
        """Chats are closed, agents go off duty, sockets end: the house is left as it was found."""
        self.hush()
        for agent in self.agents:
            agent.on_duty = False
        try:
            async with asyncio.timeout(8):
                await asyncio.gather(*(player.close() for player in self.players))
                await asyncio.gather(*(agent.declare("offline") for agent in self.agents))
        except TimeoutError:
            pass
        for person in self.people:
            await person.end()

    # --- waiting -------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], Any], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True

    async def settled(self, seconds: float = 20.0) -> bool:
        """Everybody is connected and chats are under way."""

        def there() -> bool:
            served = sum(len(agent.chats) for agent in self.agents)
            return all(tab.connected for tab in self.tabs()) and served >= len(self.players) / 2

        return await self.until(there, seconds)

    async def quiet(self, seconds: float = QUIET_SECONDS) -> bool:
        """Nothing new is wanted; waits until all is answered and every screen shows what the database
        has. That it must come to this is judged by the checker, not here."""
        self.hush()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            still = all(tab.idle and tab.connected for tab in self.tabs())
            if still and not self._looking_back() and await self._complete():
                return True
        return False

    def _looking_back(self) -> bool:
        """Somebody still reads the last lines of what has just left his desk."""
        return any(isinstance(person, Agent) and person.looks_back for person in self.people)

    async def _complete(self) -> bool:
        heads = await asyncio.to_thread(self._heads)
        for person in self.people:
            for tab in person.tabs:
                for conv in self.owed(person, tab):
                    head, note_head = heads.get(conv, (0, 0))
                    if tab.views[conv].last < head:
                        return False
                    if person.side == "staff" and tab.notes[conv].last < note_head:
                        return False
        return True

    def owed(self, person: Person, tab: Tab) -> Iterable[str]:
        """The conversations whose every line this tab must show."""
        if isinstance(person, Player):
            return {*person.convs[-1:], *(conv for conv, view in tab.views.items() if view.head)}
        if isinstance(person, Supervisor) and person.watched:
            return [*person.chats, person.watched]
        assert isinstance(person, Agent)
        return person.chats

    def _heads(self) -> dict[str, tuple[int, int]]:
        found = self.house.rows(
            "SELECT c.id, c.last_seq, c.last_note_seq FROM conversations_conversation c "
            "JOIN conversations_brand b ON b.id = c.brand_id WHERE b.slug = ?",
            self.brand,
        )
        return {row["id"]: (row["last_seq"], row["last_note_seq"]) for row in found}

    # --- what a scene asks ---------------------------------------------------------------------

    def faults(self) -> list[str]:
        return [fault for person in self.people for fault in person.faults()]

    def returns(self, since: float, until: float) -> list[float]:
        """For every tab that lost its socket in a span: seconds from its beginning until its next
        welcome. A tab that has none yet counts as infinitely late."""
        lost: dict[str, float] = {}
        back: dict[str, float] = {}
        for one in self.history.of("closed", "welcome", since=since):
            if one.what == "closed" and one.at <= until:
                lost.setdefault(one.tab, one.at)
            elif one.what == "welcome" and one.tab in lost and one.at >= lost[one.tab]:
                back.setdefault(one.tab, one.at)
        return [back.get(tab, float("inf")) - since for tab in lost]

    def ack_seconds(self, since: float, until: float, but: str = "") -> list[float]:
        """Seconds from the first copy of each message sent in a span to its first ack or refusal; what
        has none yet counts as waiting still. ``but`` is a conversation that is left out."""
        first: dict[str, float] = {}
        answered: dict[str, float] = {}
        for one in self.history.of("sent", "ok", "fail", since=since):
            if not one.cmid:
                continue
            if one.what == "sent" and one.at <= until and one.conv != but:
                first.setdefault(one.cmid, one.at)
            elif one.what != "sent":
                answered.setdefault(one.cmid, one.at)
        now = time.monotonic()
        return [answered.get(cmid, now) - at for cmid, at in first.items()]

    def delivery_seconds(self, since: float, until: float) -> list[float]:
        """How long each line acked in a span took: see ``_deliveries``."""
        return [took for _, took in self._deliveries(since, until)]

    def slow_deliveries(self, since: float, limit: float) -> list[float]:
        """When the lines came that took longer than so many seconds."""
        return [at + took for at, took in self._deliveries(since, time.monotonic()) if took > limit]

    def _deliveries(self, since: float, until: float) -> list[tuple[float, float]]:
        """Seconds from each ack in a span until the line stood on every other screen of the player whose
        socket was there all the while. (Agents may get a chat later: for them it is no delay.)"""
        acked: dict[tuple[str, int], tuple[float, str]] = {}
        there: dict[str, float] = {}
        shows: set[tuple[str, str]] = set()
        found = []
        for one in self.history.of("ok", "shown", "welcome", "closed"):
            if one.what == "shown" and one.lane == "event" and not one.who.startswith("p:"):
                continue
            if one.what == "welcome":
                there[one.tab] = one.at
            elif one.what == "closed":
                there.pop(one.tab, None)
            elif one.what == "ok" and one.lane == "event" and since <= one.at <= until:
                acked.setdefault((one.conv, one.seq), (one.at, one.tab))
            elif one.what == "shown" and one.lane == "event":
                told = acked.get((one.conv, one.seq))
                came, followed = there.get(one.tab), (one.tab, one.conv) in shows
                shows.add((one.tab, one.conv))
                if told and followed and one.tab != told[1] and came is not None and came < told[0]:
                    found.append((told[0], one.at - told[0]))
        return found

    def supervised(self, since: float) -> list[float]:
        """How long the supervisor waited for each of his answers; for the one to come, until now."""
        assert self.supervisor is not None
        return [took for at, took in self.supervisor.could if at >= since]

    def requeued(self) -> int:
        """How often a chat was taken from an agent because he seemed gone."""
        return len(
            self.house.rows(
                "SELECT a.id FROM conversations_assignment a "
                "JOIN conversations_conversation c ON c.id = a.conversation_id "
                "JOIN conversations_brand b ON b.id = c.brand_id "
                "WHERE b.slug = ? AND a.end_reason = 'lost'",
                self.brand,
            )
        )

    def gone(self, agents: list[Agent] | None = None) -> int:
        """How many of the agents the database holds for gone."""
        asked = self.agents if agents is None else agents
        if not asked:
            return 0
        names = ", ".join("?" for _ in asked)
        return len(
            self.house.rows(
                "SELECT agent_id FROM conversations_seat "
                f"WHERE lost_ts IS NOT NULL AND agent_id IN ({names})",
                *(int(agent.id) for agent in asked),
            )
        )


def share(values: Iterable[float], part: float) -> float:
    """A percentile; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))] if ranked else 0.0
