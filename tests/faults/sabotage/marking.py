"""Marks in a folder that all processes of a server share, so that what may happen once happens once."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.faults.sabotage import FOLDER


def mark(name: str, times: int = 1) -> bool:
    """Takes one of ``times`` places; False when all are taken. The first to create the file has it."""
    folder = Path(os.environ[FOLDER])
    for place in range(times):
        path = folder / f"{name}.{place}.mark"
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
        except FileExistsError:
            continue
        os.write(file, f"{os.getpid()} {time.monotonic()}".encode())
        os.close(file)
        return True
    return False
