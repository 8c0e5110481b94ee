"""``import_canned FILE``: prepared answers from JSON, all or nothing; may be run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.canned import importing


class Command(BaseCommand):
    help = "Imports canned responses from a JSON file and prints what changed as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = json.loads(Path(options["file"]).read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"The file is not JSON in UTF-8: {error}") from error
        try:
            imported = importing.read(document)
        except importing.BadImport as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(
                {
                    "created": imported.created,
                    "changed": imported.changed,
                    "unchanged": imported.unchanged,
                }
            )
        )
