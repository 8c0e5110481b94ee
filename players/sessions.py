"""Sessions of players: how a page gets one, what a socket learns from it, how it ends.

**Invariants:** only the hash of a session's secret is stored; a session belongs to one brand for ever;
only an anonymous visitor can become somebody else, and only once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext
from msgspec import structs

from chatdesk.conversations import clock, errors, lifecycle
from chatdesk.conversations.models import Brand
from chatdesk.conversations.transition import transition
from chatdesk.delivery.audience import Hint
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol.frames import PlayerService
from players import identity
from players.identity import Claims
from players.models import Player, PlayerSession
from players.topics import TOPICS

LIFETIME_MS = 12 * 60 * 60 * 1000
# After an upgrade the anonymous secret lives on only until its sockets have changed over.
CHANGEOVER_MS = 5 * 60 * 1000
# An anonymous visitor who left a message has nothing but his session to come back to its answer by.
ANSWER_MS = 7 * 24 * 60 * 60 * 1000
LANGUAGES: tuple[str, ...] = tuple(code for code, _ in settings.LANGUAGES)
_IN_ONE_QUERY = 500


@dataclass(frozen=True, slots=True)
class Started:
    """A new session. ``session`` is the secret, told once and never stored."""

    session: str
    expires_ts: int
    player: Player
    brand: Brand


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a socket must know of its session."""

    session_hash: str
    player_id: str
    brand_id: int
    brand_slug: str
    origins: tuple[str, ...]
    blocked: bool
    expires_ts: int
    authenticated: bool
    lang: str
    market: str


def start(
    brand_slug: str,
    token: str | None = None,
    lang: str | None = None,
    old_session: str | None = None,
) -> Started:
    """A session for the player of the token, or for an anonymous visitor.

    ``old_session`` of an anonymous visitor is continued: with a token he becomes the known player and
    keeps his conversation. Raises BadToken, NotFound (no such brand), Forbidden (the brand wants a
    token) or Blocked.
    """
    brand = Brand.objects.filter(slug=brand_slug).first()
    if brand is None:
        raise errors.NotFound
    if token is None and not brand.anonymous_allowed:
        raise errors.Forbidden
    claims = identity.verify(brand_slug, token) if token is not None else None
    visitor, until = _visitor(brand, old_session)
    if visitor is not None and visitor.blocked_ts is not None:
        raise errors.Blocked
    spoken = _language(lang or (claims.lang if claims is not None else None), brand)
    if claims is None:
        return _begin(brand, visitor or _guest(brand, spoken), until)
    if visitor is not None:
        _upgrade(visitor, claims)
    with transaction.atomic():
        player, is_news = _known(brand, claims, spoken)
        if player.blocked_ts is not None:
            raise errors.Blocked
        started = _begin(brand, player)
    if is_news:
        lifecycle.tell_player_changed(player.pk)
    return started


def _visitor(brand: Brand, secret: str | None) -> tuple[Player | None, int]:
    """The anonymous visitor behind a session of this brand that is still good, and until when it is."""
    facts = find(secret) if secret is not None else None
    if facts is None or facts.brand_id != brand.pk or facts.authenticated:
        return None, 0
    return Player.objects.filter(pk=facts.player_id, sub__isnull=True).first(), facts.expires_ts


def _guest(brand: Brand, lang: str) -> Player:
    return Player(brand=brand, name=f"Guest {_number()}", lang=lang, created_ts=clock.now_ms())


def _number() -> int:
    return 1000 + secrets.randbelow(9000)


def _known(brand: Brand, claims: Claims, lang: str) -> tuple[Player, bool]:
    """The player of a ``sub``, found or made, with what the casino says of him now, and whether
    that is new."""
    player, _ = Player.objects.get_or_create(
        brand=brand,
        sub=claims.sub,
        defaults={
            "name": claims.name or f"Player {_number()}",
            "lang": lang,
            "created_ts": clock.now_ms(),
        },
    )
    said = {
        "name": claims.name,
        "lang": lang,
        "market": claims.market,
        "tier": claims.tier,
        "age_band": claims.age_band,
        "rg_state": claims.rg_state,
        "verified": claims.verified,
    }
    news = {
        name: value
        for name, value in said.items()
        if value is not None and getattr(player, name) != value
    }
    for name, value in news.items():
        setattr(player, name, value)
    if news:
        player.save(update_fields=list(news))
    return player, bool(news)


def _upgrade(visitor: Player, claims: Claims) -> None:
    """Turns the visitor into the player of the claims: his own row where that player is new, else
    what he began goes over to the player's row. Staff see the moment."""
    if _gets_sub(visitor, claims.sub):
        lifecycle.tell_identified(visitor.pk)
        return
    known = Player.objects.get(brand_id=visitor.brand_id, sub=claims.sub)
    if known.blocked_ts is not None:
        raise errors.Blocked
    with transition() as changes:
        lifecycle.adopt(changes, visitor.pk, known.pk)
        _move_sessions(visitor.pk, known.pk)
    hub.publish([Hint("moved", visitor.pk)])


def _gets_sub(visitor: Player, sub: str) -> bool:
    try:
        with transaction.atomic():
            won = Player.objects.filter(pk=visitor.pk, sub__isnull=True).update(sub=sub) == 1
            if won:
                _move_sessions(visitor.pk, visitor.pk)
            return won
    except IntegrityError:
        return False


