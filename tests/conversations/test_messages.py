"""The one path into the transcript."""

from __future__ import annotations

import pytest

from chatdesk.conversations import assignments, errors, lifecycle, messages
from chatdesk.conversations.messages import Draft, Posted
from chatdesk.conversations.models import Conversation, Event, Note
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def _seqs(conv: str) -> list[int]:
    rows = Event.objects.filter(conversation_id=conv).order_by("seq")
    return list(rows.values_list("seq", flat=True))


def test_seq_has_no_holes() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    actor = builders.as_actor(who)
    for number in range(5):
        messages.post(Draft(conv.pk, actor, f"c{number}", f"line {number}"))
    assert _seqs(conv.pk) == [1, 2, 3, 4, 5, 6, 7]
    assert Conversation.objects.get(pk=conv.pk).last_seq == 7


def test_batch_over_several_conversations_keeps_the_order_of_each() -> None:
    brand = builders.brand()
    people = [builders.player(brand) for _ in range(3)]
    convs = [builders.conversation(brand, who) for who in people]
    drafts = [
        Draft(conv.pk, builders.as_actor(who), f"{turn}", f"{turn}")
        for turn in range(4)
        for conv, who in zip(convs, people, strict=True)
    ]
    outcomes = messages.post_batch(drafts)
    assert all(isinstance(outcome, Posted) for outcome in outcomes)
    for conv in convs:
        rows = Event.objects.filter(conversation=conv, kind="message").order_by("seq")
        assert [row.body for row in rows] == ["0", "1", "2", "3"]


def test_same_cmid_is_acked_again_and_written_once() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    draft = Draft(conv.pk, builders.as_actor(who), "once", "hello")
    first = messages.post(draft)
    again = messages.post(draft)
    assert (again.seq, again.ts, again.dup) == (first.seq, first.ts, True)
    twice = messages.post_batch(
        [Draft(conv.pk, draft.actor, "two", "x"), Draft(conv.pk, draft.actor, "two", "x")]
    )
    assert [outcome.dup for outcome in twice if isinstance(outcome, Posted)] == [False, True]
    assert Event.objects.filter(conversation=conv, kind="message").count() == 2


def test_retry_is_acked_after_the_conversation_was_closed() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    draft = Draft(conv.pk, builders.as_actor(who), "late", "hello")
    first = messages.post(draft)
    lifecycle.close(draft.actor, conv.pk)
    assert messages.post(draft) == Posted(first.seq, first.ts, dup=True)
    with pytest.raises(errors.Closed):
        messages.post(Draft(conv.pk, draft.actor, "new", "hello"))


def test_cmid_with_another_body_is_refused() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    messages.post(Draft(conv.pk, builders.as_actor(who), "c", "one"))
    with pytest.raises(errors.CmidReused):
        messages.post(Draft(conv.pk, builders.as_actor(who), "c", "two"))


def test_one_refused_draft_does_not_stop_its_batch() -> None:
    brand = builders.brand()
    who, stranger = builders.player(brand), builders.player(brand)
    conv = builders.conversation(brand, who)
    outcomes = messages.post_batch(
        [
            Draft(conv.pk, builders.as_actor(who), "1", "mine"),
            Draft(conv.pk, builders.as_actor(stranger), "1", "not mine"),
            Draft("nowhere", builders.as_actor(who), "1", "lost"),
            Draft(conv.pk, builders.as_actor(who), "2", "mine too"),
        ]
    )
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["Posted", "NotFound", "NotFound", "Posted"]
    assert _seqs(conv.pk) == [1, 2, 3, 4]


def test_old_epoch_is_fenced_off() -> None:
    brand = builders.brand()
    conv = builders.conversation(brand)
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    epoch = assignments.claim(vera, conv.pk)
    messages.post(Draft(conv.pk, vera, "1", "hello", epoch=epoch))
    assignments.release(vera, conv.pk, epoch)
    newer = assignments.claim(iris, conv.pk)
    assert newer > epoch
    for ghost in (epoch, newer):
        with pytest.raises(errors.NotAssignee):
            messages.post(Draft(conv.pk, vera, f"ghost{ghost}", "still there?", epoch=ghost))


def test_unfilled_variable_is_refused() -> None:
    brand = builders.brand()
    conv = builders.conversation(brand)
    vera = builders.agent("Vera")
    epoch = assignments.claim(vera, conv.pk)
    with pytest.raises(errors.BadField):
        messages.post(Draft(conv.pk, vera, "1", "Your case is {{ticket_id}}.", epoch=epoch))


def test_notes_have_a_sequence_of_their_own() -> None:
    brand = builders.brand()
    conv = builders.conversation(brand)
    vera = builders.agent("Vera")
    assignments.claim(vera, conv.pk)
    before = _seqs(conv.pk)
    posted = messages.post(Draft(conv.pk, vera, "n", "careful", kind="note"))
    assert posted.seq == 1
    assert _seqs(conv.pk) == before
    assert Note.objects.get(conversation=conv).body == "careful"


def test_whisper_is_for_supervisors() -> None:
    brand = builders.brand()
    conv = builders.conversation(brand)
    vera = builders.agent("Vera")
    marit = builders.agent("Marit", role="supervisor")
    assignments.claim(vera, conv.pk)
    with pytest.raises(errors.Forbidden):
        messages.post(Draft(conv.pk, vera, "w", "psst", kind="whisper"))
    assert messages.post(Draft(conv.pk, marit, "w", "psst", kind="whisper")).seq == 1


def test_unanswered_since_is_the_oldest_line() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    vera = builders.agent("Vera")
    epoch = assignments.claim(vera, conv.pk)
    first = messages.post(Draft(conv.pk, builders.as_actor(who), "1", "hello?"))
    messages.post(Draft(conv.pk, builders.as_actor(who), "2", "anybody?"))
    assert Conversation.objects.get(pk=conv.pk).unanswered_since_ts == first.ts
    messages.post(Draft(conv.pk, vera, "3", "here", epoch=epoch))
    row = Conversation.objects.get(pk=conv.pk)
    assert row.unanswered_since_ts is None
    assert row.first_reply_ts is not None


def test_body_is_stored_as_it_came() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    body = "  Ärla \u0041\u030a %s {} 'quoted' \n\tпривет 🎰 "
    messages.post(Draft(conv.pk, builders.as_actor(who), "1", body))
    assert Event.objects.get(conversation=conv, kind="message").body == body
