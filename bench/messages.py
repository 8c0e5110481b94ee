"""The messages that are sent: which chat, which number, who speaks, and the text that says so.

Every build is sent the same texts. A text names its chat and number, so what arrives anywhere (a socket,
a row) says by itself which message it is.
"""

from __future__ import annotations

BODY_CHARS = 60
SIDES = ("player", "agent")
_FILLING = "thank you, I have sent the papers, can you see them now"


def speaker(chat: int, number: int) -> int:
    """Index into SIDES: the sides of a chat take turns, and half of the chats begin with each."""
    return (chat + number) % 2


def body(chat: int, number: int) -> str:
    """Exactly ``BODY_CHARS`` characters."""
    return f"{chat:04d} {number:07d} {_FILLING}"[:BODY_CHARS]


def read(text: str) -> tuple[int, int] | None:
    """(chat, number) of a body; None for a text that is none of ours."""
    chat, number = text[:4], text[5:12]
    if len(text) != BODY_CHARS or not (chat.isdigit() and number.isdigit()):
        return None
    return int(chat), int(number)
