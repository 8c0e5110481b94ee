"""Open, close, rate; and what staff declare about themselves. The only writer of ``state`` beside
``assignments``, which moves a conversation between queue and hands."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError

from chatdesk.conversations import (
    access,
    alarms,
    assignments,
    care,
    clock,
    due,
    errors,
    holding,
    messages,
    offers,
    standing,
)
from chatdesk.conversations.access import EVERYWHERE, SYSTEM, Actor
from chatdesk.conversations.models import (
    Assignment,
    Brand,
    Conversation,
    Event,
    Rating,
    Route,
    Seat,
)
from chatdesk.conversations.transition import Changes, transition


def open_conversation(
    actor: Actor,
    brand_id: int,
    *,
    topic: str | None = None,
    lang: str = "en",
    fields: dict[str, str] | None = None,
    channel: str = "chat",
) -> Conversation:
    """The player's open conversation at the brand: a new one, or the one there is. ``channel`` is
    ``chat``, or ``message`` for one that he leaves."""
    access.require(actor, "open")
    mine = access.visible(actor).filter(brand_id=brand_id).exclude(state="closed")
    existing = mine.select_related("brand").first()
    if existing is not None:
        return existing
    try:
        with transition() as changes:
            now = clock.now_ms()
            row = Conversation(
                brand=Brand.objects.get(pk=brand_id),
                player_id=actor.id,
                topic=topic or "other",
                lang=lang,
                fields={key: care.masked(said) for key, said in (fields or {}).items()},
                channel=channel,
                opened_ts=now,
                waiting_since_ts=now,
            )
            route = Route.objects.filter(brand_id=brand_id, topic=row.topic).first()
            standing.asks(row, route, now)
            row.save(force_insert=True)
            facts = {"topic": row.topic, "lang": row.lang}
            messages.record(changes, row, "opened", actor, facts=facts)
            assignments.enqueue(changes, row, "new")
            changes.hint("began", actor.id)
            changes.queue(brand_id)
    except IntegrityError:
        # Another tab opened it between the look and the insert; that one is the one there is.
        return mine.select_related("brand").get()
    return row


def close(
    actor: Actor, conv: str, *, epoch: int | None = None, reason: str = "", force: bool = False
) -> None:
    """Closes it. A player closes his own, an agent what he owns (``epoch``), a supervisor any."""
    access.require(actor, "force_close" if force else "close")
    with transition() as changes:
        row, _ = holding.conversation(actor, conv)
        if row.state == "closed":
            raise errors.Closed
        owned = actor.is_staff and row.owner_id == actor.agent_id and row.epoch == epoch
        if actor.is_staff and not force and not owned:
            raise errors.NotAssignee
        if force:
            assignments.intervene(actor, "force_close", row, reason=reason)
        finish(changes, row, actor, reason, force=force)


def finish(
    changes: Changes, row: Conversation, by: Actor, reason: str, *, force: bool = False
) -> None:
    """Closes it inside the caller's transition; everybody concerned is locked."""
    alias = assignments.alias_of_owner(row) if row.owner_id else ""
    served = row.owner_id
    who = "supervisor" if force else ("agent" if by.is_staff else by.role)
    offers.settle(changes, row, accepted_by=None, alias="")
    assignments.end(changes, row, "closed")
    row.state, row.closed_ts, row.close_reason = "closed", clock.now_ms(), reason
    row.unanswered_since_ts = row.owned_since_ts = row.waive_ts = None
    due.plan(row, row.brand)
    staff: dict[str, Any] | None = {"reason": reason} if reason else None
    # Who of the staff closed it is told to staff; the player is told that a colleague did.
    messages.record(
        changes, row, "closed", by if not force else SYSTEM, facts={"by": who}, staff=staff
    )
    if served is not None:
        messages.record(changes, row, "survey", SYSTEM, facts={"agent_alias": alias})
    row.save()
    changes.conversation(row.pk)
    changes.queue(row.brand_id)


def rate(
    actor: Actor,
    conv: str,
    *,
    agent: int | None,
    outcome: int | None,
    comment: str | None,
    declined: bool | None,
) -> None:
    """The player's word about a closed conversation; the last one counts."""
    access.require(actor, "rate")
    if agent is None and outcome is None and not comment and not declined:
        raise errors.BadField
    with transition() as changes:
        row = access.conversation(actor, conv, lock=True)
        if row.state != "closed":
            raise errors.Forbidden
        last = Assignment.objects.filter(conversation=row).order_by("-epoch").first()
        Rating.objects.update_or_create(
            conversation=row,
            defaults={
                "agent_id": last.agent_id if last is not None else None,
                "agent_score": agent,
                "outcome_score": outcome,
                "comment": care.masked(comment or ""),
                "declined": bool(declined),
                "ts": clock.now_ms(),
            },
        )
        changes.hint("wall")


