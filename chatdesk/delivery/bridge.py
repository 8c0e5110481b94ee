"""The bridge between web processes: one channel-layer channel per process, publications in batches.

Redis carries hints only. Whatever happens to it, callers never wait and never see an error; whenever
the bridge cannot vouch that everything arrived it calls ``on_doubt``, and the process asks the database.
It probes itself: a batch without content goes to every process, its own included.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog

from chatdesk.delivery import tasks
from chatdesk.delivery.audience import Publication

log = structlog.get_logger(__name__)

GROUP = "chatdesk.bridge"
QUEUE_PUBLICATIONS = 20_000
BATCH_PUBLICATIONS = 512
SEND_SECONDS = 1.0
PROBE_SECONDS = 0.5
SILENCE_SECONDS = 1.5

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Publication])


class Bridge:
    """Owns the layer's one channel of this process."""

    def __init__(
        self,
        make_layer: Callable[[], Any],
        on_batch: Callable[[Sequence[Publication]], None],
        on_doubt: Callable[[], None],
    ) -> None:
        self._make_layer = make_layer
        self._on_batch = on_batch
        self._on_doubt = on_doubt
        self._layer: Any = None
        self._channel = ""
        self._origin = secrets.token_hex(6)
        self._sent = 0
        self._heard: dict[str, int] = {}
        self._out: deque[Publication] = deque()
        self._wake = asyncio.Event()
        self._last_heard = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self.healthy = False

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._link()), loop.create_task(self._send())]

    async def stop(self) -> None:
        await tasks.end(self._tasks)
        await self._drop_layer()

    def put(self, batch: Sequence[Publication]) -> None:
        """Queues for the others. Over the bound everything waiting is dropped: they ask the heads."""
        if len(self._out) + len(batch) > QUEUE_PUBLICATIONS:
            self._out.clear()
            self._doubt("bridge_queue_full")
        self._out.extend(batch)
        self._wake.set()

    # --- outwards ------------------------------------------------------------------------------

    async def _send(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), PROBE_SECONDS)
            except TimeoutError:
                pass
            self._wake.clear()
            batch = [self._out.popleft() for _ in range(min(len(self._out), BATCH_PUBLICATIONS))]
            if self._out:
                self._wake.set()
            layer = self._layer
            if layer is None:
                continue
            self._sent += 1
            message = {
                "type": "batch",
                "origin": self._origin,
                "n": self._sent,
                "body": _encoder.encode(batch),
            }
            try:
                await asyncio.wait_for(layer.group_send(GROUP, message), SEND_SECONDS)
            except Exception as error:  # any fault of Redis or its client: the heads close the gap
                self._doubt("bridge_send_failed", error=type(error).__name__)

    # --- inwards -------------------------------------------------------------------------------

    async def _link(self) -> None:
        """Joins, reads until the link is in doubt, drops the layer, waits with jitter, joins again."""
        delay = 0.1
        while True:
            try:
                await self._join()
                delay = 0.1
                await self._read()
            except Exception as error:  # as above
                self._doubt("bridge_link_failed", error=type(error).__name__)
            await self._drop_layer()
            await asyncio.sleep(random.uniform(0, delay))
            delay = min(delay * 2, 2.0)

    async def _join(self) -> None:
        layer = self._make_layer()
        self._channel = await asyncio.wait_for(layer.new_channel(), SEND_SECONDS)
        await asyncio.wait_for(layer.group_add(GROUP, self._channel), SEND_SECONDS)
        self._layer = layer
        self._heard.clear()
        self._last_heard = time.monotonic()
        self._wake.set()

    async def _read(self) -> None:
        """Ends when nothing, not even the own probe, came for a while."""
        while True:
            try:
                message = await asyncio.wait_for(
                    self._layer.receive(self._channel), SILENCE_SECONDS
                )
            except TimeoutError:
                self._doubt("bridge_silent")
                return
            origin, number = message["origin"], message["n"]
            if not self.healthy:
                self.healthy = True
                log.info("bridge_up")
                self._on_doubt()
            before = self._heard.get(origin)
            self._heard[origin] = number
            if before is not None and number != before + 1:
                self._on_doubt()
            if origin == self._origin:
                continue
            if len(self._heard) > 1000:
                self._heard.clear()
            self._on_batch(_decoder.decode(message["body"]))

    async def _drop_layer(self) -> None:
        layer, self._layer = self._layer, None
        if layer is None:
            return
        try:
            await asyncio.wait_for(layer.flush(), SEND_SECONDS)
        except Exception as error:  # the layer is thrown away in any case
            log.debug("bridge_flush_failed", error=type(error).__name__)

    def _doubt(self, event: str, **facts: str) -> None:
        if self.healthy:
            log.warning(event, **facts)
        self.healthy = False
        self._on_doubt()
