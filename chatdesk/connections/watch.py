"""The process's own watch over the database: what no push brought is found here.

Every 10 s, every second while the bridge is ill, and at once after any doubt about it: one query for the
heads of everything this process serves, one for the queues, one whether it is the same database still,
and whatever other parts have registered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

import structlog

from chatdesk.connections import database
from chatdesk.conversations import incarnations, queries
from chatdesk.delivery import audience, tasks
from chatdesk.delivery.audience import Hint
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol.frames import Chat, StaffConv

log = structlog.get_logger(__name__)

HEADS_SECONDS = 10.0
ILL_SECONDS = 1.0
SWEEP_SECONDS = 2.0
REST_SECONDS = 0.2

Check = Callable[[], Awaitable[None]]


class Follower(Protocol):
    def on_head(self, conv: str, seq: int, note_seq: int) -> None: ...


class Watch:
    """``restored`` is called when the database turns out to be another one. ``heads_checks`` run with
    the heads, ``sweeps`` every two seconds."""

    def __init__(self, is_ill: Callable[[], bool], restored: Callable[[], None]) -> None:
        self._is_ill = is_ill
        self._restored = restored
        self._db = ""
        self._doubt = asyncio.Event()
        self._marks: dict[str, tuple[object, ...]] = {}
        self._queues: dict[int, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.heads_checks: list[Check] = []
        self.sweeps: list[Check] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._watching()), loop.create_task(self._sweeping())]

    async def stop(self) -> None:
        await tasks.end(self._tasks)

    def doubt(self) -> None:
        """Something may have been missed: look now."""
        self._doubt.set()

    def told(self, state: StaffConv | Chat) -> None:
        """A socket that begins to follow was told this state (a frame of it, or of a desk). Nobody
        tells it what was published before it came and written after: the next look compares."""
        self._marks.setdefault(state.conv, queries.mark(state))

    async def _watching(self) -> None:
        while True:
            try:
                seconds = ILL_SECONDS if self._is_ill() else HEADS_SECONDS
                await asyncio.wait_for(self._doubt.wait(), seconds)
            except TimeoutError:
                pass
            self._doubt.clear()
            await self._guarded([self._look, *self.heads_checks])
            await asyncio.sleep(REST_SECONDS)

    async def _sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self._guarded(self.sweeps)

    async def _guarded(self, checks: list[Check]) -> None:
        for check in checks:
            try:
                await check()
            except database.AWAY as error:
                log.warning("watch_failed", error=type(error).__name__)
            except Exception:
                # The watch outlives every bug of a check: without it losses would stay unseen.
                log.exception("watch_failed")

    async def _look(self) -> None:
        db = await database.run(incarnations.settle)
        if self._db and db != self._db:
            log.warning("database_restored")
            self._marks.clear()
            self._restored()
        self._db = db
        convs = hub.conversations()
        if convs:
            heads = await database.run(queries.heads, convs)
            marks = {}
            for conv, head in heads.items():
                hub.heads[conv] = (head.seq, head.note_seq)
                for topic in (audience.player(conv), audience.staff(conv)):
                    for follower in cast(list[Follower], hub.members(topic)):
                        follower.on_head(conv, head.seq, head.note_seq)
                marks[conv] = head.mark
                if conv in self._marks and self._marks[conv] != head.mark:
                    hub.spread([Hint("conv", conv)])
            # What was told while the heads were read is for the next look.
            late = {c: m for c, m in self._marks.items() if c not in convs and hub.followed(c)}
            self._marks = marks | late
        queues = await database.run(queries.queue_revisions)
        for brand, rev in queues.items():
            if self._queues and self._queues.get(brand) != rev:
                hub.spread([Hint("queue", str(brand)), Hint("wall", "")])
        self._queues = queues
