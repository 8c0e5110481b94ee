"""``simulate``: a busy evening against the running server; ends with status 1 if a promise was broken."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatdesk.demo import evening


class Command(BaseCommand):
    help = "Plays a busy evening over real sockets and reports whether anything was lost."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--players", type=int, default=200)
        parser.add_argument("--agents", type=int, default=20)
        parser.add_argument("--minutes", type=float, default=5.0, help="may be a fraction")
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same evening")
        parser.add_argument("--url", default=settings.CHATDESK_PUBLIC_ORIGIN)
        parser.add_argument("--json", metavar="FILE", help="writes the report there as well")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = evening.Options(
            players=options["players"],
            agents=options["agents"],
            minutes=options["minutes"],
            seed=options["seed"],
            url=options["url"],
            say=self._say,
        )
        try:
            report = asyncio.run(evening.run(wanted))
        except (evening.NoServer, evening.NotPrepared, ValueError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Broken off; nothing was verified.") from None
        if options["json"]:
            text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1)
            Path(options["json"]).write_text(text + "\n", encoding="utf-8")
        self._say(report.text())
        if not report.ok:
            raise SystemExit(1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
