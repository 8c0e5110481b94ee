"""The same seed is the same evening; everybody can be understood and served."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from chatdesk.demo import seeding
from chatdesk.demo.evening import phrases, plan
from chatdesk.demo.evening.plan import Options
from chatdesk.demo.evening.report import Spread, percentile
from players.topics import TOPICS

BRANDS = ("aurora", "northlight")


def test_same_seed_makes_the_same_evening() -> None:
    options = Options(players=60, agents=7, seed=11)
    assert plan.make(options, BRANDS) == plan.make(options, BRANDS)


def test_another_seed_makes_another_evening() -> None:
    made, other = (plan.make(Options(seed=seed), BRANDS) for seed in (1, 2))
    assert made.players != other.players
    assert made.agents != other.agents


def test_one_more_player_changes_nobody_else_but_his_arrival() -> None:
    few, more = (plan.make(Options(players=many, agents=2), BRANDS) for many in (20, 21))
    for one, same in zip(few.players, more.players, strict=False):
        assert (one.lines, one.lang, one.chance) == (same.lines, same.lang, same.chance)


def test_arrivals_are_in_order_and_leave_time_to_be_served() -> None:
    arrivals = [one.arrives for one in plan.make(Options(), BRANDS).players]
    assert arrivals == sorted(arrivals)
    assert 0 <= arrivals[0] <= arrivals[-1] <= 5 * 60 * plan.ARRIVALS_END


def test_a_full_evening_has_all_languages_brands_and_kinds_of_people() -> None:
    made = plan.make(Options(), BRANDS)
    assert {one.lang for one in made.players} == set(phrases.LANGUAGES)
    assert {one.brand for one in made.players} == set(BRANDS)
    for trait in ("known", "thanks", "rating", "declines_rating", "cut_after", "closes_himself"):
        many = sum(getattr(one, trait) not in (None, False) for one in made.players)
        assert 0 < many < len(made.players), trait


@pytest.mark.parametrize("agents", [1, 2, 3, 20])
def test_every_player_meets_somebody_who_speaks_his_language_at_his_brand(agents: int) -> None:
    made = plan.make(Options(players=100, agents=agents), BRANDS)
    for player in made.players:
        assert any(
            player.lang in agent.languages and agent.brand in (None, player.brand)
            for agent in made.agents
        )


def test_agents_are_the_same_people_every_evening() -> None:
    made, other = (plan.make(Options(agents=50, seed=seed), BRANDS) for seed in (1, 2))
    facts = [(a.username, a.alias, a.languages, a.brand, a.capacity) for a in made.agents]
    assert facts == [(a.username, a.alias, a.languages, a.brand, a.capacity) for a in other.agents]
    assert len({one.alias for one in made.agents}) == 50
    for one in made.agents:
        assert "evening" not in one.alias.casefold()


def test_who_comes_for_protection_makes_no_small_talk_and_is_not_asked_to_rate() -> None:
    made = plan.make(Options(players=400), BRANDS)
    grave = [one for one in made.players if one.topic == phrases.GRAVE_TOPIC]
    assert grave
    for one in grave:
        assert one.follow_ups == ()
        assert one.rating is None
        assert not one.declines_rating


def test_numbers_that_make_no_evening_are_refused() -> None:
    for options in (Options(players=0), Options(agents=0), Options(minutes=0)):
        with pytest.raises(ValueError, match="An evening needs"):
            plan.make(options, BRANDS)
    with pytest.raises(ValueError, match="An evening needs"):
        plan.make(Options(), ())


# --- what people say -------------------------------------------------------------------------------


def _canned() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(seeding.STARTER.read_text(encoding="utf-8"))
    return found


def test_every_question_has_a_topic_and_a_prepared_answer_in_its_language() -> None:
    shortcuts = {str(one["shortcut"]): one for one in _canned()}
    topics = {topic for topic, _ in TOPICS}
    for question in phrases.questions():
        assert question.topic in topics
        assert question.lines
        texts = shortcuts[question.shortcut]["texts"]
        assert isinstance(texts, dict)
        assert question.lang in texts
    counted = Counter(question.lang for question in phrases.questions())
    assert set(counted) == set(phrases.LANGUAGES)


def test_what_a_player_asks_is_understood() -> None:
    for question in phrases.questions():
        assert phrases.understood(["hm", *question.lines], "other") == question.shortcut
    assert phrases.understood(["quite something else"], "withdrawal")


@pytest.mark.parametrize("lang", [*phrases.LANGUAGES, "xx"])
def test_no_prepared_answer_keeps_a_variable(lang: str) -> None:
    for one in _canned():
        texts = one["texts"]
        assert isinstance(texts, dict)
        for text in texts.values():
            filled = phrases.fill(text["body"], {"player_name": "Ann"}, lang)
            assert "{{" not in filled
            assert "}}" not in filled


def test_a_value_of_the_conversation_comes_before_a_stand_in() -> None:
    assert phrases.fill("{{amount}} {{ brand }}", {"amount": "5", "brand": "A"}, "nl") == "5 A"


def test_thanks_are_recognised_in_every_language() -> None:
    for lang in phrases.LANGUAGES:
        for line in phrases.some(lang, "thanks"):
            assert phrases.is_thanks(line, lang)
        assert not phrases.is_thanks(phrases.some(lang, "reactions")[0], lang)


# --- numbers of the report -------------------------------------------------------------------------


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50.0, 95.0, 99.0]
    assert percentile([7.0], 0.99) == 7.0
    assert Spread.of([]) == Spread(0, None, None, None, None)
