"""``create_brand SLUG --secret S``: a brand with its first key, printed as JSON."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from players import brands


class Command(BaseCommand):
    help = "Creates a brand with its first key and prints both as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--secret", help="shared secret (HS256); made up when absent")
        parser.add_argument("--name", default="")
        parser.add_argument("--origin", action="append", default=[], dest="origins")
        parser.add_argument("--no-anonymous", action="store_false", dest="anonymous")
        parser.add_argument("--colour", default="#0B6B66")
        parser.add_argument("--lang", default="en", help="default language")

    def handle(self, *args: Any, **options: Any) -> None:
        given: str | None = options["secret"]
        secret = secrets.token_urlsafe(48) if given is None else given
        try:
            brand, key = brands.create(
                options["slug"],
                secret,
                name=options["name"],
                origins=options["origins"],
                anonymous=options["anonymous"],
                colour=options["colour"],
                lang=options["lang"],
            )
        except brands.BadBrand as error:
            raise CommandError(str(error)) from error
        if brands.is_weak(secret):
            self.stderr.write("Warning: the secret has fewer than 32 bytes; take a longer one.")
        printed = {
            "brand": brand.slug,
            "name": brand.name,
            "origins": brand.origins,
            "anonymous": brand.anonymous_allowed,
            "kid": key.kid,
            "algorithm": key.algorithm,
        }
        if given is None:
            printed["secret"] = secret
        self.stdout.write(json.dumps(printed, ensure_ascii=False))
