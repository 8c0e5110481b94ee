"""One person's socket as chat.v1 asks a client to keep it: hello, pings, pacing, reconnects, resumes.

What the person wants survives a broken socket: ``ask`` and ``deliver`` try again on the next one with the
same ``ref`` and ``cmid``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from chatdesk.demo.evening.gate import NoServer, Refused

Frame = dict[str, Any]
SUBPROTOCOL = Subprotocol("chat.v1")
ANSWER_SECONDS = 12.0
SILENCE_SECONDS = 35.0
FIRST_TRY_SECONDS = 3.0
LONGEST_TRY_SECONDS = 30.0
SPARE_SHARE = 0.6
NOT_AUTHENTICATED = 4401
# These tell a client to stop; so does whatever it can no longer mend by itself.
_STOP = frozenset({4403, 4404, 4409, 4410, 4413, 1009})
_WAIT_AS_TOLD = frozenset({4004, 4005})


class Stopped(Exception):
    """The server told this client to go away for good; ``code`` is the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Refusal(Exception):
    """An ``error`` or a final ``nack``; ``code`` is its constant."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Lost(Exception):
    """The socket broke, or the answer did not come: try again."""

    def __init__(self, retry_ms: int = 0) -> None:
        super().__init__()
        self.retry_ms = retry_ms


@dataclass(slots=True)
class Tally:
    """What all sockets together went through."""

    reconnects: int = 0
    planned_cuts: int = 0
    gaps: int = 0
    endings: int = 0
    dups: int = 0
    repeats: int = 0
    early: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class Pacing:
    """At most ``frames`` in any ten seconds; a little is kept back from what may be left out."""

    frames: int
    seconds: float = 10.5
    _times: deque[float] = field(default_factory=deque)

    def spare(self, now: float) -> bool:
        """Takes a place for a frame that may be left out, if there is plenty."""
        self._forget(now)
        plenty = len(self._times) < self.frames * SPARE_SHARE
        if plenty:
            self._times.append(now)
        return plenty

    async def turn(self) -> None:
        """Waits for room and takes it."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            self._forget(now)
            if len(self._times) < self.frames:
                self._times.append(now)
                return
            await asyncio.sleep(self._times[0] + self.seconds - now)

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()


