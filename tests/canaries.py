"""What no byte to a player may hold: every identity of staff in the tests is made of these words.

Aliases are the only names players may see; everything else about a member of staff is a canary here,
his key included, a number of nine digits that nothing else has. A word is found in disguise as well: in
capitals, reversed, in hexadecimal, in base64 at any offset; and so is the hash of an e-mail address.
"""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import count

FIRST_AGENT_ID = 918_273_001
WORDS = ("zebulonia", "quixworthy", "canaryuser", "canarymail")
# Standing alone: times have more digits, and some hold these by chance.
KEY = re.compile(rf"(?<!\d){FIRST_AGENT_ID // 1000}\d{{3}}(?!\d)")
_numbers = count(1)
# Hashes under which picture services know an e-mail address.
_hashes: set[str] = set()


class Leak(AssertionError):
    """A byte that reaches players tells who an agent is."""


def identity() -> dict[str, str]:
    """Names, e-mail and user name of a new member of staff, all of canaries."""
    number = next(_numbers)
    email = f"canarymail{number}@house.example"
    _hashes.update(hashlib.new(name, email.encode()).hexdigest() for name in ("md5", "sha256"))
    return {
        "username": f"canaryuser{number:03d}",
        "first_name": f"Zebulonia{number}",
        "last_name": f"Quixworthy{number}",
        "email": email,
    }


def _base64(word: str) -> set[str]:
    """The word as it stands inside a longer base64 text, whatever came before it."""
    found = set()
    for form in (word, word.capitalize()):
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + form.encode()).decode().rstrip("=")
            # The first and the last sign hold bits of the neighbours too.
            first = -(-offset * 8 // 6)
            found.add(coded[first : (offset + len(form)) * 8 // 6])
    return found


FOLDED = {form for word in WORDS for form in (word, word[::-1], word.encode().hex())}
CODED = {form for word in WORDS for form in _base64(word)}


def check(to_player: str | bytes) -> None:
    """Raises Leak when what goes to a player holds a canary; called for each frame and answer."""
    text = to_player.decode("utf-8", "replace") if isinstance(to_player, bytes) else to_player
    folded = text.casefold()
    found = [form for form in FOLDED if form in folded] + [form for form in CODED if form in text]
    found += [form for form in _hashes if form in folded]
    found += KEY.findall(text)
    if found:
        raise Leak(f"{found[0]} in what a player gets: {text[:300]}")
