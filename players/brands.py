"""Setting up a brand: its address, its origins, and the keys that its back end signs with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.db import IntegrityError, transaction

from chatdesk.conversations import clock
from chatdesk.conversations.models import Brand, BrandKey

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\Z")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(https?)://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]+\])(?::([1-9][0-9]{{0,4}}))?\Z"
)
_DEFAULT_PORTS = {("http", "80"), ("https", "443")}
STRONG_SECRET_BYTES = 32
_RSA_BITS = 2048


class BadBrand(ValueError):
    """What was given cannot be used; the text says why, for the operator."""


def check_origin(origin: str) -> str:
    """The origin, when it is written exactly as browsers send it."""
    found = _ORIGIN.match(origin)
    if found is None or int(found[2] or 1) > 65_535 or (found[1], found[2]) in _DEFAULT_PORTS:
        raise BadBrand(
            f"{origin!r} is no origin: write it as browsers send it, such as "
            "https://casino.example or http://127.0.0.1:8001, without path or default port"
        )
    return origin


def check_colour(colour: str) -> str:
    if not _COLOUR.match(colour):
        raise BadBrand(f"{colour!r} is no colour of the form #RRGGBB")
    return colour


def check_language(lang: str) -> str:
    known = [code for code, _ in settings.LANGUAGES]
    if lang not in known:
        raise BadBrand(f"{lang!r} is no language of this product: {', '.join(known)}")
    return lang


def check_kid(kid: str) -> str:
    if not _KID.match(kid):
        raise BadBrand(f"{kid!r} is no kid: 1 to 64 letters, digits, dots, hyphens, underscores")
    return kid


def check_secret(secret: str) -> str:
    if not secret.strip() or "-----BEGIN" in secret:
        raise BadBrand("The secret must be text that is neither empty nor a key in PEM")
    return secret


def is_weak(secret: str) -> bool:
    """Whether a secret is shorter than HS256 deserves (32 bytes, RFC 7518)."""
    return len(secret.encode()) < STRONG_SECRET_BYTES


def algorithm_of(pem: str) -> str:
    """The algorithm that goes with a public key in PEM."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadBrand("The file holds no public key in PEM") from error
    if isinstance(key, RSAPublicKey):
        if key.key_size < _RSA_BITS:
            raise BadBrand(f"An RSA key must have {_RSA_BITS} bits or more")
        return BrandKey.Algorithm.RS256
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return BrandKey.Algorithm.ES256
    raise BadBrand("The public key must be RSA (RS256) or on the curve P-256 (ES256)")


def create(
    slug: str,
    secret: str,
    *,
    name: str = "",
    origins: Sequence[str] = (),
    anonymous: bool = True,
    colour: str = "#0B6B66",
    lang: str = "en",
) -> tuple[Brand, BrandKey]:
    """A brand with its first key."""
    if not _SLUG.match(slug):
        raise BadBrand(f"{slug!r} is no slug: small letters, digits and hyphens, at most 40")
    try:
        with transaction.atomic():
            brand = Brand.objects.create(
                slug=slug,
                name=(name or slug.replace("-", " ").title())[:80],
                origins=list(dict.fromkeys(check_origin(origin) for origin in origins)),
                anonymous_allowed=anonymous,
                colour=check_colour(colour),
                default_lang=check_language(lang),
            )
            key = add_key(brand, f"{slug}-1", secret=secret)
    except IntegrityError as error:
        raise BadBrand(f"There is already a brand {slug!r}") from error
    return brand, key


def find(slug: str) -> Brand:
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        raise BadBrand(f"There is no brand {slug!r}")
    return brand


def add_key(
    brand: Brand, kid: str, *, secret: str | None = None, public_key: str | None = None
) -> BrandKey:
    """A further key, which is the current one from now on. Give the secret or the public key."""
    check_kid(kid)
    if (secret is None) == (public_key is None):
        raise BadBrand("Give either a secret or a public key")
    if secret is not None:
        algorithm, material = str(BrandKey.Algorithm.HS256), check_secret(secret)
    else:
        material = str(public_key)
        algorithm = algorithm_of(material)
    try:
        with transaction.atomic():
            return BrandKey.objects.create(
                brand=brand,
                kid=kid,
                algorithm=algorithm,
                material=material,
                created_ts=clock.now_ms(),
            )
    except IntegrityError as error:
        raise BadBrand(f"The brand {brand.slug!r} already has a key {kid!r}") from error


def revoke_key(brand: Brand, kid: str) -> BrandKey:
    """From now on no token of this key is taken. A kid is never used again."""
    key = BrandKey.objects.filter(brand=brand, kid=kid).first()
    if key is None:
        raise BadBrand(f"The brand {brand.slug!r} has no key {kid!r}")
    if key.revoked_ts is None:
        key.revoked_ts = clock.now_ms()
        key.save(update_fields=["revoked_ts"])
    return key
