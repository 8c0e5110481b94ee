"""``python -m tests.faults``: breaks a running chatdesk in every way we know and judges what became of it.

Exit status 1 when anything was lost, doubled, reordered or otherwise wrong. Histories and rows of each
scene stay in the folder of ``--out``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.faults.cluster import Cluster
from tests.faults.running import Theatre, Verdict, table
from tests.faults.scene import BOTH, Scene, Vendor
from tests.faults.scenes import QUICK, SCENES


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these scenes only")
    parser.add_argument("--quick", action="store_true", help="the fast subset")
    parser.add_argument("--list", action="store_true", help="says what there is")
    parser.add_argument("--database", choices=[*BOTH, "both"], default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--out", type=Path, help="where histories go (default: a temporary folder)")
    parser.add_argument("--table", type=Path, help="where the table goes")
    return parser.parse_args(argv)


def _chosen(options: argparse.Namespace) -> list[Scene]:
    scenes = list(QUICK if options.quick else SCENES)
    if options.only:
        known = {scene.name: scene for scene in SCENES}
        unknown = [name for name in options.only if name not in known]
        if unknown:
            raise SystemExit(f"There is no scene {unknown[0]}; there are: {', '.join(known)}")
        scenes = [known[name] for name in options.only]
    return scenes


async def run(vendor: Vendor, scenes: list[Scene], seed: int, out: Path) -> list[Verdict]:
    """All scenes of one database, in order."""
    mine = [scene for scene in scenes if vendor in scene.databases]
    if not mine:
        return []
    this = asyncio.current_task()
    assert this is not None
    if threading.current_thread() is threading.main_thread():
        # Whoever is asked to end must not leave servers behind.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    cluster = Cluster() if vendor == "postgresql" else None
    theatre = Theatre(out, seed, cluster)
    try:
        if cluster is not None:
            await asyncio.to_thread(cluster.begin)
        for scene in mine:
            await theatre.play(scene)
    finally:
        await theatre.close()
        if cluster is not None:
            await asyncio.to_thread(cluster.end)
    return theatre.verdicts


def _report(verdicts: list[Verdict], seed: int, out: Path) -> str:
    found = {
        "seed": seed,
        "scenes": [
            {
                "scene": one.scene,
                "criterion": one.says,
                "database": one.vendor,
                "injected": one.outcome.injected,
                "acked": one.acked,
                "recovery_p50_s": round(one.recovery[0], 2),
                "recovery_p95_s": round(one.recovery[1], 2),
                "figures": one.outcome.figures,
                "findings": one.outcome.findings,
                "violations": [str(violation) for violation in one.violations],
            }
            for one in verdicts
        ],
    }
    (out / "faults.json").write_text(json.dumps(found, indent=1))
    return table(verdicts)


def main(argv: list[str]) -> int:
    options = _options(argv)
    if options.list:
        for scene in SCENES:
            print(f"{scene.name:<28} {scene.says}")
        return 0
    scenes = _chosen(options)
    given = options.out is not None
    out = options.out or Path(tempfile.mkdtemp(prefix="chatdesk-faults-"))
    out.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, histories in {out}", flush=True)
    began = time.monotonic()
    vendors: tuple[Vendor, ...] = BOTH if options.database == "both" else (options.database,)
    verdicts: list[Verdict] = []
    for vendor in vendors:
        verdicts += asyncio.run(run(vendor, scenes, options.seed, out))
    text = _report(verdicts, options.seed, out)
    print(f"\n{text}\n\n{time.monotonic() - began:.0f} s, seed {options.seed}")
    if options.table:
        options.table.write_text(text + "\n")
    red = any(verdict.red for verdict in verdicts)
    if not given and not red:
        shutil.rmtree(out, ignore_errors=True)
    return int(red)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
