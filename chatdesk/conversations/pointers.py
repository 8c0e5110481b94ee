"""How far each side has received and read: one number each, which only ever grows.

Who may write: any process, at any time; the larger number wins, so the order of writers is no matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from django.db import connection, transaction

Pointer = Literal["player_delivered", "player_read", "agent_delivered", "agent_read"]


def advance(marks: Mapping[tuple[str, Pointer], int]) -> None:
    """Raises pointers; beyond the head is the head."""
    largest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    least = "LEAST" if connection.vendor == "postgresql" else "MIN"
    with transaction.atomic(), connection.cursor() as cursor:
        # In the order of ids, like every other writer of several conversations.
        for (conv, pointer), seq in sorted(marks.items()):
            cursor.execute(
                f"UPDATE conversations_conversation SET {pointer} = "
                f"{largest}({pointer}, {least}(%s, last_seq)) WHERE id = %s AND {pointer} < %s",
                [seq, conv, seq],
            )
