"""How far each side has received and read: one number each, which only ever grows.

Who may write: any process, at any time; the larger number wins, so the order of writers is no matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

from django.db import transaction

from chatdesk.conversations import bulk

Pointer = Literal["player_delivered", "player_read", "agent_delivered", "agent_read"]


def advance(marks: Mapping[tuple[str, Pointer], int]) -> set[str]:
    """Raises pointers; beyond the head is the head. Returns the conversations that somebody else had
    locked: theirs are not written, and are for the caller to try again."""
    wanted: dict[str, dict[str, int]] = defaultdict(dict)
    for (conv, pointer), seq in marks.items():
        wanted[conv][pointer] = seq
    with transaction.atomic():
        return bulk.locked(wanted.keys() - bulk.raise_pointers(wanted))
