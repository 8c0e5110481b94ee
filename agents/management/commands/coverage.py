"""``coverage [--days 7] [--zone Europe/Amsterdam]``: who is planned, hour by hour, with the holes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatdesk.conversations import clock
from chatdesk.shifts.coverage import HOUR_MS, Hole, coverage


class Command(BaseCommand):
    help = "Prints how many are planned for each hour, and the hours in which nobody is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7)
        parser.add_argument("--zone", default="UTC")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if not 1 <= days <= 31:
            raise CommandError("--days must be 1 to 31")
        try:
            zone = ZoneInfo(options["zone"])
        except (ValueError, OSError, LookupError) as error:
            raise CommandError(f"{options['zone']!r} is no time zone") from error
        found = coverage(clock.now_ms(), days * 24, [code for code, _ in settings.LANGUAGES])
        for day in range(days):
            first = found.from_ts + day * 24 * HOUR_MS
            self.stdout.write(f"\n{_at(first, zone):%a %d %b from %H:%M} ({zone})")
            for (lang, skill), planned in found.planned.items():
                line = " ".join(f"{many or '·':>2}" for many in planned[day * 24 : day * 24 + 24])
                self.stdout.write(f"  {lang} {skill or 'all':<14} {line}")
        self.stdout.write(
            "\nNobody is planned:" if found.holes else "\nSomebody is always planned."
        )
        for hole in found.holes:
            self.stdout.write(f"  {_said(hole, zone)}")


def _said(hole: Hole, zone: ZoneInfo) -> str:
    first, last = _at(hole.from_ts, zone), _at(hole.to_ts, zone)
    what = f"{hole.lang}, {hole.skill}" if hole.skill else hole.lang
    return f"{what}: {first:%a %d %b %H:%M} to {last:%a %d %b %H:%M}"


def _at(ts: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(ts / 1000, zone)
