"""How fast sockets come: connects a second with real authentication, and the storm after the death of the
web process that all of them were on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

from bench.latencies import percentile, summary
from bench.machine import Spent
from bench.sockets.crowd import Crowd

AT_ONCE = 200
STORM_SECONDS = 90.0


async def connects(crowd: Crowd, pid: int, upto: int) -> dict[str, Any]:
    """From the dialling to the welcome, ``AT_ONCE`` at a time: each with its own session, its own
    conversation, and everything that is read for it."""
    already = len(crowd.members)
    spent = Spent(pid)
    took, joins = await crowd.fill(upto, AT_ONCE)
    share, cores = spent.now()
    return {
        "sockets": len(joins),
        "a_second": round(len(joins) / took),
        "at_once": AT_ONCE,
        "from_sockets": already,
        "join": summary(joins),
        "server_cpu": share,
        "server_us": round(spent.seconds() / len(joins) * 1e6),
        "cores": cores,
    }


async def storm(crowd: Crowd, pid: int) -> dict[str, Any]:
    """Kills the web process and waits until everybody is back. ``never`` are those who were not, after a
    minute and a half."""
    members = dict(crowd.members)
    os.kill(pid, signal.SIGKILL)
    cut = time.monotonic()
    until = cut + STORM_SECONDS

    async def back(number: int) -> float | None:
        await members[number].gone.wait()
        return await crowd.come_back(number, cut, until)

    away = await asyncio.gather(*(back(number) for number in members))
    found = sorted(seconds for seconds in away if seconds is not None)
    return {
        "sockets": len(members),
        "never": len(members) - len(found),
        "healed_s": round(found[-1], 2) if found else None,
        "p50_s": round(percentile(found, 50), 2) if found else None,
        "p95_s": round(percentile(found, 95), 2) if found else None,
    }
