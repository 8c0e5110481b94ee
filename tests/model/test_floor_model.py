"""The floor against everything that people do there: random agents, shifts, losses, declines, languages.

The product's own verbs and the dispatcher's own steps run on a real database; time passes for the rows.
After each step what must hold of the floor is asked of the rows; after each tick nobody may wait whom
somebody free could serve.

``make check`` runs the same examples each time. More of them, and others each time:

    MODEL_EXAMPLES=500 .venv/bin/python -m pytest tests/model/test_floor_model.py
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chatdesk.conversations import (
    assignments,
    clock,
    errors,
    holding,
    lifecycle,
    messages,
    offers,
)
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.models import (
    Alarm,
    Assignment,
    Brand,
    Conversation,
    Event,
    Intervention,
    Note,
    Offer,
    Seat,
)
from chatdesk.conversations.transition import transition
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import offering, rounds, steps
from tests import builders, floor

EXAMPLES = os.environ.get("MODEL_EXAMPLES")
SETTINGS = settings(
    max_examples=int(EXAMPLES or 20),
    stateful_step_count=60,
    derandomize=EXAMPLES is None,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
LANGUAGES = (("en",), ("en", "nl"), ("fi",), ("nl", "fi"))
CAPACITIES = (1, 2, 3, 2)
PAUSE_MS = 30_000

pytestmark = pytest.mark.django_db(transaction=True)

agent = st.integers(0, len(LANGUAGES) - 1)
player = st.integers(0, 9)
which = st.integers(0, 20)


class FloorModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        for table in (Intervention, Alarm, Offer, Assignment, Note, Event, Conversation, Seat):
            table.objects.all().delete()
        self.brand = builders.brand()
        Brand.objects.filter(pk=self.brand.pk).update(wrap_up_seconds=15, silence_seconds=1_800)
        self.players = [builders.player(self.brand) for _ in range(10)]
        self.agents = [
            builders.agent(f"Agent{n}", languages=spoken, capacity=capacity)
            for n, (spoken, capacity) in enumerate(zip(LANGUAGES, CAPACITIES, strict=True))
        ]
        self.marit = builders.agent("Marit", role="supervisor", capacity=2, status="offline")
        self.people = {one.agent_id: one for one in (*self.agents, self.marit)}
        self.connected = {one.agent_id for one in self.agents}
        self.written = 0
        # An empty floor makes a dull example.
        for who, lang in enumerate(("en", "nl", "fi", "en", "sv", "nl")):
            self.opens(who, lang, "other", "chat")
        self.dispatcher_ticks(True)

    def teardown(self) -> None:
        Seat.objects.update(status="offline")

    # --- players -------------------------------------------------------------------------------

    @rule(
        who=player,
        lang=st.sampled_from(("en", "nl", "fi", "sv")),
        topic=st.sampled_from(("other", "bonus", "stop_gambling")),
        channel=st.sampled_from(("chat", "chat", "message")),
    )
    def opens(self, who: int, lang: str, topic: str, channel: str) -> None:
        actor = builders.as_actor(self.players[who])
        lifecycle.open_conversation(actor, self.brand.pk, topic=topic, lang=lang, channel=channel)

    @rule(who=player)
    def player_writes(self, who: int) -> None:
        row = self._open_of(who)
        if row is not None:
            self._post(row, builders.as_actor(self.players[who]), 0)

    @rule(who=player)
    def player_closes(self, who: int) -> None:
        row = self._open_of(who)
        if row is not None:
            lifecycle.close(builders.as_actor(self.players[who]), row.pk)

    # --- agents --------------------------------------------------------------------------------

    @rule(at=which)
    def accepts(self, at: int) -> None:
        offer = self._one(Offer.objects.filter(state="offered"), at)
        if offer is not None:
            _or_refused(lambda: assignments.accept(self.people[offer.agent_id], offer.pk))

    @rule(at=which)
    def declines(self, at: int) -> None:
        offer = self._one(Offer.objects.filter(state="offered"), at)
        if offer is not None:
            offers.decline(self.people[offer.agent_id], offer.pk, "busy")

    @rule(who=agent, at=which)
    def claims(self, who: int, at: int) -> None:
        row = self._one(Conversation.objects.filter(state="queued"), at)
        if row is not None:
            _or_refused(lambda: assignments.claim(self.agents[who], row.pk))

    @rule(at=which)
    def agent_writes(self, at: int) -> None:
        row = self._one(Conversation.objects.filter(state="active"), at)
        if row is not None:
            self._post(row, self.people[row.owner_id], row.epoch)

    @rule(at=which, verb=st.sampled_from(("close", "release")))
    def lets_go(self, at: int, verb: str) -> None:
        row = self._one(Conversation.objects.filter(state="active"), at)
        if row is None:
            return
        me = self.people[row.owner_id]
        if verb == "close":
            lifecycle.close(me, row.pk, epoch=row.epoch)
        else:
            assignments.release(me, row.pk, row.epoch)

    @rule(to=agent, at=which)
    def transfers(self, to: int, at: int) -> None:
        row = self._one(Conversation.objects.filter(state="active"), at)
        if row is not None:
            me, target = self.people[row.owner_id], self.agents[to].id
            _or_refused(
                lambda: assignments.transfer(
                    me, row.pk, row.epoch, agent=target, skill=None, note=None
                )
            )

    @rule(who=agent, status=st.sampled_from(("available", "available", "away", "offline")))
    def declares(self, who: int, status: str) -> None:
        lifecycle.declare(self.agents[who], self._id(who), status, None)

    # --- supervisors and shifts ----------------------------------------------------------------

    @rule(at=which, to=agent, verb=st.sampled_from(("assign", "takeover", "force_close")))
    def steps_in(self, at: int, to: int, verb: str) -> None:
        row = self._one(Conversation.objects.exclude(state="closed"), at)
        if row is None:
            return
        if verb == "assign":
            assignments.assign(self.marit, row.pk, self.agents[to].id)
        elif verb == "takeover":
            assignments.takeover(self.marit, row.pk)
        else:
            lifecycle.close(self.marit, row.pk, force=True)

    @rule(who=agent, on=st.booleans())
    def drains(self, who: int, on: bool) -> None:
        with transition() as changes:
            holding.lock_seats([self._id(who)])
            ts = clock.now_ms() if on else None
            Seat.objects.filter(pk=self._id(who)).update(draining_since_ts=ts)
            changes.desk(self._id(who))

    @rule(who=agent, to=st.none() | agent)
    def shift_ends(self, who: int, to: int | None) -> None:
        for row in Conversation.objects.filter(owner_id=self._id(who), state="active"):
            target = self._id(to) if to is not None and to != who else None
            assignments.hand_over(row.pk, self._id(who), target, "shift_end")

    # --- the world -----------------------------------------------------------------------------

    @rule(who=agent)
    def laptop_closed(self, who: int) -> None:
        self.connected.discard(self._id(who))

    @rule(who=agent)
    def laptop_opened(self, who: int) -> None:
        self.connected.add(self._id(who))

    @rule(seconds=st.sampled_from((1, 5, 25, 65, 95, 200, 700)))
    def time_passes(self, seconds: int) -> None:
        ms = seconds * 1000
        for table, names in _TIMES.items():
            table.objects.update(**{name: F(name) - ms for name in names})  # type: ignore[attr-defined]

    @rule(complete=st.sampled_from((True, True, True, False)))
    def dispatcher_ticks(self, complete: bool) -> None:
        # Nobody stays above the breaker here: it is looked at elsewhere.
        sight = Sight(frozenset(self.connected), complete=complete)
        began = clock.now_ms()
        for step in (*steps.EACH_SECOND, offering.offer_waiting):
            step(sight)
        assert self._forgotten(began) == []

    @rule()
    def dispatcher_wakes(self) -> None:
        steps.expire_offers()
        offering.offer_waiting(Sight(frozenset(self.connected), complete=True))

    # --- what must hold ------------------------------------------------------------------------

    @invariant()
    def floor_holds(self) -> None:
        assert floor.breaches() == []

    def _forgotten(self, now: int) -> list[str]:
        """Whoever waits though somebody free could be rung at that moment."""
        found = []
        for row in Conversation.objects.filter(state="queued"):
            if row.offers.filter(state="offered").exists():
                continue
            tried = self._tried(row)
            free = [seat.pk for seat in self._free() if row.lang in seat.languages]
            if not free:
                continue
            untried = [pk for pk in free if pk not in tried]
            rested = all(now - ts >= PAUSE_MS for ts in tried.values())
            if untried or rested:
                found.append(f"{row.pk} waits, and {untried or free} could be rung")
        return found

    def _free(self) -> list[Seat]:
        seats = Seat.objects.filter(
            status="available", lost_ts__isnull=True, draining_since_ts__isnull=True
        )
        return [seat for seat in seats if seat.pk in self.connected and seat.load < seat.capacity]

    def _tried(self, row: Conversation) -> dict[int, int]:
        rung = row.offers.filter(round_epoch=row.epoch, ended_ts__isnull=False)
        gave_up = row.assignments.filter(epoch=row.epoch, end_reason__in=rounds.GAVE_UP)
        return {
            agent_id: ts or 0
            for agent_id, ts in [
                *rung.values_list("agent_id", "ended_ts"),
                *gave_up.values_list("agent_id", "ended_ts"),
            ]
        }

    # --- small hands ---------------------------------------------------------------------------

    def _id(self, who: int) -> int:
        return self.agents[who].agent_id

    def _open_of(self, who: int) -> Conversation | None:
        mine = Conversation.objects.filter(player=self.players[who])
        return mine.exclude(state="closed").first()

    def _one(self, rows: Any, at: int) -> Any:
        # Ids are chance; of each player at most one conversation is open.
        found = sorted(rows, key=self._place)
        return found[at % len(found)] if found else None

    def _place(self, row: Conversation | Offer) -> int:
        conversation = row.conversation if isinstance(row, Offer) else row
        return [one.pk for one in self.players].index(conversation.player_id)

    def _post(self, row: Conversation, actor: Any, epoch: int) -> None:
        self.written += 1
        messages.post(Draft(row.pk, actor, f"c{self.written}", "text", epoch=epoch))


_TIMES: dict[type[Any], tuple[str, ...]] = {
    Conversation: (
        *("opened_ts", "waiting_since_ts", "rank_ts", "unanswered_since_ts", "first_reply_ts"),
        *("owned_since_ts", "last_player_ts", "last_agent_ts", "prompted_ts", "due_ts"),
    ),
    Assignment: ("began_ts", "ended_ts", "wrap_up_ts"),
    Offer: ("offered_ts", "due_ts", "ended_ts"),
    Seat: ("lost_ts", "last_accepted_ts"),
}


def _or_refused(verb: Callable[[], Any]) -> None:
    try:
        verb()
    except (errors.AtCapacity, errors.AlreadyTaken, errors.NotFound):
        pass


def test_the_floor_holds_whatever_people_do() -> None:
    run_state_machine_as_test(FloorModel, settings=SETTINGS)


# --- planted bugs ----------------------------------------------------------------------------------


def _nobody_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A returned conversation is put down and not queued."""
    enqueue = assignments.enqueue

    def puts_down(changes: Any, row: Conversation, reason: str) -> None:
        if reason == "new":
            enqueue(changes, row, reason)
        else:
            row.save()

    monkeypatch.setattr(assignments, "enqueue", puts_down)


