"""The Redis of a house, which may be stopped, frozen, emptied, or replaced by its replica."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from redis import Redis, RedisError

from tests.valkey import Valkey


class Hints(Valkey):
    """A Valkey whose process can be frozen; as a replica it takes its master's password."""

    @property
    def pid(self) -> int:
        assert self._child.pid is not None
        return self._child.pid

    @property
    def password(self) -> str:
        return self.url.split("@", 1)[0].rsplit(":", 1)[1]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1].split("/", 1)[0])

    def freeze(self) -> None:
        self._child._process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]

    def thaw(self) -> None:
        if self._child.alive():
            self._child._process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]

    def kill(self) -> None:
        """Dies at once: asked to end, a master first waits for its replicas."""
        self._child._process.kill()  # type: ignore[union-attr]
        super().stop()

    def stop(self) -> None:
        self.thaw()
        super().stop()

    def follow(self, master: Hints) -> None:
        """Becomes its replica, reachable under the same password; returns when the link stands."""
        with Redis.from_url(self.url) as client:
            client.config_set("masterauth", master.password)
            client.config_set("requirepass", master.password)
        master.command("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        self.url = self.url.replace(self.password, master.password)
        self.command("REPLICAOF", "127.0.0.1", str(master.port))
        until = time.monotonic() + 15
        while time.monotonic() < until:
            found = self.command("INFO", "replication")
            if isinstance(found, dict) and found.get("master_link_status") == "up":
                return
            time.sleep(0.1)
        raise RuntimeError("the replica did not follow")

    def lead(self) -> None:
        """A master from now on."""
        self.command("REPLICAOF", "NO", "ONE")


def keys(of: Hints, pattern: str) -> list[str]:
    try:
        with Redis.from_url(of.url, decode_responses=True) as client:
            return [str(key) for key in client.scan_iter(pattern)]
    except RedisError:
        return []


def new(folder: Path) -> Hints:
    made = Hints(folder)
    made.start()
    return made
