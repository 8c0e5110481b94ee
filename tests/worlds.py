"""A small world around one conversation: a client of every audience, live before something happens.

Each world has a brand of its own, so that many can live side by side in one server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from tests.clients import SECONDS, AgentClient, Client, PlayerClient, SupervisorClient
from tests.live import SECRET, Live
from tests.reducers import AgentState, Frame, PlayerState, State, SupervisorState, difference

Stage = Literal["nothing", "waiting", "offered", "owned", "closed"]
CONVERGED_SECONDS = 25.0


class Diverged(AssertionError):
    """A live client knows something else than one that has just come."""


@dataclass(slots=True)
class Watcher:
    """A client that was there before, and what it had heard by then."""

    name: str
    client: Client
    audience: str
    state: State
    back: bool = False
    heard: int = 0
    folded: int = 0

    def shown(self) -> Frame:
        """What the client knows by now."""
        for frame in self.client.frames[self.folded :]:
            self.state.take(deepcopy(frame))
        self.folded = len(self.client.frames)
        return self.state.shown()


@dataclass(slots=True)
class Seen:
    """What was left when everybody agreed: for each watcher its frames and what is fresh."""

    watchers: dict[str, Watcher] = field(default_factory=dict)
    fresh: dict[str, Frame] = field(default_factory=dict)


class World:
    """Whoever is in it confirms nothing by himself: marks move by verbs alone.

    ``player`` and ``tab`` are two sockets of the player, ``owner`` and ``other`` two agents,
    ``marit`` a supervisor at her wall who watches. ``player_back`` and ``owner_back`` are sockets
    that were there, were cut before the verb and resume after it."""

    STATES: dict[str, type[State]] = {
        "player": PlayerState,
        "owner": AgentState,
        "other": AgentState,
        "marit": SupervisorState,
    }

    def __init__(self, live: Live) -> None:
        self.live, self.conv, self.offer = live, "", ""
        self.watched: list[str] = []
        # Standing offers end by verbs alone, however slow the machine is.
        self.brand = live.brand(offer_seconds=600)
        hire = live.hire
        self.player, self.tab = PlayerClient(live, self.brand), PlayerClient(live, self.brand)
        self.player_back = PlayerClient(live, self.brand)
        owner = hire("Vera", brands=(self.brand,))
        self.owner, self.owner_back = AgentClient(live, owner), AgentClient(live, owner)
        self.other = AgentClient(live, hire("Noor", brands=(self.brand,), skills=["payments"]))
        self.marit = SupervisorClient(
            live, hire("Marit", role="supervisor", brands=(self.brand,), capacity=1)
        )
        self.watchers = [
            Watcher("player", self.player, "player", PlayerState()),
            Watcher("tab", self.tab, "player", PlayerState()),
            Watcher("player_back", self.player_back, "player", PlayerState(), back=True),
            Watcher("owner", self.owner, "owner", AgentState()),
            Watcher("owner_back", self.owner_back, "owner", AgentState(), back=True),
            Watcher("other", self.other, "other", AgentState()),
            Watcher("marit", self.marit, "marit", SupervisorState()),
        ]
        for watcher in self.watchers:
            watcher.client.confirms = False

    # --- before --------------------------------------------------------------------------------

    async def begin(self, stage: Stage) -> None:
        await self.player.join()
        self.tab.session = self.player_back.session = self.player.session
        for client in (self.tab, self.owner, self.other, self.marit):
            await client.join()
        if stage != "nothing":
            await self._open()
        if stage == "offered":
            await self.owner.available()
            self.offer = await self.owner.offered(self.conv)
        elif stage in ("owned", "closed"):
            await self.owner.claim(self.conv)
        if stage == "closed":
            epoch = self.owner.epoch(self.conv)
            await self.owner.ask("close", conv=self.conv, epoch=epoch, reason="solved")
        await self.player_back.join()
        if self.conv:
            await self.player_back.ask("history", conv=self.conv, limit=100)
        await self.owner_back.join()
        await self.marit.show_wall()
        if self.conv:
            await self.marit.watch(self.conv)
            self.watched = [self.conv]
        await self.agree()

    async def _open(self) -> None:
        self.conv = await self.player.open(topic="bonus", fields={"page": "/cashier"})
        await self.player.send("Where is my bonus?")

    def have_heard(self) -> None:
        """From here on everything that is heard is because of the verb."""
        for watcher in self.watchers:
            watcher.heard = len(watcher.client.frames)

    async def cut(self) -> None:
        """The sockets that will resume are lost."""
        for watcher in self.watchers:
            if watcher.back:
                await watcher.client.leave()

    async def resume(self) -> None:
        seq = max(self.player_back.events.get(self.conv, {0: {}}))
        if self.conv:
            await self.player_back.join(db=self.db, conv=self.conv, seq=seq)
        else:
            await self.player_back.join()
        back = self.owner_back
        convs = {
            conv: [max(back.events.get(conv, {0: {}})), max(back.notes.get(conv, {0: {}}))]
            for conv in (chat["conv"] for chat in back.desk["chats"])
        }
        await back.join(db=self.db, desk_rev=back.desk["rev"], convs=convs)

    @property
    def db(self) -> str:
        return str(self.player.welcome["db"])

    async def end(self) -> None:
        clients = [watcher.client for watcher in self.watchers]
        await asyncio.gather(*(client.leave() for client in clients))

    # --- waiting for what is behind the sockets --------------------------------------------------

    async def until(self, holds: Callable[[], Any], what: str) -> None:
        """Waits until the database says so, where no answer does."""
        end = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"not within {SECONDS} s: {what}")
            await asyncio.sleep(0.1)

    async def row(self, **fields: Any) -> None:
        """Waits until the conversation's row has these values."""

        def holds() -> bool:
            row = self.live.backstage.conversation(conv=self.conv)
            return all(row[name] == value for name, value in fields.items())

        await self.until(holds, f"{fields}")

    def token(self, sub: str, **claims: Any) -> str:
        """What the casino says of a player who has signed in."""
        now = int(time.time())
        said = {"aud": f"chatdesk:{self.brand}", "sub": sub, "iat": now, "exp": now + 300}
        return jwt.encode({**said, "jti": sub, **claims}, SECRET, algorithm="HS256")

    # --- after ---------------------------------------------------------------------------------

    async def agree(self) -> Seen:
        """Waits until every watcher knows what a fresh client of its audience is told."""
        seen = Seen({watcher.name: watcher for watcher in self.watchers})
        audiences = {watcher.audience for watcher in self.watchers}
        states = await asyncio.gather(*(self._agreed(audience) for audience in sorted(audiences)))
        seen.fresh = dict(zip(sorted(audiences), states, strict=True))
        return seen

    async def _agreed(self, audience: str) -> Frame:
        mine = [watcher for watcher in self.watchers if watcher.audience == audience]
        kind = self.STATES[audience]
        end = time.monotonic() + CONVERGED_SECONDS
        while True:
            if audience != "player":
                await self._has_current_desk(mine)
            fresh = kind.of(await self._fresh(audience)).shown()

            def differences(fresh: Frame = fresh) -> list[str]:
                return [
                    f"{watcher.name}{line}"
                    for watcher in mine
                    for line in difference(watcher.shown(), fresh)
                ]

            found = await self._while(differences)
            if not found:
                return fresh
            if time.monotonic() > end:
                raise Diverged("\n".join(found))

    async def _has_current_desk(self, mine: list[Watcher]) -> None:
        """Before a fresh client comes: its coming makes the process look at this desk, and would
        repair one that nobody was told of."""
        agent = mine[0].client.member.id  # type: ignore[attr-defined]
        rev = await asyncio.to_thread(self.live.backstage.desk_revision, agent=agent)
        for watcher in mine:
            desk = watcher.client
            await desk.until(
                lambda desk=desk: desk.desk.get("rev", 0) >= rev,  # type: ignore[misc]
                f"{watcher.name}: desk {rev}",
            )

    async def _while(self, differences: Callable[[], list[str]]) -> list[str]:
        """Gives the live ones a moment: what the fresh one was told may still be on its way."""
        end = time.monotonic() + 1.0
        while found := differences():
            if time.monotonic() > end:
                return found
            await asyncio.sleep(0.05)
        return []

    async def _fresh(self, audience: str) -> list[Frame]:
        """All frames of a client that has just come and asked for everything."""
        client = self._newcomer(audience)
        client.confirms = False
        await self._ASKS[audience](self, client)
        await client.leave()
        return client.frames

    def _newcomer(self, audience: str) -> Client:
        if audience == "player":
            client = PlayerClient(self.live, self.brand)
            client.session = self.player.session
            return client
        if audience == "marit":
            return SupervisorClient(self.live, self.marit.member)
        agent = self.owner if audience == "owner" else self.other
        return AgentClient(self.live, agent.member)

    async def _as_player(self, client: Client) -> None:
        await client.join()
        for conv in {*self.watched, self.conv} - {""}:
            await client.ask("history", conv=conv, limit=100)

    async def _as_agent(self, client: AgentClient, watched: Sequence[str] = ()) -> None:
        await client.join()
        await client.frame("desk")
        for conv in {*watched, *(chat["conv"] for chat in client.desk["chats"])}:
            await client.ask("history", conv=conv, limit=100, notes=True)

    async def _as_supervisor(self, client: SupervisorClient) -> None:
        await self._as_agent(client, self.watched)
        await client.show_wall()
        for conv in self.watched:
            await client.watch(conv)

    _ASKS: dict[str, Callable[[World, Any], Awaitable[None]]] = {
        "player": _as_player,
        "owner": _as_agent,
        "other": _as_agent,
        "marit": _as_supervisor,
    }
