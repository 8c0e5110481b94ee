"""The database's word on conversations, in the ledger's terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from chatdesk.conversations.models import Conversation, Event, Note
from chatdesk.demo.evening.ledger import Line, Record

_IN_ONE_QUERY = 400


def of_players(players: Collection[str]) -> set[str]:
    """Every conversation of these players (``p:<id>``), told of or not."""
    ids = [who.removeprefix("p:") for who in sorted(players)]
    found: set[str] = set()
    for some in _portions(ids):
        rows = Conversation.objects.filter(player_id__in=some)
        found.update(rows.values_list("pk", flat=True))
    return found


def records(convs: Collection[str]) -> dict[str, Record]:
    """Those of these conversations that exist, with every event and note in order."""
    found: dict[str, Record] = {}
    for some in _portions(sorted(convs)):
        lines: dict[str, list[Line]] = defaultdict(list)
        for event in Event.objects.filter(conversation__in=some).order_by("conversation", "seq"):
            lines[event.conversation_id].append(
                Line(event.seq, event.kind, event.role, event.author, event.body, event.cmid)
            )
        notes: dict[str, list[tuple[str, str | None, int]]] = defaultdict(list)
        for note in Note.objects.filter(conversation__in=some).order_by("conversation", "seq"):
            notes[note.conversation_id].append((note.author, note.cmid, note.seq))
        for row in Conversation.objects.filter(pk__in=some):
            found[row.pk] = Record(
                row.pk, f"p:{row.player_id}", row.state, tuple(lines[row.pk]), tuple(notes[row.pk])
            )
    return found


def _portions(ids: Sequence[str]) -> list[list[str]]:
    return [list(ids[at : at + _IN_ONE_QUERY]) for at in range(0, len(ids), _IN_ONE_QUERY)]
