"""One web process: ``python -m chatdesk.serving.web uvicorn|daphne FD``, on a socket that it inherits.

At SIGTERM it stops being ready, sends its sockets away in waves, and then ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any

HEADROOM = 2


def _message_bytes() -> int:
    from django.conf import settings

    # Above our own limit, so that a frame too big is answered with a code and not by a cut line.
    return int(settings.CHATDESK_LIMITS["frame_close_bytes"]) * HEADROOM


def _uvicorn(fd: int) -> None:
    import uvicorn

    from chatdesk.asgi import application
    from chatdesk.connections.runtime import runtime

    class Server(uvicorn.Server):
        """Drains before it shuts down; a second signal ends at once."""

        draining: asyncio.Task[None] | None = None

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.draining is not None:
                self.should_exit = self.force_exit = True
                return
            asyncio.get_running_loop().call_soon_threadsafe(self._drain)

        def _drain(self) -> None:
            self.draining = asyncio.get_running_loop().create_task(self._drained())

        async def _drained(self) -> None:
            try:
                await runtime.drain()
            finally:
                self.should_exit = True

    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=_message_bytes(),
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=10,
        h11_max_incomplete_event_size=65_536,
    )
    listening = socket.socket(fileno=fd)
    Server(config).run(sockets=[listening])


def _daphne(fd: int) -> None:
    # Importing the server installs Twisted's reactor on a loop of its own.
    from daphne.server import Server, twisted_loop
    from twisted.internet import reactor as installed

    from chatdesk.asgi import application
    from chatdesk.connections.runtime import runtime

    reactor: Any = installed

    async def leave() -> None:
        try:
            await runtime.drain()
            await runtime.stop()
        finally:
            reactor.stop()

    def begin_to_leave() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(number, reactor.stop)
        twisted_loop.create_task(leave())

    def ready() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(number, begin_to_leave)
        twisted_loop.call_soon(runtime.start)
        # A frame that is not read to its end is told so with 1009, instead of a cut line. (What is not
        # named here is left as it is, but for the null origin: we answer that one ourselves.)
        server.ws_factory.setProtocolOptions(failByDrop=False, allowNullOrigin=True)

    server = Server(
        application,
        endpoints=[f"fd:fileno={fd}"],
        signal_handlers=False,
        ping_interval=86_400,
        ping_timeout=86_400,
        websocket_timeout=-1,
        websocket_handshake_timeout=10,
        websocket_max_message_size=_message_bytes(),
        websocket_max_frame_size=_message_bytes(),
        application_close_timeout=2,
        http_timeout=60,
        ready_callable=ready,
        server_name="",
        verbosity=0,
    )
    server.run()


def main(server: str, fd: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    if server == "daphne":
        _daphne(fd)
    else:
        _uvicorn(fd)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
