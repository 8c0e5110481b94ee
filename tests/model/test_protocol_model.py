"""The protocol against everything that can go wrong: hypothesis looks for the steps that break it.

The parts of the product that decide (``Committer``, ``messages``, ``Hub``, ``Following``, ``Subscription``)
run between clients that do what chat.v1 asks, over a network, a bridge and a database that lose, double,
reorder, fail and die. After each step every promise of ``promises.py`` is looked at; at the end
everything arrives, and every view must be the database.

``make check`` runs the same examples each time. More of them, and others each time:

    MODEL_EXAMPLES=5000 .venv/bin/python -m pytest tests/model/test_protocol_model.py

A counter-example is printed shrunk, as calls of the rules; it writes no database of examples.
"""

from __future__ import annotations

import os
import sys

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.model import promises
from tests.model.database import Fate
from tests.model.house import FIRST, SECOND, House
from tests.model.process import AGENTS, Process
from tests.model.sockets import NEVER_LOST

EXAMPLES = os.environ.get("MODEL_EXAMPLES")
SETTINGS = settings(
    max_examples=int(EXAMPLES or 90),
    stateful_step_count=60,
    derandomize=EXAMPLES is None,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
# A conversation that is closed at once makes a dull example.
LINES_BEFORE_CLOSE = 12
ROUNDS_TO_HEAL = 50

process = st.integers(0, 1)
conv = st.sampled_from((FIRST, SECOND))
which = st.integers(0, 15)
many = st.integers(1, 4)


class ProtocolModel(RuleBasedStateMachine):
    house_type: type[House] = House

    def __init__(self) -> None:
        super().__init__()
        self.house = self.house_type()

    def _process(self, number: int) -> Process:
        return self.house.processes[number]

    # --- people --------------------------------------------------------------------------------

    @rule(tab=st.integers(0, 2), many=many)
    def player_writes(self, tab: int, many: int) -> None:
        client = self.house.players[tab]
        for _ in range(many):
            client.write(client.convs[0])

    @rule(agent=st.integers(0, 1), conv=conv, many=many)
    def agent_writes(self, agent: int, conv: str, many: int) -> None:
        if conv in self.house.agents[agent].desk:
            for _ in range(many):
                self.house.agents[agent].write(conv)

    @rule(agent=st.integers(0, 1), conv=conv)
    def note_written(self, agent: int, conv: str) -> None:
        if conv in self.house.agents[agent].desk:
            self.house.agents[agent].write(conv, "note")

    @rule()
    def whisper_written(self) -> None:
        self.house.supervisor.write(FIRST, "whisper")

    @rule()
    def watch_again(self) -> None:
        self.house.supervisor.watch(FIRST)

    @rule(client=st.integers(0, 5))
    def retry(self, client: int) -> None:
        self.house.clients[client].retry()

    # --- what arrives --------------------------------------------------------------------------

    @rule(picks=st.lists(which, min_size=1, max_size=8))
    def deliver_next(self, picks: list[int]) -> None:
        """An event on its way, an answer of the database, a batch, a publication: in any order."""
        for pick in picks:
            found = self.house.under_way()
            if found:
                found[pick % len(found)].go()

    @rule(count=st.integers(1, 10))
    def newest_first(self, count: int) -> None:
        """What was asked or sent before waits meanwhile."""
        for _ in range(count):
            found = self.house.under_way()
            if found:
                found[-1].go()

    @rule()
    def deliver_everything(self) -> None:
        self.house.come_to_rest()

    @rule(number=process, fate=st.sampled_from(("fails", "answer lost")))
    def commit_fails(self, number: int, fate: Fate) -> None:
        for question in self._process(number).questions(writes=True):
            question.end(fate)

    @rule(number=process, pick=which)
    def database_is_away(self, number: int, pick: int) -> None:
        asking = self._process(number).questions(writes=False)
        if asking:
            asking[pick % len(asking)].refuse()

    @rule(conv=conv, locked=st.booleans())
    def row_is_locked(self, conv: str, locked: bool) -> None:
        """By somebody else, so that its messages stand aside."""
        self.house.database.taken -= {conv}
        if locked:
            self.house.database.taken |= {conv}

    @rule(seconds=st.sampled_from((0.3, 30.0)))
    def time_passes(self, seconds: float) -> None:
        self.house.loop.pass_time(seconds)

    # --- the network ---------------------------------------------------------------------------

    @rule(pick=which)
    def drop_push(self, pick: int) -> None:
        found = self.house.exposed(but=NEVER_LOST)
        if found:
            stream, number = found[pick % len(found)]
            del stream.items[number]
            for process in self.house.processes:
                process.losses += process.bridge is stream

    @rule(pick=which)
    def double_push(self, pick: int) -> None:
        found = self.house.exposed()
        if found:
            stream, number = found[pick % len(found)]
            stream.put(stream.items[number])

    @rule(pick=which)
    def reorder(self, pick: int) -> None:
        found = self.house.exposed()
        if found:
            stream, number = found[pick % len(found)]
            stream.put(stream.items.pop(number))

    @rule(number=process, cut_off=st.booleans())
    def bridge_is_down(self, number: int, cut_off: bool) -> None:
        self._process(number).cut_off = cut_off

    @rule(client=st.integers(0, 5))
    def cut_socket(self, client: int) -> None:
        self.house.cut(self.house.clients[client])

    @rule(client=st.integers(0, 5), number=process)
    def reconnect(self, client: int, number: int) -> None:
        who = self.house.clients[client]
        self.house.cut(who)
        self.house.connect(who, self._process(number))

    @rule(number=process)
    def process_dies(self, number: int) -> None:
        self._process(number).die()

    # --- ownership -----------------------------------------------------------------------------

    @rule(conv=conv, agent=st.sampled_from((*AGENTS, None)), number=process)
    def reassign(self, conv: str, agent: int | None, number: int) -> None:
        self.house.reassign(conv, agent, self._process(number))

    @rule(conv=conv, number=process)
    def away_and_back(self, conv: str, number: int) -> None:
        """The same owner, another epoch."""
        owner = self.house.database.held[conv].owner_id
        for agent in (AGENTS[owner == AGENTS[0]], owner):
            self.house.reassign(conv, agent, self._process(number))

    @precondition(lambda self: self._lines() >= LINES_BEFORE_CLOSE)
    @rule(conv=conv, number=process)
    def close(self, conv: str, number: int) -> None:
        self.house.close_conversation(conv, self._process(number))

    def _lines(self) -> int:
        return sum(len(lines) for lines in self.house.database.lines.values())

    # --- time ----------------------------------------------------------------------------------

    @rule(number=process)
    def heads_tick(self, number: int) -> None:
        self._process(number).look()

    @rule(client=st.integers(0, 5))
    def ping(self, client: int) -> None:
        socket = self.house.wires.get(self.house.clients[client].name)
        if socket is not None:
            socket.ping()

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        for promise in promises.ALWAYS:
            promise(self.house)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._heal()
        finally:
            self.house.close()

    def _heal(self) -> None:
        """Everything arrives, nothing fails any more; who has a socket keeps it."""
        house = self.house
        house.database.taken.clear()
        house.come_to_rest()
        promises.nobody_waits_for_heads(house)
        for client in house.clients:
            if client.name not in house.wires:
                house.connect(client, house.processes[0])
        for _ in range(ROUNDS_TO_HEAL):
            house.come_to_rest()
            before = self._state()
            for process in house.processes:
                process.look()
            house.come_to_rest()
            for socket in house.wires.values():
                socket.ping()
            for client in house.clients:
                client.retry()
            house.come_to_rest()
            if self._state() == before:
                break
        self.promises_hold()
        promises.every_view_is_the_database(house)
        promises.everything_written_is_settled(house)

    def _state(self) -> list[object]:
        clients = self.house.clients
        views = [place.last for client in clients for place in client.transcripts.values()]
        return [*views, *(message.state for client in clients for message in client.written)]


TestProtocolModel = ProtocolModel.TestCase
TestProtocolModel.settings = SETTINGS
