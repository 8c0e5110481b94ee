"""``brand_hours SLUG --file hours.json``: when a brand is open, per market; ``{}`` is always."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from players import brands, hours


class Command(BaseCommand):
    help = "Sets the opening hours of a brand from a JSON file, and prints them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--file", help="JSON; without it the hours are only printed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            brand = brands.find(options["slug"])
            if options["file"] is not None:
                brand.hours = hours.check(_read(Path(options["file"])))
                brand.save(update_fields=["hours"])
        except (brands.BadBrand, hours.BadHours) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps({"brand": brand.slug, "hours": brand.hours}, ensure_ascii=False)
        )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CommandError(f"The hours cannot be read: {error}") from error
