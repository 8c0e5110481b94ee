"""How many PUBLISH a second a Valkey with a core to itself takes, when one subscriber hears each.

The commands are encoded once and written to a plain socket: a client library would be measured otherwise.
"""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bench import machine, messages
from bench.limits.loops import Loop
from chatdesk.serving import valkey

CHANNEL = b"bench"
# So many are written at once, and so many may be without an answer.
PIPELINED, WINDOW = 64, 512
START_SECONDS = 10.0
READ_BYTES = 262_144
ANSWER = b":1\r\n"
SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$5\r\nbench\r\n:1\r\n"


def command(*words: bytes) -> bytes:
    """A command of RESP2, as bytes of the wire."""
    parts = b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n%b" % (len(words), parts)


def measure(folder: Path, seconds: float, *, pipelined: bool) -> dict[str, Any]:
    """What the loop found, and how many the subscriber heard (``heard``). Valkey has the server's core.

    ``folder`` is where Valkey may write. Raises RuntimeError when an answer is not what one subscriber
    makes it, or when the subscriber did not hear everything.
    """
    child, url = valkey.embedded(folder)
    child.start()
    try:
        with _connected(url) as publisher, _connected(url) as listener:
            assert child.pid is not None
            machine.pin(child.pid, machine.SERVER_CORE)
            heard = _Heard(listener)
            loop = Loop()
            published = _publish(publisher, seconds, PIPELINED if pipelined else 1)
            found = loop.found(published)
            heard.until(published)
            return {**found, "heard": heard.messages}
    finally:
        child.ask_to_end()
        child.end(time.monotonic() + 5)


def _connected(url: str) -> socket.socket:
    """A connection that is let in; waits until the server is up."""
    parts = urlsplit(url)
    assert parts.port is not None
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            line = socket.create_connection(("127.0.0.1", parts.port), START_SECONDS)
            break
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sendall(command(b"AUTH", unquote(parts.password or "").encode()))
    if line.recv(READ_BYTES) != b"+OK\r\n":
        raise RuntimeError("Valkey does not let us in")
    return line


def _publish(line: socket.socket, seconds: float, at_once: int) -> int:
    """How many were published and answered; with ``at_once`` of 1 each waits for the one before."""
    many = command(b"PUBLISH", CHANNEL, messages.body(0, 0).encode()) * at_once
    ahead = WINDOW - at_once if at_once > 1 else 0
    answers, published = _Answers(line), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        line.sendall(many)
        published += at_once
        answers.until(published - ahead)
    answers.until(published)
    return published


class _Answers:
    """The answers to PUBLISH: each says that one subscriber was told."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._bytes = line, 0

    def until(self, many: int) -> None:
        """Reads until there are so many. Raises RuntimeError for any other answer."""
        while self._bytes < many * len(ANSWER):
            found = self._line.recv(READ_BYTES)
            if not found or found.strip(ANSWER):
                raise RuntimeError(f"Valkey answered {found[:80]!r}")
            self._bytes += len(found)


class _Heard:
    """Counts what a subscriber hears, in a thread: all messages are equally long."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._bytes = line, 0
        self._each = len(command(b"message", CHANNEL, messages.body(0, 0).encode()))
        line.sendall(command(b"SUBSCRIBE", CHANNEL))
        # Read before anything is published: from here on it hears messages only.
        if line.recv(READ_BYTES) != SUBSCRIBED:
            raise RuntimeError("Valkey does not let us subscribe")
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def messages(self) -> int:
        return self._bytes // self._each

    def _listen(self) -> None:
        try:
            while found := len(self._line.recv(READ_BYTES)):
                self._bytes += found
        except OSError:
            return  # the measurement is over

    def until(self, published: int) -> None:
        """Raises RuntimeError when so many have not come a while after they were answered."""
        patience = time.monotonic() + START_SECONDS
        while self.messages < published:
            if time.monotonic() > patience:
                raise RuntimeError(f"{published} were published and {self.messages} heard")
            time.sleep(0.01)
