"""How late a server's loop is: ``python -m tests.faults.lag PORT SESSION``, in a process of its own.

A frame that nobody knows is answered by the loop itself, without a database or a thread. One goes off every
100 ms, and the time until its ``error`` is what any ping or push would have waited. In its own
process, because a harness that plays a thousand clients is late itself. A socket that is lost is dialled
again at once. Ends with its standard input; then it prints ``[moment, milliseconds]`` pairs as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

import websockets
from websockets.asyncio.client import connect

EACH_SECONDS = 0.1
_GONE = (OSError, TimeoutError, websockets.WebSocketException)


async def _probe(port: int, session: str, found: list[tuple[float, float]]) -> None:
    while True:
        with contextlib.suppress(*_GONE):
            async with connect(
                f"ws://127.0.0.1:{port}/ws/player",
                subprotocols=[websockets.Subprotocol("chat.v1")],
                ping_interval=None,
                compression=None,
                proxy=None,
            ) as socket:
                await socket.send(json.dumps({"t": "hello", "v": 1, "session": session}))
                await _answer(socket, "welcome")
                while True:
                    began = time.monotonic()
                    await socket.send('{"t":"nobody-knows-this"}')
                    await _answer(socket, "error")
                    ended = time.monotonic()
                    found.append((began, (ended - began) * 1000))
                    await asyncio.sleep(max(EACH_SECONDS - (ended - began), 0))
        await asyncio.sleep(0.05)


async def _answer(socket: websockets.asyncio.client.ClientConnection, kind: str) -> None:
    async for text in socket:
        frame = json.loads(text)
        if frame["t"] == "ping":
            await socket.send(json.dumps({"t": "pong", "n": frame["n"]}))
        elif frame["t"] == kind:
            return
    raise TimeoutError("the socket ended")


async def _main(port: int, session: str) -> None:
    found: list[tuple[float, float]] = []
    task = asyncio.create_task(_probe(port, session, found))
    await asyncio.to_thread(sys.stdin.read)
    task.cancel()
    print(json.dumps(found))


class Lag:
    """The harness's end: measures while it is entered; ``worst`` afterwards."""

    def __init__(self, port: int, session: str) -> None:
        self._argv = [sys.executable, "-m", "tests.faults.lag", str(port), session]
        self.found: list[tuple[float, float]] = []

    async def __aenter__(self) -> Lag:
        self._process = await asyncio.create_subprocess_exec(
            *self._argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        return self

    async def __aexit__(self, *reason: object) -> None:
        said, _ = await self._process.communicate(b"")
        self.found = [(at, ms) for at, ms in json.loads(said or b"[]")]

    def worst(self, since: float = 0.0) -> float:
        """Milliseconds of the longest wait that began after ``since``; infinity when nothing did: a
        probe that never got through has not seen a quick loop."""
        return max((ms for at, ms in self.found if at >= since), default=float("inf"))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
