"""Tells the sockets of players who have no conversation when it changes whether they can be served."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import structlog

from chatdesk.connections import database
from chatdesk.connections.runtime import Runtime, runtime
from chatdesk.conversations import clock
from chatdesk.conversations.models import Brand, Conversation
from chatdesk.delivery import audience, tasks
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import PlayerService
from players.consumer import PlayerConnection
from players.service import Outlook

log = structlog.get_logger(__name__)

CONFLATE_SECONDS = 2.0
_IN_ONE_QUERY = 500

Key = tuple[int, str, str]
"""Brand, language and market: whoever has the same is told the same."""


class Availability:
    """What is told to players of staff, queue and hours: read at most once every two seconds, for all
    sockets of this process, and written to whoever was told something else before."""

    def __init__(self, of: Runtime) -> None:
        self._asked = asyncio.Event()
        self._maybe_closed: set[str] = set()
        for what in ("desk", "queue", "wall"):
            hub.on_hint(what, self._hinted)
        hub.on_hint("conv", self._conv_hinted)
        of.watch.heads_checks.append(self.check)
        self._task = asyncio.get_running_loop().create_task(self._telling())

    async def stop(self) -> None:
        await tasks.end([self._task])

    def _hinted(self, _key: str) -> None:
        self._asked.set()

    def _conv_hinted(self, conv: str) -> None:
        if hub.has(audience.player(conv)):
            self._maybe_closed.add(conv)
            self._asked.set()

    async def check(self) -> None:
        """For hints that did not arrive, and for hours, which nobody hints at."""
        self._maybe_closed |= {socket.talking for socket in _players() if socket.talking}
        self._asked.set()

    async def _telling(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self._free_who_ended()
                await self._tell()
            except database.AWAY as error:
                log.warning("availability_not_read", error=type(error).__name__)
            except Exception:
                # It must outlive a bug in one of its answers.
                log.exception("availability_not_read")
            await asyncio.sleep(CONFLATE_SECONDS)

    async def _free_who_ended(self) -> None:
        """Whoever's conversation is closed is told again."""
        asked, self._maybe_closed = self._maybe_closed, set()
        try:
            closed = await database.run(_closed, list(asked)) if asked else []
        except BaseException:
            self._maybe_closed |= asked
            raise
        for conv in closed:
            for socket in hub.members(audience.player(conv)):
                if isinstance(socket, PlayerConnection) and socket.talking == conv:
                    socket.talking = None

    async def _tell(self) -> None:
        waiting = [socket for socket in _players() if socket.talking is None]
        if not waiting:
            return
        found = await database.run(_look, {_key(socket) for socket in waiting})
        texts = {key: codec.encode(service) for key, service in found.items()}
        for socket in waiting:
            service = found.get(_key(socket))
            if service is None or service == socket.told or not socket.live:
                continue
            # One that has begun a conversation meanwhile is in other hands.
            if socket.talking is None:
                socket.told = service
                socket.push(texts[_key(socket)])


def _players() -> list[PlayerConnection]:
    return [s for s in runtime.sockets if isinstance(s, PlayerConnection) and s.live]


def _key(socket: PlayerConnection) -> Key:
    return socket.facts.brand_id, socket.facts.lang, socket.facts.market


def _closed(convs: list[str]) -> list[str]:
    found: list[str] = []
    for at in range(0, len(convs), _IN_ONE_QUERY):
        rows = Conversation.objects.filter(pk__in=convs[at : at + _IN_ONE_QUERY], state="closed")
        found += rows.values_list("pk", flat=True)
    return found


def _look(keys: Collection[Key]) -> dict[Key, PlayerService]:
    brands = Brand.objects.in_bulk({brand_id for brand_id, _, _ in keys})
    outlook = Outlook(clock.now_ms())
    return {
        (brand_id, lang, market): outlook.of(brands[brand_id], lang, market)
        for brand_id, lang, market in keys
        if brand_id in brands
    }
