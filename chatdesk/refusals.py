"""Refusals over HTTP: ``{"error": {"code", "message", "fields"?}}`` with constant codes and words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from chatdesk.conversations import errors

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError, PoolTimeout)

# code -> (status, message)
SAYS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request is not one JSON object of the expected kind."),
    "bad_field": (400, "A field has a value that cannot be used."),
    "bad_token": (401, "The token is not valid."),
    "not_authenticated": (401, "Sign in first."),
    "forbidden": (403, "This is not allowed."),
    "blocked": (403, "This player is blocked."),
    "not_found": (404, "There is no such thing, or it is not for you."),
    "method_not_allowed": (405, "This method is not allowed here."),
    "conflict": (409, "The state does not allow it."),
    "too_big": (413, "The body is too big."),
    "rate": (429, "Too many requests; try again later."),
    "internal": (500, "Something went wrong on our side."),
    "unavailable": (503, "The back end is away; try again."),
}


class Refused(Exception):
    """A refusal of the HTTP side, by its code. ``retry_s`` is whole seconds."""

    def __init__(
        self, code: str, *, fields: Mapping[str, str] | None = None, retry_s: int | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.fields = dict(fields) if fields else None
        self.retry_s = retry_s


def body(code: str, **more: Any) -> dict[str, Any]:
    _, message = SAYS[code]
    return {"error": {"code": code, "message": message, **more}}


def answer(code: str, *, retry_s: int | None = None, **more: Any) -> Response:
    response = Response(body(code, **more), status=SAYS[code][0])
    response["Cache-Control"] = "no-store"
    if retry_s is not None:
        response["Retry-After"] = str(retry_s)
    if response.status_code == 401:
        response["WWW-Authenticate"] = "Token"
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """What Django REST Framework answers for anything a view raises."""
    if isinstance(error, Refused):
        more = {"fields": error.fields} if error.fields else {}
        return answer(error.code, retry_s=error.retry_s, **more)
    if isinstance(error, errors.Refusal):
        if error.code in SAYS:
            return answer(error.code, retry_s=1 if error.code == "unavailable" else None)
        return answer("conflict")
    if isinstance(error, exceptions.ValidationError):
        return answer("bad_field", fields=_fields(error.detail))
    if isinstance(error, AWAY):
        log.warning("database_away", error=type(error).__name__)
        return answer("unavailable", retry_s=1)
    for kind, code in _KINDS:
        if isinstance(error, kind):
            return answer(code)
    number = secrets.token_hex(6)
    log.error("request_failed", id=number, exc_info=error)
    return answer("internal", id=number)


_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.NotAuthenticated, "not_authenticated"),
    (exceptions.AuthenticationFailed, "not_authenticated"),
    (exceptions.PermissionDenied, "forbidden"),
    (PermissionDenied, "forbidden"),
    (exceptions.NotFound, "not_found"),
    (Http404, "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.Throttled, "rate"),
    (RequestDataTooBig, "too_big"),
    (SuspiciousOperation, "bad_request"),
    (exceptions.ParseError, "bad_request"),
    (exceptions.UnsupportedMediaType, "bad_request"),
    (exceptions.NotAcceptable, "bad_request"),
)


def _fields(detail: Any) -> dict[str, str]:
    """Field to constant code (``required``, ``unknown``, ``invalid`` …), never its text or value."""
    found: dict[str, str] = {}
    for name, faults in detail.items() if isinstance(detail, dict) else ():
        first = faults[0] if isinstance(faults, list) and faults else faults
        found[str(name)[:40]] = str(getattr(first, "code", "invalid"))
    return found


def nothing_here(request: HttpRequest) -> JsonResponse:
    """What an address below ``/api/`` answers that nobody serves."""
    return JsonResponse(body("not_found"), status=404, headers={"Cache-Control": "no-store"})
