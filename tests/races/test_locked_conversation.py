"""Somebody holds the lock of one conversation and does not let go: only that conversation waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections, transaction

from chatdesk.connections import committer as committing
from chatdesk.connections import database
from chatdesk.connections.committer import Committer
from chatdesk.conversations import assignments, errors, pointers
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft, Posted
from chatdesk.conversations.models import Conversation, Event, Offer
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import offering
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@contextmanager
def lock_on(conv: str) -> Iterator[threading.Event]:
    """Held by another thread until the event is set, or at the end."""
    begun, finish = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Conversation.objects.select_for_update().get(pk=conv)
            begun.set()
            finish.wait(30)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(10)
    try:
        yield finish
    finally:
        finish.set()
        thread.join()


def chat() -> tuple[str, Actor]:
    who = builders.player(builders.brand())
    return builders.conversation(who.brand, who).pk, builders.as_actor(who)


def lines(conv: str) -> list[tuple[int, str | None]]:
    rows = Event.objects.filter(conversation=conv, kind="message").order_by("seq")
    return list(rows.values_list("seq", "body"))


@pytest_asyncio.fixture
async def aside() -> AsyncIterator[None]:
    yield
    await database.write(connections.close_all)
    await sync_to_async(connections.close_all, thread_sensitive=True)()


async def here(call: Any, *args: Any) -> Any:
    return await sync_to_async(call, thread_sensitive=True)(*args)


@pytest.mark.asyncio
async def test_others_are_written_meanwhile_and_its_own_lines_in_order_after(aside: None) -> None:
    (locked, mina), (free, omar) = await here(chat), await here(chat)
    committer = Committer()
    with lock_on(locked) as finish:
        first = [committer.submit(Draft(locked, mina, f"a{n}", f"line {n}")) for n in range(3)]
        others = [committer.submit(Draft(free, omar, f"b{n}", f"line {n}")) for n in range(3)]
        assert all(isinstance(one, Posted) for one in await asyncio.gather(*others))
        later = [committer.submit(Draft(locked, mina, f"a{n}", f"line {n}")) for n in range(3, 6)]
        await asyncio.sleep(0.3)
        assert not any(one.done() for one in [*first, *later])
        finish.set()
        posted = await asyncio.gather(*first, *later)
    assert [one.seq for one in posted if isinstance(one, Posted)] == [3, 4, 5, 6, 7, 8]
    assert await here(lines, locked) == [(n + 3, f"line {n}") for n in range(6)]
    assert not committer._aside


@pytest.mark.asyncio
async def test_patience_ends_with_a_refusal_that_may_be_tried_again(
    aside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "PATIENCE_SECONDS", 0.2)
    locked, mina = await here(chat)
    committer, draft = Committer(), Draft(locked, mina, "a", "once")
    with lock_on(locked):
        outcome = await committer.submit(draft)
        assert isinstance(outcome, errors.Unavailable)
        assert not outcome.final
        assert outcome.retry_ms
    assert isinstance(await committer.submit(draft), Posted)
    assert await here(lines, locked) == [(3, "once")]


@pytest.mark.asyncio
async def test_what_stands_aside_counts_against_the_bound(
    aside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "QUEUE_DRAFTS", 2)
    locked, mina = await here(chat)
    committer = Committer()
    with lock_on(locked):
        waiting = [committer.submit(Draft(locked, mina, f"a{n}", "x")) for n in range(2)]
        await asyncio.sleep(0.1)
        refused = await committer.submit(Draft(locked, mina, "a3", "x"))
        assert isinstance(refused, errors.Unavailable)
    assert all(isinstance(one, Posted) for one in await asyncio.gather(*waiting))


def test_marks_of_others_are_written_and_its_own_are_given_back() -> None:
    (locked, _), (free, _) = chat(), chat()
    marks = {(locked, "player_read"): 1, (free, "player_read"): 2, (free, "agent_read"): 9}
    with lock_on(locked):
        assert pointers.advance(marks) == {locked}  # type: ignore[arg-type]
    rows = dict(Conversation.objects.values_list("pk", "player_read"))
    assert (rows[locked], rows[free]) == (0, 2)
    # Beyond the head is the head.
    assert Conversation.objects.get(pk=free).agent_read == 2


def test_a_verb_gives_up_soon_and_may_be_tried_again() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    conv = builders.conversation(brand).pk
    with lock_on(conv), pytest.raises(errors.Unavailable) as refused:
        assignments.claim(vera, conv)
    assert refused.value.retry_ms
    assert assignments.claim(vera, conv)


def test_the_dispatcher_rings_for_everybody_else() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    first, second = builders.conversation(brand).pk, builders.conversation(brand).pk
    with lock_on(first):
        offering.offer_waiting(Sight(frozenset({vera.agent_id}), complete=True))
    assert [offer.conversation_id for offer in Offer.objects.all()] == [second]
