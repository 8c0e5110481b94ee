"""Who gets the next conversation."""

from __future__ import annotations

import pytest

from chatdesk.dispatch.choosing import Candidate, Need, choose, sort


def _agent(agent_id: int, **facts: object) -> Candidate:
    given: dict[str, object] = {
        "load": 0,
        "capacity": 3,
        "languages": frozenset({"en"}),
        "skills": frozenset(),
        "brands": frozenset(),
        "last_accepted_ts": 0,
    }
    return Candidate(agent_id=agent_id, **{**given, **facts})  # type: ignore[arg-type]


NEED = Need(brand_id=1, lang="en")


def _chosen(
    candidates: list[Candidate],
    need: Need = NEED,
    asked: tuple[int, ...] = (),
    last: int | None = None,
) -> int | None:
    free = sort(candidates, need, asked).free
    return choose(free, need, last)[0].agent_id if free else None


def test_least_loaded_first() -> None:
    assert _chosen([_agent(1, load=2), _agent(2, load=1), _agent(3, load=2)]) == 2


def test_load_is_relative_to_capacity() -> None:
    assert _chosen([_agent(1, load=1, capacity=2), _agent(2, load=2, capacity=8)]) == 2


def test_of_equals_longest_since_last_accepted() -> None:
    assert _chosen([_agent(1, last_accepted_ts=50), _agent(2, last_accepted_ts=10)]) == 2


def test_language_skill_and_brand_are_respected() -> None:
    finnish = Need(brand_id=1, lang="fi")
    assert _chosen([_agent(1)], finnish) is None
    payments = Need(brand_id=1, lang="en", skill="payments")
    assert _chosen([_agent(1), _agent(2, skills=frozenset({"payments"}))], payments) == 2
    assert _chosen([_agent(1, brands=frozenset({2}))]) is None


def test_full_and_already_asked_are_left_out() -> None:
    assert _chosen([_agent(1, load=3), _agent(2)], asked=(2,)) is None


def test_last_agent_is_preferred_only_while_eligible() -> None:
    assert _chosen([_agent(1, load=2), _agent(2)], last=1) == 1
    assert _chosen([_agent(1, load=3), _agent(2)], last=1) == 2


def test_each_candidate_is_free_or_ruled_out_for_one_stated_reason() -> None:
    need = Need(brand_id=1, lang="fi", skill="payments")
    payments, finnish = frozenset({"payments"}), frozenset({"fi"})
    found = sort(
        [
            _agent(1, brands=frozenset({2}), languages=finnish, skills=payments),
            _agent(2, skills=payments),
            _agent(3, languages=finnish),
            _agent(4, languages=finnish, skills=payments, load=3),
            _agent(5, languages=finnish, skills=payments),
            _agent(6, languages=finnish, skills=payments),
        ],
        need,
        asked=(5,),
    )
    assert [one.agent_id for one in found.free] == [6]
    assert found.excluded == {
        "brand": [1],
        "language": [2],
        "skill": [3],
        "full": [4],
        "asked": [5],
    }


def test_team_is_respected() -> None:
    need = Need(brand_id=1, lang="en", team_id=7)
    assert _chosen([_agent(1), _agent(2, team_id=8), _agent(3, team_id=7)], need) == 3


def test_as_many_of_a_channel_as_he_may_have() -> None:
    need = Need(brand_id=1, lang="en", channel="message")
    full = _agent(1, room={"message": 0})
    assert _chosen([full], need) is None
    assert _chosen([full]) == 1


def test_heavy_one_takes_what_is_left() -> None:
    vera = _agent(1, load=1)
    vera.takes(3, "chat")
    assert vera.load == 3


@pytest.mark.parametrize(
    ("key", "need"),
    [
        ("1|nl|||chat", Need(brand_id=1, lang="nl")),
        ("2|fi|payments|7|message", Need(2, "fi", "payments", 7, "message")),
        ("3|en|a|b||chat", Need(3, "en", "a|b", None, "chat")),
    ],
)
def test_need_is_read_from_the_key_of_the_queue(key: str, need: Need) -> None:
    assert Need.of(key) == need
