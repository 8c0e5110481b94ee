"""Whether this process is about to go: then it is not ready, and tells its sockets to leave."""

from __future__ import annotations

_draining = False


def begin() -> None:
    global _draining
    _draining = True


def is_draining() -> bool:
    return _draining
