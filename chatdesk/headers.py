"""The security headers of every response, pages and files alike.

A view may say ``response.embedders = [origin, …]`` (who may show the page in a frame; otherwise nobody)
and ``response.shared = True`` (a file that other sites load).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

Answer = HttpResponseBase | Awaitable[HttpResponseBase]

_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
        *("gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
    )
)


class SecurityHeaders:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self._is_async:
            return self._answer(request)
        response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)
        return dress(request, response)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        assert not isinstance(response, HttpResponseBase)
        return dress(request, await response)


def dress(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Adds the headers; what a view has set itself stays."""
    embedders: list[str] = list(getattr(response, "embedders", ()))
    shared = bool(getattr(response, "shared", False)) or bool(embedders)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy(request, embedders))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", _PERMISSIONS)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
    if not embedders:
        headers.setdefault("X-Frame-Options", "DENY")
    if request.is_secure():
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not response.has_header("Cache-Control") and _is_page(response):
        headers["Cache-Control"] = "no-store"
    return response


def policy(request: HttpRequest, embedders: list[str]) -> str:
    """The Content-Security-Policy: everything from here, nothing inline, sockets to this host."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self'",
            f"connect-src 'self' {_sockets(request)}".rstrip(),
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {' '.join(embedders) if embedders else chr(39) + 'none' + chr(39)}",
        )
    )


def _sockets(request: HttpRequest) -> str:
    # Not every browser counts a socket to the same host as 'self'.
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    return f"wss://{host}" if request.is_secure() else f"ws://{host} wss://{host}"


def _is_page(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type", "").startswith(("text/html", "application/json"))
