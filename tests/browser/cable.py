"""The line between the browsers and the server, in the hand of a test: it can be cut, and it can stay up
and carry nothing, which is what most lost connections look like from a page."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

CHUNK = 65536
HEAD = 4096


class Line:
    """One connection from a browser, and its other half to the server."""

    def __init__(self, near: socket.socket, far: socket.socket, *, is_socket: bool) -> None:
        self.near, self.far, self.is_socket = near, far, is_socket
        self.carries_up = threading.Event()
        self.carries_down = threading.Event()
        self.carries_up.set()
        self.carries_down.set()

    def carry(self, source: socket.socket, target: socket.socket, open_: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                open_.wait()
                target.sendall(data)
        self.end()

    def end(self) -> None:
        for one in (self.near, self.far):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.carries_up.set()
        self.carries_down.set()


class Cable:
    """Listens on a port of its own and carries everything to ``far_port``."""

    def __init__(self, port: int, far_port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._far_port = far_port
        self._lines: list[Line] = []
        self._refuses_sockets = False
        self._listener = socket.create_server(("127.0.0.1", port))
        self._thread(self._listen)

    @staticmethod
    def _thread(target: object, *args: object) -> None:
        threading.Thread(target=target, args=args, daemon=True).start()  # type: ignore[arg-type]

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._thread(self._join, near)

    def _join(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head = near.recv(HEAD)
            is_socket = b"upgrade: websocket" in head.lower()
            if not head or (is_socket and self._refuses_sockets):
                near.close()
                return
            far = socket.create_connection(("127.0.0.1", self._far_port))
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far.sendall(head)
            line = Line(near, far, is_socket=is_socket)
            self._lines.append(line)
            self._thread(line.carry, near, far, line.carries_up)
            line.carry(far, near, line.carries_down)
            self._lines.remove(line)
            return
        near.close()

    @property
    def _sockets(self) -> Iterator[Line]:
        return (line for line in list(self._lines) if line.is_socket)

    @property
    def sockets(self) -> int:
        """How many are open."""
        return sum(1 for _ in self._sockets)

    def open_now(self) -> list[Line]:
        """The sockets that are open at this moment."""
        return list(self._sockets)

    def stall(self, *, up: bool = True, down: bool = True, only: list[Line] | None = None) -> None:
        """The sockets that are open now stay open and carry nothing more; new ones are fine."""
        for line in self._sockets if only is None else only:
            if up:
                line.carries_up.clear()
            if down:
                line.carries_down.clear()

    def cut(self) -> None:
        for line in self._sockets:
            line.end()

    @contextlib.contextmanager
    def without_sockets(self) -> Iterator[None]:
        """Pages load, but none of their sockets opens."""
        self._refuses_sockets = True
        self.cut()
        try:
            yield
        finally:
            self._refuses_sockets = False

    def close(self) -> None:
        self._listener.close()
        for line in list(self._lines):
            line.end()
