"""Whether a player can be served now, and what he is told when he cannot.

**Invariant:** "available" is said only when the dispatcher would ring somebody at once; what is said of
waits and hours names nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatdesk.conversations import errors, queries
from chatdesk.conversations.models import Brand
from chatdesk.conversations.standing import STOP_GAMBLING
from chatdesk.delivery.protocol.frames import PlayerService
from chatdesk.dispatch import roll
from chatdesk.dispatch.choosing import Candidate, Need, able
from players import hours

CHAT: Final = "chat"
MESSAGE: Final = "message"


class Outlook:
    """One look at staff and queues, for however many ask: the staff is read once, each brand's queue
    once."""

    def __init__(self, now_ts: int) -> None:
        self._now_ts = now_ts
        self._staff: Sequence[Candidate] | None = None
        self._estimates: dict[int, int | None] = {}
        self._found: dict[tuple[int, str, str], PlayerService] = {}

    def of(self, brand: Brand, lang: str, market: str) -> PlayerService:
        key = brand.pk, lang, market
        if key not in self._found:
            self._found[key] = self._look(brand, lang, market)
        return self._found[key]

    def _look(self, brand: Brand, lang: str, market: str) -> PlayerService:
        is_open = hours.is_open(brand.hours, market, self._now_ts)
        # While it is closed nobody need be asked for.
        speaking = self._speaking(brand, lang) if is_open else []
        available = any(candidate.has_room(CHAT) for candidate in speaking)
        # The pace of a quiet queue is slow: whoever is served at once is not told to wait for it.
        eta_s = self._estimate(brand) if speaking and not available else None
        return PlayerService(
            open=is_open,
            opens_ts=hours.next_open_ts(brand.hours, market, self._now_ts),
            closes_ts=hours.closes_ts(brand.hours, market, self._now_ts),
            available=available,
            spoken=bool(speaking),
            eta_s=eta_s,
            capped=not is_open or (not available and _is_capped(brand, bool(speaking), eta_s)),
            hours=hours.week_view(brand.hours, market, self._now_ts),
        )

    def _speaking(self, brand: Brand, lang: str) -> list[Candidate]:
        """Who is on duty for the brand and speaks the language, free or not."""
        if self._staff is None:
            self._staff = roll.present(None)
        need = Need(brand.pk, lang)
        return [candidate for candidate in self._staff if able(candidate, need)]

    def _estimate(self, brand: Brand) -> int | None:
        if brand.pk not in self._estimates:
            self._estimates[brand.pk] = queries.estimate_for_next(brand.pk)
        return self._estimates[brand.pk]


def _is_capped(brand: Brand, spoken: bool, eta_s: int | None) -> bool:
    cap = brand.queue_cap_seconds
    return cap is not None and (not spoken or (eta_s is not None and eta_s > cap))


def service(brand: Brand, lang: str, market: str, now_ts: int) -> PlayerService:
    """What the widget shows of a brand to one who has no conversation."""
    return Outlook(now_ts).of(brand, lang, market)


def channel_of(wanted: str, topic: str | None) -> str:
    """Whoever wants to stop gambling is in a chat, whatever he asked for."""
    return CHAT if topic == STOP_GAMBLING else wanted


def admit(brand: Brand, topic: str | None, lang: str, market: str, now_ts: int) -> None:
    """Refuses a chat that nobody would answer in time; ``retry_ms`` is how long it is until the
    opening. Whoever wants to stop gambling is always let in."""
    if topic == STOP_GAMBLING or (not brand.hours and brand.queue_cap_seconds is None):
        return
    found = service(brand, lang, market, now_ts)
    if found.capped:
        opens_ts = found.opens_ts
        raise errors.AtCapacity(retry_ms=opens_ts - now_ts if opens_ts is not None else None)
