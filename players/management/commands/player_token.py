"""``player_token --brand SLUG --sub ID``: a token as the casino's back end would sign it."""

from __future__ import annotations

import time
import uuid
import warnings
from typing import Any

import jwt
from django.core.management.base import BaseCommand, CommandError, CommandParser
from jwt.warnings import InsecureKeyLengthWarning

from chatdesk.conversations.models import BrandKey
from players import brands

LIFETIME_SECONDS = 300
_NUMBERS = frozenset({"iat", "exp", "nbf"})


class Command(BaseCommand):
    help = "Prints a token for a player, signed with the brand's current shared secret."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--brand", required=True)
        parser.add_argument("--sub", required=True, help="the casino's own id of the player")
        parser.add_argument(
            "--claim", action="append", default=[], metavar="k=v", help="such as lang=nl"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            brand = brands.find(options["brand"])
        except brands.BadBrand as error:
            raise CommandError(str(error)) from error
        key = (
            BrandKey.objects.filter(
                brand=brand, algorithm=BrandKey.Algorithm.HS256, revoked_ts__isnull=True
            )
            .order_by("-created_ts", "-pk")
            .first()
        )
        if key is None:
            raise CommandError(f"The brand {brand.slug!r} has no valid shared secret to sign with")
        now = int(time.time())
        claims: dict[str, object] = {
            "aud": f"chatdesk:{brand.slug}",
            "sub": options["sub"],
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        for claim in options["claim"]:
            name, separator, value = claim.partition("=")
            if not separator or not name:
                raise CommandError(f"--claim must be k=v, not {claim!r}")
            claims[name] = _value(name, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)
            token = jwt.encode(claims, key.material, algorithm="HS256", headers={"kid": key.kid})
        self.stdout.write(token)


def _value(name: str, value: str) -> object:
    if name in _NUMBERS:
        try:
            return int(value)
        except ValueError as error:
            raise CommandError(f"--claim {name} must be a whole number of seconds") from error
    if name == "verified":
        if value not in ("true", "false"):
            raise CommandError("--claim verified must be true or false")
        return value == "true"
    return value
