"""What happens when two try at the same moment: real threads, real transactions, either database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from chatdesk.conversations import assignments, errors, lifecycle, messages, offers
from chatdesk.conversations.messages import Draft, Posted
from chatdesk.conversations.models import Assignment, Conversation, Event, Offer
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Runs the calls at once; each result is what it returned or the refusal it raised."""
    start = Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return call()
        except errors.Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_one_of_ten_accepting_agents_wins() -> None:
    brand = builders.brand()
    agents = [builders.agent(f"Agent{number}") for number in range(10)]
    for _ in range(ROUNDS):
        conv = builders.conversation(brand).pk
        results = together(*[lambda a=agent: assignments.claim(a, conv) for agent in agents])
        won = [result for result in results if isinstance(result, int)]
        lost = [result for result in results if isinstance(result, errors.AlreadyTaken)]
        assert (len(won), len(lost)) == (1, 9)
        owner = Conversation.objects.get(pk=conv)
        assert Assignment.objects.filter(conversation=conv, ended_ts__isnull=True).count() == 1
        winner = agents[[isinstance(result, int) for result in results].index(True)]
        assert owner.owner_id == winner.agent_id
        assert {refusal.alias for refusal in lost} == {winner.alias}
        assignments.release(winner, conv, owner.epoch)
        lifecycle.close(builders.agent("Marit", role="supervisor"), conv, force=True)


def test_capacity_holds_when_many_are_claimed_at_once() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", capacity=3)
    convs = [builders.conversation(brand).pk for _ in range(8)]
    results = together(*[lambda c=conv: assignments.claim(vera, c) for conv in convs])
    assert sum(isinstance(result, int) for result in results) == 3
    assert sum(isinstance(result, errors.AtCapacity) for result in results) == 5
    slots = Assignment.objects.filter(agent_id=vera.agent_id, ended_ts__isnull=True)
    assert sorted(slots.values_list("slot", flat=True)) == [0, 1, 2]


def test_accept_and_expire_at_once_end_the_offer_once() -> None:
    brand = builders.brand()
    for _ in range(ROUNDS):
        vera = builders.agent("Vera")
        conv = builders.conversation(brand).pk
        assert offers.make(conv, vera.agent_id, {})
        offer = Offer.objects.get(conversation=conv)
        accepted, expired = together(
            lambda: assignments.accept(vera, offer.pk), lambda: offers.expire(offer.pk)
        )
        offer.refresh_from_db()
        row = Conversation.objects.get(pk=conv)
        if isinstance(accepted, tuple):
            assert (offer.state, expired, row.owner_id) == ("accepted", False, vera.agent_id)
        else:
            assert isinstance(accepted, errors.NotFound)
            assert (offer.state, expired, row.state) == ("timed_out", True, "queued")


def test_two_dispatchers_make_one_offer() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    for _ in range(ROUNDS):
        conv = builders.conversation(brand).pk
        made = together(
            lambda: offers.make(conv, vera.agent_id, {}),
            lambda: offers.make(conv, iris.agent_id, {}),
        )
        assert sorted(made) == [False, True]
        assert Offer.objects.filter(conversation=conv, state="offered").count() == 1
        lifecycle.close(builders.agent("Marit", role="supervisor"), conv, force=True)


def test_two_tabs_open_one_conversation() -> None:
    brand = builders.brand()
    for _ in range(ROUNDS):
        actor = builders.as_actor(builders.player(brand))
        rows = together(*[lambda: lifecycle.open_conversation(actor, brand.pk) for _ in range(3)])
        assert len({row.pk for row in rows}) == 1


def test_same_cmid_from_two_processes_is_written_once() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who).pk
    actor = builders.as_actor(who)
    for number in range(ROUNDS):
        posted = together(
            *[lambda n=number: messages.post(Draft(conv, actor, f"c{n}", "hi")) for _ in range(4)]
        )
        assert len({(result.seq, result.ts) for result in posted}) == 1
        assert sorted(result.dup for result in posted) == [False, True, True, True]
    seqs = list(
        Event.objects.filter(conversation=conv).order_by("seq").values_list("seq", flat=True)
    )
    assert seqs == list(range(1, len(seqs) + 1))


def test_batches_over_the_same_conversations_do_not_deadlock() -> None:
    brand = builders.brand()
    people = [builders.player(brand) for _ in range(6)]
    convs = [builders.conversation(brand, who).pk for who in people]
    pairs = list(zip(convs, people, strict=True))

    def batch(name: str, order: list[tuple[str, Any]]) -> list[Any]:
        return messages.post_batch(
            [Draft(conv, builders.as_actor(who), f"{name}", name) for conv, who in order]
        )

    for turn in range(ROUNDS):
        results = together(
            lambda t=turn: batch(f"a{t}", pairs), lambda t=turn: batch(f"b{t}", pairs[::-1])
        )
        assert all(isinstance(one, Posted) for outcomes in results for one in outcomes)
    for conv in convs:
        seqs = list(Event.objects.filter(conversation=conv).values_list("seq", flat=True))
        assert sorted(seqs) == list(range(1, len(seqs) + 1))


def test_sending_while_the_conversation_changes_hands() -> None:
    brand = builders.brand()
    vera, marit = builders.agent("Vera"), builders.agent("Marit", role="supervisor", capacity=8)
    for _ in range(ROUNDS):
        conv = builders.conversation(brand).pk
        epoch = assignments.claim(vera, conv)
        sent, taken = together(
            lambda c=conv, e=epoch: messages.post(Draft(c, vera, "x", "hello", epoch=e)),
            lambda c=conv: assignments.takeover(marit, c),
        )
        assert isinstance(taken, int)
        assert isinstance(sent, Posted | errors.NotAssignee)
        handed = Event.objects.get(conversation=conv, kind="left").seq
        if isinstance(sent, Posted):
            assert sent.seq < handed
        lifecycle.close(marit, conv, force=True)


def test_constraints_hold_without_the_locks() -> None:
    """Should a verb ever forget to lock, the database still refuses the second owner and slot."""
    from django.db import IntegrityError, transaction

    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(brand).pk
    assignments.claim(vera, conv)
    other = builders.conversation(brand).pk
    for values in (
        {"conversation_id": conv, "agent_id": iris.agent_id, "slot": 0},
        {"conversation_id": other, "agent_id": vera.agent_id, "slot": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assignment.objects.create(epoch=9, how="x", began_ts=1, **values)
    assert connection.vendor in ("sqlite", "postgresql")
