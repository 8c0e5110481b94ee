"""``python -m bench.npm``: brings the Node packages of the peers, as their lock files name them.

They go into each peer's ``node_modules``, which Git ignores; what is there already is left as it is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.machine import Missing, node

PEERS = Path(__file__).parent / "peers"
# Written by npm when everything is in place.
_DONE = Path("node_modules") / ".package-lock.json"


def prepare(folder: Path) -> None:
    """Installs what the folder's lock file names where it is absent or older than the lock file.

    Raises Missing where there is no Node or npm, and CalledProcessError where npm fails, as it does on a
    Node that is too old.
    """
    node()
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("There is no npm: install it beside Node (Debian's package npm).")
    lock, done = folder / "package-lock.json", folder / _DONE
    if done.is_file() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    options = ("--engine-strict", "--no-audit", "--no-fund", "--loglevel=error")
    subprocess.run([npm, "ci", *options], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    try:
        for lock in PEERS.glob("*/package-lock.json"):
            prepare(lock.parent)
    except (Missing, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
