"""``python -m bench.sockets``: idle sockets, connects a second, the storm after a death; each on a fresh
server with a fresh PostgreSQL database.

``QUICK=1`` makes it short and changes no file; otherwise writes ``results/sockets.json``.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine
from bench.builds.chatdesk import LIMITS
from bench.servers import ROOT, Server, Services, clean_environment, services
from bench.sockets import idle, joining
from bench.sockets.crowd import Crowd
from tests.postgres import free_port

RESULT = ROOT / "bench" / "results" / "sockets.json"
SIZES = (1_000, 5_000, 10_000, 19_000)
# Descriptors that a process needs beside its sockets.
SPARE = 500
STORM = 5_000


def main() -> None:
    quick = bool(os.environ.get("QUICK"))
    allowed = _allow_descriptors() - SPARE
    sizes = tuple(size for size in ((500, 1_000) if quick else SIZES) if size <= allowed)
    many, repeats = (1_000, 1) if quick else (STORM, 5)
    machine.pin_thread(machine.OTHERS_CORE)
    with (
        tempfile.TemporaryDirectory(prefix="chatdesk-sockets-") as folder,
        services(Path(folder)) as shared,
    ):
        rests = 10.0 if quick else 60.0
        figures = {
            "taken": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": machine.facts(),
            "descriptors": allowed + SPARE,
            "idle": asyncio.run(_idle(shared, sizes, rests)),
            "joining": _middle([asyncio.run(_joining(shared, many)) for _ in range(repeats)]),
        }
    if not quick:
        RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps({name: figures[name] for name in ("idle", "joining")}, indent=1))


def _allow_descriptors() -> int:
    """As many as the machine lets us have; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def _idle(shared: Services, sizes: tuple[int, ...], rest: float) -> list[dict[str, Any]]:
    server, pid, crowd = await _house(shared, sizes[-1])
    try:
        return await idle.measure(crowd, pid, sizes, rest)
    finally:
        await crowd.leave()
        await asyncio.to_thread(server.stop)


async def _joining(shared: Services, many: int) -> dict[str, Any]:
    server, pid, crowd = await _house(shared, many)
    try:
        # Caches and pools fill first.
        await crowd.fill(100, 10)
        found = {"connects": await joining.connects(crowd, pid, many)}
        found["storm"] = await joining.storm(crowd, pid)
        print(found, flush=True)
        return found
    finally:
        await crowd.leave()
        await asyncio.to_thread(server.stop)


async def _house(shared: Services, players: int) -> tuple[Server, int, Crowd]:
    folder, port = shared.data_folder(), free_port()
    env = {
        **clean_environment(),
        **LIMITS,
        "CHATDESK_DATABASE_URL": shared.database(),
        "CHATDESK_REDIS_URL": shared.valkey_url,
        "CHATDESK_DATA_DIR": str(folder),
        "CHATDESK_PORT": str(port),
        "CHATDESK_LOG_LEVEL": "WARNING",
    }
    argv = [sys.executable, "manage.py", "serve"]
    server = Server(argv, env, ROOT, port, "chatdesk.serving.web", folder / "log")
    try:
        pid = await asyncio.to_thread(server.wait, "/readyz")
        seeding = [sys.executable, "-m", "bench.sockets.seed", str(players)]
        seeded = await asyncio.to_thread(
            subprocess.run, seeding, env=env, cwd=ROOT, text=True, capture_output=True, check=True
        )
    except BaseException:
        await asyncio.to_thread(server.stop)
        raise
    return server, pid, Crowd(port, json.loads(seeded.stdout))


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run whose rate of connects is the median, and the spread of what is claimed."""
    rates = [run["connects"]["a_second"] for run in runs]
    healed = [run["storm"]["healed_s"] for run in runs]
    return {
        "connects_a_second": {"median": median(rates), "least": min(rates), "most": max(rates)},
        "storm_healed_s": {"median": median(healed), "least": min(healed), "most": max(healed)},
        "storm_never": sum(run["storm"]["never"] for run in runs),
        "runs": runs,
    }


if __name__ == "__main__":
    main()
