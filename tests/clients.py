"""PlayerClient, AgentClient and SupervisorClient: the wire protocol over real sockets, as others speak it.

What reaches a PlayerClient is searched for canaries.
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import Any, Self

from tests import canaries
from tests.live import Live, Member
from tests.wire import SECONDS, Client, Frame, Refused, cmid

__all__ = [
    "SECONDS",
    "AgentClient",
    "Client",
    "Frame",
    "PlayerClient",
    "Refused",
    "SupervisorClient",
    "cmid",
]


class PlayerClient(Client):
    path = "/ws/player"

    def __init__(self, live: Live, brand: str = "aurora", **start: Any) -> None:
        super().__init__(live)
        self.brand = brand
        self.conv = ""
        self.session = ""
        self.player: Frame = {}
        self._start = start

    def check(self, text: str | bytes) -> None:
        canaries.check(text)

    def begin_session(self, headers: dict[str, str] | None = None) -> Frame:
        answer = self.live.http(
            "POST", "/api/v1/player/sessions", {"brand": self.brand, **self._start}, headers
        )
        if answer.status != 201:
            raise Refused(answer.json["error"])
        self.session, self.player = answer.json["session"], answer.json["player"]
        body: Frame = answer.json
        return body

    async def hello(self) -> Frame:
        if not self.session:
            await asyncio.to_thread(self.begin_session)
        return {"t": "hello", "v": 1, "session": self.session}

    async def open(self, **fields: Any) -> str:
        self.conv = (await self.ask("open", **fields))["conv"]
        return self.conv

    async def send(self, body: str, **more: Any) -> Frame:
        return await self.write("send", conv=self.conv, body=body, **more)

    async def resume(self) -> Self:
        """A new socket that goes on where the last one ended."""
        seq = self.have().get(self.conv, 0)
        return await self.join(db=self.welcome["db"], conv=self.conv, seq=seq)


class AgentClient(Client):
    path = "/ws/staff"

    def __init__(self, live: Live, member: Member) -> None:
        super().__init__(live)
        self.member = member
        self.desk: Frame = {}
        self.wall: Frame = {}

    def ticket(self) -> str:
        answer = self.live.http(
            "POST",
            "/api/v1/staff/tickets",
            {},
            {"Authorization": f"Token {self.member.token}"},
        )
        assert answer.status == 201, answer.body
        return str(answer.json["ticket"])

    async def hello(self) -> Frame:
        # Not on this loop: it has other sockets to read meanwhile.
        return {"t": "hello", "v": 1, "ticket": await asyncio.to_thread(self.ticket)}

    def take(self, frame: Frame) -> None:
        super().take(frame)
        if frame["t"] == "desk":
            self.desk = frame
        elif frame["t"] == "wall":
            self._take_wall(frame)

    def _take_wall(self, frame: Frame) -> None:
        if frame["full"]:
            self.wall = {"queue": {}, "kpi": {}, "alarms": [], "agents": {}, "chats": {}}
        for part in ("queue", "kpi", "alarms"):
            if frame.get(part) is not None:
                self.wall[part] = frame[part]
        for agent in frame.get("agents") or []:
            self.wall["agents"][agent["id"]] = agent
        for chat in frame.get("chats") or []:
            if chat["state"] == "closed":
                self.wall["chats"].pop(chat["conv"], None)
            else:
                self.wall["chats"][chat["conv"]] = chat

    def chat(self, conv: str) -> Frame | None:
        """The conversation as it lies on the desk."""
        return next((chat for chat in self.desk.get("chats", ()) if chat["conv"] == conv), None)

    def epoch(self, conv: str) -> int:
        chat = self.chat(conv)
        assert chat is not None, f"{conv} is not on the desk"
        return int(chat["epoch"])

    async def available(self) -> None:
        await self.ask("state", status="available")

    async def offered(self, conv: str) -> str:
        """Waits for the offer of a conversation; returns the offer's id."""

        def standing() -> str | None:
            return next(
                (one["offer"] for one in self.desk.get("offers", ()) if one["conv"] == conv), None
            )

        offer: str = await self.until(standing, f"offer of {conv}", 30)
        return offer

    async def accept(self, conv: str) -> int:
        """Accepts the offer of a conversation and waits until it lies on the desk."""
        answer = await self.ask("accept", offer=await self.offered(conv))
        return await self._lies(conv, answer["epoch"])

    async def claim(self, conv: str) -> int:
        answer = await self.ask("claim", conv=conv)
        return await self._lies(conv, answer["epoch"])

    async def _lies(self, conv: str, epoch: int) -> int:
        """Waits for the desk that has it with this epoch: an older one may come first."""

        def there() -> bool:
            chat = self.chat(conv)
            return chat is not None and chat["epoch"] == epoch

        await self.until(there, f"{conv} on the desk")
        return epoch

    async def send(self, conv: str, body: str, **more: Any) -> Frame:
        fields = {"epoch": more.pop("epoch", None) or self.epoch(conv), **more}
        return await self.write("send", conv=conv, body=body, **fields)


class SupervisorClient(AgentClient):
    async def show_wall(self) -> Frame:
        already = len(self.frames)
        await self.ask("wall", on=True)
        return await self.frame("wall", since=already, full=True)

    async def watch(self, conv: str) -> Frame:
        answer = await self.ask("watch", conv=conv)
        self.states[conv] = deepcopy(answer["state"])
        return answer
