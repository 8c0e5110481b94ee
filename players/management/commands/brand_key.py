"""``brand_key SLUG add|revoke --kid K``: the keys of a brand, for a rotation without a gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatdesk.conversations.models import Brand, BrandKey
from players import brands


class Command(BaseCommand):
    help = "Adds a key to a brand, or revokes one, and prints it as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("action", choices=["add", "revoke"])
        parser.add_argument("--kid", required=True)
        material = parser.add_mutually_exclusive_group()
        material.add_argument("--secret", help="shared secret (HS256)")
        material.add_argument("--public-key", help="PEM file (RS256 or ES256)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            brand = brands.find(options["slug"])
            if options["action"] == "add":
                key = self._add(brand, options)
            else:
                if options["secret"] is not None or options["public_key"] is not None:
                    raise CommandError("revoke takes only --kid")
                key = brands.revoke_key(brand, options["kid"])
                if not brand.keys.filter(revoked_ts__isnull=True).exists():
                    self.stderr.write("Warning: the brand has no valid key left.")
        except brands.BadBrand as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(
                {
                    "brand": brand.slug,
                    "kid": key.kid,
                    "algorithm": key.algorithm,
                    "revoked": key.revoked_ts is not None,
                }
            )
        )

    def _add(self, brand: Brand, options: dict[str, Any]) -> BrandKey:
        secret: str | None = options["secret"]
        if secret is not None:
            if brands.is_weak(secret):
                self.stderr.write("Warning: the secret has fewer than 32 bytes; take a longer one.")
            return brands.add_key(brand, options["kid"], secret=secret)
        if options["public_key"] is None:
            raise CommandError("add needs --secret or --public-key")
        try:
            pem = Path(options["public_key"]).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The public key cannot be read: {error}") from error
        return brands.add_key(brand, options["kid"], public_key=pem)
