"""Many hands on the same conversations, offers and places, with several dispatchers at once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from chatdesk.conversations import assignments, errors, lifecycle, offers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Assignment, Conversation, Offer
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import offering, steps
from tests import builders, floor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

SECONDS = 120


class Hands:
    """As many threads as there are people, each with a connection of its own that stays."""

    def __init__(self, many: int) -> None:
        self._pool = ThreadPoolExecutor(many)

    def together(self, *calls: Callable[[], Any]) -> list[Any]:
        """At once; each result is what was returned, or the refusal."""
        start = threading.Barrier(len(calls))

        def one(call: Callable[[], Any]) -> Any:
            start.wait(SECONDS)
            return _try(call)

        return list(self._pool.map(one, calls))

    def close(self, many: int) -> None:
        # Every thread closes the connection that it holds.
        self.together(*[connections.close_all] * many)
        self._pool.shutdown()


@contextmanager
def _hands(many: int) -> Iterator[Hands]:
    hands = Hands(many)
    try:
        yield hands
    finally:
        hands.close(many)


def _try(call: Callable[[], Any]) -> Any:
    """Whoever waits too long for a lock is told to try again, and does."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return call()
        except errors.Unavailable:
            assert time.monotonic() < end
        except errors.Refusal as refusal:
            return refusal


def test_of_ten_who_take_one_offer_one_wins_every_time() -> None:
    brand = builders.brand()
    agents = [builders.agent(f"Agent{number}", capacity=8) for number in range(10)]
    marit = builders.agent("Marit", role="supervisor")
    who = builders.player(brand)
    with _hands(10) as hands:
        for turn in range(500):
            conv = builders.conversation(brand, who).pk
            rung = agents[turn % 10]
            assert offers.make(conv, rung.agent_id, {})
            offer = Offer.objects.get(conversation=conv).pk
            results = hands.together(
                *[
                    (lambda: assignments.accept(rung, offer)[1])
                    if agent is rung
                    else (lambda a=agent: assignments.claim(a, conv))
                    for agent in agents
                ]
            )
            won = [one for one in results if isinstance(one, int)]
            assert len(won) == 1, results
            winner = agents[[isinstance(one, int) for one in results].index(True)]
            lost = [one for one in results if not isinstance(one, int)]
            assert {type(one) for one in lost} == {errors.AlreadyTaken}
            assert {one.alias for one in lost} == {winner.alias}
            assert Conversation.objects.get(pk=conv).owner_id == winner.agent_id
            ended = "accepted" if winner is rung else "withdrawn"
            assert Offer.objects.get(pk=offer).state == ended
            lifecycle.close(marit, conv, force=True)
    assert floor.breaches() == []


def test_four_dispatchers_and_ten_places_serve_two_hundred() -> None:
    brand = builders.brand()
    agents = [builders.agent(f"Agent{number}", capacity=2) for number in range(5)]
    convs = [builders.conversation(brand).pk for _ in range(200)]
    sight = Sight(frozenset(agent.agent_id for agent in agents), complete=True)
    seen: list[str] = []
    done = threading.Event()

    def dispatcher() -> None:
        while not done.is_set():
            for step in (*steps.EACH_SECOND, offering.offer_waiting):
                _try(lambda s=step: s(sight))

    def agent(me: Actor, chance: random.Random) -> None:
        while not done.is_set():
            for offer in Offer.objects.filter(agent_id=me.agent_id, state="offered"):
                if chance.random() < 0.2:
                    _try(lambda o=offer: offers.decline(me, o.pk, "busy"))
                else:
                    _try(lambda o=offer: assignments.accept(me, o.pk))
            for row in Conversation.objects.filter(owner_id=me.agent_id, state="active"):
                if chance.random() < 0.5:
                    _try(lambda r=row: lifecycle.close(me, r.pk, epoch=r.epoch, reason="done"))

    def auditor() -> None:
        while not done.is_set():
            seen.extend(floor.breaches())

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connections.close_all()

    workers: list[Callable[[], None]] = [dispatcher] * 4 + [auditor]
    workers += [
        lambda a=one, n=number: agent(a, random.Random(n)) for number, one in enumerate(agents)
    ]
    with ThreadPoolExecutor(len(workers)) as pool:
        running = [pool.submit(run, work) for work in workers]
        end = time.monotonic() + SECONDS
        # A round that everybody declined rests for half a minute; that is no stuck row.
        while time.monotonic() < end and not all(future.done() for future in running):
            if not Conversation.objects.exclude(state="closed").exists():
                break
            time.sleep(0.2)
        done.set()
        for future in running:
            future.result(SECONDS)
    assert seen == []
    assert set(Conversation.objects.values_list("state", flat=True)) == {"closed"}
    assert not Offer.objects.filter(state="offered").exists()
    assert set(Assignment.objects.values_list("conversation_id", flat=True)) == set(convs)
    assert floor.breaches() == []


def test_transfer_claim_and_close_at_once_leave_one_owner_or_none() -> None:
    brand = builders.brand()
    vera, iris, aino = (builders.agent(alias, capacity=4) for alias in ("Vera", "Iris", "Aino"))
    who = builders.player(brand)
    states = []
    with _hands(4) as hands:
        for _ in range(60):
            conv = builders.conversation(brand, who).pk
            epoch = assignments.claim(vera, conv)
            hands.together(
                lambda: assignments.transfer(
                    vera, conv, epoch, agent=iris.id, skill=None, note=None
                ),
                lambda: assignments.claim(aino, conv),
                lambda: lifecycle.close(builders.as_actor(who), conv),
                lambda: assignments.release(vera, conv, epoch),
            )
            row = Conversation.objects.get(pk=conv)
            held = Assignment.objects.filter(conversation=conv, ended_ts__isnull=True)
            assert held.count() == (1 if row.state == "active" else 0)
            assert floor.breaches() == []
            states.append(row.state)
            if row.state != "closed":
                lifecycle.close(builders.as_actor(who), conv)
    # The player's close is never refused: sooner or later it ends there.
    assert set(states) == {"closed"}
