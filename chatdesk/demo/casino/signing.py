"""The casino's back end: it vouches for a signed-in player with a short-lived token."""

from __future__ import annotations

import time
import uuid

import jwt

from chatdesk.demo.casino.brands import DemoBrand, DemoPlayer

TOKEN_LIFETIME_SECONDS = 5 * 60


def player_token(brand: DemoBrand, player: DemoPlayer, now: float | None = None) -> str:
    """The JWT that the page passes to `chatdesk("identify", token)`; `now` in seconds since 1970."""
    issued = int(time.time() if now is None else now)
    claims: dict[str, str | int | bool] = {
        "aud": f"chatdesk:{brand.slug}",
        "sub": player.sub,
        "iat": issued,
        "exp": issued + TOKEN_LIFETIME_SECONDS,
        "jti": str(uuid.uuid4()),
        "name": player.name,
        "lang": player.lang,
        "market": player.market,
        "tier": player.tier,
        "age_band": player.age_band,
        "rg_state": player.rg_state,
        "verified": player.verified,
    }
    return jwt.encode(claims, brand.secret, algorithm="HS256", headers={"kid": brand.kid})
