"""What open walls are sent: everything at first, then what changed; one read for all alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from agents import wall, walls
from agents.walls import Walls, _frame
from chatdesk.conversations import alarms, assignments, lifecycle
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Seat
from chatdesk.delivery.presence import Sight
from chatdesk.delivery.protocol.frames import WallFrame
from tests import builders

pytestmark = pytest.mark.django_db


def _seen(*actors: Actor) -> Sight:
    return Sight(frozenset(actor.agent_id for actor in actors), True)


def test_the_first_frame_is_full() -> None:
    vera = builders.agent("Vera")
    conv = builders.conversation(builders.brand())
    frame = _frame(1, wall.build(None, _seen(vera)), None)
    assert frame.full
    assert [row["conv"] for row in frame.chats or ()] == [conv.pk]
    assert [row["alias"] for row in frame.agents or ()] == ["Vera"]
    assert frame.queue is not None
    assert frame.kpi is not None


def test_a_delta_holds_only_what_changed() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    sight = _seen(vera, builders.agent("Iris"))
    still, taken = builders.conversation(brand), builders.conversation(brand)
    before = wall.build(None, sight)
    nothing = _frame(2, wall.build(None, sight), before)
    assert nothing == WallFrame(rev=2, full=False)
    assignments.claim(vera, taken.pk)
    frame = _frame(3, wall.build(None, sight), before)
    assert [row["conv"] for row in frame.chats or ()] == [taken.pk]
    assert [row["alias"] for row in frame.agents or ()] == ["Vera"]
    assert frame.queue is not None
    assert frame.queue["waiting"] == 1
    assert still.pk not in str(frame.chats)


def test_a_chat_that_ended_is_told_as_closed() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    before = wall.build(None, None)
    lifecycle.close(builders.as_actor(who), conv)
    frame = _frame(2, wall.build(None, None), before)
    assert not frame.full
    assert frame.chats == [{"conv": conv, "state": "closed"}]


def test_alarms_come_whole_when_they_differ_and_are_empty_when_they_are_over() -> None:
    before = wall.build(None, None)
    assert _frame(1, before, None).alarms == []
    alarms.keep(alarms.PRESENCE_BREAKER, True, losing=4, there=5)
    raised = wall.build(None, None)
    frame = _frame(2, raised, before)
    assert [(one["kind"], one["facts"]) for one in frame.alarms or ()] == [
        ("presence_breaker", {"losing": 4, "there": 5})
    ]
    assert _frame(3, wall.build(None, None), raised).alarms is None
    alarms.keep(alarms.PRESENCE_BREAKER, False)
    assert _frame(4, wall.build(None, None), raised).alarms == []


def test_an_agent_who_is_no_more_makes_it_full() -> None:
    vera = builders.agent("Vera")
    before = wall.build(None, None)
    seat = Seat.objects.select_related("agent").get(pk=vera.agent_id)
    seat.agent.is_active = False
    seat.agent.save()
    frame = _frame(2, wall.build(None, None), before)
    assert (frame.full, frame.agents) == (True, [])


class _Viewer:
    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def push(self, text: str) -> None:
        self.frames.append(json.loads(text))


class _Presence:
    async def look(self) -> Sight:
        return Sight(frozenset(), True)


async def _directly(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


def test_one_read_for_all_who_look_at_the_same_brands(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[frozenset[int] | None] = []

    def build(brands: frozenset[int] | None, sight: Sight | None) -> wall.WallState:
        read.append(brands)
        return wall.WallState(queue={"waiting": len(read)})

    monkeypatch.setattr(wall, "build", build)
    monkeypatch.setattr(walls.database, "run", _directly)
    monkeypatch.setattr(walls, "runtime", SimpleNamespace(presence=_Presence()))
    everything, same, one_brand = _Viewer(), _Viewer(), _Viewer()

    async def look_twice() -> None:
        open_walls = Walls(None)  # type: ignore[arg-type]
        open_walls.show(everything, None)
        open_walls.show(one_brand, frozenset({7}))
        await open_walls._send()
        open_walls.show(same, None)
        await open_walls._send()
        open_walls.hide(one_brand)
        await open_walls._send()
        await open_walls.stop()

    asyncio.run(look_twice())
    assert (read.count(None), read.count(frozenset({7}))) == (3, 2)
    assert [frame["full"] for frame in everything.frames] == [True, False, False]
    assert [frame["full"] for frame in same.frames] == [True, False]
    assert len(one_brand.frames) == 2
