"""Group commit: gathers what sockets want written and writes it in one transaction per batch.

While one batch is being committed the next one gathers, so a slow disk makes batches larger and not the
queue longer. A draft's future resolves after the commit, or with the refusal; never before.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable

import structlog

from chatdesk.connections import database
from chatdesk.conversations import errors, messages
from chatdesk.conversations.messages import Draft, Outcome

log = structlog.get_logger(__name__)

Decided = Callable[[Draft, Outcome], None]
BATCH_DRAFTS = 256
QUEUE_DRAFTS = 10_000


class Committer:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[Draft, asyncio.Future[Outcome], Decided | None]] = deque()
        self._task: asyncio.Task[None] | None = None

    def submit(self, draft: Draft, decided: Decided | None = None) -> asyncio.Future[Outcome]:
        """The future's result is a ``Posted`` or a refusal; it never raises. ``decided`` is called
        with the draft and the same at once, where a callback of the future would come a turn later."""
        future: asyncio.Future[Outcome] = self._loop.create_future()
        if len(self._queue) >= QUEUE_DRAFTS:
            full = errors.Unavailable(retry_ms=random.randint(1_000, 5_000))
            future.set_result(full)
            if decided is not None:
                decided(draft, full)
            return future
        self._queue.append((draft, future, decided))
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._work())
        return future

    async def flushed(self) -> None:
        """Returns when everything submitted so far is decided."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        while self._queue:
            size = min(len(self._queue), BATCH_DRAFTS)
            batch = [self._queue.popleft() for _ in range(size)]
            outcomes = await self._commit([draft for draft, _, _ in batch])
            for (draft, future, decided), outcome in zip(batch, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)
                if decided is not None:
                    self._tell(decided, draft, outcome)

    def _tell(self, decided: Decided, draft: Draft, outcome: Outcome) -> None:
        try:
            decided(draft, outcome)
        except Exception:
            # A bug of one socket must not keep the others from their answers.
            log.exception("answer_failed")

    async def _commit(self, drafts: list[Draft]) -> list[Outcome]:
        try:
            return await database.write(messages.post_batch, drafts)
        except database.AWAY as error:
            log.warning("commit_failed", error=type(error).__name__, drafts=len(drafts))
            return [errors.Unavailable(retry_ms=random.randint(500, 3_000)) for _ in drafts]
        except Exception:
            # A draft that breaks the batch must not take the others with it.
            if len(drafts) == 1:
                log.exception("draft_failed")
                return [errors.Internal(retry_ms=5_000)]
            return [outcome for draft in drafts for outcome in await self._commit([draft])]
