"""Who a player is, on the casino's word: the check of the tokens that its back end signs.

**Invariant:** the key row says which algorithm counts, never the token; and whatever is wrong with a
token, the caller learns one and the same thing.
"""

from __future__ import annotations

import math
import re
import unicodedata
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.warnings import InsecureKeyLengthWarning

from chatdesk.conversations.models import BrandKey

TOKEN_CHARS = 8192
LIFETIME_SECONDS = 600
LEEWAY_SECONDS = 30
NAME_CHARS = 80

AGE_BANDS = frozenset({"18-23", "24+", "unknown"})
RG_STATES = frozenset({"none", "limits", "cooling_off", "self_excluded"})
_REQUIRED = ["aud", "sub", "iat", "exp", "jti"]
_LANG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*\Z")
_MARKET = re.compile(r"[A-Za-z0-9-]{1,10}\Z")


class BadToken(Exception):
    """The token does not prove anything. Why not is nobody's business."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the casino says of a player; None where it says nothing."""

    sub: str
    name: str | None = None
    lang: str | None = None
    market: str | None = None
    tier: str | None = None
    age_band: str | None = None
    rg_state: str | None = None
    verified: bool | None = None


def verify(brand_slug: str, token: str) -> Claims:
    """The claims of a token that a key of the brand has signed; else BadToken."""
    try:
        return _verify(brand_slug, token)
    except BadToken:
        raise
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadToken from error


def _verify(brand_slug: str, token: str) -> Claims:
    if not token or len(token) > TOKEN_CHARS or not token.isascii():
        raise BadToken
    key = _key(brand_slug, jwt.get_unverified_header(token))
    with warnings.catch_warnings():
        # The operator is told of a short secret when he sets it.
        warnings.simplefilter("ignore", InsecureKeyLengthWarning)
        payload = jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            audience=f"chatdesk:{brand_slug}",
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    issued, expires = _seconds(payload["iat"]), _seconds(payload["exp"])
    if not 0 < expires - issued <= LIFETIME_SECONDS:
        raise BadToken
    _text(payload, "jti", 200)
    return _claims(payload)


def _key(brand_slug: str, header: Mapping[str, Any]) -> BrandKey:
    kid = header.get("kid")
    keys = BrandKey.objects.filter(brand__slug=brand_slug, revoked_ts__isnull=True)
    if kid is not None:
        if not isinstance(kid, str) or len(kid) > 64 or "\x00" in kid:
            raise BadToken
        keys = keys.filter(kid=kid)
    key = keys.order_by("-created_ts", "-pk").first()
    if key is None:
        raise BadToken
    return key


def _claims(payload: Mapping[str, Any]) -> Claims:
    sub = _text(payload, "sub", 200)
    if sub is None:
        raise BadToken
    lang = _text(payload, "lang", 35)
    market = _text(payload, "market", 10)
    if (lang is not None and not _LANG.match(lang)) or (market and not _MARKET.match(market)):
        raise BadToken
    name = _text(payload, "name", 200)
    return Claims(
        sub=sub,
        name=presentable(name) if name is not None else None,
        lang=lang,
        market=market,
        tier=_text(payload, "tier", 40),
        age_band=_one_of(payload, "age_band", AGE_BANDS),
        rg_state=_one_of(payload, "rg_state", RG_STATES),
        verified=_yes_no(payload, "verified"),
    )


def presentable(name: str) -> str | None:
    """A name without invisible characters (they hide or turn text), at most 80 characters long."""
    seen = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    return " ".join(seen.split())[:NAME_CHARS].strip() or None


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadToken
    return value


def _text(payload: Mapping[str, Any], claim: str, longest: int) -> str | None:
    value = payload.get(claim)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise BadToken
    # Control characters and lone surrogates: no database takes all of them.
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in value):
        raise BadToken
    return value


def _one_of(payload: Mapping[str, Any], claim: str, words: frozenset[str]) -> str | None:
    value = _text(payload, claim, 40)
    if value is not None and value not in words:
        raise BadToken
    return value


def _yes_no(payload: Mapping[str, Any], claim: str) -> bool | None:
    value = payload.get(claim)
    if value is not None and not isinstance(value, bool):
        raise BadToken
    return value
