"""What counts as a person's doing on a staff socket, and what a page says by itself."""

from __future__ import annotations

import time
from typing import get_args

import msgspec
import pytest

from agents.consumer import StaffConnection
from chatdesk.connections.runtime import runtime
from chatdesk.delivery.presence import Presence
from chatdesk.delivery.protocol import commands

MINUTES_AGO = 400.0
BY_ITSELF = {"hello", "pong", "wall"}
FIELDS = {
    "ref": "r",
    "conv": "c1",
    "seq": 1,
    "epoch": 1,
    "cmid": "m1",
    "body": "hello",
    "offer": "o1",
    "reason": "busy",
    "status": "away",
    "on": True,
    "to": {"agent": "7"},
    "agent": "7",
}


def _command(kind: type) -> commands.Command:
    given = {
        one.name: FIELDS[one.name] for one in msgspec.structs.fields(kind) if one.name in FIELDS
    }
    tag = kind.__struct_config__.tag  # type: ignore[attr-defined]
    made = {"t": tag, **given}
    if tag == "pong":
        made = {"t": tag, "n": 1}
    elif tag == "hello":
        made = {"t": tag, "v": 1, "ticket": "t"}
    return msgspec.convert(made, kind)


class _Socket(StaffConnection):
    """One whose commands stop where the database would be asked."""

    def answer(self, frame: object) -> None:
        pass

    def spawn(self, coroutine: object) -> None:
        coroutine.close()  # type: ignore[attr-defined]

    def draft(self, command: commands.Command) -> None:
        return None


@pytest.fixture
def socket(monkeypatch: pytest.MonkeyPatch) -> _Socket:
    monkeypatch.setattr(runtime, "presence", Presence(None), raising=False)
    one = _Socket()
    one.agent_id, one.live, one.owned = 7, True, set()
    runtime.presence._acted[7] = time.monotonic() - MINUTES_AGO
    return one


@pytest.mark.parametrize("kind", get_args(commands.StaffCommand), ids=lambda kind: kind.__name__)
def test_whatever_a_person_does_ends_his_idleness(
    kind: type, socket: _Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "_ponged", lambda pong: None)
    command = _command(kind)
    socket._take(command)
    idle = time.monotonic() - runtime.presence._acted[7]
    does_nothing = command.__struct_config__.tag in BY_ITSELF
    assert (idle >= MINUTES_AGO) == does_nothing
