"""The walls that are open in this process: one read a second at most for each set of brands."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import structlog

from agents import wall
from agents.wall import Rows, WallState
from chatdesk.connections import database
from chatdesk.connections.runtime import Runtime, runtime
from chatdesk.delivery import tasks
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import WallFrame

log = structlog.get_logger(__name__)

CONFLATE_SECONDS = 1.0
# Waits become late without anything happening, so an unhinted wall is read now and then.
REREAD_SECONDS = 5.0

Brands = frozenset[int] | None


class Viewer(Protocol):
    def push(self, text: str) -> None: ...


class Walls:
    def __init__(self, of: Runtime) -> None:
        self._viewers: dict[Viewer, Brands] = {}
        self._fresh: set[Viewer] = set()
        self._shown: dict[Brands, WallState] = {}
        self._rev = 0
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        hub.on_hint("wall", lambda key: self._asked.set())
        hub.on_hint("conv", lambda key: self._asked.set())
        hub.on_hint("queue", lambda key: self._asked.set())
        del of

    def show(self, viewer: Viewer, brands: Brands) -> None:
        self._viewers[viewer] = brands
        self._fresh.add(viewer)
        self._asked.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._showing())

    def hide(self, viewer: Viewer) -> None:
        self._viewers.pop(viewer, None)
        self._fresh.discard(viewer)

    async def stop(self) -> None:
        if self._task is not None:
            await tasks.end([self._task])

    async def _showing(self) -> None:
        while self._viewers:
            try:
                await asyncio.wait_for(self._asked.wait(), REREAD_SECONDS)
            except TimeoutError:
                pass
            self._asked.clear()
            try:
                await self._send()
            except database.AWAY as error:
                log.warning("wall_not_read", error=type(error).__name__)
            except Exception:
                # The wall must outlive a bug in one of its numbers.
                log.exception("wall_not_read")
            await asyncio.sleep(CONFLATE_SECONDS)
        self._shown.clear()

    async def _send(self) -> None:
        sight = await runtime.presence.look()
        wanted = set(self._viewers.values())
        self._shown = {brands: state for brands, state in self._shown.items() if brands in wanted}
        for brands in wanted:
            state = await database.run(wall.build, brands, sight)
            before = self._shown.get(brands)
            self._shown[brands] = state
            self._rev += 1
            full = codec.encode(_frame(self._rev, state, None))
            delta = codec.encode(_frame(self._rev, state, before)) if before else full
            for viewer, wants in list(self._viewers.items()):
                if wants == brands:
                    viewer.push(full if viewer in self._fresh else delta)
                    self._fresh.discard(viewer)


def _frame(rev: int, state: WallState, before: WallState | None) -> WallFrame:
    """Everything, or (given what was shown before) only what differs. A delta has no word for an
    agent who is no longer there, so his going sends everything."""
    if before is None or before.agents.keys() - state.agents.keys():
        return WallFrame(
            rev=rev,
            full=True,
            queue=state.queue,
            agents=list(state.agents.values()),
            chats=list(state.chats.values()),
            kpi=state.kpi,
            alarms=state.alarms,
        )
    gone = [{"conv": conv, "state": "closed"} for conv in before.chats if conv not in state.chats]
    return WallFrame(
        rev=rev,
        full=False,
        queue=state.queue if state.queue != before.queue else None,
        agents=_changed(state.agents, before.agents) or None,
        chats=[*_changed(state.chats, before.chats), *gone] or None,
        kpi=state.kpi if state.kpi != before.kpi else None,
        alarms=state.alarms if state.alarms != before.alarms else None,
    )


def _changed(rows: Rows, before: Rows) -> list[dict[str, Any]]:
    return [row for key, row in rows.items() if before.get(key) != row]
