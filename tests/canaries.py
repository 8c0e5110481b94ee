"""What no byte to a player may hold: every identity of staff in the tests is made of these words.

Aliases are the only names players may see; everything else about a member of staff is a canary here,
his key included, which begins with digits that nothing else has.
"""

from __future__ import annotations

from itertools import count

FIRST_AGENT_ID = 918_273_001
WORDS = ("zebulonia", "quixworthy", "canaryuser", "canarymail", "918273")
_numbers = count(1)


class Leak(AssertionError):
    """A byte that reaches players tells who an agent is."""


def identity() -> dict[str, str]:
    """Names, e-mail and user name of a new member of staff, all of canaries."""
    number = next(_numbers)
    return {
        "username": f"canaryuser{number:03d}",
        "first_name": f"Zebulonia{number}",
        "last_name": f"Quixworthy{number}",
        "email": f"canarymail{number}@house.example",
    }


def check(to_player: str | bytes) -> None:
    """Raises Leak when what goes to a player holds a canary; called for each frame and answer."""
    text = to_player.decode("utf-8", "replace") if isinstance(to_player, bytes) else to_player
    folded = text.casefold()
    for word in WORDS:
        if word in folded:
            raise Leak(f"{word} in what a player gets: {text[:300]}")
