"""A Valkey of the tests' own: the product's binary and settings, started and stopped by hand."""

from __future__ import annotations

import time
from pathlib import Path

from redis import Redis, RedisError

from chatdesk.serving import valkey


class Valkey:
    """One server on one port; may be stopped and started again on the same port, empty."""

    def __init__(self, folder: Path) -> None:
        self._child, self.url = valkey.embedded(folder)

    def start(self) -> None:
        self._child.start()
        client = Redis.from_url(self.url)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                if client.ping():
                    client.close()
                    return
            except (RedisError, OSError):
                time.sleep(0.05)
        raise RuntimeError("Valkey did not start")

    def stop(self) -> None:
        self._child.ask_to_end()
        self._child.end(time.monotonic() + 5)

    def command(self, *words: str) -> object:
        with Redis.from_url(self.url, decode_responses=True) as client:
            return client.execute_command(*words)
