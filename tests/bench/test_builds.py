"""Each build beside ours runs for real, shortly and slowly: every message reaches the other side once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import psycopg
import pytest

from bench import builds
from bench.accounts import Audit, audit
from bench.builds import Running, relay, socketio
from bench.limits.__main__ import servers
from bench.servers import Services, services
from bench.steps import Step

pytestmark = pytest.mark.live

CHATS, RATE, SECONDS = 4, 100, 0.8
NOTHING_WRONG = {"lost": 0, "doubled": 0, "reordered": 0, "refused": 0, "closed_sockets": 0}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with services(tmp_path_factory.mktemp("builds")) as found:
        yield found


async def _step(running: Running) -> tuple[Step, Audit]:
    try:
        step = await running.generator.step(RATE, SECONDS)
        return step, audit(running.rows(), running.generator.acked_ever, running.holes())
    finally:
        await running.stop()


def _run(build: str, shared: Services) -> tuple[Step, Audit]:
    async def run() -> tuple[Step, Audit]:
        chosen = {one.name: one for one in servers()} | builds.known()
        return await _step(await chosen[build].start(shared, CHATS))

    return asyncio.run(run())


def _wrong(step: Step) -> dict[str, Any]:
    return {name: count for name, count in asdict(step).items() if name in NOTHING_WRONG}


@pytest.mark.parametrize("build", ["relay-uvicorn", "relay-daphne", "echo"])
def test_what_only_hands_on_delivers_all(build: str, shared: Services) -> None:
    step, _ = _run(build, shared)
    assert step.sent == step.delivered == RATE * SECONDS
    assert _wrong(step) == NOTHING_WRONG
    assert (step.durable, step.acked, step.committed) == (False, 0, 0)


def test_socketio_delivers_acks_and_keeps_all(shared: Services) -> None:
    step, kept = _run("socketio", shared)
    assert step.sent == step.delivered == step.acked == step.committed == RATE * SECONDS
    assert _wrong(step) == NOTHING_WRONG
    assert kept.clean
    assert kept.rows == step.sent


def test_socketio_neither_acks_nor_delivers_what_it_cannot_keep(shared: Services) -> None:
    async def run() -> Step:
        build = socketio.SocketIO(shared, 2)
        running = await build.start(CHATS)
        with psycopg.connect(build.url, autocommit=True) as database:
            database.execute("ALTER TABLE message ADD CHECK (body IS NULL) NOT VALID")
        step, _ = await _step(running)
        return step

    step = asyncio.run(run())
    assert (step.refused, step.acked, step.delivered, step.committed) == (step.sent, 0, 0, 0)


def test_a_relay_hands_nothing_to_another_room(shared: Services) -> None:
    async def run() -> list[list[bytes]]:
        running = await relay.asgi("uvicorn")(shared, 2)
        assert isinstance(running, relay.Relay)
        heard: list[list[bytes]] = [[] for _ in running.sockets]
        for socket, told in zip(running.sockets, heard, strict=True):
            socket.hear = told.append  # type: ignore[method-assign, assignment]
        running.sockets[0].say(b"hello")
        until = asyncio.get_running_loop().time() + 5
        while not any(heard) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await running.stop()
        return heard

    assert asyncio.run(run()) == [[], [b"hello"], [], []]
