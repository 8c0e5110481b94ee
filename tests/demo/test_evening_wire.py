"""The evening's client against a server that misbehaves on purpose: what was wanted survives it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from chatdesk.demo.evening.wire import SUBPROTOCOL, Pacing, Refusal, Stopped, Tally, Wire

Frame = dict[str, Any]
Answering = Callable[[ServerConnection, Frame], Awaitable[None]]
SEND: Frame = {"t": "send", "conv": "c", "cmid": "m", "body": "hello"}


class Server:
    """Welcomes every hello and leaves the rest to ``answering``; keeps what it was told."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.heard: list[Frame] = []
        self.hellos = 0

    async def talk(self, socket: ServerConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame["t"] == "hello":
                self.hellos += 1
                await say(socket, {"t": "welcome"})
            else:
                self.heard.append(frame)
                await self._answering(socket, frame)


async def say(socket: ServerConnection, frame: Frame) -> None:
    await socket.send(json.dumps(frame))


async def ack(socket: ServerConnection, frame: Frame, *, dup: bool = False) -> None:
    await say(socket, {"t": "ack", "cmid": frame["cmid"], "conv": "c", "seq": 1, "dup": dup})


@contextlib.asynccontextmanager
async def connected(server: Server, tally: Tally | None = None) -> AsyncIterator[Wire]:
    async def introduce(renew: bool) -> Frame:
        return {"t": "hello", "v": 1}

    async with serve(server.talk, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL]) as listening:
        port = listening.sockets[0].getsockname()[1]
        wire = Wire(
            f"ws://127.0.0.1:{port}/",
            introduce=introduce,
            hear=lambda frame: None,
            have=lambda: {"c": 7},
            frames=50,
            haste=0.01,
            chance=Random(1),
            tally=tally or Tally(),
        )
        living = asyncio.get_running_loop().create_task(wire.run())
        try:
            async with asyncio.timeout(10):
                yield wire
        finally:
            await wire.end()
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)


@pytest.mark.asyncio
async def test_message_goes_again_with_its_cmid_when_the_ack_was_lost() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        if len(server.heard) == 1:
            socket.transport.abort()
        else:
            await ack(socket, frame, dup=True)

    server, tally, tries = Server(answering), Tally(), []
    async with connected(server, tally) as wire:
        answer = await wire.deliver(SEND, lambda: tries.append(1))
    assert answer["seq"] == 1
    assert server.heard == [SEND, SEND]
    assert (server.hellos, tally.reconnects, tally.dups, len(tries)) == (2, 1, 1, 2)


@pytest.mark.asyncio
async def test_cut_of_our_own_is_mended_the_same_way() -> None:
    server = Server(ack)
    async with connected(server) as wire:
        cuts = iter([wire.cut])
        await wire.deliver(SEND, lambda: next(cuts, lambda: None)())
    assert server.hellos == 2
    assert all(frame == SEND for frame in server.heard)


@pytest.mark.asyncio
async def test_refusal_that_is_not_final_is_tried_again_and_a_final_one_is_told() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        final = len(server.heard) == 2
        code = "closed" if final else "unavailable"
        nack = {"t": "nack", "cmid": frame["cmid"], "code": code, "final": final, "retry_ms": 1}
        await say(socket, nack)

    server = Server(answering)
    async with connected(server) as wire:
        with pytest.raises(Refusal) as refused:
            await wire.deliver(SEND, lambda: None)
    assert refused.value.code == "closed"
    assert server.heard == [SEND, SEND]


@pytest.mark.asyncio
async def test_frame_that_the_rate_limit_swallowed_goes_again() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        if len(server.heard) == 1:
            await say(socket, {"t": "error", "code": "rate", "message": "", "retry_ms": 5})
        else:
            await ack(socket, frame)

    server = Server(answering)
    async with connected(server) as wire:
        await wire.deliver(SEND, lambda: None)
    assert server.heard == [SEND, SEND]


@pytest.mark.asyncio
async def test_command_keeps_its_ref_over_a_broken_socket() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        if len(server.heard) == 1:
            await socket.close(1012)
        else:
            await say(socket, {"t": "ok", "ref": frame["ref"], "conv": "c"})

    server = Server(answering)
    async with connected(server) as wire:
        assert (await wire.ask({"t": "open"}))["conv"] == "c"
    assert server.heard[0] == server.heard[1]


@pytest.mark.asyncio
async def test_drain_moves_the_socket_without_a_word_lost() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        if len(server.heard) == 1:
            await say(socket, {"t": "drain", "in_ms": 1})
        else:
            await ack(socket, frame)

    server = Server(answering)
    async with connected(server) as wire:
        await wire.deliver(SEND, lambda: None)
    assert server.hellos == 2


@pytest.mark.asyncio
async def test_close_code_that_says_stop_is_told_to_whoever_waits() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        await socket.close(4409)

    server = Server(answering)
    async with connected(server) as wire:
        with pytest.raises(Stopped) as stopped:
            await wire.ask({"t": "open"})
    assert stopped.value.code == 4409
    assert server.hellos == 1


@pytest.mark.asyncio
async def test_ping_is_answered_with_what_we_have() -> None:
    async def answering(socket: ServerConnection, frame: Frame) -> None:
        if frame["t"] == "pong":
            ponged.set_result(frame)
        else:
            await say(socket, {"t": "ping", "n": 3, "heads": {}})

    server, ponged = Server(answering), asyncio.get_running_loop().create_future()
    async with connected(server) as wire:
        await wire.live()
        await wire.mention({"t": "typing"})
        assert await ponged == {"t": "pong", "n": 3, "have": {"c": 7}}


@pytest.mark.asyncio
async def test_pacing_keeps_any_window_below_its_number() -> None:
    pacing, moments = Pacing(frames=5, seconds=0.2), []
    for _ in range(12):
        await pacing.turn()
        moments.append(asyncio.get_running_loop().time())
    for earlier, later in zip(moments, moments[5:], strict=False):
        assert later - earlier >= 0.19


def test_what_may_be_left_out_leaves_room_for_what_may_not() -> None:
    pacing = Pacing(frames=10)
    assert [pacing.spare(0.0) for _ in range(8)] == [True] * 6 + [False] * 2
    assert pacing.spare(11.0)
