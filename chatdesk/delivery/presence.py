"""Who is connected, and since when nobody did anything there: leases in Redis that run out, never
"remove on disconnect".

**Invariant:** presence and idleness are observed; they imply no status and move no row. An absence is
only worth believing when Redis has been there long enough for everybody to renew: ``Sight.complete``
says so. All times are Redis's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
# What an agent does is written so often at most, by each process.
ACTED_SECONDS = 15
_LEASES = "chatdesk:presence:staff"
_SINCE = "chatdesk:presence:since"
_ACTED = "chatdesk:presence:acted"

_RENEW = """
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[2], now, 'NX')
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[i]) end
return now
"""
# Pairs of agent and seconds ago. Of several tabs and processes the last act counts; a first arrival
# ("begin") is only where counting starts.
_ACT = """
local now = tonumber(redis.call('TIME')[1])
for i = 2, #ARGV, 2 do
  local at = now - tonumber(ARGV[i + 1])
  local known = tonumber(redis.call('HGET', KEYS[1], ARGV[i]))
  if not known or (ARGV[1] == 'acted' and known < at) then
    redis.call('HSET', KEYS[1], ARGV[i], at)
  end
end
"""
_LOOK = """
local now = tonumber(redis.call('TIME')[1])
redis.call('SET', KEYS[2], now, 'NX')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local members = redis.call('ZRANGE', KEYS[1], 0, -1)
local here, idle = {}, {}
for _, member in ipairs(members) do here[string.match(member, '^[^:]+')] = true end
local acted = redis.call('HGETALL', KEYS[3])
for i = 1, #acted, 2 do
  if here[acted[i]] then
    idle[#idle + 1] = acted[i]
    idle[#idle + 1] = now - tonumber(acted[i + 1])
  else
    redis.call('HDEL', KEYS[3], acted[i])
  end
end
return {now - tonumber(redis.call('GET', KEYS[2])), members, idle}
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one moment. Without ``complete`` only the present are known. ``idle`` are the
    seconds since somebody present did anything in any of his tabs, as far as it is known."""

    agents: frozenset[int]
    complete: bool
    idle: Mapping[int, int] = field(default_factory=dict, hash=False)


class Presence:
    """The leases of this process's staff sockets, and a look at everybody's."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._mine: set[str] = set()
        self._owed = False
        self._renewed = time.monotonic()
        self._doubt_until = 0.0
        self._acted: dict[int, float] = {}
        self._told: dict[int, float] = {}
        self._left: dict[int, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._redis is not None:
            self._task = asyncio.get_running_loop().create_task(self._renewing())

    async def stop(self) -> None:
        if self._task is not None:
            await tasks.end([self._task])

    async def arrive(self, agent_id: int, sid: str) -> None:
        member = f"{agent_id}:{sid}"
        self._begin_here(agent_id)
        self._mine.add(member)
        if not await self._renew([member], LEASE_SECONDS):
            self._owed = True
        await self._tell({agent_id: time.monotonic()}, how="begin")

    async def depart(self, agent_id: int, sid: str, silence_seconds: float = 0.0) -> None:
        """The lease is shortened, not removed: a reload is no departure. It counts from the last sign of
        life, so a laptop that was closed in silence is gone no later than one that said so."""
        member = f"{agent_id}:{sid}"
        self._mine.discard(member)
        await self._renew([member], max(GONE_SECONDS - int(silence_seconds), 1))
        if agent_id in _agents(self._mine):
            return
        if self._redis is None:
            self._left[agent_id] = time.monotonic()
        elif agent_id in self._acted:
            self._told.pop(agent_id, None)
            await self._tell({agent_id: self._acted.pop(agent_id)})

    def acted(self, agent_id: int) -> None:
        """The person himself did something in one of his tabs; what a page says by itself is nothing."""
        self._acted[agent_id] = time.monotonic()

    async def look(self) -> Sight | None:
        """Who is there; None when Redis does not answer, which says nothing about anybody."""
        if self._redis is None:
            here, now = _agents(self._mine), time.monotonic()
            idle = {one: int(now - at) for one, at in self._acted.items() if one in here}
            return Sight(frozenset(here), complete=True, idle=idle)
        try:
            age, members, acts = await self._redis.eval(_LOOK, 3, _LEASES, _SINCE, _ACTED)
        except ILL:
            self._doubt_until = time.monotonic() + DOUBT_SECONDS
            return None
        sure = time.monotonic() >= self._doubt_until and int(age) >= REBUILD_SECONDS
        idle = {int(one): int(ago) for one, ago in zip(acts[::2], acts[1::2], strict=True)}
        return Sight(frozenset(_agents(members)), complete=sure, idle=idle)

    async def _renewing(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            due = time.monotonic() - self._renewed >= RENEW_SECONDS
            if self._mine and (due or self._owed):
                self._owed = not await self._renew(sorted(self._mine), LEASE_SECONDS)
                self._renewed = time.monotonic()
            now = time.monotonic()
            # Also what was told before: a Redis that lost everything hears it again.
            await self._tell(
                {
                    agent_id: at
                    for agent_id, at in self._acted.items()
                    if now - self._told.get(agent_id, -ACTED_SECONDS) >= ACTED_SECONDS
                }
            )

    async def _tell(self, acts: Mapping[int, float], how: str = "acted") -> None:
        if self._redis is None or not acts:
            return
        now = time.monotonic()
        pairs: list[str] = []
        for agent_id, at in acts.items():
            pairs += [str(agent_id), str(int(now - at))]
        try:
            await self._redis.eval(_ACT, 1, _ACTED, how, *pairs)
        except ILL as error:
            log.info("acts_not_told", error=type(error).__name__)
            return
        if how == "acted":
            self._told.update(dict.fromkeys(acts, now))

    def _begin_here(self, agent_id: int) -> None:
        """Without Redis: whoever was away for longer than a reload takes begins anew."""
        left = self._left.pop(agent_id, 0.0)
        if self._redis is not None or agent_id in _agents(self._mine):
            return
        if agent_id not in self._acted or time.monotonic() - left > GONE_SECONDS:
            self._acted[agent_id] = time.monotonic()

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


def _agents(members: Iterable[str]) -> set[int]:
    return {int(member.split(":")[0]) for member in members}
