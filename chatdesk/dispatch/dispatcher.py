"""The dispatcher's loop: woken by what happens, ticking once a second, one leader at a time.

On SQLite it is a part of the one web process. On PostgreSQL it is a process of its own that leads while it
holds an advisory lock; a second one waits, and takes over when the first one's connection ends.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import DatabaseError, connection, connections

from chatdesk.connections import database
from chatdesk.connections.runtime import Runtime
from chatdesk.conversations import errors
from chatdesk.delivery import tasks
from chatdesk.delivery.hub import hub
from chatdesk.dispatch import offering, steps
from chatdesk.dispatch.offering import Considered
from chatdesk.dispatch.suspicion import Suspicion
from chatdesk.shifts import duties

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
REST_SECONDS = 0.05
PLAN_SECONDS = 30.0
LOCK_KEY = 7_061_001


class Leadership:
    """An advisory lock on a connection of its own: it is lost exactly when the connection is."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leadership")
        self._leads = False

    async def held(self) -> bool:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._hold)

    def _hold(self) -> bool:
        if connection.vendor != "postgresql":
            return True
        try:
            with connection.cursor() as cursor:
                if self._leads:
                    cursor.execute("SELECT 1")
                else:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
                    row = cursor.fetchone()
                    self._leads = bool(row and row[0])
                    if self._leads:
                        log.info("dispatcher_leads")
        except DatabaseError:
            self._leads = False
            connections.close_all()
            raise
        return self._leads


class Dispatcher:
    def __init__(self, of: Runtime) -> None:
        self._runtime = of
        self._leadership = Leadership()
        self._suspicion = Suspicion()
        self._considered = Considered(kept_seconds=TICK_SECONDS)
        self._ticked = 0.0
        self._planned = -PLAN_SECONDS
        self._asked = asyncio.Event()
        hub.on_hint("dispatch", lambda key: self._asked.set())
        hub.on_hint("queue", lambda key: self._asked.set())
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        await tasks.end([self._task])

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), TICK_SECONDS)
            except TimeoutError:
                pass
            self._asked.clear()
            try:
                if await self._leadership.held():
                    await self._step()
            except (*database.AWAY, errors.Unavailable) as error:
                log.warning("dispatch_failed", error=type(error).__name__)
                await asyncio.sleep(TICK_SECONDS)
            except Exception:
                # Whoever waits must not wait for ever because one step met a bug.
                log.exception("dispatch_failed")
                await asyncio.sleep(TICK_SECONDS)
            await asyncio.sleep(REST_SECONDS)

    async def _plan(self) -> None:
        """Shifts are planned two days ahead: now and then is enough."""
        if time.monotonic() - self._planned >= PLAN_SECONDS:
            self._planned = time.monotonic()
            await database.run(duties.plan)

    async def _step(self) -> None:
        sight = self._suspicion.doubt(await self._runtime.presence.look())
        due = time.monotonic() - self._ticked >= TICK_SECONDS
        if due:
            self._ticked = time.monotonic()
            await database.run(self._suspicion.tell, sight)
            await self._plan()
        for step in steps.EACH_SECOND if due else steps.AT_ONCE:
            await database.run(step, sight)
        await database.run(offering.offer_waiting, sight, self._considered)
