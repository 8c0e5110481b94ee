"""Reads: what sockets resume from, the states that are sent whole, and what the heads say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, F, Q, QuerySet

from chatdesk.conversations import access, bulk, clock, shown
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import (
    Assignment,
    Brand,
    Conversation,
    Event,
    Note,
    Persona,
    Seat,
)
from chatdesk.delivery.protocol.frames import (
    Chat,
    NoteEvent,
    PlayerConv,
    PlayerEvent,
    Queue,
    StaffConv,
    StaffEvent,
)

L = TypeVar("L", Event, Note)

PAGE_EVENTS = 200
SNAPSHOT_EVENTS = 50
_IN_ONE_QUERY = 5_000
ESTIMATE_WINDOW_MS = 15 * 60_000
ESTIMATE_LEAST = 5


# --- heads -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """How far a conversation is, and a mark that differs when its ``conv`` frame would."""

    seq: int
    note_seq: int
    mark: tuple[object, ...]


def mark(state: StaffConv | Chat) -> tuple[object, ...]:
    """The mark of a state that was told."""
    return (
        state.state,
        state.epoch,
        state.help,
        state.delivered.player,
        state.read.player,
        state.delivered.agent,
        state.read.agent,
    )


def heads(convs: Collection[str]) -> dict[str, Head]:
    """One query for everything a process follows."""
    rows = Conversation.objects.filter(pk__in=list(convs)).values_list(
        "pk",
        "last_seq",
        "last_note_seq",
        "state",
        "epoch",
        "help",
        "player_delivered",
        "player_read",
        "agent_delivered",
        "agent_read",
    )
    return {row[0]: Head(row[1], row[2], tuple(row[3:])) for row in rows}


def desk_revisions(agent_ids: Collection[int]) -> tuple[dict[int, int], list[Seat]]:
    """The revision of each desk: the agent's own counter plus those of the queues he sees; and the
    seats, read in the same look."""
    queues = queue_revisions()
    seats = list(Seat.objects.filter(pk__in=list(agent_ids)).prefetch_related("personas"))
    found: dict[int, int] = {}
    for seat in seats:
        brands = [persona.brand_id for persona in seat.personas.all()] or list(queues)
        found[seat.pk] = seat.desk_rev + sum(queues.get(brand, 0) for brand in brands)
    return found, seats


def queue_revisions() -> dict[int, int]:
    return dict(Brand.objects.values_list("pk", "queue_rev"))


# --- lines -----------------------------------------------------------------------------------------


_After = Collection[tuple[str, int]]


def events_after(asked: _After) -> dict[tuple[str, int], list[Event]]:
    """The next page of each conversation after a number, ascending, in one query."""
    return _pages_after(Event, asked)


def notes_after(asked: _After) -> dict[tuple[str, int], list[Note]]:
    return _pages_after(Note, asked)


def _pages_after(table: type[L], asked: _After) -> dict[tuple[str, int], list[L]]:
    found: dict[tuple[str, int], list[L]] = defaultdict(list)
    if not asked:
        return found
    for row in bulk.after(table, asked, PAGE_EVENTS):
        found[row.conversation_id, row.asked_seq].append(row)
    return found


def last_events(conv: str, before: int | None, limit: int) -> tuple[list[Event], bool]:
    """The newest ``limit`` events below ``before``, ascending, and whether there are older ones."""
    rows = Event.objects.filter(conversation_id=conv)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: limit + 1])
    return found[:limit][::-1], len(found) > limit


def last_notes(conv: str, before: int | None, limit: int) -> tuple[list[Note], bool]:
    rows = Note.objects.filter(conversation_id=conv)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: limit + 1])
    return found[:limit][::-1], len(found) > limit


def player_history(
    actor: Actor, conv: str, before: int | None, limit: int
) -> tuple[list[PlayerEvent], bool]:
    row = access.transcript(actor, conv)
    events, more = last_events(row.pk, before, limit)
    return [shown.player_event(event, actor.author) for event in events], more


def staff_history(
    actor: Actor, conv: str, before: int | None, limit: int
) -> tuple[list[StaffEvent], bool]:
    row = access.transcript(actor, conv)
    events, more = last_events(row.pk, before, limit)
    return [shown.staff_event(event, actor.author) for event in events], more


def staff_notes(
    actor: Actor, conv: str, before: int | None, limit: int
) -> tuple[list[NoteEvent], bool]:
    row = access.transcript(actor, conv)
    notes, more = last_notes(row.pk, before, limit)
    return [shown.note_event(note, actor.author) for note in notes], more


# --- the queue and its estimate --------------------------------------------------------------------


def waiting(brand_ids: Collection[int] | None = None) -> QuerySet[Conversation]:
    """Queued conversations in the order in which they are served: the wait, with the head start that
    priority gives."""
    rows = Conversation.objects.filter(state="queued")
    if brand_ids is not None:
        rows = rows.filter(brand_id__in=list(brand_ids))
    return rows.select_related("brand", "player").order_by("rank_ts", "pk")


def places(brand_id: int) -> dict[str, Queue]:
    """Place and estimate of everybody who waits at a brand; a left message has no place."""
    order = Conversation.objects.filter(state="queued", brand_id=brand_id, channel="chat").order_by(
        "rank_ts", "pk"
    )
    pace = _pace_ms(brand_id)
    langs = _reachable_languages(brand_id)
    return {
        conv: Queue(position=place, eta_s=_estimate(place, pace) if lang in langs else None)
        for place, (conv, lang) in enumerate(order.values_list("pk", "lang"), start=1)
    }


def estimate_for_next(brand_id: int) -> int | None:
    """Seconds that one who joins the queue of a brand now will wait, if somebody on duty speaks his
    language; None when no honest estimate exists."""
    pace = _pace_ms(brand_id)
    if pace is None:
        return None
    ahead = Conversation.objects.filter(state="queued", brand_id=brand_id, channel="chat").count()
    return _estimate(ahead + 1, pace)


def _pace_ms(brand_id: int) -> float | None:
    """Milliseconds between two conversations taken from the queue lately; None when too few were."""
    now = clock.now_ms()
    taken = Assignment.objects.filter(
        conversation__brand_id=brand_id,
        conversation__channel="chat",
        how__in=("accepted", "claimed"),
        began_ts__gt=now - ESTIMATE_WINDOW_MS,
    )
    began = list(taken.order_by("began_ts").values_list("began_ts", flat=True))
    if len(began) < ESTIMATE_LEAST:
        return None
    return (now - began[0]) / len(began)


def _estimate(place: int, pace_ms: float | None) -> int | None:
    """Seconds, rounded up to tens below two minutes and to whole minutes above."""
    if pace_ms is None:
        return None
    seconds = place * pace_ms / 1000
    step = 10 if seconds < 120 else 60
    return max(int(-(-seconds // step)) * step, step)


def _reachable_languages(brand_id: int) -> set[str]:
    """Languages that somebody who declared himself available speaks at the brand."""
    seats = (
        Seat.objects.filter(
            status="available",
            lost_ts__isnull=True,
            draining_since_ts__isnull=True,
            agent__is_active=True,
        )
        .filter(Q(personas__brand_id=brand_id) | Q(personas__isnull=True))
        .distinct()
    )
    return {lang for seat in seats for lang in seat.languages}


# --- conv frames -----------------------------------------------------------------------------------


def conv_frames(convs: Collection[str]) -> dict[str, tuple[PlayerConv, StaffConv]]:
    """The states of conversations, for both audiences."""
    rows = list(Conversation.objects.filter(pk__in=list(convs)).select_related("owner__seat"))
    queued = {row.brand_id for row in rows if row.state == "queued"}
    in_queue = {conv: place for brand in queued for conv, place in places(brand).items()}
    personas = Persona.objects.filter(seat__in=[row.owner_id for row in rows if row.owner_id])
    aliases = {(one.seat_id, one.brand_id): one.alias for one in personas}
    found = {}
    for row in rows:
        queue = in_queue.get(row.pk) if row.state == "queued" else None
        alias = None
        if row.owner is not None:
            alias = aliases.get((row.owner.pk, row.brand_id), row.owner.seat.alias)
        found[row.pk] = (
            shown.player_conv(row, queue, alias),
            shown.staff_conv(row, queue, alias),
        )
    return found


def open_of_players(player_ids: Collection[str]) -> dict[str, str]:
    """The open conversation of each player who has one."""
    found: dict[str, str] = {}
    asked = list(player_ids)
    for at in range(0, len(asked), _IN_ONE_QUERY):
        rows = Conversation.objects.filter(player_id__in=asked[at : at + _IN_ONE_QUERY])
        found.update(rows.exclude(state="closed").values_list("player_id", "pk"))
    return found


def of_agents(agent_ids: Collection[int]) -> dict[int, list[Conversation]]:
    """The conversations that each agent owns, oldest first."""
    rows = (
        Conversation.objects.filter(owner_id__in=list(agent_ids), state="active")
        .select_related("brand", "player")
        .order_by("opened_ts", "pk")
    )
    found: dict[int, list[Conversation]] = defaultdict(list)
    for row in rows:
        if row.owner_id is not None:
            found[row.owner_id].append(row)
    return found


def unread(rows: Iterable[Conversation]) -> dict[str, int]:
    """Player messages above what the agent's side has read, per conversation."""
    counted = (
        Event.objects.filter(
            conversation_id__in=[row.pk for row in rows],
            kind="message",
            role="player",
            seq__gt=F("conversation__agent_read"),
        )
        .values("conversation_id")
        .annotate(many=Count("id"))
        .values_list("conversation_id", "many")
    )
    return dict(counted)
