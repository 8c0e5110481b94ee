"""Tickets and tokens: used once, gone in time, and taken back from whoever may not stay."""

from __future__ import annotations

import threading

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from agents import identity
from agents.models import Agent, StaffTicket, StaffToken
from chatdesk.conversations import clock
from chatdesk.conversations.models import Persona, Seat
from tests import builders
from tests.agents.people import PASSWORD, hire

pytestmark = pytest.mark.django_db(transaction=True)


def _facts(agent: Agent, **by: str) -> identity.StaffFacts:
    ticket, _ = identity.issue_ticket(agent, **by)
    facts = identity.redeem(ticket)
    assert facts is not None
    return facts


def _signed_in(agent: Agent) -> tuple[Client, str]:
    client = Client()
    assert client.login(username=agent.username, password=PASSWORD)
    key = client.session.session_key
    assert key
    return client, key


def test_a_ticket_says_who_and_works_once():
    agent = hire(languages=("nl", "en"), capacity=4)
    ticket, expires_ts = identity.issue_ticket(agent)
    assert 0 < expires_ts - clock.now_ms() <= 30_000
    facts = identity.redeem(ticket)
    assert facts is not None
    assert (facts.agent_id, facts.alias, facts.role) == (agent.pk, "Vera", "agent")
    assert (facts.languages, facts.capacity) == (("nl", "en"), 4)
    assert facts.actor.id == str(agent.pk)
    assert facts.actor.brands is None
    assert identity.redeem(ticket) is None


def test_only_the_hash_of_a_ticket_is_kept():
    ticket, _ = identity.issue_ticket(hire())
    assert ticket not in str(list(StaffTicket.objects.values()))


def test_a_ticket_is_too_old_after_its_time():
    ticket, _ = identity.issue_ticket(hire())
    StaffTicket.objects.update(expires_ts=clock.now_ms() - 1)
    assert identity.redeem(ticket) is None


def test_nonsense_is_no_ticket():
    assert identity.redeem("t_nothing") is None
    assert identity.redeem("") is None


def test_of_many_at_once_one_gets_in():
    ticket, _ = identity.issue_ticket(hire())
    barrier = threading.Barrier(6)
    found: list[identity.StaffFacts | None] = []

    def socket() -> None:
        try:
            barrier.wait()
            found.append(identity.redeem(ticket))
        finally:
            connection.close()

    threads = [threading.Thread(target=socket) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert sum(one is not None for one in found) == 1


def test_a_ticket_of_somebody_disabled_meanwhile_is_worth_nothing():
    agent = hire()
    ticket, _ = identity.issue_ticket(agent)
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    assert identity.redeem(ticket) is None


def test_a_ticket_does_not_outlive_its_browser_session():
    agent = hire()
    client, key = _signed_in(agent)
    ticket, _ = identity.issue_ticket(agent, browser_session=key)
    client.logout()
    assert identity.redeem(ticket) is None


def test_nobody_works_without_a_seat():
    agent = hire()
    ticket, _ = identity.issue_ticket(agent)
    Seat.objects.all().delete()
    assert identity.redeem(ticket) is None


def test_personas_give_brands_and_aliases():
    aurora, northlight = builders.brand("aurora"), builders.brand("northlight")
    agent = hire(brands=["aurora"])
    assert identity.actor(agent).brands == frozenset({aurora.pk})
    Persona.objects.create(seat=agent.seat, brand=northlight, alias="Vivian")
    actor = identity.actor(agent)
    assert actor.brands == frozenset({aurora.pk, northlight.pk})
    assert actor.alias_at(northlight.pk) == "Vivian"
    assert actor.alias_at(aurora.pk) == "Vera"


def test_everybody_who_may_stay_stays():
    one, two = hire(), hire("floor.01", "Marit", "supervisor")
    _, key = _signed_in(one)
    _, token_hash = identity.authenticate_token(identity.create_token(two)) or (None, "")
    facts = [_facts(one, browser_session=key), _facts(two, token_hash=token_hash), _facts(one)]
    assert identity.revoked(facts) == set()
    assert identity.revoked([]) == set()


@pytest.mark.parametrize("news", [{"is_active": False}, {"role": "supervisor"}])
def test_a_disabled_or_changed_person_is_revoked(news):
    agent, other = hire(), hire("desk.02", "Iris")
    mine, theirs = _facts(agent), _facts(other)
    Agent.objects.filter(pk=agent.pk).update(**news)
    assert identity.revoked([mine, theirs]) == {mine}


def test_a_demoted_supervisor_is_revoked():
    agent = hire(role="supervisor")
    facts = _facts(agent)
    Agent.objects.filter(pk=agent.pk).update(role="agent")
    assert identity.revoked([facts]) == {facts}


def test_other_brands_mean_coming_in_again():
    builders.brand("aurora")
    agent = hire(brands=["aurora"])
    facts = _facts(agent)
    Persona.objects.create(seat=agent.seat, brand=builders.brand("northlight"), alias="Vera")
    assert identity.revoked([facts]) == {facts}


def test_signing_out_revokes_that_browser_only():
    agent = hire()
    client, key = _signed_in(agent)
    _, other_key = _signed_in(agent)
    here, there = _facts(agent, browser_session=key), _facts(agent, browser_session=other_key)
    client.post("/logout/")
    assert identity.revoked([here, there]) == {here}


def test_an_expired_browser_session_is_revoked():
    agent = hire()
    _, key = _signed_in(agent)
    facts = _facts(agent, browser_session=key)
    Session.objects.filter(pk=key).update(expire_date="2020-01-01T00:00:00Z")
    assert identity.revoked([facts]) == {facts}


def test_a_new_password_ends_the_old_sessions():
    agent = hire()
    _, key = _signed_in(agent)
    facts = _facts(agent, browser_session=key)
    agent.set_password("another-good-password")
    agent.save()
    assert identity.revoked([facts]) == {facts}


def test_somebody_elses_browser_session_is_not_mine():
    agent, other = hire(), hire("desk.02", "Iris")
    _, key = _signed_in(agent)
    facts = _facts(agent, browser_session=key)
    _, other_key = _signed_in(other)
    stolen = identity.StaffFacts(
        **{
            name: getattr(facts, name)
            for name in ("actor", "agent_id", "alias", "role", "languages", "capacity")
        },
        browser_session=other_key,
    )
    assert identity.revoked([facts, stolen]) == {stolen}


def test_a_token_taken_away_is_revoked():
    agent = hire()
    key = identity.create_token(agent)
    found = identity.authenticate_token(key)
    assert found is not None
    facts = _facts(agent, token_hash=found[1])
    StaffToken.objects.all().delete()
    assert identity.revoked([facts]) == {facts}
    assert identity.authenticate_token(key) is None


def test_the_sweep_asks_the_same_few_questions_of_many(django_assert_max_num_queries):
    people = [hire(f"desk.{number}", f"Alias {number}") for number in range(6)]
    facts = [_facts(one, browser_session=_signed_in(one)[1]) for one in people]
    with django_assert_max_num_queries(4):
        assert identity.revoked(facts) == set()


def test_used_up_tickets_do_not_pile_up():
    agent = hire()
    for _ in range(3):
        identity.issue_ticket(agent)
    StaffTicket.objects.update(expires_ts=1)
    identity.issue_ticket(agent)
    assert StaffTicket.objects.count() == 1
