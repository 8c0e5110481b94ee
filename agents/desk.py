"""Agents' whole desks as state, and who in this process must be sent his again."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection
from typing import Protocol, runtime_checkable

from django.db.models import Count, Exists, Min, OuterRef

from chatdesk.connections import database
from chatdesk.connections.runtime import Runtime, runtime
from chatdesk.connections.states import Coalesced
from chatdesk.conversations import offers, queries
from chatdesk.conversations.models import Assignment, Conversation, Offer
from chatdesk.delivery import audience
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from chatdesk.delivery.protocol.frames import (
    Chat,
    ChatPlayer,
    Desk,
    OfferFrame,
    Sides,
    Waiting,
    WaitingChat,
)
from chatdesk.shifts import duties

DESK_SECONDS = 0.01
QUEUE_SECONDS = 0.25
REST_FACTOR = 4
IN_ONE_TURN = 25
SHOWN_WAITING = 50


def build(agent_ids: Collection[int]) -> dict[int, Desk]:
    """Reads desks, however many, in the same few queries. The revisions are read first: a change in
    between makes them differ again."""
    revisions, seats = queries.desk_revisions(agent_ids)
    chats = queries.of_agents(revisions)
    unread = queries.unread([row for rows in chats.values() for row in rows])
    standing: dict[int, list[OfferFrame]] = defaultdict(list)
    for offer in (
        Offer.objects.filter(agent_id__in=list(revisions), state="offered")
        .select_related("conversation__brand", "conversation__player")
        .order_by("offered_ts", "pk")
    ):
        standing[offer.agent_id].append(offers.frame(offer))
    forced = set(
        Assignment.objects.filter(
            agent_id__in=list(revisions), ended_ts__isnull=True, forced=True
        ).values_list("conversation_id", flat=True)
    )
    shift_ends = duties.shift_ends(revisions)
    waiting: dict[frozenset[int], Waiting] = {}
    desks = {}
    for seat in seats:
        brands = frozenset(persona.brand_id for persona in seat.personas.all())
        if brands not in waiting:
            waiting[brands] = _waiting(brands)
        desks[seat.pk] = Desk(
            rev=revisions[seat.pk],
            status=seat.status,  # type: ignore[arg-type]
            reason=seat.status_reason,
            status_since_ts=seat.status_since_ts,
            missed=seat.missed,
            capacity=seat.capacity,
            load=seat.load,
            draining_since_ts=seat.draining_since_ts,
            shift_ends_ts=shift_ends.get(seat.pk),
            chats=[
                _chat(row, unread.get(row.pk, 0), row.pk in forced)
                for row in chats.get(seat.pk, ())
            ],
            offers=standing[seat.pk],
            waiting=waiting[brands],
        )
    return desks


def _chat(row: Conversation, unread: int, forced: bool) -> Chat:
    player = row.player
    return Chat(
        conv=row.pk,
        epoch=row.epoch,
        state=row.state,  # type: ignore[arg-type]
        brand=row.brand.slug,
        lang=row.lang,
        topic=row.topic,
        player=ChatPlayer(
            id=player.pk,
            name=player.name,
            authenticated=player.authenticated,
            verified=player.verified,
            tier=player.tier,
            age_band=player.age_band,
            rg_state=player.rg_state,
        ),
        last_seq=row.last_seq,
        note_seq=row.last_note_seq,
        delivered=Sides(player=row.player_delivered, agent=row.agent_delivered),
        read=Sides(player=row.player_read, agent=row.agent_read),
        unread=unread,
        waiting_since_ts=row.unanswered_since_ts,
        weight=row.weight,
        sleeping=row.sleeping,
        help=row.help,
        forced=forced,
        opened_ts=row.opened_ts,
        fields=row.fields,
        answered=row.first_reply_ts is not None,
        warn_ts=_owed_ts(row, row.brand.warn_seconds),
        reply_due_ts=_owed_ts(row, row.brand.first_reply_seconds),
    )


def _owed_ts(row: Conversation, within: int) -> int | None:
    """So many seconds after its agent got it, as long as he has said nothing; a left message waits."""
    since = row.owned_since_ts
    if row.channel != "chat" or not within or since is None or (row.last_agent_ts or 0) >= since:
        return None
    return since + within * 1000


def _waiting(brands: frozenset[int]) -> Waiting:
    """The queue of some brands; of every one when none is named."""
    rows = queries.waiting(brands or None)
    rings = Offer.objects.filter(conversation=OuterRef("pk"), state="offered")
    shown = rows.annotate(offered=Exists(rings)).values_list(
        "pk", "brand__slug", "lang", "topic", "waiting_since_ts", "offered", "weight", named=True
    )[:SHOWN_WAITING]
    whole = rows.order_by().aggregate(count=Count("pk"), oldest_ts=Min("waiting_since_ts"))
    return Waiting(
        count=whole["count"],
        oldest_ts=whole["oldest_ts"],
        chats=[
            WaitingChat(
                conv=row.pk,
                brand=row.brand__slug,
                lang=row.lang,
                topic=row.topic,
                since_ts=row.waiting_since_ts,
                offered=row.offered,
                weight=row.weight,
            )
            for row in shown
        ],
    )


@runtime_checkable
class ShowsDesk(Protocol):
    """A staff socket."""

    agent_id: int
    live: bool

    def show_desk(self, desk: Desk, text: str) -> None: ...


class Desks:
    """The desks that are open in this process."""

    def __init__(self, of: Runtime) -> None:
        self._desks = Coalesced(DESK_SECONDS, self._send)
        self._queue = Coalesced(QUEUE_SECONDS, self._show_everybody)
        self._revisions: dict[int, int] = {}
        hub.on_hint("desk", self._hinted)
        hub.on_hint("queue", self._queue.ask)
        of.watch.heads_checks.append(self.check)

    def here(self) -> set[int]:
        """Agents with a socket in this process."""
        return {
            socket.agent_id
            for socket in runtime.sockets
            if isinstance(socket, ShowsDesk) and socket.live
        }

    def ask(self, agent_id: int) -> None:
        self._desks.ask(str(agent_id))

    def _hinted(self, key: str) -> None:
        if hub.has(audience.agent(int(key))):
            self._desks.ask(key)

    async def check(self) -> None:
        """Asks the database which desks differ from what was sent."""
        agents = self.here()
        if not agents:
            return
        revisions, _ = await database.run(queries.desk_revisions, agents)
        for agent_id, rev in revisions.items():
            if self._revisions.get(agent_id) != rev:
                self.ask(agent_id)

    async def _show_everybody(self, _brands: set[str]) -> None:
        """The queue changed. Few are shown it at a time, with a rest after each turn: whoever has an
        offer must not wait until everybody has seen the queue."""
        agents = sorted(self.here())
        for at in range(0, len(agents), IN_ONE_TURN):
            began = time.monotonic()
            await self._send({str(agent_id) for agent_id in agents[at : at + IN_ONE_TURN]})
            await asyncio.sleep(REST_FACTOR * (time.monotonic() - began))

    async def _send(self, agents: set[str]) -> None:
        desks = await database.run(build, {int(agent_id) for agent_id in agents})
        for agent_id, desk in desks.items():
            self._revisions[agent_id] = desk.rev
            text = codec.encode(desk)
            for socket in hub.members(audience.agent(agent_id)):
                # One that is not live yet asks for its desk after its welcome.
                if isinstance(socket, ShowsDesk) and socket.live:
                    socket.show_desk(desk, text)
