"""The wall as state: one read of everything that is open, for one set of brands."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Min, Q

from chatdesk.conversations import alarms as standing_alarms
from chatdesk.conversations import assignments, clock, due
from chatdesk.conversations.models import Alarm, Assignment, Conversation, Offer, Seat
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch.choosing import Candidate, Need, able
from chatdesk.shifts import duties

UNANSWERED_LATE_MS = 120_000
HALF_HOUR_MS = 30 * 60_000
DAY_MS = 24 * 3600_000

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class WallState:
    queue: dict[str, Any] = field(default_factory=dict)
    agents: Rows = field(default_factory=dict)
    chats: Rows = field(default_factory=dict)
    kpi: dict[str, Any] = field(default_factory=dict)
    alarms: list[dict[str, Any]] = field(default_factory=list)


def build(brands: frozenset[int] | None, sight: Sight | None) -> WallState:
    """``brands`` None means every one; ``sight`` None means that presence is unknown."""
    now = clock.now_ms()
    rows = Conversation.objects.exclude(state="closed")
    if brands is not None:
        rows = rows.filter(brand_id__in=brands)
    rows = rows.select_related("brand", "player", "owner__seat")
    open_rows = list(rows.order_by("rank_ts", "pk"))
    standing = Offer.objects.filter(state="offered")
    rung = list(standing.values_list("conversation_id", "agent_id", "places"))
    ringing = {conv for conv, _, _ in rung}
    seats = _seats(brands)
    loads = _loads(seats, brands, rung)
    shift_ends = duties.shift_ends([seat.pk for seat in seats])
    there = [seat for seat in seats if _on_duty(seat, sight)]
    agents = {
        str(seat.pk): _agent(seat, loads[seat.pk], shift_ends.get(seat.pk), sight) for seat in seats
    }
    names = {
        (seat.pk, persona.brand_id): persona.alias
        for seat in seats
        for persona in seat.personas.all()
    }
    reach = _Reach([seat for seat in there if seat.draining_since_ts is None], now)
    chats = {row.pk: _chat(row, row.pk in ringing, names, reach, agents, now) for row in open_rows}
    return WallState(
        queue=_queue(open_rows, chats, reach),
        agents=agents,
        chats=chats,
        kpi=_kpi(brands, open_rows, there, loads, now),
        alarms=[_alarm(one) for one in standing_alarms.standing(now) if _concerns(one, agents)],
    )


def _concerns(alarm: Alarm, agents: Rows) -> bool:
    """An alarm about somebody is for those who see him; the others are for everybody."""
    return alarm.kind != standing_alarms.MISSED or alarm.about in agents


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "kind": alarm.kind,
        "about": alarm.about,
        "facts": alarm.facts,
        "raised_ts": alarm.raised_ts,
    }


def _on_duty(seat: Seat, sight: Sight | None) -> bool:
    """Available by his own word, and not known to be gone."""
    gone = sight is not None and sight.complete and seat.pk not in sight.agents
    return seat.status == "available" and not gone


class _Reach:
    """Who of those who take conversations could serve one at all, free or not."""

    def __init__(self, there: list[Seat], now: int) -> None:
        self._candidates = [
            Candidate(
                agent_id=seat.pk,
                load=0,
                capacity=seat.capacity,
                languages=frozenset(seat.languages),
                skills=assignments.skills_at(seat, now),
                brands=frozenset(persona.brand_id for persona in seat.personas.all()),
                last_accepted_ts=seat.last_accepted_ts,
                team_id=seat.team_id,
            )
            for seat in there
        ]

    def anybody(self, row: Conversation) -> bool:
        need = Need.of(row.need)
        return any(able(candidate, need) for candidate in self._candidates)

    def speaking(self, lang: str) -> int:
        return sum(1 for candidate in self._candidates if lang in candidate.languages)

    def languages(self) -> set[str]:
        return {lang for candidate in self._candidates for lang in candidate.languages}


@dataclass(frozen=True, slots=True)
class _Load:
    """``taken`` are places that a conversation or a wrap-up takes; what only rings takes none."""

    taken: int
    offers: int
    chats: int
    asleep: int
    oldest_unanswered_ts: int | None


def _seats(brands: frozenset[int] | None) -> list[Seat]:
    seats = Seat.objects.filter(agent__is_active=True)
    if brands is not None:
        seats = seats.filter(Q(personas__brand_id__in=brands) | Q(personas__isnull=True))
    return list(
        seats.distinct()
        .select_related("agent", "team")
        .prefetch_related("personas")
        .order_by("alias")
    )


def _loads(
    seats: list[Seat], brands: frozenset[int] | None, rung: list[tuple[str, int, int]]
) -> dict[int, _Load]:
    """A place is taken whatever the brand; how long somebody waits there is told for these only."""
    seen = Q() if brands is None else Q(conversation__brand_id__in=brands)
    counted = (
        Assignment.objects.filter(ended_ts__isnull=True)
        .values("agent_id")
        .annotate(
            many=Count("id"),
            sleep=Count("id", filter=Q(asleep=True)),
            oldest=Min("conversation__unanswered_since_ts", filter=seen),
        )
    )
    held = {row["agent_id"]: (row["many"], row["sleep"], row["oldest"]) for row in counted}
    ringing: dict[int, list[int]] = defaultdict(list)
    for _, agent_id, places in rung:
        ringing[agent_id].append(places)
    found = {}
    for seat in seats:
        chats, asleep, oldest = held.get(seat.pk, (0, 0, None))
        taken = max(seat.load - sum(ringing[seat.pk]), 0)
        found[seat.pk] = _Load(taken, len(ringing[seat.pk]), chats, asleep, oldest)
    return found


def _agent(
    seat: Seat, load: _Load, shift_ends_ts: int | None, sight: Sight | None
) -> dict[str, Any]:
    connected: bool | None = None
    if sight is not None:
        connected = True if seat.pk in sight.agents else (False if sight.complete else None)
    idle = sight.idle.get(seat.pk) if sight is not None and connected else None
    return {
        "id": str(seat.pk),
        "alias": seat.alias,
        "role": seat.agent.role,
        "status": seat.status,
        "reason": seat.status_reason,
        "since_ts": seat.status_since_ts or None,
        "connected": connected,
        "lost_ts": seat.lost_ts if connected is False else None,
        # Whole minutes, so that it differs once a minute and not with every look.
        "idle_min": idle // 60 if idle is not None else None,
        "load": load.taken,
        "capacity": seat.capacity,
        "chats": load.chats,
        "asleep": load.asleep,
        "languages": seat.languages,
        "team": seat.team.name if seat.team is not None else None,
        "draining_since_ts": seat.draining_since_ts,
        "shift_ends_ts": shift_ends_ts,
        "oldest_unanswered_ts": load.oldest_unanswered_ts,
        "offered": load.offers,
        "missed": seat.missed,
    }


def _chat(
    row: Conversation,
    offered: bool,
    names: dict[tuple[int, int], str],
    reach: _Reach,
    agents: Rows,
    now: int,
) -> dict[str, Any]:
    owner = row.owner_id
    why: list[str] = []
    if row.help:
        why.append("help")
    if row.topic == "stop_gambling":
        why.append("stop_gambling")
    if owner is not None and agents.get(str(owner), {}).get("connected") is False:
        why.append("agent_lost")
    unanswered = row.unanswered_since_ts if row.state == "active" else None
    if unanswered is not None and now - unanswered >= UNANSWERED_LATE_MS:
        why.append("unanswered")
    if row.due == "return" and due.owes_reply(row) and _warned(row):
        why.append("first_reply_late")
    if row.sleeping:
        why.append("asleep")
    if row.state == "queued" and not offered:
        why.append("nobody_free" if reach.anybody(row) else "nobody_on_duty")
    return {
        "conv": row.pk,
        "state": row.state,
        "brand": row.brand.slug,
        "lang": row.lang,
        "topic": row.topic,
        "player": {"id": row.player_id, "name": row.player.name},
        "agent": _owner(row, names),
        "waiting_since_ts": row.waiting_since_ts if row.state == "queued" else None,
        "unanswered_since_ts": row.unanswered_since_ts,
        "opened_ts": row.opened_ts,
        "help": row.help,
        "priority": row.priority,
        "weight": row.weight,
        "due": row.due or None,
        "due_ts": row.due_ts,
        "offered": offered,
        "why": why or ["none"],
        "last_seq": row.last_seq,
    }


def _warned(row: Conversation) -> bool:
    """A brand may return a conversation without a warning before: then nothing is late until it is."""
    return row.prompted_ts is not None and row.prompted_ts >= (row.owned_since_ts or 0)


def _owner(row: Conversation, names: dict[tuple[int, int], str]) -> dict[str, str] | None:
    """Under the alias that the conversation's brand knows; also one who serves none of it any more."""
    if row.owner is None:
        return None
    alias = names.get((row.owner.pk, row.brand_id)) or row.owner.seat.alias
    return {"id": str(row.owner.pk), "alias": alias}