class Wire:
    """``introduce(renew)`` gives the hello; ``hear`` gets every frame; ``have`` confirms in pongs."""

    def __init__(
        self,
        address: str,
        *,
        introduce: Callable[[bool], Awaitable[Frame]],
        hear: Callable[[Frame], None],
        have: Callable[[], dict[str, int]],
        frames: int,
        haste: float,
        chance: Random,
        tally: Tally,
    ) -> None:
        self.greeted_at = 0.0
        self._address = address
        self._introduce = introduce
        self._hear = hear
        self._have = have
        self._pacing = Pacing(frames)
        self._haste = haste
        self._chance = chance
        self._tally = tally
        self._socket: ClientConnection | None = None
        self._live = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._refs = 0
        self._least_seconds = 0.0
        self._ending = False
        self._sent_away = False
        self._stopped: int | None = None

    # --- living --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keeps a socket open until ``end``; returns early when the server says stop."""
        try:
            await self._run()
        finally:
            # Nobody may wait for a socket that will never come.
            if not self._ending and self._stopped is None:
                self._stop(0)

    async def _run(self) -> None:
        tries, renewed = 0, False
        while True:
            self._least_seconds, self._sent_away = 0.0, False
            greeted, code = await self._one_socket(renewed)
            if self._ending:
                return
            self._tally.closes[code] += 1
            if greeted:
                tries, renewed = 0, False
            if code in _STOP or (code == NOT_AUTHENTICATED and renewed):
                self._stop(code)
                return
            self._tally.reconnects += 1
            renewed = code == NOT_AUTHENTICATED
            if renewed or self._sent_away:
                continue
            span = min(LONGEST_TRY_SECONDS, FIRST_TRY_SECONDS * 2**tries) * self._haste
            least = self._least_seconds if code in _WAIT_AS_TOLD else 0.0
            await asyncio.sleep(max(least, self._chance.uniform(0, span)))
            tries += 1

    async def _one_socket(self, renew: bool) -> tuple[bool, int]:
        """From hello to the end: (whether there was a welcome, the close code)."""
        greeted = False
        try:
            hello = await self._introduce(renew)
            async with connect(
                self._address,
                subprotocols=[SUBPROTOCOL],
                compression=None,
                ping_interval=None,
                close_timeout=2,
            ) as self._socket:
                await self._socket.send(json.dumps(hello))
                while True:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        frame: Frame = json.loads(await self._socket.recv())
                    if frame["t"] == "welcome":
                        greeted = True
                    self._take(frame)
        except ConnectionClosed as closed:
            return greeted, closed.rcvd.code if closed.rcvd is not None else 1006
        except Refused as refused:
            # The door itself says no; what it means is what a socket would have said.
            return greeted, NOT_AUTHENTICATED if refused.status == 401 else 4403
        except (OSError, TimeoutError, InvalidHandshake, NoServer):
            return greeted, 1006
        finally:
            self._socket = None
            self._live.clear()
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(Lost())
            self._answers.clear()

    def _take(self, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "ping":
            self._hear(frame)
            self._spawn_write({"t": "pong", "n": frame["n"], "have": self._have()})
            return
        if kind == "drain":
            loop = asyncio.get_running_loop()
            loop.call_later(frame["in_ms"] / 1000, self._leave, self._socket)
        elif kind == "error":
            self._refused(frame)
        self._hear(frame)
        if kind == "welcome":
            self.greeted_at = asyncio.get_running_loop().time()
            self._live.set()
        self._settle(frame)

    def _refused(self, frame: Frame) -> None:
        self._tally.refusals[frame["code"]] += 1
        self._least_seconds = (frame.get("retry_ms") or 0) / 1000
        if frame["code"] == "rate" and not frame.get("ref"):
            # It does not say which frame was dropped: whatever waits for an answer goes again.
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(Lost(frame.get("retry_ms") or 1000))

    def _settle(self, frame: Frame) -> None:
        key = frame.get("cmid") if frame["t"] in ("ack", "nack") else frame.get("ref")
        waiting = self._answers.get(key) if key else None
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)

    def _leave(self, socket: ClientConnection | None) -> None:
        """The server said when to go, each socket at its own moment: no further jitter is needed."""
        if socket is not None and socket is self._socket:
            self._sent_away = True
            socket.transport.close()

    def _stop(self, code: int) -> None:
        self._stopped = code
        self._live.set()

    def cut(self) -> None:
        """Breaks the connection as a tunnel would: no goodbye, and what was under way may be lost."""
        if self._socket is not None:
            self._tally.planned_cuts += 1
            self._socket.transport.abort()

    async def end(self) -> None:
        """Leaves for good."""
        self._ending = True
        if self._socket is not None:
            with contextlib.suppress(Exception):
                await self._socket.close()

    # --- speaking ------------------------------------------------------------------------------

    async def live(self) -> None:
        """Waits for a welcome. Raises Stopped."""
        await self._live.wait()
        if self._stopped is not None:
            raise Stopped(self._stopped)

    async def mention(self, frame: Frame) -> None:
        """Says what may be left out: typing, read."""
        if self._live.is_set() and self._pacing.spare(asyncio.get_running_loop().time()):
            await self._write(frame)

    async def ask(self, frame: Frame) -> Frame:
        """A command with its answer, tried until there is one. Raises Refusal, Stopped."""
        self._refs += 1
        ref = f"r{self._refs}"
        while True:
            try:
                answer = await self._try(ref, {**frame, "ref": ref})
            except Lost as lost:
                await asyncio.sleep(lost.retry_ms / 1000)
                continue
            if answer["t"] != "error":
                return answer
            if answer["code"] not in ("rate", "unavailable"):
                raise Refusal(answer["code"])
            await asyncio.sleep((answer.get("retry_ms") or 1000) / 1000)

    async def deliver(self, frame: Frame, tried: Callable[[], None]) -> Frame:
        """A message with its ack, tried with the same cmid until there is one; ``tried`` is called when
        a try has been written. Raises Refusal for a final nack, Stopped."""
        cmid = frame["cmid"]
        while True:
            try:
                answer = await self._try(cmid, frame, tried)
            except Lost as lost:
                await asyncio.sleep(lost.retry_ms / 1000)
                continue
            if answer["t"] == "ack":
                self._tally.dups += answer["dup"]
                return answer
            self._tally.refusals[answer["code"]] += 1
            if answer["final"]:
                raise Refusal(answer["code"])
            await asyncio.sleep((answer.get("retry_ms") or 1000) / 1000)

    async def _try(self, key: str, frame: Frame, tried: Callable[[], None] = lambda: None) -> Frame:
        await self.live()
        await self._pacing.turn()
        await self.live()
        waiting = asyncio.get_running_loop().create_future()
        self._answers[key] = waiting
        try:
            await self._write(frame)
            tried()
            async with asyncio.timeout(ANSWER_SECONDS):
                answer: Frame = await waiting
                return answer
        except TimeoutError:
            raise Lost from None
        finally:
            if self._answers.get(key) is waiting:
                del self._answers[key]

    async def _write(self, frame: Frame) -> None:
        socket = self._socket
        if socket is not None:
            with contextlib.suppress(ConnectionClosed, OSError):
                await socket.send(json.dumps(frame, ensure_ascii=False))

    def _spawn_write(self, frame: Frame) -> None:
        task = asyncio.get_running_loop().create_task(self._write(frame))
        _writing.add(task)
        task.add_done_callback(_writing.discard)


_writing: set[asyncio.Task[None]] = set()
