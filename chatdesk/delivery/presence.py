"""Who is connected: leases in Redis that run out, never "remove on disconnect".

**Invariant:** presence is observed; it implies no status and moves no row. An absence is only worth
believing when Redis has been there long enough for everybody to renew: ``Sight.complete`` says so.
All times are Redis's own.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis

from chatdesk.delivery import tasks
from chatdesk.delivery.redis_clients import ILL

log = structlog.get_logger(__name__)

LEASE_SECONDS = 45
RENEW_SECONDS = 15
GONE_SECONDS = 20
REBUILD_SECONDS = 2 * RENEW_SECONDS
# Leases that could not be taken are taken so soon after Redis is back, and so long no absence is believed.
AGAIN_SECONDS = 1.0
DOUBT_SECONDS = 10.0
_LEASES = "chatdesk:presence:staff"
_SINCE = "chatdesk:presence:since"

_RENEW = """
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[2], now, 'NX')
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i]) end
return now
"""
_LOOK = """
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[2], now, 'NX')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return {now - tonumber(redis.call('GET', KEYS[2])), redis.call('ZRANGE', KEYS[1], 0, -1)}
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one moment. Without ``complete`` only the present are known."""

    agents: frozenset[int]
    complete: bool


class Presence:
    """The leases of this process's staff sockets, and a look at everybody's."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._mine: set[str] = set()
        self._owed = False
        self._renewed = time.monotonic()
        self._doubt_until = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._redis is not None:
            self._task = asyncio.get_running_loop().create_task(self._renewing())

    async def stop(self) -> None:
        if self._task is not None:
            await tasks.end([self._task])

    async def arrive(self, agent_id: int, sid: str) -> None:
        member = f"{agent_id}:{sid}"
        self._mine.add(member)
        if not await self._renew([member], LEASE_SECONDS):
            self._owed = True

    async def depart(self, agent_id: int, sid: str) -> None:
        """The lease is shortened, not removed: a reload is no departure."""
        member = f"{agent_id}:{sid}"
        self._mine.discard(member)
        await self._renew([member], GONE_SECONDS)

    async def look(self) -> Sight | None:
        """Who is there; None when Redis does not answer, which says nothing about anybody."""
        if self._redis is None:
            here = {int(member.split(":")[0]) for member in self._mine}
            return Sight(frozenset(here), complete=True)
        try:
            age, members = await self._redis.eval(_LOOK, 2, _LEASES, _SINCE)
        except ILL:
            self._doubt_until = time.monotonic() + DOUBT_SECONDS
            return None
        agents = frozenset(int(member.split(":")[0]) for member in members)
        sure = time.monotonic() >= self._doubt_until and int(age) >= REBUILD_SECONDS
        return Sight(agents, complete=sure)

    async def _renewing(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            due = time.monotonic() - self._renewed >= RENEW_SECONDS
            if self._mine and (due or self._owed):
                self._owed = not await self._renew(sorted(self._mine), LEASE_SECONDS)
                self._renewed = time.monotonic()

    async def _renew(self, members: list[str], seconds: int) -> bool:
        """False: Redis does not have it, and is told again soon."""
        if self._redis is None:
            return True
        try:
            await self._redis.eval(_RENEW, 2, _LEASES, _SINCE, str(seconds), *members)
        except ILL as error:
            log.warning("presence_not_renewed", error=type(error).__name__, members=len(members))
            return False
        return True
