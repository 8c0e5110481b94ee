"""A database that is put back from a backup: the same numbers then stand for other lines."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from pathlib import Path

from tests.faults.crowd import Crowd
from tests.faults.house import House
from tests.faults.scene import Outcome, Scene


class Restored(Scene):
    name = "restored-from-backup"
    says = (
        "The database of 6 s ago is put back while serve is stopped: the welcome names another db, every "
        "client takes a snapshot, nothing of before is mixed with what comes after."
    )
    own = True
    players = 12
    agents = 3
    seconds = 6.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(injected=1, patience=self.patience)
        for person in crowd.people:
            # A chat that began after the backup is gone with it, and with it whoever waits for its acks.
            person.closes = 0.0  # type: ignore[attr-defined]
        await asyncio.sleep(1)
        before = {tab.name: tab.db for tab in crowd.tabs()}
        backup = house.folder / "backup"
        taken = time.monotonic()
        await asyncio.to_thread(_take, house, backup)
        await asyncio.sleep(self.seconds)
        at = crowd.history.fault("restored from backup")
        await asyncio.to_thread(house.end_serve)
        await asyncio.to_thread(_put_back, house, backup)
        crowd.history.note("rewound", data={"from": taken})
        await asyncio.to_thread(house.start)
        up = crowd.history.heal("serving again")
        there = await crowd.until(
            lambda: all(tab.connected and tab.db != before[tab.name] for tab in crowd.tabs()),
            # By contract a client that has tried in vain waits longer each time.
            40,
        )
        back: dict[str, float] = {}
        for one in crowd.history.of("welcome", since=up):
            back.setdefault(one.tab, one.at - up)
        outcome.recoveries_s += back.values()
        same = [tab.name for tab in crowd.tabs() if tab.db == before[tab.name]]
        outcome.require(there, f"{len(same)} of {len(before)} sockets know no other db")
        await asyncio.sleep(4)
        modes = {one.kind for one in crowd.history.of("resumed", since=up)}
        outcome.require(modes <= {"snapshot"}, f"a resume over the restore was answered as {modes}")
        outcome.require(modes, "nobody was given a snapshot")
        outcome.figures["away (s)"] = round(up - at, 1)
        return outcome


def _take(house: House, backup: Path) -> None:
    if house.cluster is not None:
        house.cluster.dump(house.database, backup)
        return
    source, target = sqlite3.connect(house.sqlite_file), sqlite3.connect(backup)
    with target:
        source.backup(target)
    source.close()
    target.close()


def _put_back(house: House, backup: Path) -> None:
    if house.cluster is not None:
        house.cluster.restore(house.database, backup)
        return
    for suffix in ("-wal", "-shm"):
        house.sqlite_file.with_name(house.sqlite_file.name + suffix).unlink(missing_ok=True)
    shutil.copy(backup, house.sqlite_file)
