"""One player: he comes, asks, waits as long as he can, talks, thanks, rates, goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from chatdesk.demo.evening.client import Client, Stage
from chatdesk.demo.evening.plan import PlayerPlan
from chatdesk.demo.evening.transcript import Shown
from chatdesk.demo.evening.wire import Frame, Refusal, Stopped

FRAMES = 16
LEAST_PATIENCE_SECONDS = 12.0
SETTLE_SECONDS = 15.0


class Player(Client):
    """``sign`` gives the casino's token, None for a visitor. ``outcome`` ends as ``served``,
    ``gave up``, or as what went wrong."""

    side = "player"
    frames_per_ten_seconds = FRAMES

    def __init__(self, stage: Stage, plan: PlayerPlan, sign: Callable[[], str | None]) -> None:
        super().__init__(stage, plan.chance)
        self.plan = plan
        self.conv: str | None = None
        self.came_at: float | None = None
        self.joined_at: float | None = None
        self.rated: str | None = None
        self.outcome = "never came"
        self._sign = sign
        self._session: str | None = None
        self._state: Frame = {}
        self._heard_agent = 0
        self._answered = 0

    # --- the socket ----------------------------------------------------------------------------

    async def introduce(self, renew: bool) -> Frame:
        if self._session is None or renew:
            given = await self.stage.gate.session(
                self.plan.brand, self.plan.lang, self._sign(), self._session
            )
            self._session = str(given["session"])
        hello: Frame = {"t": "hello", "v": 1, "session": self._session}
        if self.conv is not None:
            last = self.transcripts[self.conv].last
            hello["resume"] = {"db": self.db, "conv": self.conv, "seq": last}
        return hello

    def have(self) -> dict[str, int]:
        return {self.conv: self.transcripts[self.conv].last} if self.conv is not None else {}

    def heard(self, frame: Frame) -> None:
        if frame["t"] == "welcome" and frame["conv"] is not None:
            self._state = frame["conv"]
            if self.conv is None:
                # The answer to `open` was lost with its socket: the lines so far must be asked for.
                self.spawn(self._begin(self._state["conv"], self._state["last_seq"]))
        elif frame["t"] == "conv" and frame["conv"] == self.conv:
            self._state = frame

    def showed(self, conv: str, event: Shown) -> None:
        if event.kind == "joined" and self.joined_at is None:
            self.joined_at = self.now()
        if event.kind == "message" and event.role == "agent":
            self._heard_agent += 1

    async def _begin(self, conv: str, upto: int) -> None:
        if self.conv is None:
            self.conv = conv
            self.stage.ledger.opened(conv, self.who)
        with contextlib.suppress(Refusal, Stopped):
            await self.read_up(conv, upto)
            self.follows(conv)

    # --- the visit -----------------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        return self.conv is not None and self.joined_at is None and not self.over

    @property
    def talks(self) -> bool:
        return self.joined_at is not None and not self.over

    @property
    def waited(self) -> float | None:
        """Seconds from asking for a chat to an agent's coming; None while that has not happened."""
        if self.came_at is None or self.joined_at is None:
            return None
        return self.joined_at - self.came_at

    @property
    def over(self) -> bool:
        return self.conv is not None and self.transcripts[self.conv].closed

    async def run(self) -> None:
        """From arrival to leaving. Whatever goes wrong with the socket stands in ``outcome``."""
        await asyncio.sleep(self.plan.arrives)
        self.outcome = "not finished"
        try:
            async with self.online():
                await self._visit()
        except Stopped as stopped:
            self.outcome = f"sent away with {stopped.code}"
        except Refusal as refusal:
            self.outcome = f"refused: {refusal.code}"

    async def _visit(self) -> None:
        await self.wire.live()
        await self.pause(self.chance.uniform(1, 4))
        self.came_at = self.now()
        opened = await self.wire.ask(
            {"t": "open", "topic": self.plan.topic, "lang": self.plan.lang}
        )
        await self._begin(opened["conv"], 0)
        conv = str(opened["conv"])
        talking = asyncio.get_running_loop().create_task(self._ask_question(conv))
        try:
            await self._wait_for_somebody(conv)
            await talking
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        await self._talk(conv)
        await self._close(conv)
        await self.until(lambda: self.over, SETTLE_SECONDS)
        await self._rate(conv)
        await self._see_the_end(conv)

    async def _ask_question(self, conv: str) -> None:
        for number, line in enumerate(self.plan.lines):
            await self.pause(self.chance.uniform(0.5, 2))
            await self.write(conv, line)
            await self._say(conv, line, number)

    async def _say(self, conv: str, line: str, number: int) -> None:
        """The line, and where it is planned a broken connection with the line still under way. In a
        closed conversation there is nothing more to say."""
        if self.over:
            return
        cut = self.wire.cut if number == self.plan.cut_after else (lambda: None)
        await self.send(conv, line, tried=cut)

    async def _wait_for_somebody(self, conv: str) -> None:
        """Until an agent comes, patience ends, or the evening does."""
        seconds = max(self.plan.patience * self.stage.tempo, LEAST_PATIENCE_SECONDS)
        last_call = self.stage.last_call
        await self.until(
            lambda: self.joined_at is not None or self.over or last_call.is_set(), seconds
        )
        if self.joined_at is None:
            if last_call.is_set():  # not all in the same second
                await self.pause(self.chance.uniform(0, 8))
            if self.joined_at is None:
                await self._close(conv)

    async def _talk(self, conv: str) -> None:
        """Reads each answer, says what there is to say, thanks, and waits for the end."""
        replies = [*self.plan.follow_ups, *([self.plan.thanks] if self.plan.thanks else [])]
        for number, planned in enumerate(replies, start=len(self.plan.lines)):
            heard = await self.until(
                lambda: self._heard_agent > self._answered or self.over, self._real(60)
            )
            if not heard or self.over:
                break
            self._answered = self._heard_agent
            await self.pause(self.chance.uniform(1, 3))
            await self.has_read(conv)
            late = self.stage.last_call.is_set()
            reply = self.plan.thanks if late and self.plan.thanks else planned
            await self.write(conv, reply)
            await self._say(conv, reply, number)
            if reply == self.plan.thanks:
                break
        await self.until(lambda: self.over, self._real(5 if self.plan.closes_himself else 45))
        await self.has_read(conv)

    def _real(self, seconds: float) -> float:
        """Human seconds in which others must act: at least so long that a server can."""
        return max(seconds * self.stage.tempo, 5.0)

    async def _close(self, conv: str) -> None:
        if not self.over:
            await self._end(conv)

    async def _end(self, conv: str) -> None:
        with contextlib.suppress(Refusal):  # the agent was faster
            await self.wire.ask({"t": "close", "conv": conv})

    async def _rate(self, conv: str) -> None:
        if self.joined_at is None or not self.over:
            return
        if self.plan.rating is None and not self.plan.declines_rating:
            return
        await self.pause(self.chance.uniform(1, 5))
        said: dict[str, Any] = {"declined": True}
        if self.plan.rating is not None:
            said = {"agent": self.plan.rating[0], "outcome": self.plan.rating[1]}
        await self.wire.ask({"t": "rate", "conv": conv, **said})
        self.rated = "declined" if self.plan.rating is None else "given"

    async def _see_the_end(self, conv: str) -> None:
        """Leaves only when the last line of the closed conversation is there."""

        def complete() -> bool:
            closed = self._state.get("state") == "closed"
            return closed and self.transcripts[conv].last >= int(self._state["last_seq"])

        if await self.until(lambda: self.over and complete(), SETTLE_SECONDS):
            self.outcome = "served" if self.joined_at is not None else "gave up"
