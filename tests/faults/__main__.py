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
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults import checker, page
from tests.faults.cluster import Cluster
from tests.faults.planted import BUGS, Caught, catch
from tests.faults.running import Theatre, Verdict, table
from tests.faults.scene import BOTH, Scene, Vendor
from tests.faults.scenes import QUICK, SCENES

NOTES = "faults.json"


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these scenes only")
    parser.add_argument("--quick", action="store_true", help="the fast subset")
    parser.add_argument("--list", action="store_true", help="says what there is")
    parser.add_argument("--database", choices=[*BOTH, "both"], default="both")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--out", type=Path, help="where histories go (default: a temporary folder)")
    parser.add_argument("--planted", action="store_true", help="after the scenes the planted bugs")
    parser.add_argument("--page", type=Path, help="where the page of the results goes")
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


async def plant(vendors: Sequence[Vendor], out: Path) -> list[Caught]:
    """Every planted bug, on each database; says of each what it was caught as."""
    caught = []
    for vendor in vendors:
        cluster = Cluster() if vendor == "postgresql" else None
        try:
            if cluster is not None:
                await asyncio.to_thread(cluster.begin)
            for bug in BUGS:
                if vendor in bug.databases:
                    caught.append(await catch(bug, out / f"{bug.name}-{vendor}", cluster))
                    print(caught[-1].sentence())
        finally:
            if cluster is not None:
                await asyncio.to_thread(cluster.end)
    return caught


def _noted(verdicts: list[Verdict], caught: list[Caught], seed: int) -> dict[str, Any]:
    return {
        "seed": seed,
        "scenes": [_scene(one) for one in verdicts],
        "planted": [
            {
                "bug": one.bug,
                "database": one.vendor,
                "caught": one.as_expected,
                "found": one.found,
                "example": one.example,
            }
            for one in caught
        ],
    }


def _scene(one: Verdict) -> dict[str, Any]:
    counts = checker.counts(one.violations)
    counts["other"] += len(one.outcome.findings)
    return {
        "scene": one.scene,
        "criterion": one.says,
        "database": one.vendor,
        "injected": one.outcome.injected,
        "acked": one.acked,
        "counts": counts,
        "recoveries": len(one.outcome.recoveries_s),
        "recovery_p50_s": round(one.recovery[0], 2),
        "recovery_p95_s": round(one.recovery[1], 2),
        "figures": one.outcome.figures,
        "findings": one.outcome.findings,
        "violations": [str(violation) for violation in one.violations],
    }


def _play(options: argparse.Namespace, out: Path) -> bool:
    """One part of a run in this process; True when all is well."""
    scenes = _chosen(options)
    vendors: tuple[Vendor, ...] = BOTH if options.database == "both" else (options.database,)
    verdicts: list[Verdict] = []
    for vendor in vendors:
        verdicts += asyncio.run(run(vendor, scenes, options.seed, out))
    caught = asyncio.run(plant(BOTH, out)) if options.planted else []
    (out / NOTES).write_text(json.dumps(_noted(verdicts, caught, options.seed), indent=1))
    print(f"\n{table(verdicts)}")
    return not any(one.red for one in verdicts) and all(one.as_expected for one in caught)


def _play_all(options: argparse.Namespace, out: Path) -> bool:
    """Everything, in two processes side by side: a scene mostly waits. PostgreSQL in one; SQLite, and
    after it the planted bugs, in the other."""
    parts: list[tuple[str, subprocess.Popen[bytes]]] = []
    for vendor, more in (("postgresql", []), ("sqlite", ["--planted"])):
        argv = ["--database", vendor, "--seed", str(options.seed), "--out", str(out / vendor)]
        command = [sys.executable, "-m", "tests.faults", *argv, *more]
        parts.append((vendor, subprocess.Popen(command)))
    try:
        codes = [part.wait() for _, part in parts]
        return not any(codes)
    finally:
        for _, part in parts:
            part.terminate()


def main(argv: list[str]) -> int:
    options = _options(argv)
    if options.list:
        for scene in SCENES:
            print(f"{scene.name:<28} {scene.says}")
        return 0
    out = options.out or Path(tempfile.mkdtemp(prefix="chatdesk-faults-"))
    out.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, histories in {out}", flush=True)
    began = time.monotonic()
    everything = not (options.only or options.quick or options.planted)
    if everything and options.database == "both":
        well = _play_all(options, out)
    else:
        well = _play(options, out)
    seconds = time.monotonic() - began
    runs = [json.loads(notes.read_text()) for notes in sorted(out.rglob(NOTES))]
    print(f"{'all is well' if well else 'RED'}: {seconds:.0f} s, seed {options.seed}")
    if options.page:
        options.page.write_text(page.text(runs, seconds))
    if options.out is None and well:
        shutil.rmtree(out, ignore_errors=True)
    return int(not well)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
