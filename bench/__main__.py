"""``python -m bench``: takes the first figure; writes ``results/first-figure.json`` and the page.

``QUICK=1`` takes one repeat of short steps and writes ``results/quick.json`` only; so does a run of some
builds (``--builds``). ``--page`` writes ``docs/performance.md`` again from figures taken before.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from bench import builds, first_figure, machine, report
from bench.first_figure import Plan
from bench.servers import ROOT, services

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
QUICK = Plan(seconds=2.0, repeats=1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--builds", nargs="+", choices=list(builds.known()), metavar="BUILD")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--chats", type=int)
    parser.add_argument("--page", action="store_true", help="Only write the page from the figures")
    return parser.parse_args()


def main() -> None:
    asked = _arguments()
    if asked.page:
        report.write(json.loads((RESULTS / "first-figure.json").read_text()), PAGE)
        return
    plan = QUICK if os.environ.get("QUICK") else Plan()
    changed = {
        name: value
        for name in ("chats", "seconds", "repeats")
        if (value := getattr(asked, name)) is not None
    }
    plan = Plan(
        **{"chats": plan.chats, "seconds": plan.seconds, "repeats": plan.repeats, **changed}
    )
    whole = asked.builds is None and plan == Plan()
    chosen = [build for name, build in builds.known().items() if name in (asked.builds or [name])]
    began = time.monotonic()
    # Ended from outside it must stop what it started, as at Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    # Everything that is started from here inherits this; servers are moved to their own core.
    machine.pin(os.getpid(), machine.OTHERS_CORE)
    with (
        tempfile.TemporaryDirectory(prefix="chatdesk-bench-") as folder,
        services(Path(folder)) as shared,
    ):
        figures = uvloop.run(first_figure.measure(chosen, plan, shared))
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / ("first-figure.json" if whole else "quick.json")
    target.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    if whole:
        report.write(figures, PAGE)
    print(f"\n{report.text(figures)}\n\n{time.monotonic() - began:.0f} s; written: {target.name}")


if __name__ == "__main__":
    main()
