"""Why a hello is refused."""

from __future__ import annotations


class NotAuthenticated(Exception):
    """The hello proves nothing: close 4401."""


class WrongOrigin(Exception):
    """A browser page that may not embed this: close 4403."""
