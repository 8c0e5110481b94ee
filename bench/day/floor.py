"""The floor in the database: made before the day begins, and read while it goes on. Numbers are the plan's,
keys are the rows'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from agents.models import Agent
from bench.day.ledger import Ledger
from bench.day.plan import MINUTE, Arrival, Plan
from chatdesk.conversations import clock
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import (
    Assignment,
    Brand,
    Conversation,
    Offer,
    Seat,
    Team,
)
from chatdesk.delivery.presence import Sight
from chatdesk.shifts.models import Shift
from players.models import Player

_DRAIN_MINUTES = 15

_ANY_DUE = """
SELECT EXISTS (SELECT 1 FROM conversations_offer WHERE state = 'offered' AND due_ts <= %(now)s),
EXISTS (SELECT 1 FROM conversations_conversation WHERE due_ts <= %(now)s),
EXISTS (SELECT 1 FROM conversations_assignment WHERE wrap_up_ts <= %(now)s),
EXISTS (SELECT 1 FROM shifts_duty WHERE (state = 'planned' AND starts_ts <= %(now)s)
  OR (state = 'running' AND drains_ts <= %(now)s)
  OR (state IN ('running', 'draining') AND ends_ts <= %(now)s)),
EXISTS (SELECT 1 FROM conversations_alarm WHERE cleared_ts IS NULL AND kind = 'presence_breaker'),
EXISTS (SELECT 1 FROM conversations_conversation c JOIN conversations_seat s
  ON s.agent_id = c.owner_id WHERE c.state = 'active' AND c.unanswered_since_ts IS NOT NULL
  AND s.lost_ts <= %(lost)s)
"""
_SEATS = """
SELECT agent_id, status, lost_ts, draining_since_ts, load < capacity FROM conversations_seat s
WHERE status = 'available' OR EXISTS
  (SELECT 1 FROM conversations_conversation c WHERE c.owner_id = s.agent_id AND c.state = 'active')
"""
_WAITS = """
SELECT DISTINCT lang FROM conversations_conversation c WHERE c.state = 'queued' AND NOT EXISTS
  (SELECT 1 FROM conversations_offer o WHERE o.conversation_id = c.id AND o.state = 'offered')
