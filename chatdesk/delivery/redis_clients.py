"""The one place where Redis clients are made: bounded in time, never retried behind one's back.

Calls beyond the connections wait for one: many sockets that come at once are no fault of Redis.
"""

from __future__ import annotations

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_SECONDS = 1.0
CONNECTIONS = 4


def make(url: str) -> Redis:
    """A client whose every call ends within a few seconds, with an answer or an error."""
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        max_connections=CONNECTIONS,
    )
    return Redis.from_pool(pool)
