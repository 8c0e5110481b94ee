"""One reader who stops reading while thousands of lines are pushed to him."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.faults.address import Address
from tests.faults.crowd import share
from tests.faults.history import digest
from tests.faults.scene import Outcome, Scene

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House
    from tests.faults.people import Agent, Player

LINES = 5000
BODY = "x" * 100
IN_FLIGHT = 40
# About 80 KB a second to each reader: a healthy one confirms that in time, see 256 KiB and 2 s.
EACH_SECOND = 160
# Small, so that the kernel does not take for read what nobody reads.
KERNEL_BYTES = 4096
CLOSED_SECONDS = 40.0
GROWTH_MB = 20.0
# p95 of the others beside a flood with a healthy reader; a tenth of a second is nothing to a person.
SLOWER, SLOWER_SECONDS = 1.5, 0.1


class SlowReader(Scene):
    """The flood runs twice: first everybody reads, then one does not. What differs is his doing."""

    name = "slow-reader-uvicorn"
    says = (
        "A client stops reading while 5000 lines are sent: its socket is gone within 40 s, the web "
        "process grows by less than 20 MB, the others' deliveries are as quick as before, and it "
        "resumes without a hole."
    )
    environment = {
        "CHATDESK_SERVER": "uvicorn",
        "CHATDESK_LIMIT_STAFF_FRAMES": "1000000",
        "CHATDESK_LIMIT_PLAYER_FRAMES": "1000000",
    }
    # Fewer than the places, so that there is one for his chat.
    players = 4
    agents = 2

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        _calm(crowd)
        agent = crowd.agents[0]
        player = await crowd.add_player()
        await player.open()
        there = await crowd.until(lambda: any(player.conv in a.chats for a in crowd.agents), 30)
        outcome.require(there, "nobody took the chat of the slow reader")
        agent = next(a for a in crowd.agents if player.conv in a.chats)
        before = await self._flood(crowd, agent, player, LINES // 3)
        port, slow = await self._stop_reading(house, player)
        try:
            pid = await asyncio.to_thread(house.server_of, port)
            size = _megabytes(pid)
            crowd.history.fault(self.name, pid=pid)
            outcome.injected = 1
            began = time.monotonic()
            watching = asyncio.create_task(_gone(pid, port, house.port, began))
            growing = asyncio.create_task(_most(pid))
            during = await self._flood(crowd, agent, player, LINES)
            sent = time.monotonic() - began
            await crowd.until(watching.done, max(CLOSED_SECONDS + 5 - sent, 1))
            growing.cancel()
            (most,) = await asyncio.gather(growing, return_exceptions=True)
            took = watching.result() if watching.done() else None
            watching.cancel()
        finally:
            slow.transport.abort()
        grown = (most if isinstance(most, float) else _megabytes(pid)) - size
        outcome.figures = {
            "lines a second": round(LINES / sent),
            "socket gone after (s)": round(took, 1) if took is not None else "never",
            "web process grew by (MB)": round(grown, 1),
            "others' delivery p95 before / beside him (s)": f"{before:.3f} / {during:.3f}",
        }
        outcome.require(
            took is not None and took <= CLOSED_SECONDS, "its socket was not ended in 40 s"
        )
        outcome.require(grown < GROWTH_MB, f"the web process grew by {grown:.0f} MB")
        limit = max(before * SLOWER, before + SLOWER_SECONDS)
        outcome.require(
            during <= limit, f"the others' p95 went from {before:.3f} to {during:.3f} s"
        )
        await self._resume(crowd, player, outcome)
        return outcome

    async def _flood(self, crowd: Crowd, agent: Agent, player: Player, lines: int) -> float:
        """An agent says so much into the chat; returns the others' p95 meanwhile."""
        began, tab, conv = time.monotonic(), agent.tabs[0], player.conv
        epoch = agent.chats[conv]["epoch"]
        said = _Flood(crowd.address, agent, conv, epoch)
        await said.run(lines)
        late = crowd.delivery_seconds(began, time.monotonic())
        assert tab.connected
        return share(late, 0.95)

    async def _stop_reading(self, house: House, player: Player) -> tuple[int, ClientConnection]:
        """A second socket of the player that is welcomed and then never read again."""
        address = Address(house.address.host, house.port, _narrow)
        stream = await connect(
            f"ws://{address.host}:{address.port}/ws/player",
            sock=await address.dial(),
            subprotocols=[Subprotocol("chat.v1")],
            compression=None,
            ping_interval=None,
            max_queue=1,
        )
        hello = {"t": "hello", "v": 1, "session": player.session}
        await stream.send(json.dumps(hello))
        await stream.recv()
        stream.transport.pause_reading()
        return int(stream.local_address[1]), stream

    async def _resume(self, crowd: Crowd, player: Player, outcome: Outcome) -> None:
        """He reads again: everything, from the first number, page by page as the product says."""
        heads = await asyncio.to_thread(crowd._heads)
        head = heads[player.conv][0]
        tab = player.new_tab()
        began = time.monotonic()
        await crowd.until(lambda: tab.connected and tab.views[player.conv].last >= head, 30)
        outcome.recoveries_s.append(time.monotonic() - began)
        last = tab.views[player.conv].last
        outcome.require(last >= head, f"he resumed up to {last} of {head}")


