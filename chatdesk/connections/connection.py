"""The base of every socket: hello, decode, limits, refusals to frames, following conversations, pings.

States: no hello yet, greeting, live, closed. A frame moves through ``_receive`` in one go and
never waits for the database: sends go to the committer, everything else that needs it queues per socket,
so one slow query holds up neither pongs nor other sockets. Channels' own ``dispatch`` hops through one
shared thread before every event; ours does not.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import Any, ClassVar

import structlog
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings

from chatdesk.connections import answers, database, draining
from chatdesk.connections.arriving import NotAuthenticated, WrongOrigin
from chatdesk.connections.following import Following
from chatdesk.connections.limits import Limits
from chatdesk.connections.outgoing import Outgoing
from chatdesk.connections.pulse import Pulse
from chatdesk.connections.runtime import runtime
from chatdesk.conversations import errors
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft, Outcome
from chatdesk.delivery import audience, counting
from chatdesk.delivery.audience import Line, Word
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec, words
from chatdesk.delivery.protocol.codec import BadInput
from chatdesk.delivery.protocol.commands import Command, Pong
from chatdesk.delivery.protocol.frames import Error, Frame, Nack
from chatdesk.delivery.protocol.frames import Limits as LimitsPart
from chatdesk.delivery.protocol.words import Close

log = structlog.get_logger(__name__)

QUEUED_COMMANDS = 32


class Connection(AsyncConsumer):
    """One socket. Subclasses say who it is and what its commands do."""

    # No channel layer per socket: the process has one channel, the hub fans out.
    channel_layer_alias = "none per socket"
    side: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sid = secrets.token_urlsafe(12)
        self.limits = Limits.in_force()
        self.actor: Actor | None = None
        self.following = Following(self)
        self.topics: set[str] = set()
        self.origin: str | None = None
        self.live = False
        self.last_followed: set[str] = set()
        self._person = ""
        self._seat = ""
        self.pulse = Pulse(
            settings.CHATDESK_PING_SECONDS[self.side],
            beat=self._ping,
            silent=lambda: self.out.close(Close.NO_PONG),
            check=self._goes_on,
        )
        self._greeting = False
        self._early: deque[Command] = deque()
        self._commands: deque[Command] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._working = False
        self._last_send: asyncio.Future[Outcome] | None = None

    # --- what subclasses give ------------------------------------------------------------------

    def decode(self, text: str) -> Command:
        raise NotImplementedError

    async def greet(self, hello: Command) -> None:
        """Authenticates, sets ``actor``, says welcome, resumes. Raises NotAuthenticated."""
        raise NotImplementedError

    def quick(self, command: Command) -> bool:
        """Handles a command that needs no database; False leaves it to ``carry_out``."""
        raise NotImplementedError

    async def carry_out(self, command: Command) -> None:
        """Runs a verb and answers it. Refusals may be raised."""
        raise NotImplementedError

    def draft(self, command: Command) -> Draft | None:
        """What a command wants written into a conversation, if it is of that kind."""
        raise NotImplementedError

    def ping_frame(self, number: int, heads: dict[str, int]) -> Frame:
        raise NotImplementedError

    def departed(self) -> None:
        """The socket is gone; topics are left already."""

    # --- ASGI events ---------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Channels' loop waits on a channel layer too, with two tasks for each event; a socket of
        ours hears the hub by plain calls, so it has only its own frames to wait for."""
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            return

    async def dispatch(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "websocket.receive":
            self._received(message)
        elif kind == "websocket.connect":
            await self._connected()
        elif kind == "websocket.disconnect":
            await self._gone()
            raise StopConsumer

    async def _connected(self) -> None:
        self.out = Outgoing(self.base_send, self.limits.unconfirmed_bytes, lambda: None)
        for name, value in self.scope["headers"]:
            if name == b"origin":
                self.origin = value.decode("latin-1")
        offered = words.SUBPROTOCOL in self.scope.get("subprotocols", [])
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if offered:
            accept["subprotocol"] = words.SUBPROTOCOL
        await self.base_send(accept)
        if not offered:
            self.out.close(Close.VERSION)
            return
        if draining.is_draining():
            self.out.close(Close.DRAIN)
            return
        runtime.sockets[self] = None
        self.pulse.wait_for_hello(
            self.limits.hello_seconds, lambda: self.out.close(Close.NOT_AUTHENTICATED)
        )

    def _received(self, message: dict[str, Any]) -> None:
        if self.out.closing is not None:
            return
        self.pulse.heard()
        command: Command | BadInput
        try:
            command = self._understood(message.get("text"))
        except BadInput as bad:
            command = bad
        if self.live and not self._within_rate(command):
            return
        if isinstance(command, BadInput):
            self._first_or_error(command)
        else:
            self._take(command)

    def _understood(self, text: str | None) -> Command:
        if text is None:
            raise BadInput("bad_frame", "Frames are text.")
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if size > self.limits.frame_close_bytes:
            self.answer(Error(code="too_big", message="The frame is too big."))
            self.out.close(Close.TOO_BIG)
        if size > self.limits.frame_bytes:
            raise BadInput("too_big", "The frame is too big.")
        return self.decode(text)

    def _within_rate(self, command: Command | BadInput) -> bool:
        frames = self.limits.player_frames if self.side == "player" else self.limits.staff_frames
        pong = isinstance(command, Pong)
        verdict, left_ms = runtime.crowd.spoke(
            self._person, frames, self.limits.rate_seconds, pong=pong
        )
        if verdict != "fine" and not pong:
            for refusal in answers.too_fast(command, left_ms):
                self.answer(refusal)
        if verdict == "far over":
            self.out.close(Close.RATE)
        return verdict == "fine"

    def _first_or_error(self, bad: BadInput) -> None:
        self.answer(answers.not_understood(bad, live=self.live))
        if not self.live and not self._greeting:
            self.out.close(Close.NOT_AUTHENTICATED)

    # --- commands ------------------------------------------------------------------------------

    def _take(self, command: Command) -> None:
        is_hello = getattr(command, "v", None) is not None
        if is_hello and (self.live or self._greeting):
            self.answer(Error(code="bad_frame", message="There was a hello already."))
        elif is_hello:
            self._greeting = True
            self.spawn(self._greet(command))
        elif self._greeting:
            # Who does not wait for the welcome is answered after it.
            self._keep(self._early, command)
        elif not self.live:
            self._first_or_error(BadInput("bad_frame", "The first frame is hello."))
        elif isinstance(command, Pong):
            self._ponged(command)
        elif not self.quick(command):
            draft = self.draft(command)
            if draft is not None:
                self._submit(draft)
            elif self._keep(self._commands, command) and not self._working:
                self._working = True
                self.spawn(self._work())

    def _keep(self, queue: deque[Command], command: Command) -> bool:
        if len(queue) < QUEUED_COMMANDS:
            queue.append(command)
            return True
        ref = getattr(command, "ref", None)
        self.answer(Error(code="rate", message="Wait.", ref=ref, retry_ms=1000))
        return False

    def _submit(self, draft: Draft) -> None:
        if len(draft.body) > self.limits.body_chars:
            self.answer(Nack(cmid=draft.cmid, code="bad_field", final=True))
            return
        self._last_send = runtime.committer.submit(draft, self._decided)

    def _decided(self, draft: Draft, outcome: Outcome) -> None:
        if not self.reconsiders(draft, outcome):
            self.answer(answers.decided(draft, outcome))

    def reconsiders(self, draft: Draft, outcome: Outcome) -> bool:
        """True when the outcome is not the last word on the draft: it is answered later."""
        return False

    async def _work(self) -> None:
        """One command after the other, each after the sends that came before it."""
        try:
            while self._commands and self.out.closing is None:
                command = self._commands.popleft()
                if self._last_send is not None and not self._last_send.done():
                    await asyncio.wait([self._last_send])
                await self._answered(command)
        finally:
            self._working = False

    async def _answered(self, command: Command) -> None:
        ref = getattr(command, "ref", None)
        try:
            await self.carry_out(command)
        except errors.Refusal as refusal:
            self.answer(answers.refused(refusal, ref))
        except database.AWAY as error:
            log.warning("command_failed", error=type(error).__name__)
            self.answer(answers.away(ref))
        except Exception:
            # A bug of ours must not end somebody's chat.
            error_id = secrets.token_hex(6)
            log.exception("command_failed", error_id=error_id, command=type(command).__name__)
            self.answer(answers.bug(ref, error_id))

    async def _greet(self, hello: Command) -> None:
        if getattr(hello, "v", 0) != words.VERSION:
            self.out.close(Close.VERSION)
            return
        try:
            await self.greet(hello)
        except NotAuthenticated:
            self.out.close(Close.NOT_AUTHENTICATED)
        except WrongOrigin:
            self.out.close(Close.FORBIDDEN)
        except database.AWAY as error:
            log.warning("hello_failed", error=type(error).__name__)
            self.back_end_away()
        except Exception:
            # As for a command, but without a greeting there is nothing to go on with.
            log.exception("hello_failed")
            self.out.close(1011)
        finally:
            self._greeting = False
        while self.live and self._early:
            self._take(self._early.popleft())

    def back_end_away(self) -> None:
        """Nothing can be promised now: come back later."""
        self.answer(answers.away(least_ms=1_000, most_ms=8_000))
        self.out.close(Close.BACKEND_AWAY)

    # --- being greeted -------------------------------------------------------------------------

    async def settle_in(self, *, person: str, seat: str, sockets: int) -> None:
        """Counts the socket; a person's surplus sockets, oldest first, are closed with 4409."""
        self._person, self._seat = person, seat
        self.hear(audience.socket(self.sid))
        for old in runtime.crowd.enter(seat, self, sockets):
            old.on_shut(Close.REPLACED)
        if await runtime.sockets_of.join(seat, self.sid, sockets):
            self.spawn(self._push_out(seat, sockets))

    async def _push_out(self, seat: str, sockets: int) -> None:
        await asyncio.sleep(counting.SURPLUS_SECONDS)
        for sid in await runtime.sockets_of.surplus(seat, sockets):
            hub.publish([audience.Shut(audience.socket(sid), Close.REPLACED)])

    def welcome(self, frame: Frame) -> None:
        self.answer(frame)
        self.live = True
        self.pulse.begin()

    def limits_part(self) -> LimitsPart:
        return LimitsPart(frame_bytes=self.limits.frame_bytes, body_chars=self.limits.body_chars)

    # --- frames --------------------------------------------------------------------------------

    def answer(self, frame: Frame) -> None:
        self.out.answer(codec.encode(frame))

    def reply(self, text: str) -> None:
        """A ready frame that the client asked for: no part of what it must confirm."""
        self.out.answer(text)

    def push(self, text: str) -> None:
        self.out.push(text)
        if self.out.wants_early_ping():
            self._ping()

    # --- topics and conversations --------------------------------------------------------------

    def hear(self, topic: str) -> None:
        self.topics.add(topic)
        hub.join(topic, self)

    def unhear(self, topic: str) -> None:
        self.topics.discard(topic)
        hub.leave(topic, self)

    # --- what the hub calls --------------------------------------------------------------------

    def on_line(self, line: Line, side: str) -> None:
        self.following.on_line(line)

    def on_word(self, word: Word) -> None:
        if self.live and word.but_sid != self.sid:
            self.out.push(word.text, fleeting=word.fleeting)

    def on_shut(self, code: int) -> None:
        self.out.close(code)

    def on_head(self, conv: str, seq: int, note_seq: int) -> None:
        self.following.on_head(conv, seq, note_seq)

    # --- time ----------------------------------------------------------------------------------

    def _goes_on(self) -> bool:
        """Whether the socket is still open, and its reader not too slow."""
        if self.out.unconfirmed_seconds() > self.limits.unconfirmed_seconds:
            self.out.close(Close.SLOW)
        return self.out.closing is None

    def _ping(self) -> None:
        self.answer(self.ping_frame(self.out.next_ping(), self.following.heads()))

    def _ponged(self, pong: Pong) -> None:
        self.out.ponged(pong.n)
        for conv, seq in (pong.have or {}).items():
            self.has_received(conv, seq)

    def has_received(self, conv: str, seq: int) -> None:
        """The client confirms what it has of a conversation."""
        raise NotImplementedError

    # --- the end -------------------------------------------------------------------------------

    def spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _gone(self) -> None:
        runtime.sockets.pop(self, None)
        # Whatever is still under way must not join anything any more: nobody would leave it again.
        for task in self._tasks:
            task.cancel()
        self.pulse.end()
        self.last_followed = self.following.conversations()
        for topic in list(self.topics):
            self.unhear(topic)
        self.following.clear()
        if self._seat:
            runtime.crowd.exit(self._seat, self)
            await runtime.sockets_of.leave(self._seat, self.sid)
        if self.live:
            self.departed()
        self.live = False
        await self.out.abandon()
