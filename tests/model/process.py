"""One process of the product: its switchboard, its committer, its sockets, its look at the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.db import OperationalError

from chatdesk.connections import database
from chatdesk.connections.committer import Committer
from chatdesk.conversations import queries
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.queries import Head
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Publication
from chatdesk.delivery.hub import Hub
from tests.model.database import Fate
from tests.model.sockets import Socket, Stream

if TYPE_CHECKING:
    from tests.model.house import House

AGENTS = (1, 2)
# In whose name the product's code runs at the moment; tasks inherit it.
acting: ContextVar[Process] = ContextVar("acting")


class UnderWay(Protocol):
    def go(self) -> None: ...


@dataclass(slots=True, eq=False)
class Errand:
    """Something that a process will do once."""

    process: Process
    what: Callable[[], None]
    reads: bool = False

    def go(self) -> None:
        self.process.errands.remove(self)
        self.what()
        self.process.house.loop.run_ready()


@dataclass(slots=True, eq=False)
class Question:
    """What the product asks the database; first it is answered there, then the answer arrives."""

    process: Process
    function: Callable[[], Any]
    answer: asyncio.Future[Any]
    writes: bool

    @property
    def reads(self) -> bool:
        return not self.writes

    def go(self) -> None:
        self.end("commits")

    def end(self, fate: Fate) -> None:
        self.process.errands.remove(self)
        house = self.process.house
        house.database.fate, house.database.writer = fate, self.process
        if fate == "answer lost":
            house.nobody_heard()
        try:
            answer = self.function()
        except OperationalError as error:
            arrives = partial(self._arrive, self.answer.set_exception, error)
        else:
            arrives = partial(self._arrive, self.answer.set_result, answer)
        self.process.errands.append(Errand(self.process, arrives, reads=not self.writes))

    def refuse(self) -> None:
        """The database is away."""
        self.process.errands.remove(self)
        self._arrive(self.answer.set_exception, OperationalError("the database is away"))
        self.process.house.loop.run_ready()

    def _arrive(self, give: Callable[[Any], None], what: Any) -> None:
        if not self.answer.done():
            give(what)


async def ask(function: Callable[..., Any], *args: Any, writes: bool = False) -> Any:
    """Stands where ``database.run`` and ``database.write`` are."""
    answer = asyncio.get_running_loop().create_future()
    process = acting.get()
    process.errands.append(Question(process, partial(function, *args), answer, writes))
    return await answer


class Process:
    def __init__(self, house: House) -> None:
        self.house = house
        self.bridge = Stream(self.brought)
        self.cut_off = False
        self.losses = 0
        self.errands: list[Errand | Question] = []
        self.begin()

    def begin(self) -> None:
        self.hub = Hub()
        self.hub.on_hint("desk", self._desk_changed)
        self.sockets: dict[Socket, None] = {}
        self.committer = self.house.loop.run_until_complete(_committer())

    def under_way(self) -> list[UnderWay]:
        return [*self.errands, *(stream for stream in self.streams() if stream.items)]

    def streams(self) -> list[Stream]:
        ends = (stream for socket in self.sockets for stream in (socket.up, socket.down))
        return [self.bridge, *ends]

    def questions(self, *, writes: bool) -> list[Question]:
        found = (errand for errand in self.errands if isinstance(errand, Question))
        return [question for question in found if question.writes is writes]

    def later(self, what: Callable[[], None]) -> None:
        self.errands.append(Errand(self, what))

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        acting.set(self)
        task = self.house.loop.create_task(coroutine)
        self.house.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.house.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.house.loop.faults.append(f"{task.exception()!r}")

    # --- writing and spreading -----------------------------------------------------------------

    def submit(self, draft: Draft, socket: Socket) -> None:
        acting.set(self)
        self.committer.submit(draft, socket.answer)

    def publish(self, batch: list[Publication]) -> None:
        self.hub.spread(batch)
        for other in self.house.processes:
            if other.cut_off or self.cut_off:
                other.losses += other is not self
            elif other is not self:
                other.bridge.put(batch)

    def brought(self, batch: list[Publication]) -> None:
        self.hub.spread(batch)
        self.house.loop.run_ready()

    def _desk_changed(self, agent: str) -> None:
        for socket in list(self.sockets):
            if socket.side == "staff" and socket.actor.id == agent:
                socket.look_at_desk()

    # --- the watch over the database -----------------------------------------------------------

    def look(self) -> None:
        self.spawn(self._look())
        self.house.loop.run_ready()

    async def _look(self) -> None:
        """As ``connections/watch.py`` looks."""
        try:
            convs = self.hub.conversations()
            heads: dict[str, Head] = await database.run(queries.heads, convs)
        except database.AWAY:
            return
        for conv, head in heads.items():
            self.hub.heads[conv] = (head.seq, head.note_seq)
            for topic in (audience.player(conv), audience.staff(conv)):
                for socket in self.hub.members(topic):
                    socket.on_head(conv, head.seq, head.note_seq)  # type: ignore[attr-defined]
        for agent in AGENTS:
            self._desk_changed(str(agent))

    # --- the end -------------------------------------------------------------------------------

    def die(self) -> None:
        """kill -9: what was to be written or told is lost, and the sockets. Readings that are under
        way end in nothing, since their sockets are gone."""
        for socket in list(self.sockets):
            self.house.cut(socket.client, socket)
            socket.end()
        kept = [errand for errand in self.errands if errand.reads]
        self.house.unheard += [errand for errand in self.errands if not errand.reads]
        self.errands = kept
        self.bridge.items.clear()
        self.house.nobody_heard()
        self.begin()


async def _committer() -> Committer:
    return Committer()
