"""Group commit: gathers what sockets want written and writes it in one transaction per batch.

While one batch is being committed the next one gathers, so a slow disk makes batches larger and not the
queue longer. A draft's future resolves after the commit, or with the refusal; never before.

A conversation that somebody else has locked holds up no other: its drafts stand aside, in order, and are
tried again a moment later, until ``PATIENCE_SECONDS`` are over.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from chatdesk.connections import database
from chatdesk.conversations import errors, messages
from chatdesk.conversations.messages import Draft, HeldUp, Outcome

log = structlog.get_logger(__name__)

Decided = Callable[[Draft, Outcome], None]
BATCH_DRAFTS = 256
QUEUE_DRAFTS = 10_000
PATIENCE_SECONDS = 20.0
FIRST_TRY_SECONDS = 0.002
LONGEST_TRY_SECONDS = 0.25


@dataclass(slots=True)
class Waiting:
    """One draft and who is told what became of it."""

    draft: Draft
    future: asyncio.Future[Outcome]
    decided: Decided | None

    def tell(self, outcome: Outcome) -> None:
        if not self.future.done():
            self.future.set_result(outcome)
        if self.decided is None:
            return
        try:
            self.decided(self.draft, outcome)
        except Exception:
            # A bug of one socket must not keep the others from their answers.
            log.exception("answer_failed")


@dataclass(slots=True)
class Aside:
    """The drafts of a locked conversation. While ``trying`` they are in the queue, before all others."""

    since: float
    pause: float = FIRST_TRY_SECONDS
    drafts: deque[Waiting] = field(default_factory=deque)
    trying: bool = False


class Committer:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Waiting] = deque()
        self._aside: dict[str, Aside] = {}
        self._many_aside = 0
        self._task: asyncio.Task[None] | None = None

    def submit(self, draft: Draft, decided: Decided | None = None) -> asyncio.Future[Outcome]:
        """The future's result is a ``Posted`` or a refusal; it never raises. ``decided`` is called
        with the draft and the same at once, where a callback of the future would come a turn later."""
        waiting = Waiting(draft, self._loop.create_future(), decided)
        if len(self._queue) + self._many_aside >= QUEUE_DRAFTS:
            waiting.tell(errors.Unavailable(retry_ms=random.randint(1_000, 5_000)))
        else:
            self._queue.append(waiting)
            self._begin()
        return waiting.future

    async def flushed(self) -> None:
        """Returns when everything submitted so far is decided."""
        while self._aside or (self._task is not None and not self._task.done()):
            if self._task is not None and not self._task.done():
                await asyncio.wait([self._task])
            else:
                await asyncio.sleep(FIRST_TRY_SECONDS)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._work())

    async def _work(self) -> None:
        while self._queue:
            batch = self._gather()
            if not batch:
                return
            outcomes = await self._commit([one.draft for one in batch])
            held_up = []
            for one, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, HeldUp):
                    held_up.append(one)
                else:
                    self._aside.pop(one.draft.conv, None)
                    one.tell(outcome)
            self._stand_aside(held_up)

    def _gather(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while self._queue and len(batch) < BATCH_DRAFTS:
            one = self._queue.popleft()
            aside = self._aside.get(one.draft.conv)
            if aside is None or aside.trying:
                batch.append(one)
            else:
                aside.drafts.append(one)
                self._many_aside += 1
        return batch

    async def _commit(self, drafts: list[Draft]) -> list[Outcome | HeldUp]:
        try:
            return await database.write(messages.post_what_is_free, drafts)
        except database.AWAY as error:
            log.warning("commit_failed", error=type(error).__name__, drafts=len(drafts))
            return [errors.Unavailable(retry_ms=random.randint(500, 3_000)) for _ in drafts]
        except errors.Refusal as refusal:
            # Refused as a whole: nothing of it was written.
            return [refusal for _ in drafts]
        except Exception:
            # A draft that breaks the batch must not take the others with it.
            if len(drafts) == 1:
                log.exception("draft_failed")
                return [errors.Internal(retry_ms=5_000)]
            return [outcome for draft in drafts for outcome in await self._commit([draft])]

    # --- conversations that somebody else has locked -------------------------------------------

    def _stand_aside(self, held_up: list[Waiting]) -> None:
        """All drafts of a batch for one conversation share its fate, so their order stays."""
        now = self._loop.time()
        for one in held_up:
            aside = self._aside.setdefault(one.draft.conv, Aside(since=now))
            aside.trying = False
            aside.drafts.append(one)
            self._many_aside += 1
        for conv in {one.draft.conv for one in held_up}:
            aside = self._aside[conv]
            if now - aside.since < PATIENCE_SECONDS:
                self._loop.call_later(aside.pause, self._again, conv)
                aside.pause = min(aside.pause * 2, LONGEST_TRY_SECONDS)
                continue
            log.warning("conversation_locked", conv=conv, drafts=len(aside.drafts))
            del self._aside[conv]
            self._many_aside -= len(aside.drafts)
            for one in aside.drafts:
                one.tell(errors.Unavailable(retry_ms=random.randint(1_000, 5_000)))

    def _again(self, conv: str) -> None:
        """Before everything else that waits: it was submitted earlier."""
        aside = self._aside[conv]
        self._queue.extendleft(reversed(aside.drafts))
        self._many_aside -= len(aside.drafts)
        aside.drafts.clear()
        aside.trying = True
        self._begin()
