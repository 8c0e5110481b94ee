"""The bare relay, an ASGI application: what one socket of a room says goes to the room's others.

The room is the path. There is nothing else: no layer, no rows, no acks, no access checks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_rooms: defaultdict[str, list[Send]] = defaultdict(list)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Relays WebSockets; whatever is asked over HTTP is answered with an empty 200."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    room = _rooms[scope["path"]]
    room.append(send)
    try:
        while (heard := await receive())["type"] == "websocket.receive":
            line = {"type": "websocket.send", "text": heard["text"]}
            for other in room:
                if other is not send:
                    await other(line)
    finally:
        room.remove(send)
