"""From a free place to the offer on the agent's screen: 500 desks open, 5,000 people waiting, one web
process and the dispatcher beside it, as ``serve`` starts them.

An agent closes a chat; the time runs from his ``close`` frame to the ``offer`` frame of the next one. The
clock is the client's, and its own receiving of 500 desks is in the figure.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from typing import Any

from bench import machine
from bench.builds.chatdesk import HEADERS, LIMITS
from bench.generator import Socket, dial
from bench.latencies import percentile
from bench.servers import ROOT, Server, Services, clean_environment
from tests.postgres import free_port

WAITING, AGENTS = 5_000, 500
SECONDS = 30.0
_DESK = b'{"t":"desk"'


class Desk(Socket):
    """An agent's screen: what lies on it, and when an offer came."""

    def __init__(self) -> None:
        self._shown = b"{}"
        self._awaited: dict[str, asyncio.Future[dict[str, Any]]] = {}

    @property
    def chats(self) -> list[dict[str, Any]]:
        """What lies on it now."""
        return list(json.loads(self._shown)["chats"])

    def awaits(self, kind: str) -> asyncio.Future[dict[str, Any]]:
        found: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._awaited[kind] = found
        return found

    def tell(self, **frame: Any) -> None:
        self.say(json.dumps(frame).encode())

    def hear(self, text: bytes) -> None:
        # Five hundred desks come whole whenever the queue moves; whoever is not asked is not read.
        if text.startswith(_DESK):
            self._shown = text
            self._came("desk", {})
            return
        frame = json.loads(text)
        kind = frame["t"]
        if kind == "ping":
            self.tell(t="pong", n=frame["n"], have=frame["heads"])
        elif kind == "error":
            raise RuntimeError(frame["code"])
        self._came(kind, frame)

    def _came(self, kind: str, frame: dict[str, Any]) -> None:
        waiting = self._awaited.pop(kind, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)


def measure(shared: Services, many: int) -> dict[str, Any]:
    port = free_port()
    env = {
        **clean_environment(),
        **LIMITS,
        "CHATDESK_DATABASE_URL": shared.database(),
        "CHATDESK_REDIS_URL": shared.valkey_url,
        "CHATDESK_DATA_DIR": str(shared.data_folder()),
        "CHATDESK_PORT": str(port),
    }
    log = shared.folder / "screen.log"
    server = Server(
        [sys.executable, "manage.py", "serve"], env, ROOT, port, "chatdesk.serving.web", log
    )
    try:
        server.wait("/readyz")
        argv = [sys.executable, "-m", "bench.growth.seed", str(WAITING), str(AGENTS)]
        seeded = subprocess.run(argv, env=env, cwd=ROOT, text=True, capture_output=True, check=True)
        took = asyncio.run(_work(port, json.loads(seeded.stdout), many))
    finally:
        server.stop()
    took.sort()
    return {
        "waiting": WAITING,
        "agents": AGENTS,
        "offers": len(took),
        "p50_ms": round(percentile(took, 50), 1),
        "p99_ms": round(percentile(took, 99), 1),
        "max_ms": round(took[-1], 1),
    }


async def _work(port: int, tickets: dict[str, str], many: int) -> list[float]:
    machine.pin_thread(machine.OTHERS_CORE)
    desks = []
    for ticket in tickets.values():
        url = f"ws://127.0.0.1:{port}/ws/staff"
        desk = await dial(Desk, url, extra_headers=HEADERS, max_frame_size=2**24)
        assert isinstance(desk, Desk)
        shown = desk.awaits("desk")
        desk.tell(t="hello", v=1, ticket=ticket)
        await asyncio.wait_for(shown, SECONDS)
        desks.append(desk)
    # Let the last desks be drawn everywhere.
    await asyncio.sleep(3)
    chance = random.Random(1)
    took = []
    for _ in range(many):
        desk = chance.choice(desks)
        chat = desk.chats[0]
        rung, closed = desk.awaits("offer"), desk.awaits("ok")
        began = time.perf_counter()
        desk.tell(t="close", ref="c", conv=chat["conv"], epoch=chat["epoch"], reason="solved")
        await asyncio.wait_for(closed, SECONDS)
        offer = await asyncio.wait_for(rung, SECONDS)
        took.append((time.perf_counter() - began) * 1000)
        accepted, shown = desk.awaits("ok"), desk.awaits("desk")
        desk.tell(t="accept", ref="a", offer=offer["offer"])
        await asyncio.wait_for(accepted, SECONDS)
        await asyncio.wait_for(shown, SECONDS)
        # People do not close chats in step with the dispatcher.
        await asyncio.sleep(chance.uniform(0.05, 0.25))
    for desk in desks:
        await desk.leave()
    return took
