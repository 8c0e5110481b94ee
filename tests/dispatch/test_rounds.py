"""Nobody is rung twice in one round, and a round goes on until everybody who could was tried."""

from __future__ import annotations

import pytest

from chatdesk.conversations import clock
from chatdesk.dispatch.rounds import ROUND_PAUSE_MS, Rung

pytestmark = pytest.mark.django_db


def _ago(ms: int) -> int:
    return clock.now_ms() - ms


def _rung(last_ts: int = 0, **times: int) -> Rung:
    found = Rung(last_ts=last_ts)
    found.times.update({int(agent[1:]): many for agent, many in times.items()})
    return found


def test_nobody_was_asked_yet() -> None:
    assert _rung().asked({1, 2}) == set()


def test_whoever_was_asked_is_not_asked_again() -> None:
    assert _rung(a1=1).asked({1, 2}) == {1}


def test_after_everybody_comes_a_pause() -> None:
    assert _rung(last_ts=_ago(ROUND_PAUSE_MS - 5_000), a1=1, a2=1).asked({1, 2}) == {1, 2}
    assert _rung(last_ts=_ago(ROUND_PAUSE_MS), a1=1, a2=1).asked({1, 2}) == set()


def test_the_second_round_asks_everybody_once_too() -> None:
    second = _rung(last_ts=0, a1=2, a2=1)
    assert second.asked({1, 2}) == {1}


def test_who_comes_on_duty_is_asked_first() -> None:
    assert _rung(a1=3, a2=3).asked({1, 2, 3}) == {1, 2}


def test_who_has_no_room_holds_up_no_round() -> None:
    assert _rung(a1=1).asked({1}) == set()
