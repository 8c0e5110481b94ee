"""Which page a browser speaks from. Exact comparison of whole origins; no Origin means no browser."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def own() -> frozenset[str]:
    """The server's own origins: the public one, and its other loopback names if it is on loopback."""
    public: str = settings.CHATDESK_PUBLIC_ORIGIN
    parts = urlsplit(public)
    host, colon, port = parts.netloc.rpartition(":")
    if (host or parts.netloc) not in _LOOPBACK:
        return frozenset({public})
    return frozenset(f"{parts.scheme}://{name}{colon}{port}" for name in _LOOPBACK)


def allowed(origin: str | None, brand_origins: Collection[str] = ()) -> bool:
    return origin is None or origin in own() or origin in brand_origins
