"""Refuses a request body over the limit before it is read into memory (413)."""

from __future__ import annotations

import json
from typing import Any

BODY = json.dumps({"error": {"code": "too_big", "message": "The body is too big."}}).encode()


class Bounded:
    """ASGI middleware. A stated length is believed when it refuses and never when it admits: the
    bytes that come are counted in any case."""

    def __init__(self, app: Any, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > self._limit):
                await _refuse(send)
                return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > self._limit:
                await _refuse(send)
                return
            more = message.get("more_body", False)
        whole: list[dict[str, Any]] = [
            {"type": "http.request", "body": bytes(body), "more_body": False}
        ]

        async def replay() -> dict[str, Any]:
            if whole:
                return whole.pop()
            answer: dict[str, Any] = await receive()
            return answer

        await self._app(scope, replay, send)


async def _refuse(send: Any) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(BODY)).encode()),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": BODY})
