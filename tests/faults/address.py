"""Where somebody reaches the house: straight, through the chaos proxy, or out of a network namespace."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REQUEST_SECONDS = 10.0
CONNECT_SECONDS = 10.0
LARGEST_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """``open_socket`` makes a socket that is not connected yet, where it must be made in a special place;
    it is called in a thread."""

    host: str
    port: int
    open_socket: Callable[[], socket.socket] | None = None

    async def dial(self) -> socket.socket:
        """A connected socket. Raises OSError, TimeoutError."""
        make = self.open_socket or (lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        made = await asyncio.to_thread(make) if self.open_socket else make()
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(made, (self.host, self.port))
        except BaseException:
            made.close()
            raise
        return made

    async def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One HTTP request with a JSON body: (status, the JSON object). Raises OSError, TimeoutError."""
        async with asyncio.timeout(REQUEST_SECONDS):
            reader, writer = await asyncio.open_connection(
                sock=await self.dial(), limit=LARGEST_ANSWER
            )
            try:
                content = b"" if body is None else json.dumps(body).encode()
                lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
                sent = {"Connection": "close", "Content-Length": str(len(content))}
                if body is not None:
                    sent["Content-Type"] = "application/json"
                lines += [f"{name}: {value}" for name, value in {**sent, **(headers or {})}.items()]
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
                return _answer(await reader.read())
            finally:
                writer.close()
                with contextlib.suppress(OSError, TimeoutError):
                    await writer.wait_closed()


def _answer(raw: bytes) -> tuple[int, dict[str, Any]]:
    head, _, content = raw.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 3:
        raise ConnectionResetError("no whole answer")
    if b"transfer-encoding: chunked" in head.lower():
        content = _unchunked(content)
    try:
        found = json.loads(content) if content else {}
    except ValueError:
        found = {}
    return int(words[1]), found if isinstance(found, dict) else {}


def _unchunked(content: bytes) -> bytes:
    whole = b""
    while content:
        size, _, rest = content.partition(b"\r\n")
        length = int(size or b"0", 16)
        whole, content = whole + rest[:length], rest[length + 2 :]
        if not length:
            break
    return whole
