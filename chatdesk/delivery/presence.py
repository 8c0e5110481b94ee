"""Who is connected: leases in Redis that run out, never "remove on disconnect".

**Invariant:** presence is observed; it implies no status and moves no row. An absence is only worth
believing when Redis has been there long enough for everybody to renew: ``Sight.complete`` says so.
All times are Redis's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chatdesk.delivery import tasks

log = structlog.get_logger(__name__)

LEASE_SECONDS = 45
RENEW_SECONDS = 15
GONE_SECONDS = 20
REBUILD_SECONDS = 2 * RENEW_SECONDS
ILL_SECONDS = 1.0
_LEASES = "chatdesk:presence:staff"
_SINCE = "chatdesk:presence:since"

_ILL = (RedisError, OSError, TimeoutError)

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
_JOIN = """
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1] * 1000000 + now[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], 86400)
local many = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
if many <= 0 then return {} end
local old = redis.call('ZRANGE', KEYS[1], 0, many - 1)
redis.call('ZREM', KEYS[1], unpack(old))
return old
"""
_LEAVE = "return redis.call('ZREM', KEYS[1], ARGV[1])"


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
        self._ill_until = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._redis is not None:
            self._task = asyncio.get_running_loop().create_task(self._renewing())

    async def stop(self) -> None:
        if self._task is not None:
            await tasks.end([self._task])
        if self._redis is not None:
            await self._redis.aclose()

    async def arrive(self, agent_id: int, sid: str) -> None:
        member = f"{agent_id}:{sid}"
        self._mine.add(member)
        await self._renew([member], LEASE_SECONDS)

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
            age, members = await self._eval(_LOOK, [_LEASES, _SINCE], [])
        except _ILL:
            return None
        agents = frozenset(int(member.split(":")[0]) for member in members)
        return Sight(agents, complete=int(age) >= REBUILD_SECONDS)

    async def join_sockets(self, person: str, sid: str, limit: int) -> list[str]:
        """Counts a person's sockets over all processes; returns those that are too many, oldest
        first. Without Redis each process counts its own (see ``Crowd``)."""
        if self._redis is None:
            return []
        try:
            old: list[str] = await self._eval(
                _JOIN, [f"chatdesk:sockets:{person}"], [sid, str(limit)]
            )
        except _ILL:
            return []
        return old

    async def leave_sockets(self, person: str, sid: str) -> None:
        if self._redis is None:
            return
        try:
            await self._eval(_LEAVE, [f"chatdesk:sockets:{person}"], [sid])
        except _ILL:
            return

    async def _renewing(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._mine:
                await self._renew(sorted(self._mine), LEASE_SECONDS)

    async def _renew(self, members: list[str], seconds: int) -> None:
        if self._redis is None:
            return
        try:
            await self._eval(_RENEW, [_LEASES, _SINCE], [str(seconds), *members])
        except _ILL as error:
            log.warning("presence_not_renewed", error=type(error).__name__, members=len(members))

    async def _eval(self, script: str, keys: list[str], arguments: list[str]) -> Any:
        """Raises ``_ILL``; for a moment after a fault at once, so that a Redis that hangs is not
        waited for by each socket that comes."""
        assert self._redis is not None
        if time.monotonic() < self._ill_until:
            raise RedisError("ill a moment ago")
        try:
            return await self._redis.eval(script, len(keys), *keys, *arguments)
        except _ILL:
            self._ill_until = time.monotonic() + ILL_SECONDS
            raise


MakeRedis = Callable[[], Redis | None]
