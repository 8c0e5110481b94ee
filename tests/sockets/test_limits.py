"""What the server does to a socket that says too much, reads too slowly or answers no more; and to all of
them when it goes. These run on a server with low limits (see ``strict``)."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from http.client import HTTPException

import pytest

from tests.clients import AgentClient, Client, PlayerClient
from tests.live import Live
from tests.sockets.conftest import SERVERS
from tests.sockets.people import agent, code, refused

pytestmark = pytest.mark.asyncio

FRAMES = 5
PONG_SECONDS = 11.0  # an interval of one second and ten of grace
DRAIN_SECONDS = 20.0


async def floods(client: Client) -> None:
    """Three times the limit is refused frame by frame, one more ends the socket."""
    for _ in range(3 * FRAMES):
        # The word that excuses a pong excuses nothing else.
        await client.say({"t": "history", "ref": "pong", "conv": "pong"})
    await client.until(
        lambda: sum(1 for one in client.frames if one["t"] == "error") == 3 * FRAMES, "answers"
    )
    errors = [one for one in client.frames if one["t"] == "error"]
    assert sorted(one["code"] for one in errors) == ["not_found"] * FRAMES + ["rate"] * 2 * FRAMES
    for one in errors:
        if one["code"] == "rate":
            assert 0 < one["retry_ms"] <= 10_000
    await client.say(b"binary counts too")
    assert await client.closed() == 4005


async def test_too_many_frames_are_refused_and_far_too_many_close(strict: Live) -> None:
    player, vera = PlayerClient(strict), agent(strict, "aurora")
    await player.join()
    await vera.join()
    await asyncio.gather(floods(player), floods(vera))


async def test_a_person_over_the_limit_is_over_it_on_each_socket(strict: Live) -> None:
    # Several processes count for themselves; these tabs may be in two.
    player = PlayerClient(strict)
    player.begin_session()
    tabs = [PlayerClient(strict) for _ in range(3)]
    for tab in tabs:
        tab.session = player.session
        await tab.join()
    first = strict.server_of(tabs[0].local_port)
    same = [tab for tab in tabs if strict.server_of(tab.local_port) == first]
    asked = [same[number % len(same)].ask("history", conv="x") for number in range(FRAMES + 2)]
    assert [await code(one) for one in asked] == ["not_found"] * FRAMES + ["rate"] * 2
    # A message is refused so that its outbox tries again.
    nack = await refused(same[0].write("send", conv="x", body="again, later"))
    assert (nack["code"], nack["final"]) == ("rate", False)
    assert 0 < nack["retry_ms"] <= 10_000
    for tab in tabs:
        await tab.leave()


async def test_pongs_are_not_counted(strict: Live) -> None:
    async with PlayerClient(strict) as player:
        for _ in range(4 * FRAMES):
            await player.say({"t": "pong", "n": 0})
        await player.still_usable()
        assert not [one for one in player.frames if one.get("code") == "rate"]


async def test_a_flood_of_pongs_is_a_flood(strict: Live) -> None:
    async with PlayerClient(strict) as player:
        for _ in range(16 * FRAMES):
            await player.say({"t": "pong", "n": 0})
        assert await player.closed() == 4005


async def test_a_ping_tells_heads_and_the_desks_revision(strict: Live) -> None:
    brand = strict.brand()
    player, vera = PlayerClient(strict, brand), agent(strict, brand)
    async with player, vera:
        conv = await player.open()
        await vera.claim(conv)
        seq = (await player.send("the head"))["seq"]
        for client in (player, vera):
            assert client.welcome["ping_ms"] == 1000
            ping = await client.frame("ping", heads={conv: seq})
            assert ping["n"] >= 1
        assert "desk_rev" not in player.frames[-1]
        await vera.until(lambda: vera.frames[-1].get("desk_rev") == vera.desk["rev"], "the rev")
        # A pong with what one has tells the other side that it arrived.
        await vera.frame("eph", kind="delivered", role="player", seq=seq)


async def test_a_socket_that_answers_no_ping_is_closed_with_4001(strict: Live) -> None:
    silent: list[Client] = [PlayerClient(strict), agent(strict, "aurora")]
    async with PlayerClient(strict) as honest:
        began = time.monotonic()
        for client in silent:
            client.answers_pings = False
            await client.join()
        codes = await asyncio.gather(*(one.closed(PONG_SECONDS + 10) for one in silent))
        assert codes == [4001, 4001]
        assert time.monotonic() - began >= PONG_SECONDS
        assert honest.close_code is None
        await honest.still_usable()


async def test_a_slow_reader_is_closed_with_4002_and_resumes(strict: Live) -> None:
    brand = strict.brand()
    player, vera = PlayerClient(strict, brand), agent(strict, brand)
    async with vera:
        await player.join()
        conv = await player.open()
        await vera.claim(conv)
        await player.until(lambda: "joined" in player.kinds(conv))
        player.answers_pings = False
        # 8 KiB each; who confirms between them, as Vera does, may get any number of these.
        line = {"t": "send", "conv": conv, "epoch": vera.epoch(conv), "body": "ä" * 4_000}
        for number in range(3):
            await vera.say(json.dumps({**line, "cmid": f"c-{number}"}, ensure_ascii=False))
            await vera.frame("ack", cmid=f"c-{number}")
            for _ in range(2):
                await vera.frame("ping", since=len(vera.frames))
        assert await player.closed() == 4002
        await vera.still_usable()
        player.answers_pings = True
        await player.resume()
        await player.until(lambda: player.bodies(conv) == vera.bodies(conv), "every line")
        await player.leave()


@pytest.fixture(params=SERVERS)
def leaving(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """A server of one's own, to be ended by the test."""
    server = Live(tmp_path_factory.mktemp("leaving"), request.param)
    server.begin()
    yield server
    server.stop()


async def test_a_server_that_goes_sends_everybody_away_first(leaving: Live) -> None:
    member = leaving.hire("Vera")
    sockets: list[Client] = [
        *(PlayerClient(leaving) for _ in range(6)),
        *(AgentClient(leaving, member) for _ in range(4)),
    ]
    for socket in sockets:
        await socket.join()
    began = time.monotonic()
    leaving.process.send_signal(signal.SIGTERM)
    for socket in sockets:
        assert 0 <= (await socket.frame("drain"))["in_ms"] <= 8_000
    unready = await asyncio.to_thread(readiness, leaving)
    assert unready == 503
    assert {await socket.closed(DRAIN_SECONDS) for socket in sockets} == {4000}
    assert await asyncio.to_thread(leaving.process.wait, DRAIN_SECONDS) == 0
    assert time.monotonic() - began < DRAIN_SECONDS


def readiness(server: Live) -> int | None:
    try:
        return server.http("GET", "/readyz").status
    except (OSError, HTTPException):
        return None
