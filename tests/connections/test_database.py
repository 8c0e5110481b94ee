"""A database that hangs or is gone: nobody waits for it for ever, and it is found again at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio
from django.db import OperationalError, connection, connections
from psycopg_pool import PoolTimeout

from chatdesk.connections import database
from chatdesk.connections.database import Away, Outage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest_asyncio.fixture(autouse=True)
async def no_outage_left() -> AsyncIterator[None]:
    yield
    database.outage.seen(None)
    # Past the bounds that a test may have changed.
    free = asyncio.get_running_loop().run_in_executor
    await asyncio.gather(*[free(database._pool, _let_go) for _ in range(database.THREADS)])
    await free(database._writer, connections.close_all)


def _let_go() -> None:
    connections.close_all()
    time.sleep(0.05)


def _answer() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 7")
        return int(cursor.fetchone()[0])


def _hang() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
    else:
        time.sleep(1.5)


def _gone(sqlstate: str | None) -> OperationalError:
    cause = psycopg.OperationalError()
    cause.sqlstate = sqlstate  # type: ignore[misc]
    error = OperationalError()
    error.__cause__ = cause
    return error


async def test_a_call_that_hangs_is_given_up_and_its_thread_comes_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "CALL_SECONDS", 0.3)
    hanging = [database.run(_hang) for _ in range(database.THREADS)]
    ends = await asyncio.gather(*hanging, return_exceptions=True)
    assert {type(end) for end in ends} == {Away}
    monkeypatch.setattr(database, "CALL_SECONDS", 10.0)
    # All threads were taken; a server that sleeps for 20 s does not keep them.
    for _ in range(50):
        try:
            assert await database.run(_answer) == 7
            return
        except Away:
            await asyncio.sleep(0.1)
    raise AssertionError("the threads did not come free")


async def test_a_write_that_hangs_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CALL_SECONDS", 0.3)
    with pytest.raises(Away):
        await database.write(_hang)


async def test_while_it_is_away_calls_are_refused_at_once_and_one_at_a_time_looks() -> None:
    outage = Outage()
    assert not outage.refuses()
    outage.seen(_gone(None))
    # It may have been one connection: whoever comes next looks at once.
    assert [outage.refuses() for _ in range(5)] == [False, True, True, True, True]
    await asyncio.sleep(0.07)
    assert [outage.refuses() for _ in range(3)] == [False, True, True]
    outage.seen(None)
    assert not any(outage.refuses() for _ in range(3))


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (_gone(None), True),
        (_gone("57P01"), True),
        (_gone("08006"), True),
        (PoolTimeout(), True),
        (Away(), True),
        (_gone("55P03"), False),  # somebody else's lock
        (_gone("40P01"), False),  # a deadlock
        (_gone("53100"), False),  # a full disk: reads go on
        (OperationalError("database is locked"), False),
        (ValueError(), False),
    ],
)
async def test_only_a_lost_database_is_away(error: Exception, away: bool) -> None:
    outage = Outage()
    outage.seen(error)
    assert [outage.refuses(), outage.refuses()] == [False, away]


async def test_more_waiting_calls_than_the_bound_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "WAITING_CALLS", 3)
    ends = await asyncio.gather(*[database.run(_answer) for _ in range(5)], return_exceptions=True)
    assert [end for end in ends if end == 7] == [7, 7, 7]
    assert sum(isinstance(end, database.Crowded) for end in ends) == 2