def _queue(rows: list[Conversation], chats: Rows, reach: _Reach) -> dict[str, Any]:
    queued = [row for row in rows if row.state == "queued"]
    by_lang: dict[str, Any] = {}
    for lang in sorted({row.lang for row in queued} | reach.languages()):
        waits = [row.waiting_since_ts for row in queued if row.lang == lang]
        by_lang[lang] = {
            "waiting": len(waits),
            "oldest_ts": min(waits, default=None),
            "reachable": reach.speaking(lang),
        }
    whys = [chats[row.pk]["why"] for row in queued]
    return {
        "waiting": len(queued),
        "offered": sum(1 for row in queued if chats[row.pk]["offered"]),
        "nobody_free": sum("nobody_free" in why for why in whys),
        "nobody_on_duty": sum("nobody_on_duty" in why for why in whys),
        "oldest_ts": min((row.waiting_since_ts for row in queued), default=None),
        "by_lang": by_lang,
    }


def _kpi(
    brands: frozenset[int] | None,
    rows: list[Conversation],
    there: list[Seat],
    loads: dict[int, _Load],
    now: int,
) -> dict[str, Any]:
    recent = Conversation.objects.filter(opened_ts__gt=now - DAY_MS)
    if brands is not None:
        recent = recent.filter(brand_id__in=brands)
    replies = [
        reply - opened
        for opened, reply in recent.filter(first_reply_ts__gt=now - HALF_HOUR_MS).values_list(
            "opened_ts", "first_reply_ts"
        )
        if reply is not None
    ]
    gave_up = Q(state="closed", closed_ts__gt=now - HALF_HOUR_MS, first_reply_ts__isnull=True)
    counted = recent.aggregate(sessions=Count("pk"), abandoned=Count("pk", filter=gave_up))
    return {
        "first_reply_median_ms": int(statistics.median(replies)) if replies else None,
        "first_reply_within_60_pct": (
            round(100 * sum(reply <= 60_000 for reply in replies) / len(replies))
            if replies
            else None
        ),
        "abandoned_30min": counted["abandoned"],
        "open": len(rows),
        # Whoever drains takes nothing more: he has the places that he has.
        "places": sum(
            seat.capacity if seat.draining_since_ts is None else loads[seat.pk].taken
            for seat in there
        ),
        "places_taken": sum(loads[seat.pk].taken for seat in there),
        "sessions_today": counted["sessions"],
    }
