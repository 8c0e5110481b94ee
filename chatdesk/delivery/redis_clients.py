"""The one place where Redis clients are made: bounded in time, never tried again behind one's back but
for a connection that was broken before.

Calls beyond the connections wait for one: many sockets that come at once are no fault of Redis. For a
moment after a fault calls fail at once, so that a Redis that hangs is not waited for by each of them.
"""

from __future__ import annotations

import time
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError

TIMEOUT_SECONDS = 1.0
ILL_SECONDS = 1.0
CONNECTIONS = 4
ILL = (RedisError, OSError, TimeoutError)
"""What a call of a client may raise."""


class Impatient(Redis):
    """A client that does not ask again at once what has just not answered."""

    _ill_until = 0.0

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if time.monotonic() < self._ill_until:
            raise RedisError("it did not answer a moment ago")
        try:
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except ILL:
            self._ill_until = time.monotonic() + ILL_SECONDS
            raise


def make(url: str) -> Redis:
    """A client whose every call ends within a few seconds, with an answer or an error of ``ILL``."""
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        timeout=TIMEOUT_SECONDS,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        # A connection that was left broken is opened anew, once; silence is not waited for twice.
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        decode_responses=True,
        max_connections=CONNECTIONS,
    )
    return Impatient.from_pool(pool)
