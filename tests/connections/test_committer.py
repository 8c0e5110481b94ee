"""Group commit under a database that refuses: nothing is acked that is not written, nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from chatdesk.connections import committer as committing
from chatdesk.connections import database
from chatdesk.connections.committer import Committer
from chatdesk.conversations import errors, messages
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft, Outcome, Posted
from chatdesk.conversations.models import Event
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


class Chat:
    """A conversation and its player's next drafts."""

    def __init__(self) -> None:
        who = builders.player(builders.brand())
        self.actor: Actor = builders.as_actor(who)
        self.conv: str = builders.conversation(who.brand, who).pk
        self._count = 0

    def draft(self, body: str = "hello") -> Draft:
        self._count += 1
        return Draft(self.conv, self.actor, f"c{self._count}", body)

    def bodies(self) -> list[str | None]:
        rows = Event.objects.filter(conversation=self.conv, kind="message").order_by("seq")
        return list(rows.values_list("body", flat=True))

    def seqs(self) -> list[int]:
        rows = Event.objects.filter(conversation=self.conv).order_by("seq")
        return list(rows.values_list("seq", flat=True))


async def here(call: Callable[..., Any], *args: Any) -> Any:
    return await sync_to_async(call, thread_sensitive=True)(*args)


@pytest_asyncio.fixture
async def chat() -> Any:
    yield await here(Chat)
    # Both threads keep their connection; the test database must be free of them.
    await database.write(connections.close_all)
    await here(connections.close_all)


async def decided(committer: Committer, *drafts: Draft) -> list[Outcome]:
    return list(await asyncio.gather(*[committer.submit(draft) for draft in drafts]))


async def test_a_batch_is_written_in_the_order_of_submission(chat: Chat) -> None:
    outcomes = await decided(Committer(), *[chat.draft(f"line {n}") for n in range(40)])
    assert [one.seq for one in outcomes if isinstance(one, Posted)] == list(range(3, 43))
    assert await here(chat.bodies) == [f"line {n}" for n in range(40)]


def _fill_disk() -> None:
    """From now on the disk under the database is full: as the real thing says it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        else:
            cursor.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
                "$$BEGIN RAISE 'no space left on device' USING ERRCODE = '53100'; END$$"
            )
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON conversations_event "
                "FOR EACH STATEMENT EXECUTE FUNCTION full_disk()"
            )


def _free_disk() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA max_page_count = 1073741823")
        else:
            cursor.execute("DROP TRIGGER full_disk ON conversations_event")
            cursor.execute("DROP FUNCTION full_disk()")


async def test_a_full_disk_is_no_ack_and_the_same_try_succeeds_later(chat: Chat) -> None:
    committer = Committer()
    long = chat.draft("x" * 4000)
    many = [chat.draft("y" * 4000) for _ in range(60)]
    await database.write(_fill_disk)
    outcomes = await decided(committer, long, *many)
    assert {type(one) for one in outcomes} == {errors.Unavailable}
    assert not any(one.final for one in outcomes if isinstance(one, errors.Refusal))
    assert await here(chat.bodies) == []
    await database.write(_free_disk)
    (posted,) = await decided(committer, long)
    assert posted == Posted(3, posted.ts, dup=False)  # type: ignore[union-attr]


@contextmanager
def _held_write_lock() -> Iterator[None]:
    """Somebody else writes and does not come to an end (SQLite)."""
    begun, finish = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            begun.set()
            finish.wait(30)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(10)
    try:
        yield
    finally:
        finish.set()
        thread.join()


def _impatient() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")


def _backend() -> int:
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    return pid


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


async def test_a_database_that_goes_away_is_no_ack_and_the_next_try_has_a_new_connection(
    chat: Chat,
) -> None:
    committer = Committer()
    draft = chat.draft("once")
    if connection.vendor == "sqlite":
        await database.write(_impatient)
        with _held_write_lock():
            (outcome,) = await decided(committer, draft)
    else:
        pid = await database.write(_backend)
        await here(_terminate, pid)
        (outcome,) = await decided(committer, draft)
    assert isinstance(outcome, errors.Unavailable)
    assert outcome.retry_ms
    (again,) = await decided(committer, draft)
    assert isinstance(again, Posted)
    assert await here(chat.bodies) == ["once"]


async def test_one_draft_that_breaks_the_batch_does_not_take_the_others_with_it(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = messages.post_what_is_free

    def poisoned(drafts: list[Draft]) -> list[Outcome]:
        if any(draft.body == "poison" for draft in drafts):
            raise ZeroDivisionError
        return real(drafts)

    monkeypatch.setattr(messages, "post_what_is_free", poisoned)
    good, bad, fine = chat.draft("good"), chat.draft("poison"), chat.draft("fine")
    outcomes = await decided(Committer(), good, bad, fine)
    assert [type(one) for one in outcomes] == [Posted, errors.Internal, Posted]
    assert await here(chat.bodies) == ["good", "fine"]
    assert await here(chat.seqs) == [1, 2, 3, 4]


async def test_over_its_bound_a_draft_is_refused_at_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "QUEUE_DRAFTS", 2)
    outcomes = await decided(Committer(), *[chat.draft() for _ in range(5)])
    assert [type(one) for one in outcomes] == [Posted, Posted] + [errors.Unavailable] * 3
