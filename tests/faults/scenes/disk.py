"""Disks that are full: under PostgreSQL, under SQLite, and under the server's own log."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.faults import checker, ledger
from tests.faults.crowd import Crowd
from tests.faults.history import History
from tests.faults.house import House
from tests.faults.scene import Outcome, Scene, Vendor
from tests.faults.small_disk import SmallCluster, SmallDisk

FULL_SECONDS = 10.0
BACK_SECONDS = 15.0
# PostgreSQL's own files take about 50 MB; the log of transactions at most 8.
POSTGRESQL_MB, SQLITE_MB = 160, 24
TALKS_SECONDS = 3.0
# Refusals that the chat's own life may explain, and what must then stand in it: small writes may still
# fit on a full disk.
OF_THE_CHAT = {
    "closed": {"closed"},
    "not_assignee": {"closed", "left", "transferred"},
}


class _Full(Scene):
    """A house of its own lives on the small disk, with people and a history of its own, and is judged here;
    the common one is empty. ``also_log``: what the server
    writes to its standard error goes nowhere either."""

    own = True
    players = 0
    agents = 0
    also_log = False
    megabytes = 0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        folder = Path(tempfile.mkdtemp(prefix="chatdesk-full-"))
        try:
            with SmallDisk(self.megabytes) as disk:
                await self._on(disk, folder, History(None), outcome)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return outcome

    async def _on(self, disk: SmallDisk, folder: Path, history: History, outcome: Outcome) -> None:
        raise NotImplementedError

    async def _fill_and_free(
        self,
        tenant: House,
        disk: SmallDisk,
        history: History,
        outcome: Outcome,
        restart: Callable[[], bool],
    ) -> None:
        """People talk; the disk is full for ten seconds; it is freed, and they talk on."""
        if self.also_log:
            _write_nowhere(tenant)
        await asyncio.to_thread(tenant.open)
        tenant.history = history
        crowd = Crowd(tenant, history, "small", 1)
        try:
            await crowd.come(6, 2)
            await crowd.settled()
            await asyncio.sleep(TALKS_SECONDS)
            children = tenant.processes()
            began = history.fault("disk full", taken=await asyncio.to_thread(disk.fill))
            outcome.injected += 1
            # Whatever comes free meanwhile (a log that is recycled) is taken again.
            while time.monotonic() < began + FULL_SECONDS:
                await asyncio.sleep(0.25)
                await asyncio.to_thread(disk.fill)
            freed = history.heal("disk full")
            disk.free()
            outcome.require(await asyncio.to_thread(restart), "the database did not come back")
            await self._back(crowd, history, freed, outcome)
            await crowd.quiet()
            records = list(history.records)
            found = await asyncio.to_thread(ledger.read, tenant, "small")
            outcome.findings += [str(one) for one in checker.check(records, found)[:8]]
            self._judge(tenant, history, found, children, (began, freed), outcome)
        finally:
            await crowd.go()
            await asyncio.to_thread(tenant.shut)

    @staticmethod
    async def _back(crowd: Crowd, history: History, freed: float, outcome: Outcome) -> None:
        def acked() -> bool:
            return any(one.cmid for one in history.of("ok", since=freed))

        back = await crowd.until(acked, BACK_SECONDS)
        outcome.recoveries_s.append(time.monotonic() - freed)
        outcome.require(back, f"nothing was acked {BACK_SECONDS:g} s after the disk was freed")
        await asyncio.sleep(TALKS_SECONDS)

    @staticmethod
    def _judge(
        tenant: House,
        history: History,
        rows: ledger.Ledger,
        children: dict[int, str],
        span: tuple[float, float],
        outcome: Outcome,
    ) -> None:
        began, freed = span
        sent = [one for one in history.of("sent", since=began) if one.at <= freed]
        acked = [one for one in history.of("ok", since=began) if one.cmid and one.at <= freed]
        convs = {one.cmid: one.conv for one in history.of("invoke") if one.cmid}
        final = [
            one
            for one in history.of("fail", since=began)
            if one.cmid and one.at <= freed and not _explained(one.code, convs[one.cmid], rows)
        ]
        outcome.figures |= {
            "sent while full": len(sent),
            "acked while full": len(acked),
            "acked in all": len({one.cmid for one in history.of("ok") if one.cmid}),
        }
        outcome.require(sent, "nobody tried to send while the disk was full")
        outcome.require(len(acked) < len(sent), "everything was acked: the disk was not full")
        outcome.require(
            not final,
            f"{len(final)} sends were refused for good: {sorted({one.code for one in final})}",
        )
        dead = children.keys() - tenant.processes().keys()
        outcome.require(not dead, f"processes died: {[children[pid] for pid in dead]}")
        outcome.require(tenant.alive, "serve ended")


def _explained(code: str, conv: str, rows: ledger.Ledger) -> bool:
    """Whether the conversation's own lines say why a message was refused for good."""
    return any(row.kind in OF_THE_CHAT.get(code, ()) for row in rows.lines(conv))


def _write_nowhere(tenant: House) -> None:
    """Every write to this file fails with ENOSPC, for ever."""
    tenant.folder.mkdir(parents=True, exist_ok=True)
    tenant.log = Path("/dev/full")


class PostgresqlFull(_Full):
    name = "disk-full-postgresql"
    says = (
        "PostgreSQL's disk is full for 10 s: refused is not for good, nothing is acked without its "
        "row, no process dies, and it goes on within 15 s."
    )
    databases: tuple[Vendor, ...] = ("postgresql",)
    megabytes = POSTGRESQL_MB

    async def _on(self, disk: SmallDisk, folder: Path, history: History, outcome: Outcome) -> None:
        with SmallCluster(disk) as cluster:
            tenant = House(folder / "house", cluster)
            await self._fill_and_free(tenant, disk, history, outcome, cluster.come_back)
            outcome.figures["PostgreSQL gave up and was started again"] = cluster.restarts
            with psycopg.connect(tenant.database_url, autocommit=True) as connection:
                connection.execute("SELECT count(*) FROM conversations_event").fetchone()


class SqliteFull(_Full):
    name = "disk-full-sqlite"
    says = (
        "The data directory of SQLite is full for 10 s: refused is not for good, nothing is acked "
        "without its row, the file is sound, no process dies, and it goes on within 15 s."
    )
    databases: tuple[Vendor, ...] = ("sqlite",)
    megabytes = SQLITE_MB

    async def _on(self, disk: SmallDisk, folder: Path, history: History, outcome: Outcome) -> None:
        tenant = House(disk.folder / "house", None)
        await self._fill_and_free(tenant, disk, history, outcome, lambda: True)
        connection = sqlite3.connect(tenant.sqlite_file)
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.close()
        outcome.figures["integrity_check"] = sound
        outcome.require(sound == "ok", f"integrity_check: {sound}")


class SqliteAndLogFull(SqliteFull):
    name = "disk-full-with-log"
    says = "The same, while the server's own log cannot be written either."
    also_log = True


SCENES: list[Scene] = [PostgresqlFull(), SqliteFull(), SqliteAndLogFull()]
