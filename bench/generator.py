"""The open-loop generator: sends each message at its intended time, whatever has come back by then.

One process and one clock for both ends, so a delivery latency is receipt minus intended time, and what
the generator itself is late by counts against the server and is measured too (``lag``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

import picows

from bench import messages
from bench.accounts import Accounts
from bench.latencies import summary
from bench.machine import Spent
from bench.steps import LIMIT_MS, Step

WAKE_SECONDS = 0.0005
LOOK_SECONDS = 0.1
QUIET_SECONDS = 1.0
DRAIN_SECONDS = 15.0
HOPELESS = 0.02


class Sink(Protocol):
    """What sockets tell what they heard. ``chat`` and ``number`` name a message."""

    def arrived(self, chat: int, number: int) -> None: ...

    def acked(self, chat: int, number: int) -> None: ...

    def refused(self) -> None: ...


class Socket(picows.WSListener):
    """One client socket; a build's wire says in ``hear`` what a frame means."""

    transport: picows.WSTransport
    closed = False

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            self.hear(frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            self.closed = True

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.closed = True

    def hear(self, text: bytes) -> None:
        raise NotImplementedError

    def say(self, text: bytes) -> None:
        self.transport.send(picows.WSMsgType.TEXT, text)

    async def leave(self) -> None:
        self.transport.send_close(picows.WSCloseCode.OK)
        self.transport.disconnect()


async def dial(make: Callable[[], Socket], url: str, **options: Any) -> Socket:
    _, socket = await picows.ws_connect(make, url, **options)
    assert isinstance(socket, Socket)
    return socket


class Generator:
    """Runs steps against chats that are open already. Numbers never repeat over its life.

    ``send(chat, number)`` writes one message to the socket of its speaker; ``rows()`` counts messages in
    the database and is None where nothing is stored or acked; ``sockets`` are all that take part.
    """

    def __init__(
        self,
        chats: int,
        send: Callable[[int, int], None],
        rows: Callable[[], int] | None,
        sockets: list[Socket],
        server_pid: int,
    ) -> None:
        self._chats, self._send = chats, send
        self._durable, self._rows = rows is not None, rows or (lambda: 0)
        self._sockets, self._server_pid = sockets, server_pid
        self._next = 0
        self._accounts = Accounts(chats, 0, 0)
        self._rate, self._began = 1.0, 0.0
        self._delivery: list[float] = []
        self._ack: list[float] = []
        self._last_heard = 0.0
        self.acked_ever: set[tuple[int, int]] = set()

    # --- what sockets heard --------------------------------------------------------------------

    def arrived(self, chat: int, number: int) -> None:
        if self._accounts.arrive(chat, number):
            self._delivery.append(self._since_intended(chat, number))

    def acked(self, chat: int, number: int) -> None:
        if self._accounts.ack(chat, number):
            self._ack.append(self._since_intended(chat, number))
            self.acked_ever.add((chat, number))

    def refused(self) -> None:
        self._accounts.refused += 1

    def _since_intended(self, chat: int, number: int) -> float:
        self._last_heard = now = time.monotonic()
        place = (number - self._accounts.first) * self._chats + chat
        return now - self._began - place / self._rate

    # --- a step --------------------------------------------------------------------------------

    async def step(self, rate: int, seconds: float, *, short: bool = False) -> Step:
        """Sends, then waits until everything is settled or nothing moves any more."""
        chats = self._chats
        rounds = max(round(rate * seconds / chats), 1)
        accounts = self._accounts = Accounts(chats, self._next, rounds, acks=self._durable)
        self._next += rounds
        self._delivery, self._ack = [], []
        before = self._rows()
        spent = Spent(self._server_pid)
        self._rate, self._began = rate, time.monotonic() + 0.05
        lags, gave_up = await self._send_all(accounts, rate)
        took = time.monotonic() - self._began
        share, cores = spent.now()
        await self._settle(accounts)
        return Step(
            rate=rate,
            seconds=round(took, 2),
            sent=accounts.sent,
            delivered=accounts.delivered,
            acked=accounts.acked,
            committed=self._rows() - before,
            lost=accounts.lost,
            doubled=accounts.doubled,
            reordered=accounts.reordered,
            refused=accounts.refused,
            gave_up=gave_up,
            delivery=summary(self._delivery),
            ack=summary(self._ack),
            lag=summary(lags),
            short=short,
            server_cpu=share,
            server_us=round(spent.seconds() / max(accounts.delivered, 1) * 1e6, 1),
            cores=cores,
            closed_sockets=sum(socket.closed for socket in self._sockets),
            durable=self._durable,
        )

    async def _send_all(self, accounts: Accounts, rate: int) -> tuple[list[float], bool]:
        """Lags in seconds, and whether it was given up because p99 can no longer be met."""
        total, chats, first = accounts.rounds * self._chats, self._chats, accounts.first
        began, send, clock = self._began, self._send, time.monotonic
        lags: list[float] = []
        look = began + LOOK_SECONDS
        place = 0
        while place < total:
            now = clock()
            due = min(int((now - began) * rate) + 1, total) if now >= began else 0
            while place < due:
                send(place % chats, first + place // chats)
                accounts.sent += 1
                lags.append(clock() - began - place / rate)
                place += 1
            if now >= look:
                look = now + LOOK_SECONDS
                due_by_now = int((now - began - LIMIT_MS / 1000) * rate)
                if due_by_now - accounts.delivered > HOPELESS * total:
                    return lags, True
            await asyncio.sleep(max(began + place / rate - clock(), WAKE_SECONDS))
        return lags, False

    async def _settle(self, accounts: Accounts) -> None:
        self._last_heard = began = time.monotonic()
        while not accounts.settled:
            now = time.monotonic()
            if now - self._last_heard > QUIET_SECONDS or now - began > DRAIN_SECONDS:
                return
            await asyncio.sleep(0.01)


def speak(
    sockets: list[list[Socket]], texts: Callable[[int, int, int], bytes]
) -> Callable[[int, int], None]:
    """A ``send`` from sockets by chat and side, and what a message is on the wire."""

    def send(chat: int, number: int) -> None:
        side = messages.speaker(chat, number)
        sockets[chat][side].say(texts(chat, side, number))

    return send
