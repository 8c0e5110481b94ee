"""How often an address did something within a minute: session starts, bad tokens, failed sign-ins.

With ``CHATDESK_REDIS_URL`` the count is shared by all processes. Without it, or while Redis is away, each
process counts for itself, so that the bound is then as many times higher as there are processes: a limit
that gives way a little is better than a sign-in that fails because a cache is down.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

WINDOW_SECONDS = 60
TIMEOUT_SECONDS = 0.5
# After a failure Redis is left alone for so long, so that not every request waits for it.
REST_SECONDS = 5.0
_ADDRESSES_KEPT = 20_000


@dataclass(slots=True)
class _Window:
    ends_at: float
    count: int = 0


class _Counter:
    """Counts of this process, bounded in number; times are monotonic seconds."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def add(self, key: str, step: int) -> tuple[int, float]:
        now = time.monotonic()
        with self._lock:
            window = self._windows.get(key)
            if window is None or window.ends_at <= now:
                if len(self._windows) >= _ADDRESSES_KEPT:
                    self._forget(now)
                window = self._windows[key] = _Window(now + WINDOW_SECONDS)
            window.count = max(0, window.count + step)
            return window.count, window.ends_at - now

    def _forget(self, now: float) -> None:
        for key, window in list(self._windows.items()):
            if window.ends_at <= now:
                del self._windows[key]
        while len(self._windows) >= _ADDRESSES_KEPT:
            del self._windows[next(iter(self._windows))]

    def clear(self) -> None:
        with self._lock:
            self._windows.clear()


_here = _Counter()
_redis_rests_until = 0.0


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        max_connections=16,
    )


def redis() -> Redis | None:
    """A client for threads whose every call ends within about a second; None without a Redis."""
    url = settings.CHATDESK_REDIS_URL
    return _client(url) if url else None


def add(what: str, address: str, step: int = 1) -> tuple[int, int]:
    """Counts one more (or, with -1, one less) and returns the count of this minute and the whole
    seconds until it begins anew."""
    key = f"chatdesk:rate:{what}:{address}"
    count, left = _add_shared(key, step) or _here.add(key, step)
    return count, max(1, round(left + 0.5))


def _add_shared(key: str, step: int) -> tuple[int, float] | None:
    global _redis_rests_until
    client = redis()
    if client is None or time.monotonic() < _redis_rests_until:
        return None
    try:
        with client.pipeline(transaction=True) as pipe:
            pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            pipe.incrby(key, step)
            pipe.pttl(key)
            _, count, left_ms = pipe.execute()
    except (RedisError, OSError):
        _redis_rests_until = time.monotonic() + REST_SECONDS
        return None
    return int(count), max(0, int(left_ms)) / 1000


def clear() -> None:
    """Forgets what this process counted."""
    _here.clear()


def limit(name: str) -> int:
    limits: dict[str, int] = settings.CHATDESK_LIMITS
    return limits[name]


def address(request: HttpRequest) -> str:
    """Whom a request is counted for: the peer of the socket, never a header, which anyone can write.
    One IPv6 customer owns a whole /64."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    try:
        parsed = ipaddress.ip_address(peer.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
