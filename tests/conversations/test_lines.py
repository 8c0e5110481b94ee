"""Lines: who asks for the same, each line in its order."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatdesk.conversations import lines, offers
from chatdesk.conversations.models import Conversation
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def test_needs_are_listed_once_each() -> None:
    brand = builders.brand()
    for lang in ("nl", "fi", "nl", "sv"):
        builders.conversation(brand, lang=lang)
    assert lines.needs() == [f"{brand.pk}|{lang}|||chat" for lang in ("fi", "nl", "sv")]


def test_heads_are_read_in_order_and_in_pages_without_those_that_ring() -> None:
    brand = builders.brand()
    rows = [builders.conversation(brand) for _ in range(5)]
    vera = builders.agent("Vera")
    offers.make(rows[0].pk, vera.agent_id, {})
    rows = sorted(rows[1:], key=lambda row: (row.rank_ts, row.pk))
    need = rows[0].need
    page = lines.heads({need: (lines.FIRST, 2)})[need]
    assert [one.pk for one in page] == [row.pk for row in rows[:2]]
    assert [(one.brand_id, one.player_id, one.epoch, one.weight) for one in page] == [
        (row.brand_id, row.player_id, row.epoch, row.weight) for row in rows[:2]
    ]
    rest = lines.heads({need: (page[-1].place, 9)})[need]
    assert [one.pk for one in rest] == [row.pk for row in rows[2:]]


def test_those_who_came_in_the_same_millisecond_are_each_read_once() -> None:
    brand = builders.brand()
    rows = [builders.conversation(brand) for _ in range(4)]
    Conversation.objects.update(rank_ts=1_000)
    need, place = rows[0].need, lines.FIRST
    read = []
    while page := lines.heads({need: (place, 1)})[need]:
        read += [one.pk for one in page]
        place = page[-1].place
    assert sorted(read) == sorted(row.pk for row in rows)


def test_many_lines_are_one_query_each_with_its_own_place_and_limit() -> None:
    brand = builders.brand()
    rows = {
        lang: [builders.conversation(brand, lang=lang) for _ in range(3)] for lang in ("nl", "sv")
    }
    nl, sv = (rows[lang][0].need for lang in ("nl", "sv"))
    first = lines.heads({nl: (lines.FIRST, 1)})[nl][0]
    with CaptureQueriesContext(connection) as seen:
        found = lines.heads(
            {nl: (first.place, 9), sv: (lines.FIRST, 2), "0|fi|||chat": (lines.FIRST, 1)}
        )
    assert len(seen) == 1
    assert [one.need for one in found[nl]] == [nl, nl]
    assert [one.need for one in found[sv]] == [sv, sv]
    assert found["0|fi|||chat"] == []


def test_more_lines_than_one_statement_joins_are_all_read() -> None:
    brand = builders.brand()
    row = builders.conversation(brand)
    asked = {f"0|{number}|||chat": (lines.FIRST, 1) for number in range(600)}
    found = lines.heads({**asked, row.need: (lines.FIRST, 1)})
    assert [one.pk for one in found[row.need]] == [row.pk]
    assert len(found) == 601


def test_no_lines_cost_nothing() -> None:
    with CaptureQueriesContext(connection) as seen:
        assert lines.heads({}) == {}
    assert len(seen) == 0
