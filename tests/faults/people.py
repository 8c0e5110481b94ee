"""Who lives in the house while it is broken: players with one or more tabs, agents, a supervisor.

They behave as people do and know only what the wire tells them. ``hushed`` says: want nothing new.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from random import Random
from typing import Any

from tests.faults.address import Address
from tests.faults.history import History, digest
from tests.faults.house import MARKER
from tests.faults.tab import Tab
from tests.faults.view import Frame, Lost, NoSession, Refused

OUTBOX = 20
WAITS_OUT = frozenset({429, 502, 503, 504})


class Person:
    """One human being; ``who`` is how rows name him: ``p:<id>`` or ``a:<id>``."""

    side = ""

    def __init__(self, who: str, address: Address, history: History, chance: Random) -> None:
        self.who, self.address, self.history, self.chance = who, address, history, chance
        self.tabs: list[Tab] = []
        self.hushed = False
        self.pace = (0.4, 1.2)
        self._said = 0
        self._tasks: list[asyncio.Task[None]] = []

    def new_tab(self, address: Address | None = None) -> Tab:
        """One more tab; it connects at once."""
        name = f"{self.who}/{len(self.tabs)}"
        at, chance = address or self.address, Random(self.chance.random())
        tab = Tab(self.who, name, self.side, at, self.history, chance, self._introduce, self._heard)
        self.tabs.append(tab)
        self._spawn(tab.live())
        return tab

    def begin(self) -> None:
        self._spawn(self._live())

    async def end(self) -> None:
        for tab in self.tabs:
            await tab.leave()
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in ended:
            if isinstance(one, Exception):
                raise one

    def faults(self) -> list[str]:
        """What went wrong in the harness itself, and whom the server sent away for good."""
        found = []
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                found.append(f"{self.who}: {type(error).__name__}: {error}")
        found += [f"{tab.name} stopped with {tab.stopped}" for tab in self.tabs if tab.stopped]
        return found

    def words(self, conv: str) -> str:
        """A body that nobody else ever writes. No agent's id in it: players get it."""
        self._said += 1
        return f"{MARKER} {conv} {digest(self.who)[:8]} {self._said}"

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _introduce(self, tab: Tab, renew: bool) -> Frame:
        raise NotImplementedError

    def _heard(self, tab: Tab, frame: Frame) -> None:
        raise NotImplementedError

    async def _live(self) -> None:
        raise NotImplementedError

    async def _post(
        self, at: Address, path: str, body: Frame, headers: dict[str, str]
    ) -> dict[str, Any]:
        """A request that is waited out while the house is away. Raises OSError (try later), NoSession."""
        status, found = await at.request("POST", path, body, headers)
        if status in WAITS_OUT:
            raise ConnectionRefusedError(status)
        if status >= 400:
            self.history.note("fail", who=self.who, do=f"POST {path}", code=str(status))
            raise NoSession(status)
        return found


