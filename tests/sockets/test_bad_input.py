"""Whatever a client sends, it gets a code of the closed list, the socket goes on, and nothing is stored.

The commands are taken from the unions of the protocol, so a new one is tried without being named here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings

from chatdesk.delivery.protocol.commands import PlayerCommand, StaffCommand
from tests.clients import AgentClient, Client, Frame, PlayerClient, SupervisorClient
from tests.live import Live
from tests.sockets import damage
from tests.sockets.conftest import SERVERS, UNLIMITED, running

T = TypeVar("T")
MALFORMED = {"bad_frame", "bad_field", "unknown_type", "too_big"}
# What the log holds when the fault was ours and not the client's.
OUR_FAULT = re.compile(r"Traceback|command_failed|hello_failed|draft_failed|state_not_read|died \(")
MARK_SECONDS = 0.7
SIDES: list[tuple[str, Any]] = [
    *(("player", command) for command in PlayerCommand.__args__),
    *(("staff", command) for command in StaffCommand.__args__),
]
NAMES = [f"{side}-{damage.tag_of(command)}" for side, command in SIDES]

examples = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Room:
    """A player and his agent in a chat, and a supervisor, on a server where nothing else happens.

    The sockets outlive the tests; their loop turns while one of them runs.
    """

    def __init__(self, server: Live, runner: asyncio.Runner) -> None:
        self.server = server
        self._runner = runner
        self.player = PlayerClient(server)
        self.agent = AgentClient(server, server.hire("Vera"))
        self.supervisor = SupervisorClient(server, server.hire("Marit", role="supervisor"))
        self.run(self._begin())
        self._processes = server.processes()
        self._contents = server.backstage.contents()
        self._log_read = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _begin(self) -> None:
        for client in (self.player, self.agent, self.supervisor):
            await client.join()
        await self.agent.available()
        self.conv = await self.player.open()
        await self.player.send("hello")
        await self.agent.accept(self.conv)

    async def end(self) -> None:
        for client in (self.player, self.agent, self.supervisor):
            await client.leave()

    def side(self, side: str) -> Client:
        return self.player if side == "player" else self.supervisor

    def known(self) -> damage.Known:
        """What sound frames name: were one accepted by mistake, it would do something."""
        return {
            "conv": f'"{self.conv}"',
            "agent": f'"{self.agent.member.id}"',
            "epoch": str(self.agent.epoch(self.conv)),
            "session": f'"{self.player.session}"',
        }

    async def refused(self, client: Client, *frames: str | bytes) -> list[Frame]:
        """Sends them, and returns the one refusal that each got; the socket must go on."""
        already = len(client.frames)
        for frame in frames:
            await client.say(frame)
        await client.still_usable()
        pushes = ("ping", "desk", "eph", "conv")
        *refusals, _ = [one for one in client.frames[already:] if one["t"] not in pushes]
        for refusal in refusals:
            assert refusal["t"] in ("error", "nack"), refusal
            assert refusal["code"] in MALFORMED, refusal
        assert len(refusals) == len(frames)
        return refusals

    def check(self) -> None:
        assert self.server.backstage.contents() == self._contents
        log = self.server.log.read_text()
        found = OUR_FAULT.search(log, self._log_read)
        self._log_read = len(log)
        assert found is None, log[max(found.start() - 500, 0) : found.start() + 3000]
        assert self.server.processes() == self._processes


@pytest.fixture(scope="module", params=SERVERS)
def room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    servers = running(tmp_path_factory.mktemp("room"), request.param, **UNLIMITED)
    server = next(servers)
    with asyncio.Runner() as runner:
        made = Room(server, runner)
        yield made
        # Marks are written twice a second.
        made.run(asyncio.sleep(MARK_SECONDS))
        made.check()
        made.run(made.end())
    next(servers, None)


@pytest.fixture(autouse=True)
def unharmed(room: Room) -> Iterator[None]:
    """Nothing stored, nothing broken, whatever the test sent."""
    yield
    room.check()


@pytest.mark.parametrize(("side", "command"), SIDES, ids=NAMES)
def test_every_fault_of_every_field_is_refused(room: Room, side: str, command: Any) -> None:
    client = room.side(side)
    room.run(room.refused(client, *damage.each_fault(command, room.known())))

    @examples
    @given(damage.damaged(command, room.known()))
    def several_at_once(frame: str) -> None:
        room.run(room.refused(client, frame))

    several_at_once()


@pytest.mark.parametrize("side", ["player", "staff"])
def test_garbage_is_a_bad_frame(room: Room, side: str) -> None:
    client = room.side(side)

    @settings(examples, max_examples=200)
    @given(damage.garbage)
    def refused(frame: str | bytes) -> None:
        room.run(room.refused(client, frame))

    refused()
    room.run(room.refused(client, *damage.GARBAGE))


@pytest.mark.parametrize(("side", "command"), SIDES, ids=NAMES)
def test_a_frame_that_was_cut_is_a_bad_frame(room: Room, side: str, command: Any) -> None:
    whole = damage.written(damage.sound(command, room.known()))
    cut = [whole[:end] for end in range(len(whole))]
    refusals = room.run(room.refused(room.side(side), *cut))
    assert {refusal["code"] for refusal in refusals} == {"bad_frame"}


@pytest.mark.parametrize("side", ["player", "staff"])
def test_the_other_sides_commands_are_unknown(room: Room, side: str) -> None:
    mine = {damage.tag_of(command) for its, command in SIDES if its == side}
    foreign = [
        damage.written(damage.sound(command, room.known()))
        for _, command in SIDES
        if damage.tag_of(command) not in mine
    ]
    refusals = room.run(room.refused(room.side(side), *foreign))
    assert {refusal["code"] for refusal in refusals} == {"unknown_type"}


def test_what_can_be_told_from_a_bad_frame_is_told(room: Room) -> None:
    """The ref and the cmid come back, so that the client knows which of its commands it was."""
    error, nack = room.run(
        room.refused(
            room.player,
            '{"t":"open","ref":"mine","topic":1}',
            '{"t":"send","conv":"%s","cmid":"c-1","body":""}'.replace("%s", room.conv),
        )
    )
    assert (error["t"], error["ref"], error["code"]) == ("error", "mine", "bad_field")
    assert nack == {"t": "nack", "cmid": "c-1", "code": "bad_field", "final": True}


def test_a_frame_above_16_kib_is_too_big(room: Room) -> None:
    inside = '{"t":"history","ref":"%s","conv":"x"}'
    just_too_big = inside % ("r" * (16_384 - len(inside) + 3))
    umlauts = inside % ("ä" * 8_200)
    refusals = room.run(room.refused(room.player, just_too_big, umlauts, " " * 60_000))
    assert [refusal["code"] for refusal in refusals] == ["too_big"] * 3
    largest = inside % ("r" * (16_384 - len(inside) + 2))
    assert room.run(room.refused(room.player, largest))[0]["code"] == "bad_field"


def test_a_frame_above_64_kib_closes_the_socket(room: Room) -> None:
    async def closes(size: int) -> int:
        client = PlayerClient(room.server)
        client.session = room.player.session
        async with client:
            await client.say("x" * size)
            return await client.closed()

    assert room.run(closes(65_537)) == 4413
    # Far above it the web server does not read the frame to its end.
    assert room.run(closes(200_000)) in (4413, 1009)


def test_a_body_above_4000_code_points_is_refused(room: Room) -> None:
    frame = '{"t":"send","conv":"%s","cmid":"c-2","body":"%s"}'
    long = [frame % (room.conv, letter * 4_001) for letter in ("x", "ä", "\U0001f600")]
    for refusal in room.run(room.refused(room.player, *long)):
        assert refusal == {"t": "nack", "cmid": "c-2", "code": "bad_field", "final": True}