class SlowReaderDaphne(SlowReader):
    name = "slow-reader-daphne"
    environment = {**SlowReader.environment, "CHATDESK_SERVER": "daphne"}


class _Flood:
    """A socket of the agent's own that sends without waiting for each ack: ``IN_FLIGHT`` at once."""

    def __init__(self, address: Address, agent: Agent, conv: str, epoch: int) -> None:
        self._address, self._agent, self._conv, self._epoch = address, agent, conv, epoch

    async def run(self, lines: int) -> None:
        headers = {"Authorization": f"Token {self._agent.key}"}
        _, found = await self._address.request("POST", "/api/v1/staff/tickets", {}, headers)
        async with connect(
            f"ws://{self._address.host}:{self._address.port}/ws/staff",
            subprotocols=[Subprotocol("chat.v1")],
            compression=None,
            ping_interval=None,
            max_size=None,
            proxy=None,
        ) as stream:
            await stream.send(json.dumps({"t": "hello", "v": 1, "ticket": found["ticket"]}))
            free = asyncio.Semaphore(IN_FLIGHT)
            reading = asyncio.create_task(self._read(stream, free))
            saying = asyncio.create_task(self._say(stream, free, lines))
            # Whoever ends first: a reader that ends first was refused or sent away.
            await asyncio.wait((saying, reading), return_when=asyncio.FIRST_COMPLETED)
            saying.cancel()
            reading.cancel()
            ended = await asyncio.gather(saying, reading, return_exceptions=True)
            if isinstance(ended[0], BaseException):
                raise RuntimeError(f"the flood ended: {ended[1]!r}, code {stream.close_code}")

    async def _say(self, stream: ClientConnection, free: asyncio.Semaphore, lines: int) -> None:
        began = time.monotonic()
        for number in range(lines):
            await free.acquire()
            await stream.send(json.dumps(self._message(number)))
            await asyncio.sleep(began + number / EACH_SECOND - time.monotonic())
        for _ in range(IN_FLIGHT):
            await free.acquire()

    def _message(self, number: int) -> dict[str, Any]:
        body = f"{self._agent.words(self._conv)} {number} {BODY}"
        cmid = f"00000000-0000-4000-8000-{time.monotonic_ns() % (16**12):012x}"
        sent: dict[str, Any] = {"t": "send", "conv": self._conv, "epoch": self._epoch}
        self._agent.history.note(
            "invoke",
            who=self._agent.who,
            tab="flood",
            conv=self._conv,
            do="send",
            cmid=cmid,
            hash=digest(body),
            epoch=self._epoch,
        )
        return {**sent, "cmid": cmid, "body": body}

    async def _read(self, stream: ClientConnection, free: asyncio.Semaphore) -> None:
        try:
            async for text in stream:
                frame = json.loads(text)
                if frame["t"] == "ack":
                    self._agent.history.note(
                        "ok",
                        who=self._agent.who,
                        tab="flood",
                        conv=frame["conv"],
                        do="send",
                        cmid=frame["cmid"],
                        seq=frame["seq"],
                        lane="event",
                        data={"dup": False},
                    )
                    free.release()
                elif frame["t"] == "nack":
                    raise RuntimeError(f"the flood was refused: {frame['code']}")
                elif frame["t"] == "ping":
                    await stream.send(json.dumps({"t": "pong", "n": frame["n"]}))
        except ConnectionClosed:
            pass


def _narrow() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
    return made


def _calm(crowd: Crowd) -> None:
    """Nobody closes or hands over: what is measured is delivery."""
    for person in crowd.people:
        for chance in ("closes", "transfers", "releases", "takeovers"):
            if hasattr(person, chance):
                setattr(person, chance, 0.0)


def _megabytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


async def _most(pid: int) -> float:
    """The largest size until this is cancelled."""
    most = 0.0
    try:
        while True:
            most = max(most, _megabytes(pid))
            await asyncio.sleep(0.2)
    except asyncio.CancelledError:
        return most


async def _gone(pid: int, client: int, server: int, since: float) -> float:
    """Seconds until the process holds the far end of a socket no more."""

    def held() -> bool:
        return any(
            one.raddr and one.raddr.port == client and one.laddr.port == server
            for one in psutil.Process(pid).net_connections("tcp")
        )

    while await asyncio.to_thread(held):
        await asyncio.sleep(0.25)
    return time.monotonic() - since


SCENES: list[Scene] = [SlowReader(), SlowReaderDaphne()]
