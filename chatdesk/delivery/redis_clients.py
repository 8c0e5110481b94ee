"""The one place where Redis clients are made: bounded in time, never retried behind one's back."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

TIMEOUT_SECONDS = 1.0


def make(url: str) -> Redis:
    """A client whose every call ends within about a second, with an answer or an error."""
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        max_connections=4,
    )