def ask_help(actor: Actor, conv: str, on: bool) -> None:
    """An agent asks for a supervisor, or needs none any more; a flag in the staff's sequence."""
    access.require(actor, "help")
    with transition() as changes:
        row = access.conversation(actor, conv, lock=True)
        if row.state == "closed":
            raise errors.Closed
        if row.owner_id != actor.agent_id and not actor.supervises:
            raise errors.NotAssignee
        if row.help == on:
            return
        row.help = on
        messages.remark(changes, row, "flag", actor, facts={"help": on, "on": on})
        row.save(update_fields=["help", "last_note_seq"])
        changes.conversation(row.pk)
        changes.hint("wall")


def declare(
    actor: Actor, agent_id: int, status: str, reason: str | None, *, forced: bool = False
) -> None:
    """Sets a declared status: one's own, or (``forced``) anybody's by a supervisor."""
    access.require(actor, "force_state" if forced else "state")
    with transition() as changes:
        seat = holding.seat(agent_id)
        if seat is None or (forced and not _shares_brand(actor, seat)):
            raise errors.NotFound
        if seat.status != status or seat.status_reason != (reason or ""):
            seat.status_since_ts = clock.now_ms()
        seat.status, seat.status_reason = status, reason or ""
        if status == "available":
            seat.missed = 0
            alarms.clear(changes, alarms.MISSED, str(agent_id))
            assignments.end_wrap_ups(changes, agent_id)
        seat.save(update_fields=["status", "status_reason", "status_since_ts", "missed"])
        if status != "available":
            offers.withdraw_all(changes, seat)
        if forced:
            assignments.intervene(
                actor, "force_state", None, agent_id=agent_id, reason=reason or ""
            )
        changes.desk(agent_id)
        changes.hint("dispatch")
        changes.hint("wall")


def adopt(changes: Changes, old_player: str, known_player: str) -> None:
    """An anonymous visitor proved to be a known player: what he began becomes that player's. Part of
    the caller's transition, in which his sessions move too: nobody sees one without the other.

    The conversation he is in goes on; an open one that the known player left elsewhere is closed."""
    open_now = Conversation.objects.filter(player_id=old_player).exclude(state="closed").first()
    if open_now is not None:
        other = (
            Conversation.objects.filter(player_id=known_player, brand_id=open_now.brand_id)
            .exclude(state="closed")
            .first()
        )
        if other is not None:
            held, _ = holding.conversation(EVERYWHERE, other.pk)
            if held.state != "closed":
                finish(changes, held, SYSTEM, "continued")
    moved = list(Conversation.objects.filter(player_id=old_player).values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=moved).update(player_id=known_player)
    _rename_author(old_player, known_player, moved)
    if open_now is not None:
        identified(changes, open_now.pk)


def tell_identified(conv_player: str) -> None:
    """An anonymous visitor became known without changing rows: staff see the moment."""
    with transition() as changes:
        row = Conversation.objects.filter(player_id=conv_player).exclude(state="closed").first()
        if row is not None:
            identified(changes, row.pk)


def identified(changes: Changes, conv: str) -> None:
    row, _ = holding.conversation(EVERYWHERE, conv)
    messages.remark(changes, row, "flag", SYSTEM, facts={"identified": True})
    row.save(update_fields=["last_note_seq"])
    _player_changed(changes, row)


def tell_player_changed(player: str) -> None:
    """The casino says something new of a player: staff who have him before them see it."""
    with transition() as changes:
        row = Conversation.objects.filter(player_id=player).exclude(state="closed").first()
        if row is not None:
            _player_changed(changes, row)


def _player_changed(changes: Changes, row: Conversation) -> None:
    for agent_id in sorted(holding.concerned(row)):
        changes.desk(agent_id)
    changes.conversation(row.pk)


def _rename_author(old_player: str, known_player: str, convs: list[str]) -> None:
    Event.objects.filter(conversation_id__in=convs, author=f"p:{old_player}").update(
        author=f"p:{known_player}"
    )


def _shares_brand(actor: Actor, seat: Seat) -> bool:
    if actor.brands is None:
        return True
    brands = set(seat.personas.values_list("brand_id", flat=True))
    return not brands or bool(brands & actor.brands)
