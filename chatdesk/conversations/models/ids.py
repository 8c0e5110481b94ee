"""Ids that everybody may see."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id() -> str:
    """An opaque public id: 16 letters and digits, 95 bits of chance."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))
