"""Entry point of every web process: which consumer serves which path, and what the process is made of."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
http = get_asgi_application()

# The registry must be ready before anything that imports models.
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from agents.consumer import StaffConnection, StaffSweep  # noqa: E402
from agents.desk import Desks  # noqa: E402
from agents.walls import Walls  # noqa: E402
from chatdesk import consequences  # noqa: E402
from chatdesk.bodies import Bounded  # noqa: E402
from chatdesk.connections.runtime import runtime  # noqa: E402
from chatdesk.dispatch.dispatcher import Dispatcher  # noqa: E402
from players.availability import Availability  # noqa: E402
from players.consumer import Beginnings, PlayerConnection, SessionSweep  # noqa: E402

consequences.install()
for part in (Desks, Walls, Beginnings, Availability, SessionSweep, StaffSweep):
    runtime.with_part(part)
if connection.vendor == "sqlite":
    # One process writes, so the dispatcher lives in it.
    runtime.with_part(Dispatcher)

_bounded_http = Bounded(http, settings.CHATDESK_LIMITS["http_body_bytes"])
_sockets = {
    "/ws/player": PlayerConnection.as_asgi(),
    "/ws/staff": StaffConnection.as_asgi(),
}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """HTTP goes to Django, the two socket paths to their consumers, anything else is refused."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    runtime.start()
    # Servers take a root path from a request header, which any client can send.
    scope = {**scope, "root_path": ""}
    if scope["type"] == "http":
        await _bounded_http(scope, receive, send)
    elif scope["path"] in _sockets:
        await _sockets[scope["path"]](scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 4404})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            runtime.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await runtime.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
