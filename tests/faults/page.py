"""The page that says what was proved, when, and how it can be run again: ``docs/faults.md``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_TEXT = Path(__file__).with_suffix(".md")


def text(runs: Sequence[dict[str, Any]], seconds: float) -> str:
    """``runs``: the ``faults.json`` of each part of the run."""
    scenes = [scene for run in runs for scene in run["scenes"]]
    caught = [one for run in runs for one in run["planted"]]
    return _TEXT.read_text().format(
        when=datetime.now(UTC).date().isoformat(),
        seconds=round(seconds),
        cores=os.cpu_count(),
        seeds=", ".join(sorted({str(run["seed"]) for run in runs})),
        table="\n".join([_HEAD, *map(_row, scenes)]),
        criteria="\n".join(dict.fromkeys(f"- **{s['scene']}**: {s['criterion']}" for s in scenes)),
        figures="\n".join(_figures(scene) for scene in scenes if scene["figures"]),
        planted="\n".join(["| bug | database | caught as |", "|---|---|---|", *map(_bug, caught)]),
    )


_HEAD = (
    "| fault | database | injected | messages acked | lost | doubled | reordered | other | "
    "recovery p50 / p95 (s) |\n|---|---|---:|---:|---:|---:|---:|---:|---:|"
)


def _row(scene: dict[str, Any]) -> str:
    way_back = "–"
    if scene["recoveries"]:
        way_back = f"{scene['recovery_p50_s']:.1f} / {scene['recovery_p95_s']:.1f}"
    wrong = scene["counts"]
    cells = [
        *(scene["scene"], scene["database"], scene["injected"], scene["acked"]),
        *(wrong["lost"], wrong["doubled"], wrong["reordered"], wrong["other"]),
        way_back,
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _figures(scene: dict[str, Any]) -> str:
    said = "; ".join(f"{name} {value}" for name, value in scene["figures"].items())
    return f"- **{scene['scene']}** ({scene['database']}): {said}"


def _bug(one: dict[str, Any]) -> str:
    found = ", ".join(f"`{name}` {many}" for name, many in one["found"].items())
    return f"| {one['bug']} | {one['database']} | {found if one['caught'] else '**not caught**'} |"