def _move_sessions(from_player: str, to_player: str) -> None:
    """Whoever knows the anonymous secret must not stay a known player by it for long."""
    last_ts = clock.now_ms() + CHANGEOVER_MS
    held = PlayerSession.objects.filter(player_id=from_player, ended_ts__isnull=True)
    held.filter(expires_ts__gt=last_ts).update(expires_ts=last_ts)
    held.update(player_id=to_player)


def _begin(brand: Brand, player: Player, until: int = 0) -> Started:
    secret = "s_" + secrets.token_urlsafe(32)
    now = clock.now_ms()
    expires_ts = max(now + LIFETIME_MS, until)
    with transaction.atomic():
        if player._state.adding:
            player.save(force_insert=True)
        PlayerSession.objects.create(
            secret_hash=hashed(secret),
            player=player,
            created_ts=now,
            expires_ts=expires_ts,
        )
    return Started(session=secret, expires_ts=expires_ts, player=player, brand=brand)


def keep_for_answer(session_hash: str) -> None:
    """The session of an anonymous visitor who leaves a message lasts until he can read the answer."""
    until = clock.now_ms() + ANSWER_MS
    anonymous = Player.objects.filter(sub__isnull=True)
    PlayerSession.objects.filter(
        secret_hash=session_hash, ended_ts__isnull=True, expires_ts__lt=until, player__in=anonymous
    ).update(expires_ts=until)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str) -> SessionFacts | None:
    """The facts of a session that is neither ended nor expired; a blocked player's says so."""
    row = good([secret], clock.now_ms()).get(secret)
    return facts(row) if row is not None else None


def good(secrets: Sequence[str], now_ts: int) -> dict[str, PlayerSession]:
    """The sessions that are neither ended nor expired, each with its player and brand."""
    hashes = {hashed(secret): secret for secret in secrets}
    rows = PlayerSession.objects.filter(
        secret_hash__in=list(hashes), ended_ts__isnull=True, expires_ts__gt=now_ts
    ).select_related("player__brand")
    return {hashes[row.secret_hash]: row for row in rows}


def facts(row: PlayerSession) -> SessionFacts:
    player, brand = row.player, row.player.brand
    return SessionFacts(
        session_hash=row.secret_hash,
        player_id=player.pk,
        brand_id=brand.pk,
        brand_slug=brand.slug,
        origins=tuple(brand.origins),
        blocked=player.blocked_ts is not None,
        expires_ts=row.expires_ts,
        authenticated=player.authenticated,
        lang=player.lang,
        market=player.market,
    )


def player_of(session_hash: str) -> str | None:
    """Whose a session is now: an upgrade may have given it to another player's row."""
    return (
        PlayerSession.objects.filter(
            secret_hash=session_hash, ended_ts__isnull=True, expires_ts__gt=clock.now_ms()
        )
        .values_list("player_id", flat=True)
        .first()
    )


def end(secret: str) -> str | None:
    """Ends a session and returns its hash; None when there was nothing to end."""
    session_hash = hashed(secret)
    now = clock.now_ms()
    ended_now = PlayerSession.objects.filter(
        secret_hash=session_hash, ended_ts__isnull=True, expires_ts__gt=now
    ).update(ended_ts=now)
    return session_hash if ended_now else None


def holders(hashes: Sequence[str], now_ts: int) -> dict[str, str]:
    """Whose each session is now; without those that are ended, expired, unknown, or whose player
    is blocked."""
    found: dict[str, str] = {}
    for at in range(0, len(hashes), _IN_ONE_QUERY):
        found.update(
            PlayerSession.objects.filter(
                secret_hash__in=hashes[at : at + _IN_ONE_QUERY],
                ended_ts__isnull=True,
                expires_ts__gt=now_ts,
                player__blocked_ts__isnull=True,
            ).values_list("secret_hash", "player_id")
        )
    return found


def me(player: Player) -> dict[str, Any]:
    """The player as he sees himself on the wire."""
    return {"id": player.pk, "name": player.name, "authenticated": player.authenticated}


def brand_view(brand: Brand, lang: str, service: PlayerService) -> dict[str, Any]:
    """What the widget shows of a brand, in the player's language, with what can be promised now."""
    with translation.override(lang):
        return {
            "slug": brand.slug,
            "name": brand.name,
            "colour": brand.colour,
            "languages": list(LANGUAGES),
            "default_lang": brand.default_lang,
            "anonymous": brand.anonymous_allowed,
            "previews": brand.previews,
            "topics": [{"id": topic, "label": str(label)} for topic, label in TOPICS],
            "greeting": brand.greetings.get(lang) or gettext("Hello! How can we help you?"),
            "help": brand.help_line,
            "service": structs.asdict(service),
        }


def language(wanted: str | None, default: str) -> str:
    """The language we speak that comes nearest to the wanted one (``nl-BE`` is ``nl``)."""
    first = (wanted or "").replace("_", "-").split("-")[0].lower()
    return first if first in LANGUAGES else default


def _language(wanted: str | None, brand: Brand) -> str:
    return language(wanted, brand.default_lang)