class Player(Person):
    """He opens a chat, writes, reads, sometimes closes it and opens another."""

    side = "player"
    closes = 0.02

    def __init__(self, brand: str, address: Address, history: History, chance: Random) -> None:
        super().__init__("", address, history, chance)
        self.brand, self.session, self.conv = brand, "", ""
        self.convs: list[str] = []
        self.over: set[str] = set()

    async def arrive(self, tabs: int = 1) -> None:
        """His session and his tabs. Raises OSError, NoSession."""
        await self.new_session(self.address)
        for _ in range(tabs):
            self.new_tab()

    async def new_session(self, at: Address) -> None:
        body = {"brand": self.brand, "lang": "en"}
        found = await self._post(at, "/api/v1/player/sessions", body, {})
        self.session, self.who = found["session"], f"p:{found['player']['id']}"

    async def _introduce(self, tab: Tab, renew: bool) -> Frame:
        if renew:
            self.history.note("fail", who=self.who, do="hello", code="4401")
            raise NoSession(4401)
        hello: Frame = {"t": "hello", "v": 1, "session": self.session}
        conv = self._current(tab)
        if conv and tab.db:
            hello["resume"] = {"db": tab.db, "conv": conv, "seq": tab.views[conv].last}
        return hello

    def _current(self, tab: Tab) -> str:
        """What this tab shows: as long as it has not seen the end of one chat, that one."""
        unfinished = [c for c in self.convs if c in tab.views and not tab.views[c].closed]
        return unfinished[0] if unfinished else self.conv

    def _heard(self, tab: Tab, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "welcome":
            if frame["conv"] is not None:
                self._mine(tab, frame["conv"])
            for conv in self.convs[-2:]:
                tab.follows.add(conv)
        elif kind == "conv":
            self._mine(tab, frame)
        elif kind == "ev":
            tab.follows.add(frame["conv"])
            if frame["kind"] == "closed":
                self.over.add(frame["conv"])

    def _mine(self, tab: Tab, state: Frame) -> None:
        conv = state["conv"]
        tab.follows.add(conv)
        if state["state"] == "closed":
            self.over.add(conv)
        elif conv not in self.convs:
            self.convs.append(conv)
            self.conv = conv
        tab.knows(conv, state["last_seq"])

    @property
    def talks(self) -> bool:
        return bool(self.conv) and self.conv not in self.over

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(*self.pace))
            if self.hushed:
                continue
            with contextlib.suppress(Refused, Lost):
                await self._act()

    async def _act(self) -> None:
        if not self.talks:
            await self.open()
            return
        tab, conv = self.chance.choice(self.tabs), self.conv
        lot = self.chance.random()
        if lot < self.closes:
            await self.tabs[0].ask("close", conv=conv)
            self.over.add(conv)
        elif lot < 0.12:
            await tab.mention({"t": "read", "conv": conv, "seq": tab.views[conv].last})
        elif lot < 0.17:
            await tab.mention({"t": "typing", "conv": conv, "on": True})
        elif tab.waiting[conv] < OUTBOX:
            tab.say(conv, self.words(conv))

    async def open(self) -> None:
        answer = await self.tabs[0].ask("open", topic="other", lang="en")
        conv = answer["conv"]
        if conv not in self.convs:
            self.convs.append(conv)
        self.conv = conv
        self.tabs[0].follows.add(conv)

    async def close(self) -> None:
        if self.talks:
            with contextlib.suppress(Refused):
                await self.tabs[0].ask("close", conv=self.conv)


