"""How a conversation changes hands."""

from __future__ import annotations

import pytest

from chatdesk.conversations import assignments, errors, lifecycle, messages, offers, queries
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import Assignment, Conversation, Intervention, Offer, Seat
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


def _ring(conv: Conversation, agent_id: int) -> Offer:
    assert offers.make(conv.pk, agent_id, {"languages": ["en"]})
    return Offer.objects.get(conversation=conv, state="offered")


def test_second_claim_loses_and_learns_who_won() -> None:
    conv = builders.conversation(builders.brand())
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    assignments.claim(vera, conv.pk)
    with pytest.raises(errors.AlreadyTaken) as refused:
        assignments.claim(iris, conv.pk)
    assert refused.value.alias == "Vera"


def test_capacity_is_never_exceeded_by_claims() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera", capacity=2)
    for _ in range(2):
        assignments.claim(vera, builders.conversation(brand).pk)
    with pytest.raises(errors.AtCapacity):
        assignments.claim(vera, builders.conversation(brand).pk)


def test_accepting_in_two_tabs_gives_the_same_epoch() -> None:
    conv = builders.conversation(builders.brand())
    vera = builders.agent("Vera")
    offer = _ring(conv, vera.agent_id)
    assert assignments.accept(vera, offer.pk) == assignments.accept(vera, offer.pk)
    assert Assignment.objects.filter(conversation=conv).count() == 1


def test_claim_takes_a_standing_offer_away() -> None:
    conv = builders.conversation(builders.brand())
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    offer = _ring(conv, vera.agent_id)
    assignments.claim(iris, conv.pk)
    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    with pytest.raises(errors.AlreadyTaken):
        assignments.accept(vera, offer.pk)


def test_somebody_elses_offer_does_not_exist() -> None:
    conv = builders.conversation(builders.brand())
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    offer = _ring(conv, vera.agent_id)
    with pytest.raises(errors.NotFound):
        assignments.accept(iris, offer.pk)
    with pytest.raises(errors.NotFound):
        offers.decline(iris, offer.pk, "no")


def test_three_misses_make_the_agent_away() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    for _ in range(3):
        offer = _ring(builders.conversation(brand), vera.agent_id)
        assert offers.expire(offer.pk)
        assert not offers.expire(offer.pk)
    seat = Seat.objects.get(pk=vera.agent_id)
    assert (seat.status, seat.status_reason, seat.missed) == ("away", "missed", 3)


def test_release_keeps_the_original_wait_and_the_head_of_the_queue() -> None:
    brand = builders.brand()
    first, second = builders.conversation(brand), builders.conversation(brand)
    vera = builders.agent("Vera")
    epoch = assignments.claim(vera, first.pk)
    assignments.release(vera, first.pk, epoch)
    assert [row.pk for row in queries.waiting([brand.pk])] == [first.pk, second.pk]
    assert queries.places(brand.pk)[first.pk].position == 1


def test_transfer_to_a_full_colleague_is_refused_and_changes_nothing() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris", capacity=1)
    assignments.claim(iris, builders.conversation(brand).pk)
    conv = builders.conversation(brand)
    epoch = assignments.claim(vera, conv.pk)
    with pytest.raises(errors.AtCapacity):
        assignments.transfer(vera, conv.pk, epoch, agent=iris.id, skill=None, note="please")
    row = Conversation.objects.get(pk=conv.pk)
    assert (row.owner_id, row.epoch, row.last_note_seq) == (vera.agent_id, epoch, 0)


def test_transfer_hands_over_with_a_new_epoch_and_the_note() -> None:
    brand = builders.brand()
    vera, iris = builders.agent("Vera"), builders.agent("Iris")
    conv = builders.conversation(brand)
    epoch = assignments.claim(vera, conv.pk)
    assignments.transfer(vera, conv.pk, epoch, agent=iris.id, skill=None, note="knows the case")
    row = Conversation.objects.get(pk=conv.pk)
    assert row.owner_id == iris.agent_id
    assert row.epoch > epoch
    assert row.notes.get().body == "knows the case"
    with pytest.raises(errors.NotAssignee):
        messages.post(Draft(conv.pk, vera, "1", "one more thing", epoch=epoch))


def test_transfer_to_a_skill_goes_back_to_the_queue() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    builders.agent("Iris", skills=("payments",))
    conv = builders.conversation(brand)
    epoch = assignments.claim(vera, conv.pk)
    with pytest.raises(errors.BadField):
        assignments.transfer(vera, conv.pk, epoch, agent=None, skill="juggling", note=None)
    assignments.transfer(vera, conv.pk, epoch, agent=None, skill="payments", note=None)
    row = Conversation.objects.get(pk=conv.pk)
    assert (row.state, row.owner_id, row.skill) == ("queued", None, "payments")


def test_takeover_goes_above_capacity_is_marked_and_recorded() -> None:
    brand = builders.brand()
    vera = builders.agent("Vera")
    marit = builders.agent("Marit", role="supervisor", capacity=1)
    assignments.claim(marit, builders.conversation(brand).pk)
    conv = builders.conversation(brand)
    assignments.claim(vera, conv.pk)
    epoch = assignments.takeover(marit, conv.pk)
    row = Conversation.objects.get(pk=conv.pk)
    assert (row.owner_id, row.epoch) == (marit.agent_id, epoch)
    active = Assignment.objects.get(conversation=conv, ended_ts__isnull=True)
    assert (active.forced, active.slot) == (True, None)
    assert Intervention.objects.get().action == "takeover"
    assert not offers.make(builders.conversation(brand).pk, marit.agent_id, {})


def test_agents_cannot_do_what_supervisors_can() -> None:
    conv = builders.conversation(builders.brand())
    vera = builders.agent("Vera")
    for verb in (
        lambda: assignments.takeover(vera, conv.pk),
        lambda: assignments.assign(vera, conv.pk, vera.id),
        lambda: lifecycle.close(vera, conv.pk, force=True),
        lambda: lifecycle.declare(vera, vera.agent_id, "away", "", forced=True),
    ):
        with pytest.raises(errors.Forbidden):
            verb()


def test_other_brands_do_not_exist() -> None:
    here, there = builders.brand(), builders.brand()
    vera = builders.agent("Vera", brands=(here,))
    foreign = builders.conversation(there)
    with pytest.raises(errors.NotFound):
        assignments.claim(vera, foreign.pk)
    marit = builders.agent("Marit", role="supervisor", brands=(here,))
    with pytest.raises(errors.NotFound):
        assignments.takeover(marit, foreign.pk)


def test_closing_ends_offer_and_assignment() -> None:
    brand = builders.brand()
    who = builders.player(brand)
    conv = builders.conversation(brand, who)
    vera = builders.agent("Vera")
    offer = _ring(conv, vera.agent_id)
    lifecycle.close(builders.as_actor(who), conv.pk)
    offer.refresh_from_db()
    assert offer.state == "withdrawn"
    with pytest.raises(errors.Closed):
        assignments.accept(vera, offer.pk)


def test_return_to_queue_happens_once() -> None:
    conv = builders.conversation(builders.brand())
    vera = builders.agent("Vera")
    assignments.claim(vera, conv.pk)
    assert assignments.return_to_queue(conv.pk, vera.agent_id, "lost")
    assert not assignments.return_to_queue(conv.pk, vera.agent_id, "lost")
