"""What a player's and an agent's client have in common: transcripts, holes, the outbox, human pauses."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Any

from chatdesk.conversations import care
from chatdesk.demo.evening.gate import Gate
from chatdesk.demo.evening.ledger import Ledger
from chatdesk.demo.evening.plan import Options
from chatdesk.demo.evening.transcript import Shown, Transcript
from chatdesk.demo.evening.wire import Frame, Refusal, Stopped, Tally, Wire

PAGE_EVENTS = 100
TYPING_REPEATS_SECONDS = 4.0
SWAP_SECONDS = 0.3
END_SECONDS = 3.0


@dataclass(slots=True)
class Stage:
    """What everybody of one evening shares. ``last_call`` says: come to an end."""

    options: Options
    gate: Gate
    ledger: Ledger
    tally: Tally
    last_call: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tempo(self) -> float:
        return self.options.tempo


class Client:
    """One person with one socket at a time. ``who`` is how rows name him, once he was welcomed."""

    side = ""
    frames_per_ten_seconds = 0

    def __init__(self, stage: Stage, chance: int) -> None:
        self.stage = stage
        self.chance = Random(chance)
        self.who = ""
        self.db = ""
        self.transcripts: dict[str, Transcript] = defaultdict(Transcript)
        self.live_since: dict[str, float] = {}
        self.part_since: dict[str, float] = {}
        self.wire = Wire(
            stage.gate.socket(self.side),
            introduce=self.introduce,
            hear=self._hear,
            have=self.have,
            frames=self.frames_per_ten_seconds,
            haste=min(1.0, stage.tempo),
            chance=self.chance,
            tally=stage.tally,
        )
        self._news = asyncio.Event()
        self._outbox: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reading: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._mending: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    # --- what subclasses give ------------------------------------------------------------------

    async def introduce(self, renew: bool) -> Frame:
        """The hello, with ``resume`` for what is there already."""
        raise NotImplementedError

    def have(self) -> dict[str, int]:
        """What a pong confirms: conversation to the last number without a hole."""
        raise NotImplementedError

    def heard(self, frame: Frame) -> None:
        """A frame, after it was noted here."""
        raise NotImplementedError

    # --- frames --------------------------------------------------------------------------------

    def _hear(self, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "welcome":
            self.db = frame["db"]
            self.live_since.clear()
            prefix = "p" if self.side == "player" else "a"
            self.who = f"{prefix}:{frame['me']['id']}"
            self.stage.ledger.arrives(self.who)
        elif kind == "ev":
            self._arrived(frame)
        elif kind == "resumed":
            self.follows(frame["conv"])
            if frame["mode"] == "snapshot":
                self._mend(frame["conv"], frame["to"])
        elif kind == "ping":
            for conv, head in frame["heads"].items():
                if conv in self.transcripts and head > self.transcripts[conv].last:
                    self._mend(conv, head)
        self.heard(frame)
        self._news.set()

    def _arrived(self, frame: Frame) -> None:
        conv, seq = frame["conv"], frame["seq"]
        ledger, tally = self.stage.ledger, self.stage.tally
        ledger.received(self.who, conv, seq)
        transcript = self.transcripts[conv]
        if seq <= transcript.last or seq in transcript.early:
            tally.repeats += 1
        event = Shown(
            seq, frame["kind"], frame["from"]["role"], frame.get("body"), frame.get("cmid")
        )
        ready = transcript.arrive(event)
        for shown in ready:
            live, part = self.live_since.get(conv), self.part_since.get(conv)
            ledger.applied(self.who, conv, shown, self.now(), live, part)
            self.showed(conv, shown)
        if not ready and transcript.hole is not None:
            tally.early += 1
            if conv in self.live_since:
                self._mend(conv, transcript.hole)

    def showed(self, conv: str, event: Shown) -> None:
        """A new line stands on the screen."""
        raise NotImplementedError

    def follows(self, conv: str) -> None:
        """From now on every line of the conversation comes by itself."""
        self.live_since.setdefault(conv, self.now())
        self.part_since.setdefault(conv, self.now())
        hole = self.transcripts[conv].hole
        if hole is not None:
            self._mend(conv, hole)

    # --- holes ---------------------------------------------------------------------------------

    def _mend(self, conv: str, upto: int) -> None:
        """Something is missing: wait a moment for lines that swapped on the way, then ask."""
        if conv not in self._mending:
            self._mending.add(conv)
            self.spawn(self._ask_later(conv, upto))

    async def _ask_later(self, conv: str, upto: int) -> None:
        await asyncio.sleep(SWAP_SECONDS)
        self._mending.discard(conv)
        if self.transcripts[conv].last < upto and not self._reading[conv].locked():
            self.stage.tally.gaps += 1
            with contextlib.suppress(Refusal, Stopped):
                await self.read_up(conv, upto)

    async def read_up(self, conv: str, upto: int) -> None:
        """Loads what is missing up to a number, newest page first, one reading at a time.

        Raises Refusal, Stopped."""
        async with self._reading[conv]:
            before = upto + 1
            while before > self.transcripts[conv].last + 1:
                page = await self.wire.ask(
                    {"t": "history", "conv": conv, "before": before, "limit": PAGE_EVENTS}
                )
                events = page["events"]
                for event in events:
                    self._arrived({"conv": conv, **event})
                before = events[0]["seq"] if events and page["more"] else 0

    # --- speaking ------------------------------------------------------------------------------

    async def send(
        self,
        conv: str,
        body: str,
        *,
        note: bool = False,
        tried: Callable[[], None] = lambda: None,
        more: Mapping[str, str | int] = MappingProxyType({}),
    ) -> bool:
        """A message, one in flight per conversation; False when it was refused for good. ``tried`` is
        called when its first try has been written; ``more`` are further fields of the command."""
        body = care.masked(body)  # as the widget does
        cmid = str(uuid.uuid4())
        message = self.stage.ledger.intends(conv, self.who, cmid, body, self.now(), note=note)

        def once_more() -> None:
            message.tries += 1
            if message.tries == 1:
                message.offline = self.wire.greeted_at > message.intended
                tried()

        kind = "note" if note else "send"
        async with self._outbox[conv]:
            try:
                ack = await self.wire.deliver(
                    {"t": kind, "conv": conv, "cmid": cmid, "body": body, **more}, once_more
                )
            except Refusal as refusal:
                message.refused = refusal.code
                return False
        message.seq = ack["note_seq"] if note else ack["seq"]
        return True

    async def write(self, conv: str, body: str) -> None:
        """The time that writing takes, with the typing indicator on."""
        seconds = min(1.0 + len(body) * 0.04, 6.0) * self.chance.uniform(0.7, 1.3)
        while seconds > 0:
            await self.wire.mention({"t": "typing", "conv": conv, "on": True})
            await self.pause(min(seconds, TYPING_REPEATS_SECONDS))
            seconds -= TYPING_REPEATS_SECONDS

    async def has_read(self, conv: str) -> None:
        seq = self.transcripts[conv].last
        await self.wire.mention({"t": "read", "conv": conv, "seq": seq})

    # --- time ----------------------------------------------------------------------------------

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def pause(self, seconds: float) -> None:
        """Human seconds: multiplied by the evening's pace."""
        await asyncio.sleep(seconds * self.stage.tempo)

    async def until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Waits until it is so, at most so many real seconds; says whether it is."""
        end = self.now() + seconds
        while not ready():
            left = end - self.now()
            if left <= 0:
                return False
            self._news.clear()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                return ready()
        return True

    def nudge(self) -> None:
        """Something outside changed: whoever waits looks again."""
        self._news.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Work beside; a fault in it ends the evening (see ``online``)."""
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    @contextlib.asynccontextmanager
    async def online(self) -> AsyncIterator[None]:
        """Connected inside, gone after it. A fault of our own beside the main path is raised here."""
        living = asyncio.get_running_loop().create_task(self.wire.run())
        try:
            yield
        finally:
            await self.wire.end()
            await asyncio.wait([living], timeout=END_SECONDS)
            beside = [living, *self._tasks]
            for task in beside:
                task.cancel()
            ended = await asyncio.gather(*beside, return_exceptions=True)
        for end in ended:
            if isinstance(end, Exception):
                raise end
