"""How many sockets a person has over all processes, so that one too many pushes out the oldest.

A process that is killed says no goodbye for its sockets. Each process therefore keeps a lease, and what one
without a lease has left does not count. Because a lease outlives its process for some seconds, nobody is
pushed out sooner than that: a person who comes back after a crash would lose a socket that lives.
"""

from __future__ import annotations

import asyncio
import secrets

import structlog
from redis.asyncio import Redis

from chatdesk.delivery import tasks
from chatdesk.delivery.redis_clients import ILL

log = structlog.get_logger(__name__)

LEASE_SECONDS = 6
RENEW_SECONDS = 2.0
SURPLUS_SECONDS = LEASE_SECONDS + 1.0

_JOIN = """
local now = redis.call('TIME')
redis.call('ZADD', KEYS[1], now[1] * 1000000 + now[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], 86400)
return redis.call('ZCARD', KEYS[1])
"""
_SURPLUS = """
local alive = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local process = string.match(member, '^[^:]+')
  if alive[process] == nil then alive[process] = redis.call('EXISTS', ARGV[2] .. process) == 1 end
  if not alive[process] then redis.call('ZREM', KEYS[1], member) end
end
local many = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[1])
if many <= 0 then return {} end
local old = redis.call('ZRANGE', KEYS[1], 0, many - 1)
redis.call('ZREM', KEYS[1], unpack(old))
return old
"""
_SOCKETS = "chatdesk:sockets:"
_PROCESS = "chatdesk:process:"


class SocketCount:
    """This process's sockets in the count. Without Redis each process counts its own (``Crowd``)."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._process = secrets.token_hex(6)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._redis is not None:
            self._task = asyncio.get_running_loop().create_task(self._renewing())

    async def stop(self) -> None:
        if self._task is not None:
            await tasks.end([self._task])

    async def join(self, person: str, sid: str, limit: int) -> bool:
        """Counts a socket; True says: look for a surplus in ``SURPLUS_SECONDS``."""
        if self._redis is None:
            return False
        try:
            many: int = await self._redis.eval(_JOIN, 1, _SOCKETS + person, self._member(sid))
        except ILL:
            return False
        return many > limit

    async def surplus(self, person: str, limit: int) -> list[str]:
        """Takes those that are too many out of the count and returns their ids, oldest first."""
        if self._redis is None:
            return []
        try:
            await self._renew()
            old: list[str] = await self._redis.eval(
                _SURPLUS, 1, _SOCKETS + person, str(limit), _PROCESS
            )
        except ILL:
            return []
        return [member.split(":", 1)[1] for member in old]

    async def leave(self, person: str, sid: str) -> None:
        if self._redis is None:
            return
        try:
            await self._redis.zrem(_SOCKETS + person, self._member(sid))
        except ILL:
            return

    def _member(self, sid: str) -> str:
        return f"{self._process}:{sid}"

    async def _renewing(self) -> None:
        while True:
            try:
                await self._renew()
            except ILL as error:
                log.info("process_lease_not_renewed", error=type(error).__name__)
            await asyncio.sleep(RENEW_SECONDS)

    async def _renew(self) -> None:
        assert self._redis is not None
        await self._redis.set(_PROCESS + self._process, 1, ex=LEASE_SECONDS)
