"""The demo casino's web server: real HTTP on an origin of its own, for this machine only."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from chatdesk.demo.casino import lobby
from chatdesk.demo.casino.brands import PLAYERS, DemoBrand
from chatdesk.demo.casino.signing import TOKEN_LIFETIME_SECONDS, player_token

HOST = "127.0.0.1"
_STOP_SECONDS = 5
_FILES = {"/casino.css": "text/css", "/casino.js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    content_type: str
    body: bytes


def _json(status: HTTPStatus, body: Mapping[str, str | int]) -> _Answer:
    return _Answer(status, "application/json", json.dumps(body).encode())


def _text(content_type: str, body: str) -> _Answer:
    return _Answer(HTTPStatus.OK, content_type, body.encode())


_NOT_FOUND = _Answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, casino: CasinoServer) -> None:
        self.casino = casino
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "casino"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._send(self.server.casino.answer(self.path), with_body=True)

    def do_HEAD(self) -> None:
        self._send(self.server.casino.answer(self.path), with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: tokens stand in no address, but a demo needs no second access log."""

    def _send(self, answer: _Answer, *, with_body: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", f"{answer.content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Content-Security-Policy", self.server.casino.policy)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "strict-origin-when-cross-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)


class CasinoServer:
    """The outside casino. `/` is the first brand's lobby, `/<slug>` any brand's.

    `chat_origin` is where chatdesk runs, such as `http://127.0.0.1:8000`. Port 0 takes a free one;
    `origin` then says which. Raises ValueError without a brand, OSError when the port is taken.
    """

    def __init__(self, port: int, chat_origin: str, brands: list[DemoBrand]) -> None:
        if not brands:
            raise ValueError("the demo casino needs at least one brand")
        parts = urlsplit(chat_origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or set(chat_origin) & set(" ;,")
        ):
            raise ValueError(f"not an origin: {chat_origin!r}")
        self.chat_origin = f"{parts.scheme}://{parts.netloc}"
        self.brands = list(brands)
        self._by_slug = {brand.slug: brand for brand in brands}
        self._server = _Server(port, self)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        """What the brand's list of allowed origins must hold."""
        return f"http://{HOST}:{self.port}"

    @property
    def policy(self) -> str:
        """The casino's own strict policy; the chat adds one entry for its script, one for its frame."""
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' {self.chat_origin}",
                f"frame-src {self.chat_origin}",
                "style-src 'self'",
                "img-src 'self' data:",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            )
        )

    def start(self) -> None:
        """Serves in a thread of its own until `stop`."""
        if self._thread is not None:
            return
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="demo-casino", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends serving and frees the port; waits at most five seconds. May be called twice."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join(_STOP_SECONDS)
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def answer(self, target: str) -> _Answer:
        """The page, file or token behind a request target."""
        parts = urlsplit(target)
        path = parts.path
        if path == "/token":
            return self._token(parse_qs(parts.query))
        if path in _FILES:
            content = (lobby.SITE / path[1:]).read_text(encoding="utf-8")
            return _text(_FILES[path], content)
        if path.startswith("/brand/") and path.endswith(".css"):
            brand = self._by_slug.get(path.removeprefix("/brand/").removesuffix(".css"))
            return _text("text/css", lobby.stylesheet(brand)) if brand else _NOT_FOUND
        brand = self.brands[0] if path == "/" else self._by_slug.get(path.strip("/"))
        if brand is None:
            return _NOT_FOUND
        return _text("text/html", lobby.render(brand, self.brands, self.chat_origin))

    def _token(self, query: Mapping[str, list[str]]) -> _Answer:
        brand = self._by_slug.get(query.get("brand", [""])[0])
        player = PLAYERS.get(query.get("sub", [""])[0])
        if brand is None or player is None:
            return _json(HTTPStatus.NOT_FOUND, {"error": "No such brand or player."})
        token = player_token(brand, player)
        return _json(HTTPStatus.OK, {"token": token, "expires_in_seconds": TOKEN_LIFETIME_SECONDS})
