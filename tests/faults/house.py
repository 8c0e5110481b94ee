"""The product as the harness runs it: the real ``manage.py serve``, with a Redis and a database that can be
broken, each process known by its id, its memory watched, its log kept.

On PostgreSQL two web processes and a dispatcher, on SQLite one process. What is set differently from the
product's own: rate limits, because load is not what is tested here.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests import canaries, postgres
from tests.backstage import Backstage
from tests.faults import cluster as clusters
from tests.faults import hints, sabotage
from tests.faults.address import Address
from tests.faults.cluster import Cluster
from tests.faults.hints import Hints
from tests.faults.history import History
from tests.faults.proxy import Proxy
from tests.faults.scene import Scene, Vendor
from tests.live import SECRET, Live, Member

LOOSE = {
    "CHATDESK_LIMIT_SESSIONS_PER_MINUTE": "100000",
    "CHATDESK_LIMIT_PLAYER_FRAMES": "400",
    "CHATDESK_LIMIT_STAFF_FRAMES": "2000",
}
# In every body: what a log holds of it is a player's text.
MARKER = "the-text-of-nobody-else"
END_SECONDS = 30.0
Answered = TypeVar("Answered")


class House(Live):
    """One running server. ``cluster`` is None on SQLite; ``switch`` stands before Redis where a scene
    wants one."""

    switch: Proxy | None = None

    def __init__(
        self,
        folder: Path,
        cluster: Cluster | None,
        environment: Mapping[str, str] | None = None,
        plants: tuple[str, ...] = (),
        redis_port: int | None = None,
    ) -> None:
        # Not Live's own: there the database is chosen by the environment of whoever runs the tests.
        self.folder, self.server, self.cluster = folder, "uvicorn", cluster
        self.vendor: Vendor = "sqlite" if cluster is None else "postgresql"
        self.port = postgres.free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = folder / "serve.log"
        self.plants_folder = folder / "sabotage"
        self.history = History(None)
        self.memory: dict[int, list[tuple[float, float]]] = defaultdict(list)
        self.names: dict[int, str] = {}
        self._numbers = 0
        folder.mkdir(parents=True, exist_ok=True)
        self.hints: Hints = hints.new(folder / "valkey")
        redis = self.hints.url
        if redis_port is not None:
            redis = redis.replace(f":{self.hints.port}/", f":{redis_port}/")
        self.database = f"faults{os.getpid()}_{self.port}"
        self.database_url = cluster.new_database(self.database) if cluster is not None else ""
        kept = {name: value for name, value in os.environ.items() if name[:9] != "CHATDESK_"}
        planted = sabotage.environment(self.plants_folder, *plants) if plants else {}
        self.env = {
            **kept,
            "CHATDESK_DATA_DIR": str(folder),
            "CHATDESK_PORT": str(self.port),
            "CHATDESK_SERVER": self.server,
            "CHATDESK_DATABASE_URL": self.database_url,
            "CHATDESK_REDIS_URL": redis,
            "CHATDESK_PROCESSES": "2" if cluster is not None else "1",
            **LOOSE,
            **planted,
            **(environment or {}),
        }

    def open(self) -> None:
        """Starts it; people can be hired then."""
        self.start()
        self.backstage = Backstage(self.env)
        self.backstage.first_agent_id(number=canaries.FIRST_AGENT_ID)

    def shut(self) -> int | None:
        """Ends everything that was started; the exit status of ``serve``, None when it never ran."""
        status = None
        try:
            if hasattr(self, "backstage"):
                self.backstage.stop()
            if hasattr(self, "process"):
                status = self.end_serve()
        finally:
            self.hints.stop()
            if self.cluster is not None:
                self.cluster.thaw()
        return status

    def end_serve(self) -> int:
        """As an operator ends it; killed with its children when it does not."""
        for child in psutil.Process(self.process.pid).children() if self.alive else []:
            child.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(END_SECONDS)
        except BaseException:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                child.kill()
            self.process.kill()
            raise

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.port)

    # --- processes -----------------------------------------------------------------------------

    def processes(self) -> dict[int, str]:
        """As in ``Live``, but without who has just died and was not collected yet."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                line = " ".join(child.cmdline()[1:])
                if line and child.status() != psutil.STATUS_ZOMBIE:
                    found[child.pid] = line
            except psutil.Error:
                continue
        return found

    def dispatcher(self) -> int | None:
        """The dispatcher's process id; None on SQLite, where a web process does its work."""
        return next(
            (pid for pid, line in self.processes().items() if "chatdesk.dispatch" in line), None
        )

    def signal(self, pid: int, number: signal.Signals) -> float:
        """Sends a signal to a child and notes it as a fault; returns when."""
        at = self.history.fault(f"{number.name} {self.names.get(pid, '')}".strip(), pid=pid)
        os.kill(pid, number)
        return at

    def sample(self) -> None:
        """Notes how much memory each child has now, in MB."""
        at = time.monotonic()
        for pid, line in self.processes().items():
            self.names[pid] = "dispatcher" if "chatdesk.dispatch" in line else "web"
            try:
                self.memory[pid].append((at, psutil.Process(pid).memory_info().rss / 1e6))
            except psutil.Error:
                continue

    def marks(self) -> list[sabotage.Mark]:
        """What plants did so far."""
        return sabotage.marks(self.plants_folder) if self.plants_folder.exists() else []

    # --- the database --------------------------------------------------------------------------

    @property
    def sqlite_file(self) -> Path:
        return self.folder / "chatdesk.sqlite3"

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """A question to the database, past the product. ``?`` stands for a parameter."""
        if self.cluster is not None:
            return clusters.rows(self.database_url, sql.replace("?", "%s"), parameters)
        connection = sqlite3.connect(self.sqlite_file, timeout=20)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]
        finally:
            connection.close()

    # --- the log -------------------------------------------------------------------------------

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def texts_in_log(self) -> int:
        """Lines of any log that hold something of a player's message."""
        return len(re.findall(re.escape(MARKER), self.log_text()))

    # --- people --------------------------------------------------------------------------------

    def casino(self, slug: str) -> str:
        """A brand of its own, whose queue nobody else looks at."""
        self._backstage(
            lambda: self.backstage.brand(
                slug=slug, secret=SECRET, origins=["https://casino.example"]
            )
        )
        return slug

    def employ(self, alias: str, brand: str, role: str = "agent", capacity: int = 5) -> Member:
        return self._backstage(lambda: self.hire(alias, role, brands=(brand,), capacity=capacity))

    def _backstage(self, ask: Callable[[], Answered]) -> Answered:
        """Its connection may have died with the database: then once more over a new one."""
        try:
            return ask()
        except RuntimeError:
            self.backstage.stop()
            self.backstage = Backstage(self.env)
            return ask()


async def of(scene: Scene, folder: Path, cluster: Cluster | None) -> House:
    """An open house with a scene's settings."""
    switch = await Proxy(("127.0.0.1", 1)).__aenter__() if scene.switched else None
    port = switch.port if switch is not None else None
    house = House(folder, cluster, scene.environment, scene.plants, port)
    try:
        if switch is not None:
            house.switch = switch
            switch.target = ("127.0.0.1", house.hints.port)
        await asyncio.to_thread(house.open)
    except BaseException:
        await close(house)
        raise
    return house


async def close(house: House) -> int | None:
    """Ends a house; the exit status of ``serve``."""
    try:
        return await asyncio.to_thread(house.shut)
    finally:
        if house.switch is not None:
            await house.switch.__aexit__()
