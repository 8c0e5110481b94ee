"""What a client of the evening does about holes, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chatdesk.demo.evening.client import Client, Stage
from chatdesk.demo.evening.gate import Gate
from chatdesk.demo.evening.ledger import Ledger
from chatdesk.demo.evening.plan import Options
from chatdesk.demo.evening.transcript import Shown
from chatdesk.demo.evening.wire import Tally

HEAD = 250


def _event(seq: int) -> dict[str, Any]:
    return {"t": "ev", "conv": "c", "seq": seq, "kind": "message", "from": {"role": "agent"}}


class _Reader(Client):
    """Its server has ``HEAD`` lines and answers ``history`` after a moment."""

    side = "staff"
    frames_per_ten_seconds = 50

    def __init__(self) -> None:
        super().__init__(Stage(Options(), Gate("http://nowhere"), Ledger(), Tally()), 1)
        self.who = "a:1"
        self.asked: list[int] = []
        self.wire.ask = self._history  # type: ignore[method-assign]

    async def _history(self, frame: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(frame["before"])
        await asyncio.sleep(0.01)
        last = min(frame["before"] - 1, HEAD)
        first = max(last - frame["limit"] + 1, 1)
        return {"events": [_event(seq) for seq in range(first, last + 1)], "more": first > 1}

    def heard(self, frame: dict[str, Any]) -> None:
        pass

    def showed(self, conv: str, event: Shown) -> None:
        pass


@pytest.mark.asyncio
async def test_two_readings_at_once_end_and_show_every_line_once() -> None:
    reader = _Reader()
    async with asyncio.timeout(5):
        await asyncio.gather(reader.read_up("c", HEAD), reader.read_up("c", HEAD - 10))
    shown = [one.event.seq for one in reader.stage.ledger.shown["a:1", "c"]]
    assert shown == list(range(1, HEAD + 1))
    assert reader.asked == [251, 151, 51]


@pytest.mark.asyncio
async def test_reading_beyond_the_head_ends_at_the_head() -> None:
    reader = _Reader()
    async with asyncio.timeout(5):
        await reader.read_up("c", HEAD + 1_000)
    assert reader.transcripts["c"].last == HEAD


@pytest.mark.asyncio
async def test_hole_is_asked_for_only_when_it_stays() -> None:
    reader = _Reader()
    reader.follows("c")
    reader._hear(_event(1))
    reader._hear(_event(3))
    reader._hear(_event(2))
    await asyncio.sleep(0.4)
    assert (reader.transcripts["c"].last, reader.asked) == (3, [])
    reader._hear(_event(6))
    await asyncio.sleep(0.5)
    assert (reader.transcripts["c"].last, reader.asked) == (6, [6])
    assert reader.stage.tally.gaps == 1
