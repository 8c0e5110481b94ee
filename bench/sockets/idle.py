"""What idle sockets cost: memory of each, and the CPU of the web process at rest.

Memory is the growth of the process's proportional set (PSS), divided by how many sockets it grew by; the
kernel's buffers are not in it. Every player is in a chat with an agent, so our state is in it: the
socket, its session, what it follows.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psutil

from bench.machine import Spent
from bench.sockets.crowd import Crowd

AT_ONCE = 100
SETTLE_SECONDS = 15.0


async def measure(
    crowd: Crowd, pid: int, sizes: tuple[int, ...], rest_seconds: float
) -> list[dict[str, Any]]:
    """One figure for each size, ascending; the sockets stay."""
    process = psutil.Process(pid)
    # What the first ones bring with them (imports, pools, threads) is no part of any other.
    await crowd.fill(100, AT_ONCE)
    await asyncio.sleep(SETTLE_SECONDS / 3)
    before, some = process.memory_full_info().pss, len(crowd.members)
    found = []
    for size in sizes:
        await crowd.fill(size, AT_ONCE)
        await asyncio.sleep(SETTLE_SECONDS)
        spent = Spent(pid)
        await asyncio.sleep(rest_seconds)
        share, cores = spent.now()
        grown = process.memory_full_info().pss - before
        found.append(
            {
                "sockets": size,
                "kib_a_socket": round(grown / (size - some) / 1024, 1),
                "pss_mib": round((before + grown) / 2**20),
                "cpu_at_rest": share,
                "rest_seconds": rest_seconds,
                "cores": cores,
                "closed": crowd.closed,
            }
        )
        print(found[-1], flush=True)
    return found
