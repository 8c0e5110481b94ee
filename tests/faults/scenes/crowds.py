"""A thousand players who lose their sockets at the same moment, and all come back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from random import Random
from typing import TYPE_CHECKING

import psycopg

from tests.faults import guests
from tests.faults.guests import Guest
from tests.faults.lag import Lag
from tests.faults.scene import Outcome, Scene, Vendor

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House

GUESTS = int(os.environ.get("FAULTS_GUESTS", "1000"))
BACK_SHARE = 0.99
BACK_SECONDS = 30.0
LAG_MS = 1000.0
QUERIES_EACH = 2.0
QUIET_SECONDS = 8.0


class Statements:
    """How many statements the database was asked for, as it counts them itself. What is no question to
    rows (BEGIN, COMMIT, SET) does not count."""

    def __init__(self, url: str) -> None:
        self._url = url

    @staticmethod
    async def begin(house: House) -> Statements:
        """The extension must be there when the database starts, so it is started anew."""
        assert house.cluster is not None
        with psycopg.connect(house.cluster.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        await asyncio.to_thread(house.cluster.stop, "fast")
        await asyncio.to_thread(house.cluster.start)
        with psycopg.connect(house.database_url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            connection.execute("ALTER SYSTEM SET pg_stat_statements.track_utility = off")
            connection.execute("SELECT pg_reload_conf()")
        await asyncio.to_thread(house.wait_until_ready)
        return Statements(house.database_url)

    def count(self) -> int:
        with psycopg.connect(self._url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements "
                "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchone()
        assert found is not None
        return int(found[0])

    def reset(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SELECT pg_stat_statements_reset()")

    def most(self, number: int = 8) -> list[tuple[int, str]]:
        """The statements asked most often: where to look when there are too many."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(
                "SELECT calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) "
                "FROM pg_stat_statements WHERE dbid = "
                "(SELECT oid FROM pg_database WHERE datname = current_database()) "
                "ORDER BY calls DESC LIMIT %s",
                [number],
            ).fetchall()


class Storm(Scene):
    """All sockets gone at once, the server alive: what an operator's load balancer does at a restart."""

    name = "storm"
    says = (
        "99 % of 1000 dropped sockets are back and caught up within 30 s, "
        "the server's loop never late by 1 s, at most 2 queries a socket"
    )
    databases: tuple[Vendor, ...] = ("postgresql",)
    own = True
    # Nobody else: what the dispatcher asks for agents who are free would count for the storm.
    players = 0
    agents = 0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        guests.allow_files(GUESTS * 2 + 2000)
        brand = await asyncio.to_thread(house.casino, f"storm{house.number()}")
        statements = await Statements.begin(house)
        people = [Guest(house.address, brand, Random(number)) for number in range(GUESTS)]
        try:
            await guests.arrive(people)
            session = await self._session(house, brand)
            async with Lag(house.port, session) as lag:
                await asyncio.sleep(2)
                statements.reset()
                await asyncio.sleep(QUIET_SECONDS)
                idle_each_second = statements.count() / QUIET_SECONDS
                await self._storm(house, crowd, people, statements, idle_each_second, outcome)
            self._judge_lag(lag, outcome)
        finally:
            await guests.leave(people)
        return outcome

    @staticmethod
    async def _session(house: House, brand: str) -> str:
        body = {"brand": brand}
        _, answer = await house.address.request("POST", "/api/v1/player/sessions", body)
        return str(answer["session"])

    async def _storm(
        self,
        house: House,
        crowd: Crowd,
        people: list[Guest],
        statements: Statements,
        idle_each_second: float,
        outcome: Outcome,
    ) -> None:
        statements.reset()
        self.began = crowd.history.fault(self.name, sockets=len(people))
        outcome.injected = 1
        for guest in people:
            guest.codes.clear()
        await self.drop(house, people)
        enough = int(len(people) * BACK_SHARE)
        limit = BACK_SECONDS
        await guests.until(lambda: sum(1 for one in people if one.back_at) >= enough, limit)
        back = sorted(one.back_at - self.began for one in people if one.back_at)
        crowd.history.heal(self.name)
        # The last ones too, so that the queries of all are counted over all.
        await guests.until(lambda: all(one.back_at for one in people), 40)
        took = time.monotonic() - self.began
        asked = statements.count()
        outcome.recoveries_s = [round(seconds, 2) for seconds in back]
        each = max(asked - idle_each_second * took, 0.0) / len(people)
        came = sum(1 for one in people if one.back_at)
        outcome.figures |= {
            "sockets": len(people),
            "back_within_limit": len(back),
            "back_after_all": came,
            "queries_per_socket": round(each, 2),
            "idle_queries_per_second": round(idle_each_second, 1),
            "tries_of_the_unluckiest": max(len(one.codes) for one in people),
        }
        outcome.require(
            len(back) >= enough, f"only {len(back)} of {len(people)} sockets back in {limit:g} s"
        )
        outcome.require(came == len(people), f"{len(people) - came} sockets never came back")
        if each > QUERIES_EACH:
            asked_most = json.dumps(statements.most())
            outcome.require(False, f"{each:.2f} queries a socket; most often {asked_most}")

    async def drop(self, house: House, people: list[Guest]) -> None:
        for guest in people:
            guest.drop()

    def _judge_lag(self, lag: Lag, outcome: Outcome) -> None:
        worst = lag.worst(self.began)
        outcome.figures["loop_lag_ms"] = round(worst, 1)
        outcome.figures["loop_lag_ms_before"] = round(
            max((ms for at, ms in lag.found if at < self.began), default=0.0), 1
        )
        outcome.require(worst < LAG_MS, f"the server's loop was late by {worst:.0f} ms")


class StormAfterDeath(Storm):
    """Both web processes killed at once: the storm meets processes that have just been born."""

    name = "storm-after-kill"

    async def drop(self, house: House, people: list[Guest]) -> None:
        for guest in people:
            guest.back_at = 0.0
        for pid in house.web_processes():
            os.kill(pid, signal.SIGKILL)


SCENES = [Storm(), StormAfterDeath()]
