"""Whether this process lives, and whether it can serve. No cookies, no limits, no words of errors."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate

from django.db import DatabaseError, connection, connections
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout
from redis import RedisError

from chatdesk import rates
from chatdesk.connections import draining

TIMEOUT_SECONDS = 2.0

# Threads of its own: a database that hangs must not take those of the requests with it.
_looking = ThreadPoolExecutor(4, thread_name_prefix="health")


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return _plain({"status": "ok"}, 200)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 while the database is away or the process drains; without Redis it serves all the same."""
    database = _looking.submit(_database_answers)
    redis = _looking.submit(_redis_answers)
    has_database = _in_time(database)
    state = {
        "database": "ok" if has_database else "down",
        "redis": "ok" if _in_time(redis) else "down",
    }
    if draining.is_draining():
        return _plain({**state, "draining": True}, 503)
    return _plain(state, 200 if has_database else 503)


def _in_time(look: Future[bool]) -> bool:
    try:
        return look.result(TIMEOUT_SECONDS)
    except TooLate:
        look.cancel()
        return False


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except (DatabaseError, PoolTimeout):
        return False
    finally:
        connections.close_all()


def _redis_answers() -> bool:
    client = rates.redis()
    if client is None:
        return False
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False


def _plain(state: Mapping[str, object], status: int) -> JsonResponse:
    return JsonResponse(state, status=status, headers={"Cache-Control": "no-store"})
