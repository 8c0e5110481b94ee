"""``python -m bench.limits``: takes what this machine can do at all; writes ``results/limits.json``.

``QUICK=1`` takes one repeat of short steps and prints it only.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from bench import builds, first_figure, machine
from bench.builds import Build, relay
from bench.first_figure import Plan
from bench.limits import commits, publish
from bench.limits.loops import over
from bench.servers import ROOT, Services, services

RESULT = ROOT / "bench" / "results" / "limits.json"
QUICK = Plan(seconds=2.0, repeats=1)
CONNECTIONS = (1, 10)
WAYS = {"one by one": False, "pipelined": True}


def servers() -> list[Build]:
    """All that only hand frames on; the echo is no ASGI server, so no build is held beside it."""
    echo = Build("echo", "picows echo (one socket a chat)", False, 8000, relay.echo, limit=True)
    return [*(build for build in builds.known().values() if build.limit), echo]


def loops(shared: Services, plan: Plan) -> dict[str, Any]:
    """PUBLISH and commits a second, each way in turn, again and again."""
    published: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    committed: dict[int, list[dict[str, Any]]] = {many: [] for many in CONNECTIONS}
    for _ in range(plan.repeats):
        for way, pipelined in WAYS.items():
            folder = shared.data_folder()
            published[way].append(publish.measure(folder, plan.seconds, pipelined=pipelined))
        for many in CONNECTIONS:
            committed[many].append(commits.measure(shared.database(), plan.seconds, many))
    return {
        "publish": {way: over(runs) for way, runs in published.items()},
        "commits": {str(many): over(runs) for many, runs in committed.items()},
    }


def main() -> None:
    quick = bool(os.environ.get("QUICK"))
    plan = QUICK if quick else Plan()
    # Ended from outside it must stop what it started, as at Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    machine.pin(os.getpid(), machine.OTHERS_CORE)
    with (
        tempfile.TemporaryDirectory(prefix="chatdesk-limits-") as folder,
        services(Path(folder)) as shared,
    ):
        figures = uvloop.run(first_figure.measure(servers(), plan, shared))
        figures |= loops(shared, plan)
    for row in figures["builds"]:
        print(f"{row['says']}: {row['sustained']:,} a second ({row['least']:,} to {row['most']:,})")
    for kind in ("publish", "commits"):
        for name, row in figures[kind].items():
            print(f"{kind}, {name}: {row['per_second']:,} a second", row["runs"][-1])
    if not quick:
        RESULT.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        print(f"written: {RESULT.name}")


if __name__ == "__main__":
    main()
