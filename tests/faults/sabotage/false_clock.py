"""One web process whose clock is wrong, while the database's, Redis's and everybody else's is right.

The process starts itself anew under libfaketime. How wrong its clock is stands in a file that it looks at
each second, so a clock can also jump, or drift, under a process that runs. Monotonic clocks stay true: no
operating system lets those jump.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path

OFFSET_FILE = "clock.offset"
MISSING = "There is no libfaketime: install Debian's package libfaketime."
_TAKEN = "clock.0.mark"
_FAKED = "SABOTAGE_CLOCK"


def library() -> str | None:
    """libfaketime for programs with threads; None where it is not installed."""
    for folder in (
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib",
        "/usr/lib64",
    ):
        path = Path(folder) / "faketime" / "libfaketimeMT.so.1"
        if path.is_file():
            return str(path)
    return None


def begin() -> None:
    """In ``sitecustomize``: the first web process that comes along becomes the false one."""
    if "chatdesk.serving.web" not in sys.orig_argv or _FAKED in os.environ:
        return
    folder, found = Path(os.environ["SABOTAGE_FOLDER"]), library()
    if found is None:
        return  # the house goes on with true clocks; the scene says what is missing
    if not _take(folder / _TAKEN):
        return
    offset = folder / OFFSET_FILE
    if not offset.exists():
        offset.write_text("+0\n")
    os.environ.update(
        {
            _FAKED: "1",
            "LD_PRELOAD": found,
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_CACHE_DURATION": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
    )
    # The same process for its parent: same id, same descriptors, same signal at the parent's death.
    os.execv(sys.executable, sys.orig_argv)


def _take(path: Path) -> bool:
    """One process at a time has it, until it dies: the lock belongs to the open file, which outlives
    the new beginning."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    os.set_inheritable(file, True)
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()} {time.monotonic()}".encode())
    return True
