"""The server's half of a socket: the product's own ``Following``, with queues where the network would be.

What a consumer does around it (greeting, the desk, commands one after the other) is repeated here in
the order of ``players/consumer.py`` and ``agents/consumer.py``.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from chatdesk.connections import answers, database, following
from chatdesk.connections.reading import Reader
from chatdesk.conversations import queries, shown
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft, Kind, Outcome
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Line, Word
from chatdesk.delivery.protocol import codec
from tests.model import promises
from tests.model.clients import Client, Frame, Place
from tests.model.database import SNAPSHOT_LINES

if TYPE_CHECKING:
    from tests.model.house import House
    from tests.model.process import Process

RESUME_LINES = 4
# What a network without order and memory may do its worst with; the rest are a socket's own affairs.
EXPOSED = frozenset({"ev", "note_ev", "ack", "nack", "history", "send", "note", "whisper"})
# The heads in a ping are those of events: inside a socket that lives a last note must not be lost.
NEVER_LOST = frozenset({"note_ev"})


class Stream:
    """What is on its way from one place to another."""

    def __init__(self, arrive: Callable[[Any], None]) -> None:
        self.items: list[Any] = []
        self._arrive = arrive

    def put(self, item: Any) -> None:
        self.items.append(item)

    def go(self) -> None:
        self._arrive(self.items.pop(0))

    def exposed(self, but: frozenset[str] = frozenset()) -> list[int]:
        """The items that may be lost, doubled or overtaken."""
        return [
            number
            for number, item in enumerate(self.items)
            if not isinstance(item, dict) or item["t"] in EXPOSED - but
        ]


class Socket:
    def __init__(self, house: House, process: Process, client: Client) -> None:
        self.house = house
        self.process = process
        self.client = client
        self.side = "player" if client.side == "player" else "staff"
        self.limits = SimpleNamespace(resume_events=RESUME_LINES)
        self.actor = Actor(client.side, client.ident, alias=client.name)  # type: ignore[arg-type]
        self.following = house.following_type(self)  # type: ignore[arg-type]
        self.following.reader = Reader(self.side, self.actor.author)
        self.down = Stream(client.hear)
        self.up = Stream(self.received)
        self.topics: set[str] = set()
        self.owned: set[str] = set()
        self.watched: set[str] = set()
        self.cut = False
        # Since a conversation was joined: what was written, the highest line that was rung for,
        # and how much this process had lost by then.
        self.written: dict[Place, int] = {}
        self.rung: dict[Place, int] = {}
        self.losses: dict[str, int] = {}
        # Followed, left and followed again on this socket: a reading of the first time may still
        # write what the second one writes too. Clients ignore it; the rest of the wire is stricter.
        self._resuming: dict[str, tuple[int, int]] = {}
        self._desk_in_doubt = False
        self._reading_desk = False
        self._commands: deque[Frame] = deque()
        self._working = False

    # --- what following needs of its socket ----------------------------------------------------

    def push(self, text: str) -> None:
        self.write(json.loads(text))

    reply = push

    def write(self, frame: Frame) -> None:
        if self.gone:
            return
        promises.of_frame(self, frame)
        if not self.cut:
            self.down.put(frame)

    def hear(self, topic: str) -> None:
        self.topics.add(topic)
        self.process.hub.join(topic, self)
        conv = topic[2:]
        self.losses[conv] = self.process.losses
        for lane in ("event", "note"):
            self.rung.pop((conv, lane), None)
            # Who joins again is given the last lines again.
            self.written.pop((conv, lane), None)

    def unhear(self, topic: str) -> None:
        self.topics.discard(topic)
        self.process.hub.leave(topic, self)

    def spawn(self, coroutine: Any) -> None:
        self.process.spawn(coroutine)

    def back_end_away(self) -> None:
        self.house.cut(self.client, self)

    # --- what the hub calls --------------------------------------------------------------------

    def on_line(self, line: Line, side: str) -> None:
        self.following.on_line(line)
        place = (line.conv, line.lane)
        self.rung[place] = max(self.rung.get(place, 0), line.seq)

    def on_head(self, conv: str, seq: int, note_seq: int) -> None:
        self.following.on_head(conv, seq, note_seq)

    def on_word(self, word: Word) -> None: ...

    def on_shut(self, code: int) -> None: ...

    # --- being greeted -------------------------------------------------------------------------

    async def greet(self, resume: dict[str, tuple[int, int]]) -> None:
        if self.side == "player":
            try:
                await self._greet_player(resume)
            except database.AWAY:
                self.back_end_away()
            return
        self.hear(audience.agent(self.actor.agent_id))
        self._resuming = resume
        self.write({"t": "welcome", "heads": {}})
        self.look_at_desk()

    async def _greet_player(self, resume: dict[str, tuple[int, int]]) -> None:
        (conv,) = self.client.convs
        self.following.begin(conv)
        head = (await database.run(queries.heads, [conv]))[conv]
        self.write({"t": "welcome", "heads": {conv: head.seq}})
        if conv in resume:
            await self.following.resume(conv, resume[conv][0], 0, same_db=True)
        else:
            self.following.go_live(conv, head.seq)

    def look_at_desk(self) -> None:
        self._desk_in_doubt = True
        if not self._reading_desk:
            self._reading_desk = True
            self.spawn(self._read_desk())

    async def _read_desk(self) -> None:
        while self._desk_in_doubt:
            self._desk_in_doubt = False
            try:
                chats = await database.run(self.house.database.desk, self.actor.agent_id)
            except database.AWAY:
                # The next look of the watch asks again.
                break
            if not self.gone:
                self._show_desk(chats)
        self._reading_desk = False

    def _show_desk(self, chats: dict[str, int]) -> None:
        self.write({"t": "desk", "chats": chats})
        for conv in self.owned - set(chats) - self.watched:
            self.following.end(conv)
        self.owned = set(chats)
        for conv in chats:
            missed = self._resuming.pop(conv, None)
            if missed is not None:
                self.following.begin(conv)
                reading = self.following.resume(conv, *missed, same_db=True)
                self.spawn(self.following.safely(reading))
            elif conv not in self.following:
                self.following.begin(conv)
                self.spawn(self.following.safely(self.following.snapshot(conv)))

    # --- commands ------------------------------------------------------------------------------

    def received(self, frame: Frame) -> None:
        if self.gone:
            return
        if frame["t"] in ("send", "note", "whisper"):
            kind: Kind = "message" if frame["t"] == "send" else frame["t"]
            epoch = frame["epoch"]
            conv, cmid, body = frame["conv"], frame["cmid"], frame["body"]
            draft = Draft(conv, self.actor, cmid, body, kind=kind, epoch=epoch)
            self.process.submit(draft, self)
        else:
            self._commands.append(frame)
            if not self._working:
                self._working = True
                self.spawn(self._work())
        self.house.loop.run_ready()

    async def _work(self) -> None:
        while self._commands and not self.gone:
            frame = self._commands.popleft()
            try:
                if frame["t"] == "watch":
                    await self._watch(frame["conv"])
                else:
                    self.write(await database.run(self._history, frame))
            except database.AWAY:
                self.write({"t": "error", "code": "unavailable", "command": frame})
        self._working = False

    async def _watch(self, conv: str) -> None:
        self.watched.add(conv)
        await database.run(queries.heads, [conv])
        if conv in self.following:
            self.following.end(conv)
        self.following.begin(conv)
        await self.following.safely(self.following.snapshot(conv))

    def _history(self, frame: Frame) -> Frame:
        conv, before = frame["conv"], frame["before"]
        made: list[tuple[int, Any]]
        reader = self.actor.author
        if frame["lane"] == "note":
            notes, _ = queries.last_notes(conv, before, SNAPSHOT_LINES)
            made = [(row.seq, shown.note_event(row, reader)) for row in notes]
        else:
            make = shown.player_event if self.side == "player" else shown.staff_event
            events, _ = queries.last_events(conv, before, SNAPSHOT_LINES)
            made = [(row.seq, make(row, reader)) for row in events]
        lines = [(seq, json.loads(codec.encode(line))) for seq, line in made]
        return {"t": "history", "conv": conv, "lane": frame["lane"], "lines": lines}

    def answer(self, draft: Draft, outcome: Outcome) -> None:
        self.write(json.loads(codec.encode(answers.decided(draft, outcome))))

    def ping(self) -> None:
        following.hub.heads = self.process.hub.heads  # type: ignore[attr-defined]
        self.write({"t": "ping", "heads": self.following.heads()})

    # --- the end -------------------------------------------------------------------------------

    @property
    def gone(self) -> bool:
        return self not in self.process.sockets

    def end(self) -> None:
        """The server has noticed that nobody is there any more."""
        self.process.sockets.pop(self, None)
        for topic in list(self.topics):
            self.unhear(topic)
        self.following.clear()
