"""A disk that can be filled: a tmpfs of fixed size, and a PostgreSQL that lives on one.

Needs root (mount). A harness that was killed leaves its mounts; the next one takes them away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.cluster import Cluster

_SOURCE = "chatdesk-small"
_BALLAST = "ballast"
_BLOCK = b"\0" * 65_536


class NoMount(RuntimeError):
    """A small disk cannot be made here; the message says what is needed."""


def sweep() -> None:
    """Takes away what harnesses left that are dead."""
    for line in Path("/proc/mounts").read_text().splitlines():
        found = re.match(rf"{_SOURCE}-(\d+) (\S+) ", line)
        if found and not Path(f"/proc/{found[1]}").exists():
            subprocess.run(["umount", "--lazy", found[2]], check=False)
            with contextlib.suppress(OSError):
                Path(found[2]).rmdir()


class SmallDisk:
    """A folder with so many megabytes of room."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self.folder = Path()

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise NoMount("A disk of fixed size needs root: run this as root, or in a container.")
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix="chatdesk-disk-"))
        options = f"size={self._megabytes}m,mode=0755"
        source = f"{_SOURCE}-{os.getpid()}"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, source, str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.folder.rmdir()
            raise NoMount(
                f"A tmpfs cannot be mounted ({done.stderr.strip()}): needs CAP_SYS_ADMIN."
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def free_bytes(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self) -> int:
        """Leaves no room at all; returns how many bytes that took. Again later, it takes what came free."""
        taken = 0
        with (self.folder / _BALLAST).open("ab", buffering=0) as ballast:
            for block in (_BLOCK, b"\0" * 4096):
                try:
                    while True:
                        taken += ballast.write(block)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
        return taken

    def free(self) -> None:
        (self.folder / _BALLAST).unlink(missing_ok=True)


class SmallCluster(Cluster):
    """A PostgreSQL whose whole data is on a small disk; it may die of that, and be started again."""

    def __init__(self, disk: SmallDisk) -> None:
        super().__init__()
        self.folder.rmdir()
        self.folder = disk.folder / "postgresql"
        self.restarts = 0

    def __enter__(self) -> Self:
        self.folder.mkdir()
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def _call(self, program: str, *argv: str) -> None:
        # Segments of a megabyte: with those of sixteen the log alone would fill the disk.
        more = ("--wal-segsize", "1") if program == "initdb" else ()
        super()._call(program, *argv, *more)

    def start(self) -> None:
        configuration = self.data / "postgresql.conf"
        if "small disk" not in configuration.read_text():
            with configuration.open("a") as file:
                file.write("\n# small disk\nmin_wal_size = 2MB\nmax_wal_size = 8MB\n")
        super().start()

    def come_back(self) -> bool:
        """What an operator's supervisor does: a server that gave up for want of room is started anew."""
        try:
            self._call("pg_ctl", "-D", str(self.data), "status")
        except RuntimeError:
            self.restarts += 1
            try:
                self.start()
            except RuntimeError:
                return False
        return True
