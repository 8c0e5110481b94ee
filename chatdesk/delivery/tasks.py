"""Ending tasks of ours, so that it is certain that they have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.1


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels and waits until all are done. More than once: until Python 3.12 ``wait_for`` loses a
    cancellation that comes at the same moment as its result, and a loop around it would go on."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