def _never_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are counted when they are taken and not when they come free."""
    monkeypatch.setattr(assignments, "end_wrap_ups", lambda *_, **__: None)
    monkeypatch.setattr(
        "chatdesk.conversations.transition.Changes.count_desks", lambda changes: None
    )


def _head_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first line is looked at, so one whom nobody can serve holds up the others."""
    needs = offering.lines.needs
    monkeypatch.setattr(offering.lines, "needs", lambda: needs()[:1])


def _forced_without_saying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor's conversation above the capacity is not marked as such."""
    begin = assignments.begin

    def unmarked(changes: Any, row: Conversation, seat: Seat, **how: Any) -> None:
        begin(changes, row, seat, **how)
        Assignment.objects.filter(conversation=row, ended_ts__isnull=True).update(forced=False)

    monkeypatch.setattr(assignments, "begin", unmarked)


MUTANTS: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    _nobody_returns: "active_means_owned",
    _never_counted: "counts 0 places",
    _head_blocks: "could be rung",
    _forced_without_saying: "places",
}
FIND = settings(
    SETTINGS,
    max_examples=150,
    phases=[Phase.generate],
    derandomize=True,
    report_multiple_bugs=False,
)


@pytest.mark.parametrize(
    ("plant", "says"), MUTANTS.items(), ids=[one.__name__.strip("_") for one in MUTANTS]
)
def test_planted_bug_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, IntegrityError, FlakyFailure)) as caught:
        run_state_machine_as_test(FloorModel, settings=FIND)
    assert says in _told(caught.value)


def _told(found: BaseException) -> str:
    """Played again an example may end otherwise, because ids and the clock are chance; what was seen the
    first time is inside."""
    if isinstance(found, BaseExceptionGroup):
        return " ".join(map(_told, found.exceptions))
    return str(found)
