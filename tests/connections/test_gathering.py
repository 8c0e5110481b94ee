"""Sockets that ask at the same moment are answered by one reading."""

from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from chatdesk.connections import gathering
from chatdesk.connections.gathering import Gathered

pytestmark = pytest.mark.asyncio


class Shelf:
    """Squares of numbers; notes what it was asked for together."""

    def __init__(self) -> None:
        self.readings: list[list[int]] = []
        self.away = False

    def load(self, keys: list[int]) -> dict[int, int]:
        self.readings.append(keys)
        if self.away:
            raise OperationalError
        return {key: key * key for key in keys if key >= 0}


async def test_whoever_asks_at_once_shares_a_reading() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.load)
    answers = await asyncio.gather(*[gathered.ask(number) for number in (1, 2, 3, 2, -1)])
    assert answers == [1, 4, 9, 4, None]
    assert shelf.readings == [[1, 2, 3, -1]]


async def test_a_reading_is_never_larger_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_KEYS", 10)
    shelf = Shelf()
    gathered = Gathered(shelf.load)
    await asyncio.gather(*[gathered.ask(number) for number in range(25)])
    assert [len(keys) for keys in shelf.readings] == [10, 10, 5]


async def test_an_answer_is_as_young_as_its_question() -> None:
    """What was asked while a reading ran is read again, never answered from the one before."""
    shelf = Shelf()
    gathered = Gathered(shelf.load)
    assert await gathered.ask(2) == 4
    assert await gathered.ask(2) == 4
    assert shelf.readings == [[2], [2]]


async def test_a_fault_reaches_everybody_and_the_next_reading_is_a_new_one() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.load)
    shelf.away = True
    ends = await asyncio.gather(gathered.ask(1), gathered.ask(2), return_exceptions=True)
    assert [type(end) for end in ends] == [OperationalError, OperationalError]
    shelf.away = False
    assert await gathered.ask(1) == 1


async def test_who_gives_up_does_not_end_it_for_others() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.load)
    impatient = asyncio.ensure_future(gathered.ask(3))
    patient = asyncio.ensure_future(gathered.ask(3))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 9
