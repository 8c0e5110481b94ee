"""One agent: on duty, rung, up to his capacity of chats at once with one pair of hands, off duty."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from chatdesk.demo.evening import gate, phrases
from chatdesk.demo.evening.client import Client, Stage
from chatdesk.demo.evening.plan import AgentPlan
from chatdesk.demo.evening.transcript import Shown
from chatdesk.demo.evening.wire import Frame, Refusal, Stopped

FRAMES = 50
SETTLE_SECONDS = 15.0
UNASKED_SECONDS = 1.0
MOST_ANSWERS = 6
NOTE_SHARE = 0.2


@dataclass(slots=True)
class Talk:
    """What the agent remembers of one conversation."""

    heard: list[str] = field(default_factory=list)
    unanswered: int = 0
    answers: int = 0
    thanked: bool = False
    nudged: bool = False
    canned: dict[str, Any] | None = None


class Agent(Client):
    """``outcome`` ends as ``went home``, or why not."""

    side = "staff"
    frames_per_ten_seconds = FRAMES

    def __init__(self, stage: Stage, plan: AgentPlan, key: str) -> None:
        super().__init__(stage, plan.chance)
        self.plan = plan
        self.outcome = "never came"
        self.missed = 0
        self.declined = 0
        self.notes = 0
        self.most_at_once = 0
        self.chats: dict[str, Frame] = {}
        self._key = key
        self._status = ""
        self._wanted = "offline"
        self._desk_rev = 0
        self._offers = 0
        self._rung: set[str] = set()
        self._served: set[str] = set()
        self._talks: dict[str, Talk] = {}
        self._hands = asyncio.Lock()

    # --- the socket ----------------------------------------------------------------------------

    async def introduce(self, renew: bool) -> Frame:
        hello: Frame = {"t": "hello", "v": 1, "ticket": await self.stage.gate.ticket(self._key)}
        if self.db:
            convs = {conv: [self.transcripts[conv].last, 0] for conv in self.chats}
            hello["resume"] = {"db": self.db, "desk_rev": self._desk_rev, "convs": convs}
        return hello

    def have(self) -> dict[str, int]:
        return {conv: self.transcripts[conv].last for conv in self.chats}

    def heard(self, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "desk":
            self._desk(frame)
        elif kind == "offer":
            self._ring(frame)
        elif kind == "offer_gone" and frame["why"] == "timed_out":
            self.missed += 1

    def _desk(self, desk: Frame) -> None:
        self._desk_rev = desk["rev"]
        self._status = desk["status"]
        self.chats = {chat["conv"]: chat for chat in desk["chats"]}
        self.most_at_once = max(self.most_at_once, len(self.chats))
        for conv, chat in self.chats.items():
            if conv not in self._served:
                self._served.add(conv)
                self.spawn(self._serve(conv, chat))
        for offer in desk["offers"]:
            self._ring(offer)

    def showed(self, conv: str, event: Shown) -> None:
        talk = self._talks.setdefault(conv, Talk())
        if event.kind != "message":
            return
        if event.role == "player":
            talk.heard.append(event.body or "")
            talk.unanswered += 1
            talk.nudged = False
        else:
            talk.unanswered = 0

    # --- duty ----------------------------------------------------------------------------------

    async def run(self, over: asyncio.Event) -> None:
        """On duty until ``over``. Whatever goes wrong with the socket stands in ``outcome``."""
        self.outcome = "not finished"
        try:
            async with self.online():
                await self.pause(self.plan.begins)
                await self._declare("available")
                await self._duty(over)
                await self._go_home()
        except Stopped as stopped:
            self.outcome = f"sent away with {stopped.code}"
        except Refusal as refusal:
            self.outcome = f"refused: {refusal.code}"

    async def _declare(self, status: str, reason: str | None = None) -> None:
        self._wanted = status
        await self.wire.ask({"t": "state", "status": status, "reason": reason})

    async def _duty(self, over: asyncio.Event) -> None:
        began = self.now()
        moments = [
            (at, act)
            for at, act in ((self.plan.break_at, self._rest), (self.plan.cut_at, self._cut))
            if at is not None
        ]
        for at, act in sorted(moments, key=lambda moment: moment[0]):
            if await self.until(over.is_set, max(began + at - self.now(), 0)):
                return
            self.spawn(act())
        while not await self.until(over.is_set, 1.0):
            # Too many missed calls set him away; he is here, so he says so.
            if self._wanted == "available" and self._status == "away":
                await self._declare("available")

    async def _rest(self) -> None:
        with contextlib.suppress(Refusal, Stopped):
            await self._declare("away", "break")
            await self.pause(self.plan.break_seconds)
            if self._wanted == "away":
                await self._declare("available")

    async def _cut(self) -> None:
        self.wire.cut()

    async def _go_home(self) -> None:
        """Takes no more, ends what is left, and waits until the desk is empty."""
        await self._declare("offline")
        for conv in list(self.chats):
            await self._close(conv, "end of duty")
        empty = await self.until(lambda: not self.chats and not self._served, SETTLE_SECONDS)
        self.outcome = "went home" if empty else "not finished"

    # --- offers --------------------------------------------------------------------------------

    def _ring(self, offer: Frame) -> None:
        if offer["offer"] not in self._rung:
            self._rung.add(offer["offer"])
            self._offers += 1
            self.spawn(self._consider(offer["offer"], self._offers))

    async def _consider(self, offer: str, ordinal: int) -> None:
        if ordinal in self.plan.ignores:
            return
        await self.pause(self.chance.uniform(0.8, 3))
        try:
            if ordinal in self.plan.declines:
                self.declined += 1
                await self.wire.ask({"t": "decline", "offer": offer, "reason": "busy"})
            else:
                await self.wire.ask({"t": "accept", "offer": offer})
        except (Refusal, Stopped):
            return  # withdrawn, taken, timed out: nothing is owed

    # --- a chat --------------------------------------------------------------------------------

    async def _serve(self, conv: str, chat: Frame) -> None:
        """From the moment it stands on the desk until it does not. It may come back later."""
        with contextlib.suppress(Refusal, Stopped):
            transcript, upto = self.transcripts[conv], int(chat["last_seq"])
            # What was before comes by itself; a server that leaves it out is asked.
            await self.until(lambda: transcript.last >= upto, UNASKED_SECONDS)
            await self.read_up(conv, upto)
            self.follows(conv)
            talk = self._talks.setdefault(conv, Talk())
            while self._mine(conv):
                await self._turn(conv, chat, talk)
            await self._see_the_end(conv)
        self._served.discard(conv)
        if conv in self.chats and not self.transcripts[conv].closed:
            self._served.add(conv)
            self.spawn(self._serve(conv, self.chats[conv]))
        self.nudge()

    def _mine(self, conv: str) -> bool:
        return conv in self.chats and not self.transcripts[conv].ended

    async def _turn(self, conv: str, chat: Frame, talk: Talk) -> None:
        """Answers what was asked, or ends what is finished."""
        last_call = self.stage.last_call
        heard = await self.until(
            lambda: talk.unanswered > 0 or not self._mine(conv),
            max((4 if last_call.is_set() else 20) * self.stage.tempo, 3.0),
        )
        if not self._mine(conv):
            return
        lang = chat["lang"]
        if not heard:
            if talk.nudged or talk.thanked or last_call.is_set():
                await self._close(conv, "no answer" if not talk.thanked else "solved")
            else:
                talk.nudged = True
                await self._answer(conv, self._one(lang, "nudges"))
            return
        await self.pause(self.chance.uniform(1.5, 4))  # there may be a second line coming
        await self.has_read(conv)
        talk.thanked = talk.thanked or phrases.is_thanks(talk.heard[-1], lang)
        if talk.answers > 0 and (
            talk.thanked or talk.answers >= MOST_ANSWERS or last_call.is_set()
        ):
            if await self._answer(conv, self._farewell(chat)):
                await self.pause(self.chance.uniform(1, 4))
                await self._close(conv, "solved")
        elif talk.answers == 0:
            await self._answer_with_canned(conv, chat, talk)
        elif await self._answer(conv, self._one(lang, "answers")):
            talk.answers += 1

    async def _answer_with_canned(self, conv: str, chat: Frame, talk: Talk) -> None:
        """The prepared answer that fits what was asked, its variables filled in."""
        lang = chat["lang"]
        if talk.canned is None:
            try:
                talk.canned = await self.stage.gate.canned(self._key, conv)
            except gate.Refused as refused:
                raise Refusal(refused.code) from refused
        wanted = phrases.understood(talk.heard, chat["topic"])
        fitting = [one for one in talk.canned["responses"] if one["shortcut"] == wanted]
        if fitting:
            body = phrases.fill(fitting[0]["body"], talk.canned["values"], lang)
            said = await self._answer(conv, body, canned=str(fitting[0]["id"]))
        else:
            said = await self._answer(conv, self._one(lang, "greetings"))
        talk.answers += said
        if said and self.chance.random() < NOTE_SHARE:
            about = f"{wanted or chat['topic']}: explained"
            noted = self._mine(conv) and await self.send(conv, about, note=True)
            self.notes += noted

    async def _answer(self, conv: str, body: str, canned: str | None = None) -> bool:
        """Writes with the one pair of hands there is; False when the chat was gone by then."""
        async with self._hands:
            if not self._mine(conv):
                return False
            await self.write(conv, body)
            if not self._mine(conv):
                return False
            epoch = int(self.chats[conv]["epoch"])
        more = {"canned": canned} if canned is not None else {}
        return await self.send(conv, body, more={"epoch": epoch, **more})

    async def _close(self, conv: str, reason: str) -> None:
        chat = self.chats.get(conv)
        if chat is None:
            return
        command = {"t": "close", "conv": conv, "epoch": chat["epoch"], "reason": reason}
        with contextlib.suppress(Refusal):  # the player was faster, or it is in other hands
            await self.wire.ask(command)
        await self.until(lambda: not self._mine(conv), SETTLE_SECONDS)

    async def _see_the_end(self, conv: str) -> None:
        """When a chat has left the desk without its last lines, reads them as the desk's owner would."""
        transcript = self.transcripts[conv]
        if await self.until(lambda: transcript.ended or conv in self.chats, 1.0):
            return
        self.stage.tally.endings += 1
        with contextlib.suppress(Refusal, Stopped):
            await self.read_up(conv, transcript.last + 1_000)

    def _farewell(self, chat: Frame) -> str:
        """The plain one for somebody who came for protection: nobody is cheerful with him."""
        plain = phrases.some(chat["lang"], "farewells")[0]
        grave = chat["topic"] == phrases.GRAVE_TOPIC
        return plain if grave else self._one(chat["lang"], "farewells")

    def _one(self, lang: str, of: str) -> str:
        return self.chance.choice(phrases.some(lang, of))
