"""What one process has one of: committer, bridge, presence, watch, and the set of its sockets.

Started by the first thing that needs it, on the running loop; stopped by the server's end.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from channels.layers import channel_layers
from django.conf import settings

from chatdesk.connections import draining
from chatdesk.connections.committer import Committer
from chatdesk.connections.crowd import Crowd
from chatdesk.connections.marks import Marks
from chatdesk.connections.states import ConversationStates
from chatdesk.connections.watch import Watch
from chatdesk.delivery import redis_clients
from chatdesk.delivery.bridge import Bridge
from chatdesk.delivery.counting import SocketCount
from chatdesk.delivery.hub import hub
from chatdesk.delivery.presence import Presence
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import Drain
from chatdesk.delivery.protocol.words import Close

if TYPE_CHECKING:
    from chatdesk.connections.connection import Connection

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.0
FLUSH_SECONDS = 4.0


class Runtime:
    def __init__(self) -> None:
        self.sockets: dict[Connection, None] = {}
        self.crowd = Crowd()
        self._started = False
        self._parts: list[Callable[[Runtime], Any]] = []
        self.started_parts: list[Any] = []

    def with_part(self, make: Callable[[Runtime], Any]) -> None:
        """The composition root adds what the actors bring (desks, walls, sweeps)."""
        self._parts.append(make)

    def start(self) -> None:
        """Idempotent; must be called on the event loop."""
        if self._started:
            return
        self._started = True
        _tune_interpreter()
        hub.bind(asyncio.get_running_loop())
        url = settings.CHATDESK_REDIS_URL
        self.committer = Committer()
        self.marks = Marks()
        self._redis = redis_clients.make(url) if url else None
        self.presence = Presence(self._redis)
        self.sockets_of = SocketCount(self._redis)
        self.bridge = Bridge(_bridge_layer, hub.spread, self._doubt) if url else None
        self.watch = Watch(self._is_ill, self._restored)
        self.states = ConversationStates(self.watch.told)
        self.started_parts = [make(self) for make in self._parts]
        self.presence.start()
        self.sockets_of.start()
        if self.bridge is not None:
            hub.to_others = self.bridge.put
            self.bridge.start()
        self.watch.start()

    def _doubt(self) -> None:
        self.watch.doubt()

    def _is_ill(self) -> bool:
        return self.bridge is not None and not self.bridge.healthy

    def _restored(self) -> None:
        """What was known is of another database: every client comes back and takes a snapshot."""
        hub.heads.clear()
        self.marks.forget()
        for socket in list(self.sockets):
            socket.on_shut(Close.GAP)

    async def drain(self) -> None:
        """Tells every socket to come back elsewhere, then closes them in waves."""
        draining.begin()
        sockets = list(self.sockets)
        for socket in sockets:
            in_ms = random.randint(0, int(DRAIN_SECONDS * 1000))
            socket.out.answer(codec.encode(Drain(in_ms=in_ms)))
        waves = 16
        random.shuffle(sockets)
        for number in range(waves):
            if not self.sockets:
                break
            await asyncio.sleep(DRAIN_SECONDS / waves)
            for socket in sockets[number::waves]:
                socket.out.close(Close.DRAIN)
        # With the database away there is nothing to wait for: unanswered sends go again elsewhere.
        await asyncio.wait(
            [
                asyncio.ensure_future(self.committer.flushed()),
                asyncio.ensure_future(self.marks.flushed()),
            ],
            timeout=FLUSH_SECONDS,
        )

    async def stop(self) -> None:
        if not self._started:
            return
        for part in self.started_parts:
            if hasattr(part, "stop"):
                await part.stop()
        await self.watch.stop()
        if self.bridge is not None:
            hub.to_others = None
            await self.bridge.stop()
        await self.presence.stop()
        await self.sockets_of.stop()
        if self._redis is not None:
            await self._redis.aclose()
        self._started = False


def _tune_interpreter() -> None:
    """A busy loop gives the database's thread its turn in half a millisecond instead of five, and a
    collection no longer walks everything that was imported."""
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _bridge_layer() -> Any:
    return channel_layers.make_backend("bridge")


runtime = Runtime()
