"""Bugs, points of death, bad pushes and a false clock, planted in children of the real product.

No hook in the product: this folder goes on ``PYTHONPATH``, ``SABOTAGE`` names what to plant, and
``sitecustomize`` plants it when a child has imported what it is planted in. Several names are separated by
blanks, each may have an argument: ``SABOTAGE="dies-unacked:40x3 pushes-lost:0.3"``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = "SABOTAGE"
FOLDER = "SABOTAGE_FOLDER"


class Unknown(ValueError):
    """Nobody knows a sabotage of this name: a misspelt one must not pass for a harmless one."""


def plants() -> dict[str, Callable[[str], None]]:
    """Everything that can be planted, by name; called with the argument, "" where there is none."""
    from tests.faults.sabotage import bugs, deaths, pushes

    return {**deaths.PLANTS, **pushes.PLANTS, **bugs.PLANTS}


def environment(folder: Path, *planted: str) -> dict[str, str]:
    """Settings for a server with these planted. ``folder`` keeps the marks of what happened."""
    known = {*plants(), "clock"}
    for name in planted:
        if name.partition(":")[0] not in known:
            raise Unknown(name)
    folder.mkdir(parents=True, exist_ok=True)
    return {"PYTHONPATH": str(HERE), NAMES: " ".join(planted), FOLDER: str(folder)}


def plant() -> None:
    """Called in the child, once what is sabotaged has been imported."""
    known = plants()
    for name in os.environ.get(NAMES, "").split():
        what, _, argument = name.partition(":")
        if what != "clock":
            known[what](argument)


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a plant did: which, in which process, when (``time.monotonic`` of this machine)."""

    plant: str
    pid: int
    at: float


def marks(folder: Path) -> list[Mark]:
    """What happened so far, in order."""
    found = []
    for path in folder.glob("*.mark"):
        pid, at = path.read_text().split() or ("0", "0")
        found.append(Mark(path.name.rsplit(".", 2)[0], int(pid), float(at)))
    return sorted(found, key=lambda mark: mark.at)