class Agent(Person):
    """He accepts what is offered and answers; now and then he hands over, gives back or closes."""

    side = "staff"
    closes, transfers, releases, notes = 0.01, 0.01, 0.01, 0.06

    def __init__(
        self, key: str, agent_id: str, address: Address, history: History, chance: Random
    ) -> None:
        super().__init__(f"a:{agent_id}", address, history, chance)
        self.id, self.key = agent_id, key
        self.pace = (0.15, 0.5)
        self.chats: dict[str, Frame] = {}
        self.colleagues: list[str] = []
        self.on_duty = True
        self.status = ""
        self.looks_back = self.rings = 0
        self._accepting: set[str] = set()
        # What each of his tabs has on its desk: one that was offline learns later what has gone.
        self._desks: dict[str, tuple[int, set[str]]] = {}

    async def _introduce(self, tab: Tab, renew: bool) -> Frame:
        headers = {"Authorization": f"Token {self.key}"}
        found = await self._post(tab.address, "/api/v1/staff/tickets", {}, headers)
        hello: Frame = {"t": "hello", "v": 1, "ticket": found["ticket"]}
        if tab.db:
            rev, chats = self._desks.get(tab.name, (0, set()))
            convs = {conv: [tab.views[conv].last, tab.notes[conv].last] for conv in chats}
            hello["resume"] = {"db": tab.db, "desk_rev": rev, "convs": convs}
        return hello

    def _heard(self, tab: Tab, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "welcome":
            _, chats = self._desks.get(tab.name, (0, set()))
            tab.follows |= chats
        elif kind == "desk":
            self._desk(tab, frame)
        elif kind == "offer":
            self._ring(frame)

    def _desk(self, tab: Tab, desk: Frame) -> None:
        _, before = self._desks.get(tab.name, (0, set()))
        self.status = desk["status"]
        self.chats = {chat["conv"]: chat for chat in desk["chats"]}
        self._desks[tab.name] = (desk["rev"], set(self.chats))
        for conv, chat in self.chats.items():
            tab.follows.add(conv)
            tab.knows(conv, chat["last_seq"])
        for conv in before - self.chats.keys():
            tab.follows.discard(conv)
            self._spawn(self._see_the_end(tab, conv))
        for offer in desk["offers"]:
            self._ring(offer)

    async def _see_the_end(self, tab: Tab, conv: str) -> None:
        """What he had is gone: its last lines are still his to see."""
        self.looks_back += 1
        try:
            await asyncio.sleep(0.5)
            with contextlib.suppress(Refused, Lost):
                await tab.ask("history", conv=conv, limit=100)
        finally:
            self.looks_back -= 1

    def _ring(self, offer: Frame) -> None:
        if offer["offer"] not in self._accepting and self.on_duty:
            self._accepting.add(offer["offer"])
            self.rings += 1
            self._spawn(self._accept(offer["offer"]))

    async def _accept(self, offer: str) -> None:
        await asyncio.sleep(self.chance.uniform(0.1, 0.6))
        with contextlib.suppress(Refused, Lost):
            await self.tabs[0].ask("accept", offer=offer)

    async def _live(self) -> None:
        await self.declare("available")
        while True:
            await asyncio.sleep(self.chance.uniform(*self.pace))
            if self.on_duty and self.status == "away" and self.tabs[0].connected:
                await self.declare("available")
            if self.hushed or not self.chats:
                continue
            with contextlib.suppress(Refused, Lost):
                await self._act(*self.chance.choice(list(self.chats.items())))

    async def declare(self, status: str) -> None:
        with contextlib.suppress(Refused, Lost):
            await self.tabs[0].ask("state", status=status)

    async def _act(self, conv: str, chat: Frame) -> None:
        tab, epoch, lot = self.tabs[0], chat["epoch"], self.chance.random()
        if (lot := lot - self.closes) < 0:
            await tab.ask("close", 1, conv=conv, epoch=epoch, reason="done")
        elif (lot := lot - self.transfers) < 0 and self.colleagues:
            to = {"agent": self.chance.choice(self.colleagues)}
            await tab.ask("transfer", 1, conv=conv, epoch=epoch, to=to)
        elif (lot := lot - self.releases) < 0:
            await tab.ask("release", 1, conv=conv, epoch=epoch)
        elif (lot := lot - self.notes) < 0:
            tab.say(conv, self.words(conv), "note")
        elif (lot := lot - 0.1) < 0:
            await tab.mention({"t": "read", "conv": conv, "seq": tab.views[conv].last})
        elif tab.waiting[conv] < OUTBOX:
            tab.say(conv, self.words(conv), epoch=epoch)


class Supervisor(Agent):
    """He looks at the wall, watches, whispers, sometimes takes a chat over and gives it back. Each second
    he finds out whether he still may."""

    takeovers = 0.06

    def __init__(self, *facts: Any) -> None:
        super().__init__(*facts)
        self.pace = (0.7, 1.2)
        self.wall: dict[str, Frame] = {}
        self.agents: dict[str, Frame] = {}
        self.watched = ""
        self.could: list[tuple[float, float]] = []
        self.transfers, self.closes, self.notes, self.releases = 0.0, 0.0, 0.0, 0.5

    def _heard(self, tab: Tab, frame: Frame) -> None:
        super()._heard(tab, frame)
        if frame["t"] == "welcome":
            tab._spawn(self._look_again(tab))
        elif frame["t"] == "wall":
            if frame["full"]:
                self.wall, self.agents = {}, {}
            for agent in frame.get("agents") or []:
                self.agents[agent["id"]] = agent
            for chat in frame.get("chats") or []:
                self.wall[chat["conv"]] = chat

    async def _look_again(self, tab: Tab) -> None:
        """A new socket shows nothing by itself."""
        with contextlib.suppress(Refused, Lost):
            await tab.ask("wall", on=True)
            if self.watched:
                await self._watch(tab, self.watched)

    async def _watch(self, tab: Tab, conv: str) -> None:
        self.history.note("watch", who=self.who, tab=tab.name, conv=conv)
        tab.follows.add(conv)
        answer = await tab.ask("watch", conv=conv)
        tab.knows(conv, answer["state"]["last_seq"])

    async def _live(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(*self.pace))
            if self.hushed:
                continue
            with contextlib.suppress(Refused, Lost):
                await self._supervise(self.tabs[0])
                if self.chats:
                    await self._act(*self.chance.choice(list(self.chats.items())))

    async def _supervise(self, tab: Tab) -> None:
        began = time.monotonic()
        await tab.ask("wall", on=True)
        self.could.append((began, time.monotonic() - began))
        there = [conv for conv, chat in self.wall.items() if chat["state"] == "active"]
        if not there:
            return
        lot, conv = self.chance.random(), self.chance.choice(there)
        if lot < self.takeovers:
            await tab.ask("takeover", 1, conv=conv)
        elif lot < 0.3 and conv not in self.chats:
            if self.watched:
                left, self.watched = self.watched, ""
                self.history.note("unwatch", who=self.who, tab=tab.name, conv=left)
                await tab.ask("unwatch", conv=left)
                tab.follows -= {left} - self.chats.keys()
            self.watched = conv
            await self._watch(tab, conv)
        elif lot < 0.6 and self.watched:
            tab.say(self.watched, self.words(self.watched), "whisper")
