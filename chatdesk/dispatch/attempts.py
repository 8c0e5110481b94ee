"""One step of the dispatcher on one row; a row that somebody else holds is left for the next time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from chatdesk.conversations import errors

log = structlog.get_logger(__name__)


def attempt(step: Callable[..., bool], of: str | int, *more: Any) -> bool:
    """Holds up nobody: False when the row is locked."""
    try:
        return step(of, *more)
    except errors.Unavailable:
        log.warning("step_held_up", step=step.__name__, of=of)
        return False
