"""A hello while the database is away: told so, sent away, and not everybody back at the same moment."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agents.consumer import StaffConnection
from chatdesk.connections import database
from chatdesk.connections.connection import Connection
from players.consumer import PlayerConnection

pytestmark = pytest.mark.asyncio

HELLO = {
    PlayerConnection: {"t": "hello", "v": 1, "session": "s_x"},
    StaffConnection: {"t": "hello", "v": 1, "ticket": "x"},
}


async def knocked(kind: type[Connection]) -> tuple[dict[str, Any], int]:
    """The answer to a hello, and the code with which the socket was closed."""
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard.put_nowait({"type": "websocket.connect"})
    heard.put_nowait({"type": "websocket.receive", "text": json.dumps(HELLO[kind])})
    scope = {"type": "websocket", "headers": [], "subprotocols": ["chat.v1"], "path": "/ws"}
    socket = asyncio.ensure_future(kind()(scope, heard.get, said.put))
    assert (await said.get())["type"] == "websocket.accept"
    answer = json.loads((await said.get())["text"])
    closed = await said.get()
    heard.put_nowait({"type": "websocket.disconnect", "code": closed["code"]})
    await socket
    return answer, closed["code"]


@pytest.mark.parametrize("kind", [PlayerConnection, StaffConnection])
async def test_with_the_database_away_a_hello_comes_back_later_each_at_its_own_moment(
    kind: type[Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.outage, "refuses", lambda: True)
    told = [await knocked(kind) for _ in range(20)]
    assert {(answer["t"], answer["code"], code) for answer, code in told} == {
        ("error", "unavailable", 4004)
    }
    waits = {answer["retry_ms"] for answer, _ in told}
    assert min(waits) >= 1_000
    assert max(waits) <= 8_000
    assert len(waits) > 10
