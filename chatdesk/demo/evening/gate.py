"""The HTTP side as a client uses it: sessions, tickets, prepared answers. Backs off when told to."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS = 15
_TRIES = 40


class NoServer(Exception):
    """Nobody answers at the address."""


class Refused(Exception):
    """The server said no; ``code`` is its constant."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(slots=True)
class Gate:
    """One server's address, such as ``http://127.0.0.1:8000``. ``waited`` counts refusals to wait out."""

    url: str
    waited: int = 0

    def socket(self, side: str) -> str:
        """The address of ``player`` or ``staff`` sockets."""
        parts = urlsplit(self.url)
        return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/ws/{side}"

    async def ready(self) -> None:
        """Raises NoServer unless a server answers that it is ready."""
        try:
            status, _, found = await asyncio.to_thread(self._once, "GET", "/readyz", None, {})
        except (OSError, http.client.HTTPException) as error:
            raise NoServer(
                f"There is no server at {self.url}; start it with manage.py serve."
            ) from (error)
        if status != 200 or found.get("database") != "ok":
            raise NoServer(f"The server at {self.url} is not ready (HTTP {status}).")

    async def session(
        self, brand: str, lang: str, token: str | None, before: str | None
    ) -> dict[str, Any]:
        """A player's session; ``before`` is the one that he had."""
        body = {"brand": brand, "lang": lang, **({"token": token} if token else {})}
        headers = {"Authorization": f"Session {before}"} if before else {}
        return await self._ask("POST", "/api/v1/player/sessions", body, headers)

    async def ticket(self, key: str) -> str:
        """A ticket for one staff socket."""
        headers = {"Authorization": f"Token {key}"}
        found = await self._ask("POST", "/api/v1/staff/tickets", {}, headers)
        return str(found["ticket"])

    async def canned(self, key: str, conv: str) -> dict[str, Any]:
        """``{"responses": […], "values": {…}}`` for one conversation."""
        headers = {"Authorization": f"Token {key}"}
        return await self._ask("GET", f"/api/v1/staff/canned?conv={quote(conv)}", None, headers)

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        """Asks until there is an answer: 429 and 503 are waited out, a server away for a while too."""
        for turn in range(_TRIES):
            try:
                status, wait, found = await asyncio.to_thread(
                    self._once, method, path, body, headers
                )
            except (OSError, http.client.HTTPException):
                await asyncio.sleep(min(0.5 * 2**turn, 5))
                continue
            if status in (429, 503):
                self.waited += 1
                await asyncio.sleep(wait)
                continue
            if status >= 400:
                raise Refused(status, str(found.get("error", {}).get("code", "")))
            return found
        raise NoServer(f"The server at {self.url} does not answer any more.")

    def _once(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> tuple[int, float, dict[str, Any]]:
        """One request: (status, seconds to wait before the next try, the JSON object)."""
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        try:
            text = json.dumps(body) if body is not None else None
            if text is not None:
                headers = {**headers, "Content-Type": "application/json"}
            connection.request(method, path, body=text, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            try:
                found = json.loads(content) if content else {}
            except ValueError:
                found = {}
            after = answer.headers.get("Retry-After", "1")
            wait = float(after) if after.isdigit() else 1.0
            return answer.status, wait, found if isinstance(found, dict) else {}
        finally:
            connection.close()
