"""One tab of one person: a socket kept as chat.v1 asks, what stands on its screen, its outbox.

It is no server code. A message is tried with the same ``cmid`` until there is an ack or a final refusal,
one in flight per conversation. Everything is noted in the history: copies that were sent, lines that
arrived (before any ordering) and lines that were shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests import canaries
from tests.faults.address import Address
from tests.faults.history import History, digest
from tests.faults.view import Frame, Lost, NoSession, Refused, View

SUBPROTOCOL = Subprotocol("chat.v1")
ANSWER_SECONDS = 8.0
SILENCE_SECONDS = 35.0
FIRST_TRY_SECONDS = 3.0
LONGEST_TRY_SECONDS = 30.0
SWAP_SECONDS = 0.3
PAGE = 100
LANES = {"ev": "event", "note_ev": "note"}
_STOP = frozenset({4403, 4404, 4409, 4410, 4413, 1009})
_sockets = count(1)


class Tab:
    """``introduce(renew)`` gives the hello and ``heard`` gets every frame after it was noted here."""

    def __init__(
        self,
        who: str,
        name: str,
        side: str,
        address: Address,
        history: History,
        chance: Random,
        introduce: Callable[[Tab, bool], Awaitable[Frame]],
        heard: Callable[[Tab, Frame], None],
    ) -> None:
        self.who, self.name, self.side = who, name, side
        self.address, self.history, self.chance = address, history, chance
        self.views: dict[str, View] = defaultdict(View)
        self.notes: dict[str, View] = defaultdict(View)
        self.follows: set[str] = set()
        self.welcome: Frame = {}
        self.db = ""
        self.stopped: int | None = None
        # What a scene may turn: how many copies of each message go out; whether anything is read;
        # whether this tab has a network at all.
        self.copies: Callable[[], int] = lambda: 1
        self.reads = asyncio.Event()
        self.reads.set()
        self.online = asyncio.Event()
        self.online.set()
        self.waiting: dict[str, int] = defaultdict(int)
        self.last_copy: Frame = {}
        self._introduce, self._heard = introduce, heard
        self._socket: ClientConnection | None = None
        self._number, self._heard_at = 0, 0.0
        self._live = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._refs = count(1)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._mending: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._least_seconds = 0.0
        self._leaving = False

    # --- the socket ----------------------------------------------------------------------------

    async def live(self) -> None:
        """Until ``leave``: connected, or trying to."""
        tries, renew = 0, False
        while not self._leaving:
            await self.online.wait()
            self._least_seconds = 0.0
            welcomed, code = await self._one_socket(renew)
            if self._leaving:
                return
            if code in _STOP or (code == 4401 and renew):
                self.stopped = code
                return
            renew = code == 4401
            tries = 0 if welcomed else tries
            if code == 4000 or renew:
                continue  # sent away at a moment that the server chose: no further jitter
            span = min(LONGEST_TRY_SECONDS, FIRST_TRY_SECONDS * 2**tries)
            least = self._least_seconds if code in (4004, 4005) else 0.0
            await asyncio.sleep(max(least, self.chance.uniform(0, span)))
            tries += 1

    async def _one_socket(self, renew: bool) -> tuple[bool, int]:
        """From dialling to the end: (whether there was a welcome, the close code)."""
        self._number, self._heard_at = next(_sockets), time.monotonic()
        welcomed, code = False, 1006
        try:
            hello = await self._introduce(self, renew)
            raw = await self.address.dial()
            async with connect(
                f"ws://{self.address.host}:{self.address.port}/ws/{self.side}",
                sock=raw,
                subprotocols=[SUBPROTOCOL],
                compression=None,
                ping_interval=None,
                max_size=None,
                open_timeout=15,
                close_timeout=1,
            ) as self._socket:
                await self._socket.send(json.dumps(hello))
                while True:
                    await self.reads.wait()
                    try:
                        async with asyncio.timeout(SILENCE_SECONDS):
                            text = await self._socket.recv()
                    except TimeoutError:
                        self.cut()  # nobody is there to answer a goodbye
                        raise
                    self._heard_at = time.monotonic()
                    welcomed = self._take(text) or welcomed
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
        except NoSession:
            code = 4401
        except (OSError, TimeoutError, InvalidHandshake, EOFError):
            pass
        finally:
            self._socket = None
            self._live.clear()
            silent = time.monotonic() - self._heard_at
            self._note("closed", code=str(code), data={"welcomed": welcomed, "silent": silent})
            for waiting in self._answers.values():
                if not waiting.done():
                    waiting.set_exception(Lost())
            self._answers.clear()
        return welcomed, code

    def cut(self) -> None:
        """Breaks the connection without a goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()

    def go_offline(self) -> None:
        """No network: nothing is tried until ``online`` is set again."""
        self.online.clear()
        self.cut()

    async def leave(self) -> None:
        self._leaving = True
        self.online.set()
        self.reads.set()
        if self._socket is not None:
            with contextlib.suppress(Exception):
                await self._socket.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connected(self) -> bool:
        return self._live.is_set()

    async def welcomed(self) -> None:
        await self._live.wait()

    @property
    def local_port(self) -> int | None:
        """The near end of the socket, by which ``house.server_of`` finds the far one."""
        return int(self._socket.local_address[1]) if self._socket is not None else None

    # --- what arrives --------------------------------------------------------------------------

    def _note(self, what: Any, **facts: Any) -> None:
        self.history.note(what, who=self.who, tab=self.name, socket=self._number, **facts)

    def _take(self, text: str | bytes) -> bool:
        """One frame; True when it was the welcome."""
        if self.side == "player":
            try:
                canaries.check(text)
            except canaries.Leak as leak:
                self._note("leaked", data={"why": str(leak)[:200]})
        frame: Frame = json.loads(text)
        kind = frame["t"]
        if kind == "welcome":
            self._greeted(frame)
        elif kind in LANES:
            self._arrived(frame["conv"], LANES[kind], frame, "push")
        elif kind == "history":
            for event in frame["events"]:
                self._arrived(frame["conv"], "event", event, "history")
            for note in frame.get("notes") or []:
                self._arrived(frame["conv"], "note", note, "history")
        elif kind == "resumed":
            self._resumed(frame)
        elif kind == "ping":
            self._ping(frame)
        elif kind == "conv" and frame["conv"] in self.follows:
            self.knows(frame["conv"], frame["last_seq"])
        elif kind in ("ack", "nack"):
            self._answered(frame)
        elif kind == "drain":
            self._note("drain")
            self._spawn(self._leave_later(frame["in_ms"], self._socket))
        elif kind == "error":
            self._least_seconds = (frame.get("retry_ms") or 0) / 1000
            if frame["code"] in ("internal", "bad_frame", "unknown_type"):
                self._note("fail", do="frame", code=frame["code"])
        self._heard(self, frame)
        if kind == "welcome":
            self._live.set()
        key = frame.get("cmid") if kind in ("ack", "nack") else frame.get("ref")
        waiting = self._answers.get(key) if key else None
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)
        return bool(kind == "welcome")

    def _greeted(self, frame: Frame) -> None:
        if self.db and self.db != frame["db"]:
            # Its numbers may stand for other lines: nothing of what is on the screen holds any more.
            self._note("forgot", data={"db": frame["db"]})
            self.views.clear()
            self.notes.clear()
            self._mending.clear()
        self.db, self.welcome = frame["db"], frame
        self._note("welcome", data={"db": frame["db"], "sid": frame["sid"]})

    async def _leave_later(self, in_ms: int, socket: ClientConnection | None) -> None:
        await asyncio.sleep(in_ms / 1000)
        if socket is not None and socket is self._socket:
            await socket.close(4000)

    def _ping(self, frame: Frame) -> None:
        for conv, head in frame["heads"].items():
            if conv in self.follows:
                self.knows(conv, head)
        have = {conv: view.last for conv, view in self.views.items() if conv in self.follows}
        self._note("ping", seq=frame["n"])
        self._spawn(self._write({"t": "pong", "n": frame["n"], "have": have}))

    def _resumed(self, frame: Frame) -> None:
        self._note(
            "resumed",
            conv=frame["conv"],
            seq=frame["to"],
            kind=frame["mode"],
            data={"from": frame["from"], "note_to": frame.get("note_to")},
        )
        self.knows(frame["conv"], frame["to"])

    def _arrived(self, conv: str, lane: str, frame: Frame, via: str) -> None:
        seq = frame["seq"] if lane == "event" else frame["note_seq"]
        facts = {
            "conv": conv,
            "lane": lane,
            "seq": seq,
            "cmid": frame.get("cmid") or "",
            "kind": frame["kind"],
            "role": frame["from"]["role"],
            "hash": digest(frame.get("body")),
        }
        self._note("frame", do=via, **facts)
        view = (self.views if lane == "event" else self.notes)[conv]
        for shown in view.arrive(seq, frame):
            self._note(
                "shown",
                do=via,
                **{
                    **facts,
                    "seq": shown["seq"] if lane == "event" else shown["note_seq"],
                    "cmid": shown.get("cmid") or "",
                    "kind": shown["kind"],
                    "role": shown["from"]["role"],
                    "hash": digest(shown.get("body")),
                },
            )
        if view.early and lane == "event":
            self._mend(conv)

    # --- holes ---------------------------------------------------------------------------------

    def knows(self, conv: str, head: int) -> None:
        """Somebody said how far a conversation is: what is missing is asked for."""
        view = self.views[conv]
        view.head = max(view.head, head)
        if view.last < view.head:
            self._mend(conv)

    def _mend(self, conv: str) -> None:
        if conv not in self._mending:
            self._mending.add(conv)
            self._spawn(self._ask_for_missing(conv))

    async def _ask_for_missing(self, conv: str) -> None:
        """What swapped on the way gets a moment; what is missing then is read, newest page first."""
        try:
            await asyncio.sleep(SWAP_SECONDS)
            view = self.views[conv]
            before = view.head + 1
            while view.last < view.head and before > view.last + 1:
                more = {"notes": True} if self.side == "staff" else {}
                page = await self.ask("history", conv=conv, before=before, limit=PAGE, **more)
                events = page["events"]
                before = events[0]["seq"] if events and page["more"] else 0
        except (Refused, Lost):
            pass
        finally:
            self._mending.discard(conv)

    # --- speaking ------------------------------------------------------------------------------

    async def ask(self, do: str, tries: int = 1000, **fields: Any) -> Frame:
        """A command with its answer, tried again on the next socket. Raises Refused, and Lost when
        there are no tries left: then nobody knows what became of it."""
        ref = f"r{next(self._refs)}"
        conv = fields.get("conv", "")
        noted = do not in ("history", "wall")
        if noted:
            self._note("invoke", do=do, conv=conv, code=ref, epoch=fields.get("epoch", 0))
        for _ in range(tries):
            try:
                answer = await self._try(ref, {"t": do, "ref": ref, **fields})
            except Lost:
                continue
            if answer["t"] != "error":
                if noted:
                    epoch = answer.get("epoch") or 0
                    self._note("ok", do=do, conv=answer.get("conv", conv), code=ref, epoch=epoch)
                return answer
            if answer["code"] in ("rate", "unavailable"):
                await asyncio.sleep((answer.get("retry_ms") or 1000) / 1000)
                continue
            if noted:
                self._note("fail", do=do, conv=conv, code=answer["code"])
            raise Refused(answer["code"])
        self._note("info", do=do, conv=conv)
        raise Lost

    def say(self, conv: str, body: str, do: str = "send", **more: Any) -> None:
        """Puts a message into the outbox."""
        cmid = str(uuid.uuid4())
        epoch = more.get("epoch", 0)
        self._note("invoke", do=do, conv=conv, cmid=cmid, hash=digest(body), epoch=epoch)
        self.waiting[conv] += 1
        frame = {"t": do, "conv": conv, "cmid": cmid, "body": body, **more}
        self._spawn(self._deliver(conv, frame))

    async def _deliver(self, conv: str, frame: Frame) -> None:
        async with self._locks[conv]:
            while True:
                try:
                    answer = await self._try(frame["cmid"], frame, self.copies())
                except Lost:
                    continue
                if answer["t"] == "ack" or answer["final"]:
                    break
                await asyncio.sleep((answer.get("retry_ms") or 1000) / 1000)
        self.waiting[conv] -= 1

    def _answered(self, frame: Frame) -> None:
        """Every ack and nack counts, also one that came twice."""
        if frame["t"] == "ack":
            seq = frame.get("seq") or frame.get("note_seq") or 0
            lane = "event" if frame.get("seq") else "note"
            data = {"dup": frame["dup"]}
            self._note(
                "ok",
                do="send",
                conv=frame["conv"],
                cmid=frame["cmid"],
                seq=seq,
                lane=lane,
                data=data,
            )
        elif frame["final"]:
            self._note("fail", do="send", cmid=frame["cmid"], code=frame["code"])

    async def _try(self, key: str, frame: Frame, copies: int = 1) -> Frame:
        await self._live.wait()
        waiting = asyncio.get_running_loop().create_future()
        self._answers[key] = waiting
        try:
            for _ in range(copies):
                if "cmid" in frame:
                    self.last_copy = frame
                    self._note("sent", do=frame["t"], conv=frame["conv"], cmid=frame["cmid"])
                await self._write(frame)
            async with asyncio.timeout(ANSWER_SECONDS):
                answer: Frame = await waiting
                return answer
        except TimeoutError:
            raise Lost from None
        finally:
            if self._answers.get(key) is waiting:
                del self._answers[key]

    async def mention(self, frame: Frame) -> None:
        """Says what needs no answer: typing, read."""
        if self._live.is_set():
            await self._write(frame)

    async def repeat(self, frame: Frame) -> None:
        """One more copy of a message that some tab of this person sent."""
        if self._live.is_set():
            self._note("sent", do=frame["t"], conv=frame["conv"], cmid=frame["cmid"])
            await self._write(frame)

    async def _write(self, frame: Frame) -> None:
        socket = self._socket
        if socket is not None:
            with contextlib.suppress(ConnectionClosed, OSError):
                await socket.send(json.dumps(frame, ensure_ascii=False))

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- questions -----------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Nothing waits for an answer."""
        return not any(self.waiting.values())
