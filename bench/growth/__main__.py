"""``python -m bench.growth``: one decision at ten times the people, and its way to the screen.

Sizes are measured in turn, several times; ``QUICK=1`` makes it short. Writes ``results/growth.json``.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine
from bench.growth import screen
from bench.latencies import percentile
from bench.servers import ROOT, Services, clean_environment, services

SIZES = ((500, 50), (1_000, 100), (2_500, 250), (5_000, 500))
RESULT = ROOT / "bench" / "results" / "growth.json"


def main() -> None:
    quick = bool(os.environ.get("QUICK"))
    rounds, many = (2, 10) if quick else (7, 40)
    with (
        tempfile.TemporaryDirectory(prefix="chatdesk-growth-") as folder,
        services(Path(folder)) as shared,
    ):
        figures = {
            "taken": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": machine.facts(),
            "decision": _decisions(shared, rounds, many),
            "screen": screen.measure(shared, 60 if quick else 400),
        }
    if not quick:
        RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps({name: figures[name] for name in ("decision", "screen")}, indent=1))


def _decisions(shared: Services, rounds: int, many: int) -> dict[str, Any]:
    workers = {size: _worker(shared, *size) for size in SIZES}
    took: dict[tuple[int, int], list[list[list[float]]]] = {size: [] for size in SIZES}
    try:
        for size, worker in workers.items():
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == "ready", size
        # The first turn fills caches and is not counted.
        for turn in range(rounds + 1):
            for size, worker in workers.items():
                assert worker.stdin is not None
                assert worker.stdout is not None
                worker.stdin.write(f"{many}\n")
                worker.stdin.flush()
                answer = json.loads(worker.stdout.readline())
                if turn:
                    took[size].append(answer)
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()
    rows: list[dict[str, Any]] = [
        {
            "waiting": waiting,
            "agents": agents,
            "choice": _spread([[choice for choice, _ in run] for run in runs]),
            "with_commit": _spread([[whole for _, whole in run] for run in runs]),
        }
        for (waiting, agents), runs in took.items()
    ]
    first, last = rows[0], rows[-1]
    return {
        "sizes": rows,
        "growth_of_choice": _ratio(first, last, "choice"),
        "growth": _ratio(first, last, "with_commit"),
        "growth_of_log": round(math.log(last["waiting"]) / math.log(first["waiting"]), 2),
    }


def _spread(runs: list[list[float]]) -> dict[str, float]:
    """Milliseconds: the median of the runs' medians, the least and the most of them, p99 of all."""
    medians = [median(run) for run in runs]
    return {
        "median_ms": round(median(medians), 2),
        "least_ms": round(min(medians), 2),
        "most_ms": round(max(medians), 2),
        "p99_ms": round(percentile(sorted(one for run in runs for one in run), 99), 2),
    }


def _ratio(first: dict[str, Any], last: dict[str, Any], of: str) -> float:
    return round(float(last[of]["median_ms"] / first[of]["median_ms"]), 2)


def _worker(shared: Services, waiting: int, agents: int) -> subprocess.Popen[str]:
    env = {**clean_environment(), "CHATDESK_DATABASE_URL": shared.database()}
    env["CHATDESK_DATA_DIR"] = str(shared.data_folder())
    return subprocess.Popen(
        [sys.executable, "-m", "bench.growth.worker", str(waiting), str(agents)],
        env=env,
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


if __name__ == "__main__":
    main()
