"""The house: two processes of the product over one database, a bridge between them, and their clients.

What runs here is the product: ``Committer`` and ``messages`` write, ``Hub`` spreads, ``Following`` and
its ``Subscription`` decide what each socket gets. Only what is around them is made of lists: the
database, the bridge, the network. Nothing happens by itself; whoever drives the house says what is next,
also between a question to the database and the arrival of its answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import MISSING, fields
from functools import partial
from types import SimpleNamespace

import pytest

from chatdesk.connections import committer, database, following, reading
from chatdesk.connections.following import Following
from chatdesk.connections.gathering import Gathered
from chatdesk.conversations import bulk, messages, queries
from chatdesk.conversations.bulk import Held, Row
from chatdesk.delivery.audience import Publication
from tests.model.clients import Client
from tests.model.database import SNAPSHOT_LINES, Database
from tests.model.loop import SteppedLoop
from tests.model.process import AGENTS, Errand, Process, Question, UnderWay, ask
from tests.model.sockets import Socket, Stream

FIRST, SECOND = "c1", "c2"
# Far above what any example needs: whoever gets there goes round in a circle.
STEPS_TO_REST = 20_000
TIMER_SECONDS = 0.5


class House:
    """One player with two tabs, one with one, two agents and a supervisor who watches.

    The types are here to be replaced: a mutant is a house with one part that is wrong.
    """

    following_type: type[Following] = Following
    process_type: type[Process] = Process
    database_type: type[Database] = Database
    client_type: type[Client] = Client

    def __init__(self) -> None:
        self.loop = SteppedLoop()
        self.database = self.database_type({FIRST: _held("1"), SECOND: _held("2")})
        self.patch = pytest.MonkeyPatch()
        self.stand_in()
        self.wires: dict[str, Socket] = {}
        self.broken: list[str] = self.loop.faults
        # Held, so that no task is collected at a moment of its own.
        self.tasks: set[asyncio.Task[None]] = set()
        self.unheard: list[Errand | Question] = []
        self.processes = [self.process_type(self) for _ in range(2)]
        make = self.client_type
        self.players = [
            make("one-", "player", "1", (FIRST,)),
            make("tab-", "player", "1", (FIRST,)),
            make("two-", "player", "2", (SECOND,)),
        ]
        self.agents = [make(f"agent{key}-", "agent", str(key), ()) for key in AGENTS]
        self.supervisor = make("watch-", "supervisor", "9", (FIRST,))
        self.clients = [*self.players, *self.agents, self.supervisor]
        for conv, agent in zip((FIRST, SECOND), AGENTS, strict=True):
            self.reassign(conv, agent, self.processes[0])
        for number, client in enumerate(self.clients):
            self.connect(client, self.processes[number % 2])
        self.come_to_rest()

    def stand_in(self) -> None:
        """Lists in the place of the database, for whatever of the product asks it."""
        mine, replace = self.database, self.patch.setattr
        for name in ("hold", "locked", "written", "renumber", "insert"):
            replace(bulk, name, getattr(mine, name))
        for name in ("heads", "events_after", "notes_after", "last_events", "last_notes"):
            replace(queries, name, getattr(mine, name))
        replace(queries, "SNAPSHOT_EVENTS", SNAPSHOT_LINES)
        replace(messages, "transition", lambda: mine.transition(self.published))
        replace(database, "run", ask)
        replace(database, "write", partial(ask, writes=True))
        replace(following, "hub", SimpleNamespace(heads={}))
        for name, gathered in list(vars(reading).items()):
            if isinstance(gathered, Gathered):
                # Belongs to the loop on which it was first asked.
                replace(reading, name, Gathered(gathered._load))
        for module in (following, committer):
            # Refusals are the everyday life of this house.
            replace(module, "log", SimpleNamespace(warning=lambda *_, **__: None))

    def close(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_ready()
        self.loop.close()
        self.patch.undo()

    # --- what is under way ---------------------------------------------------------------------

    def under_way(self) -> list[UnderWay]:
        return [item for process in self.processes for item in process.under_way()]

    def exposed(self, but: frozenset[str] = frozenset()) -> list[tuple[Stream, int]]:
        """Everything that may be lost, doubled or overtaken."""
        return [
            (stream, number)
            for process in self.processes
            for stream in process.streams()
            for number in stream.exposed(but)
        ]

    def come_to_rest(self) -> None:
        """Whatever is under way arrives, and what follows from it."""
        for _ in range(STEPS_TO_REST):
            found = self.under_way()
            if found:
                found[0].go()
            elif self.loop.has_timers():
                self.loop.pass_time(TIMER_SECONDS)
            else:
                return
        raise AssertionError("never comes to rest")

    def published(self, batch: list[Publication]) -> None:
        """Called after a commit; each publication then goes its way in its own time."""
        process = self.database.writer
        process.later(partial(process.publish, batch))

    def nobody_heard(self) -> None:
        """Something was committed, and whoever should have told died or never knew."""
        for process in self.processes:
            process.losses += 1

    # --- sockets -------------------------------------------------------------------------------

    def connect(self, client: Client, process: Process) -> None:
        socket = Socket(self, process, client)
        process.sockets[socket] = None
        self.wires[client.name] = socket
        client.connected(socket.up.put)
        process.spawn(socket.greet(client.resume()))
        self.loop.run_ready()

    def cut(self, client: Client, only: Socket | None = None) -> None:
        """The client knows at once; the server goes on with what it has until it notices."""
        socket = self.wires.get(client.name)
        if socket is None or (only is not None and only is not socket):
            return
        del self.wires[client.name]
        socket.cut = True
        socket.down.items.clear()
        client.lost()
        socket.process.later(socket.end)

    # --- the verbs -----------------------------------------------------------------------------

    def reassign(self, conv: str, agent: int | None, process: Process) -> None:
        """Into other hands, or back into the queue; whoever writes under the old epoch is late."""
        held = self.database.held[conv]
        if held.state == "closed" or held.owner_id == agent:
            return
        kind, state = ("joined", "active") if agent is not None else ("queued", "queued")
        self._verb(process, conv, kind, state, agent)

    def close_conversation(self, conv: str, process: Process) -> None:
        if self.database.held[conv].state != "closed":
            self._verb(process, conv, "closed", "closed", None)

    def _verb(self, process: Process, conv: str, kind: str, state: str, agent: int | None) -> None:
        self.database.writer = process
        with self.database.transition(self.published) as changes:
            held, now = bulk.hold([conv])
            row = held[conv]
            before, row.owner_id = row.owner_id, agent
            row.state, row.epoch, row.changed = state, row.epoch + 1, True
            row.last_seq += 1
            line = Row(conv, row.last_seq, kind, now, "s", "system", "", None, None, "")
            bulk.insert([line], notes=False)
            changes.event(line)
            bulk.renumber(held)
            for concerned in (before, agent):
                if concerned is not None:
                    changes.hint("desk", str(concerned))


def _held(player: str) -> Held:
    facts = {one.name: None for one in fields(Held) if one.default is MISSING}
    counted = {"epoch": 0, "brand_id": 1, "last_seq": 0, "last_note_seq": 0, "sleeping": False}
    timers = {name: 0 for name in facts if name.endswith("_seconds")}
    known = {"state": "queued", "player_id": player, "channel": "chat"}
    return Held(**{**facts, **counted, **timers, **known})  # type: ignore[arg-type]