"""
_ONE = """
SELECT c.state, c.owner_id, c.epoch, a.how FROM conversations_conversation c
LEFT JOIN conversations_assignment a ON a.conversation_id = c.id AND a.ended_ts IS NULL
WHERE c.id = %(conv)s
"""
_STANDING = "SELECT id, conversation_id, agent_id FROM conversations_offer WHERE state = 'offered'"
_MISSED = """
SELECT agent_id FROM conversations_seat WHERE status = 'away' AND status_reason = 'missed'
"""


class NotEmpty(Exception):
    """The day is only ever played in a database of its own."""


@dataclass(frozen=True, slots=True)
class Open:
    """A conversation that is not closed."""

    conv: str
    state: str
    owner_id: int | None
    lang: str
    weight: int
    due_ts: int | None
    unanswered_since_ts: int | None
    waiting_since_ts: int
    epoch: int


class Floor:
    def __init__(self, plan: Plan) -> None:
        if Conversation.objects.exists() or Seat.objects.exists():
            raise NotEmpty
        self.plan = plan
        self.starts_ts = clock.now_ms()
        brand = Brand.objects.create(slug="day", name="Day")
        self.brand_id, self._lost_ms = brand.pk, brand.lost_agent_seconds * 1000
        self.lost_seconds = brand.lost_agent_seconds
        self.languages: dict[int, frozenset[str]] = {}
        self.seats: dict[int, int] = {}
        self.numbers: dict[int, int] = {}
        self.staff: dict[int, Actor] = {}
        self.players: dict[int, Actor] = {}
        self.convs: dict[int, str] = {}
        self.epochs: dict[int, int] = {}
        self._of_conv: dict[str, int] = {}
        self._rung: set[str] = set()
        self._times: dict[tuple[int, int], int] = {}
        self._missed: set[int] = set()
        teams = [self._team(number) for number in range(len(plan.shape.shifts))]
        for one in plan.staff:
            alias = f"Agent {one.number + 1}"
            row = Agent.objects.create(username=f"agent{one.number}", password="!")
            Seat.objects.create(
                agent=row,
                alias=alias,
                capacity=one.capacity,
                languages=list(one.languages),
                team=teams[one.shift],
            )
            self.seats[one.number] = row.pk
            self.numbers[row.pk] = one.number
            self.languages[row.pk] = frozenset(one.languages)
            self.staff[one.number] = Actor("agent", str(row.pk), alias=alias)

    def _team(self, number: int) -> Team:
        shift = self.plan.shape.shifts[number]
        team = Team.objects.create(slug=shift.name, name=shift.name)
        day, minute = divmod(self.plan.shape.first_hour * 60 + shift.starts // MINUTE, 24 * 60)
        Shift.objects.create(
            team=team,
            tz="UTC",
            starts=f"2026-03-{2 + day:02d}T{minute // 60:02d}:{minute % 60:02d}",
            minutes=(shift.ends - shift.starts) // MINUTE,
            drain_minutes=_DRAIN_MINUTES,
        )
        return team

    def player(self, arrival: Arrival) -> Actor:
        row = Player.objects.create(
            brand_id=self.brand_id,
            sub=f"player{arrival.number}",
            name=f"Player {arrival.number}",
            lang=arrival.lang,
            created_ts=clock.now_ms(),
        )
        self.players[arrival.number] = Actor("player", row.pk)
        return self.players[arrival.number]

    def opened(self, number: int, conv: str) -> None:
        self.convs[number] = conv
        self._of_conv[conv] = number

    # --- whether a step would find anything -------------------------------------------------------

    def calls_for(self, sight: Sight, *, whole: bool) -> bool:
        now = clock.now_ms()
        due = self._rows(_ANY_DUE, {"now": now, "lost": now - self._lost_ms})[0]
        if any(due) if whole else due[0]:
            return True
        waits = {lang for (lang,) in self._rows(_WAITS)}
        if not whole and not waits:
            return False
        for key, status, lost_ts, draining_ts, has_room in self._rows(_SEATS):
            seen = key in sight.agents
            if whole and seen is not (lost_ts is None):
                return True
            on_duty = status == "available" and lost_ts is None and draining_ts is None
            if on_duty and has_room and seen and waits & self.languages[key]:
                return True
        return False

    # --- what changed -----------------------------------------------------------------------------

    def read(self, convs: Sequence[str]) -> Iterable[tuple[int, str, int | None, str]]:
        """Number, state, owner and how he came to it, in the order of the plan."""
        found = []
        for conv in convs:
            number = self._of_conv.get(conv)
            if number is None:
                # Not yet known: it is being opened, and nobody has it.
                continue
            ((state, owner_id, epoch, how),) = self._rows(_ONE, {"conv": conv})
            self.epochs[number] = epoch
            found.append((number, state, self.numbers.get(owner_id), how or ""))
        return sorted(found)

    def ringing_anew(self) -> list[tuple[str, int, int, int]]:
        """Offers that were made since the last look: key, conversation, agent, and how often it rang
        at him before."""
        found = []
        for pk, conv, agent_id in self._rows(_STANDING):
            if pk not in self._rung:
                self._rung.add(pk)
                number, agent = self._of_conv[conv], self.numbers[agent_id]
                times = self._times.get((number, agent), 0)
                self._times[number, agent] = times + 1
                found.append((pk, number, agent, times))
        return sorted(found, key=lambda one: one[1])

    def sent_away(self) -> list[int]:
        """Who was declared away since the last look because he missed too much."""
        away = {self.numbers[pk] for (pk,) in self._rows(_MISSED)}
        new, self._missed = sorted(away - self._missed), away
        return new

    # --- for the promises -------------------------------------------------------------------------

    def open_rows(self) -> list[Open]:
        return [
            Open(*row)
            for row in self._rows(
                "SELECT id, state, owner_id, lang, weight, due_ts, unanswered_since_ts, "
                "waiting_since_ts, epoch FROM conversations_conversation WHERE state <> 'closed'"
            )
        ]

    def standing_offers(self) -> list[tuple[str, int, int, int]]:
        """Conversation, agent, places, due."""
        return self._rows(
            "SELECT conversation_id, agent_id, places, due_ts FROM conversations_offer "
            "WHERE state = 'offered'"
        )

    def held(self) -> list[tuple[str, int, int, bool, bool]]:
        """Conversation, agent, places, asleep, forced."""
        return self._rows(
            "SELECT conversation_id, agent_id, places, asleep, forced "
            "FROM conversations_assignment WHERE ended_ts IS NULL"
        )

    def all_seats(self) -> list[tuple[int, str, int | None, int | None, int, int]]:
        """Key, status, lost, draining, capacity, load."""
        return self._rows(
            "SELECT agent_id, status, lost_ts, draining_since_ts, capacity, load "
            "FROM conversations_seat"
        )

    def tried(self, conv: str, epoch: int) -> list[tuple[int, int]]:
        """Agent and end of each try in this wait, those who gave it back included."""
        return self._rows(
            "SELECT agent_id, ended_ts FROM conversations_offer "
            "WHERE conversation_id = %(conv)s AND round_epoch = %(epoch)s AND ended_ts IS NOT NULL "
            "UNION ALL SELECT agent_id, ended_ts FROM conversations_assignment "
            "WHERE conversation_id = %(conv)s AND epoch = %(epoch)s AND ended_ts IS NOT NULL",
            {"conv": conv, "epoch": epoch},
        )

    def breaker_stands(self) -> bool:
        return bool(
            self._rows(
                "SELECT 1 FROM conversations_alarm "
                "WHERE cleared_ts IS NULL AND kind = 'presence_breaker'"
            )
        )

    def _rows(self, statement: str, given: dict[str, Any] | None = None) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return cursor.fetchall()

    # --- at the end -------------------------------------------------------------------------------

    def count(self, ledger: Ledger) -> None:
        for state in Offer.objects.values_list("state", flat=True):
            ledger.count("offers")
            ledger.count(f"offers_{state}")
        for reason in Assignment.objects.exclude(end_reason__in=("", "closed")).values_list(
            "end_reason", flat=True
        ):
            ledger.count(f"returned_{reason}")
