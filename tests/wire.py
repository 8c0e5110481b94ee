"""One socket that speaks the wire protocol as others do, and what an honest client knows by it.

It shares no code with the server. It keeps what an honest client keeps (transcripts by ``seq``, states),
answers pings, and notes every frame. What its reader raises is raised to the test, at the latest when the
client leaves.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from copy import deepcopy
from types import TracebackType
from typing import Any, Self

import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.live import Live

SECONDS = 15.0
Frame = dict[str, Any]


class Refused(Exception):
    """An ``error`` frame that answers a command, or a ``nack``."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame["code"])
        self.frame = frame
        self.code: str = frame["code"]


def cmid() -> str:
    return str(uuid.uuid4())


class Client:
    """One socket and what an honest client knows of it."""

    path = ""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.frames: list[Frame] = []
        self.welcome: Frame = {}
        self.events: dict[str, dict[int, Frame]] = {}
        self.notes: dict[str, dict[int, Frame]] = {}
        self.states: dict[str, Frame] = {}
        self.close_code: int | None = None
        self.answers_pings = True
        self.confirms = True
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._refs = 0

    # --- the socket ----------------------------------------------------------------------------

    async def hello(self) -> Frame:
        raise NotImplementedError

    async def dial(self, origin: str | None = None, subprotocol: str | None = "chat.v1") -> None:
        """Opens the socket and says nothing."""
        self._socket = await connect(
            f"ws://127.0.0.1:{self.live.port}{self.path}",
            subprotocols=[websockets.Subprotocol(subprotocol)] if subprotocol else None,
            origin=websockets.Origin(origin) if origin else None,
            ping_interval=None,
            max_size=None,
            proxy=None,
            compression=None,
        )
        self.close_code = None
        self._reader = asyncio.create_task(self._read())

    async def join(self, origin: str | None = None, **resume: Any) -> Self:
        """Opens the socket, says hello, waits for the welcome."""
        await self.dial(origin)
        hello = await self.hello()
        if resume:
            hello["resume"] = resume
        already = len(self.frames)
        await self.say(hello)
        self.welcome = await self.frame("welcome", since=already)
        return self

    async def leave(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await asyncio.wait([self._reader], timeout=5)
            self._raise_what_was_read()

    async def vanish(self) -> None:
        """The connection breaks without a word."""
        assert self._socket is not None
        self._socket.transport.abort()
        await self.closed()

    def _raise_what_was_read(self) -> None:
        """What the reader met, a leak above all, fails the test that uses the client."""
        reader = self._reader
        if reader is not None and reader.done() and not reader.cancelled():
            error = reader.exception()
            if error is not None:
                raise error

    async def __aenter__(self) -> Self:
        return await self.join()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.leave()

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            if self._socket.response is not None:
                self.check(str(self._socket.response.headers))
            async for text in self._socket:
                self.check(text)
                frame = json.loads(text)
                self.frames.append(frame)
                self.take(frame)
                self._news.set()
                if frame["t"] == "ping" and self.answers_pings:
                    have = {"have": self.have()} if self.confirms else {}
                    await self.say({"t": "pong", "n": frame["n"], **have})
        except websockets.ConnectionClosed:
            pass
        finally:
            self.close_code = self._socket.close_code
            self._news.set()
        self.check(self._socket.close_reason or "")

    def check(self, text: str | bytes) -> None:
        """Looks at every byte that arrives."""

    async def say(self, frame: Frame | str | bytes) -> None:
        assert self._socket is not None
        await self._socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    @property
    def subprotocol(self) -> str | None:
        """What the server chose."""
        return self._socket.subprotocol if self._socket is not None else None

    @property
    def local_port(self) -> int:
        """The near end of the socket, by which ``Live.server_of`` finds the far one."""
        assert self._socket is not None
        return int(self._socket.local_address[1])

    # --- what is known -------------------------------------------------------------------------

    def take(self, frame: Frame) -> None:
        kind = frame["t"]
        if kind == "ev":
            self.events.setdefault(frame["conv"], {}).setdefault(frame["seq"], frame)
        elif kind == "note_ev":
            self.notes.setdefault(frame["conv"], {}).setdefault(frame["note_seq"], frame)
        elif kind == "history":
            for event in frame["events"]:
                self.events.setdefault(frame["conv"], {}).setdefault(event["seq"], event)
            for note in frame.get("notes") or []:
                self.notes.setdefault(frame["conv"], {}).setdefault(note["note_seq"], note)
        elif kind == "conv":
            self.states[frame["conv"]] = {**deepcopy(frame), "t": "conv"}
        elif kind == "welcome" and frame.get("conv"):
            self.states[frame["conv"]["conv"]] = deepcopy(frame["conv"])
        elif kind == "eph" and frame["kind"] in ("delivered", "read"):
            state = self.states.get(frame["conv"])
            if state is not None:
                marks = state[frame["kind"]]
                marks[frame["role"]] = max(marks[frame["role"]], frame["seq"])

    def have(self) -> dict[str, int]:
        """The highest seq without a hole, per conversation."""
        found = {}
        for conv, events in self.events.items():
            seq = min(events, default=1) - 1
            while seq + 1 in events:
                seq += 1
            found[conv] = seq
        return found

    def bodies(self, conv: str) -> list[str]:
        """The texts of the conversation, in order."""
        events = self.events.get(conv, {})
        return [events[seq]["body"] for seq in sorted(events) if events[seq].get("body")]

    def kinds(self, conv: str) -> list[str]:
        events = self.events.get(conv, {})
        return [events[seq]["kind"] for seq in sorted(events)]

    # --- waiting -------------------------------------------------------------------------------

    async def until(
        self, holds: Callable[[], Any], what: str = "", seconds: float = SECONDS
    ) -> Any:
        """Waits until the condition holds and returns its value."""
        end = time.monotonic() + seconds
        while True:
            self._news.clear()
            self._raise_what_was_read()
            value = holds()
            if value:
                return value
            left = end - time.monotonic()
            if left <= 0:
                last = [frame["t"] for frame in self.frames[-8:]]
                raise AssertionError(f"not within {seconds} s: {what or holds}; last {last}")
            try:
                await asyncio.wait_for(self._news.wait(), min(left, 0.25))
            except TimeoutError:
                pass

    async def frame(self, kind: str, /, since: int = 0, **fields: Any) -> Frame:
        """The first frame of a kind with these fields, counted from ``since``."""

        def found() -> Frame | None:
            for frame in self.frames[since:]:
                if frame["t"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                    return frame
            if self.close_code is not None:
                raise AssertionError(f"closed with {self.close_code} while waiting for {kind}")
            return None

        frame: Frame = await self.until(found, f"{kind} {fields}")
        return frame

    async def closed(self, seconds: float = SECONDS) -> int:
        """Waits for the end of the socket; returns the close code."""
        await self.until(lambda: self.close_code is not None, "closed", seconds)
        assert self.close_code is not None
        return self.close_code

    # --- speaking ------------------------------------------------------------------------------

    async def ask(self, kind: str, **fields: Any) -> Frame:
        """A command with a ref; returns the answer or raises Refused."""
        self._refs += 1
        ref = f"r{self._refs}"
        already = len(self.frames)
        await self.say({"t": kind, "ref": ref, **fields})

        def answered() -> Frame | None:
            for frame in self.frames[already:]:
                if frame.get("ref") == ref:
                    return frame
            if self.close_code is not None:
                raise AssertionError(f"closed with {self.close_code} after {kind}")
            return None

        answer: Frame = await self.until(answered, f"answer to {kind}")
        if answer["t"] == "error":
            raise Refused(answer)
        return answer

    async def write(self, kind: str, **fields: Any) -> Frame:
        """A command that is answered by ack or nack; returns the ack or raises Refused."""
        fields.setdefault("cmid", cmid())
        already = len(self.frames)
        await self.say({"t": kind, **fields})

        def answered() -> Frame | None:
            for frame in self.frames[already:]:
                if frame["t"] in ("ack", "nack") and frame["cmid"] == fields["cmid"]:
                    return frame
            if self.close_code is not None:
                raise AssertionError(f"closed with {self.close_code} after {kind}")
            return None

        answer: Frame = await self.until(answered, f"answer to {kind}")
        if answer["t"] == "nack":
            raise Refused(answer)
        return answer

    async def still_usable(self) -> None:
        """The socket answers a command."""
        try:
            await self.ask("history", conv="nothing-of-this-name")
        except Refused as refused:
            assert refused.code == "not_found"
