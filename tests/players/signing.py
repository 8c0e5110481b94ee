"""Tokens as a casino's back end signs them, and as somebody who is no casino would."""

from __future__ import annotations

import time
import uuid
import warnings
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chatdesk.conversations.models import Brand, BrandKey
from players import brands

SECRET = "a-secret-of-more-than-thirty-two-bytes-0123456789"
GONE = object()


def casino(slug: str = "aurora", *, anonymous: bool = True) -> tuple[Brand, BrandKey]:
    return brands.create(
        slug, SECRET, origins=["https://casino.example"], anonymous=anonymous, lang="en"
    )


def claims(slug: str = "aurora", sub: str = "p-1", **more: Any) -> dict[str, Any]:
    now = int(time.time())
    made: dict[str, Any] = {
        "aud": f"chatdesk:{slug}",
        "sub": sub,
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
        **more,
    }
    return {name: value for name, value in made.items() if value is not GONE}


def token(
    slug: str = "aurora",
    sub: str = "p-1",
    *,
    key: Any = SECRET,
    algorithm: str = "HS256",
    kid: str | None = "aurora-1",
    headers: dict[str, Any] | None = None,
    **more: Any,
) -> str:
    head = {**({"kid": kid} if kid is not None else {}), **(headers or {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode(claims(slug, sub, **more), key, algorithm=algorithm, headers=head)


def pem(private: Any) -> str:
    public = private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
