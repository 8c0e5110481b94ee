"""``add_shift --agent USERNAME --tz Europe/Amsterdam --starts 2026-03-02T09:00 --minutes 480``."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from agents.models import Agent
from chatdesk.conversations.models import Seat, Team
from chatdesk.shifts import roster
from chatdesk.shifts.models import DRAIN_MINUTES, Shift


class Command(BaseCommand):
    help = "Plans a shift for a member of staff or a team; times are local."

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--agent", metavar="USERNAME")
        whose.add_argument("--team", metavar="SLUG", help="made when there is none")
        parser.add_argument("--tz", required=True, help="such as Europe/Amsterdam")
        parser.add_argument("--starts", required=True, help="such as 2026-03-02T09:00")
        parser.add_argument("--minutes", type=int, required=True, help="30 to 960")
        parser.add_argument("--recurrence", default="", help="such as FREQ=WEEKLY;BYDAY=MO,TU")
        parser.add_argument("--until", default="", metavar="DATE")
        parser.add_argument("--except", action="append", default=[], dest="but", metavar="DATE")
        parser.add_argument("--drain", type=int, default=DRAIN_MINUTES, metavar="MINUTES")

    def handle(self, *args: Any, **options: Any) -> None:
        shift = Shift(
            tz=options["tz"],
            starts=options["starts"],
            minutes=options["minutes"],
            recurrence=options["recurrence"],
            until=options["until"],
            except_dates=options["but"],
            drain_minutes=options["drain"],
        )
        if options["agent"] is not None:
            agent = Agent.objects.filter(username=options["agent"]).first()
            if agent is None:
                raise CommandError(f"There is nobody called {options['agent']!r}")
            if not Seat.objects.filter(pk=agent.pk).exists():
                raise CommandError(f"{options['agent']!r} has no seat, so no shift")
            shift.seat_id = agent.pk
            _check(shift)
            shift.save()
        else:
            # Nothing is left of a refused command, no team either.
            with transaction.atomic():
                shift.team = _team(options["team"])
                _check(shift)
                shift.save()
        self.stdout.write(json.dumps({"shift": shift.pk}))


def _check(shift: Shift) -> None:
    try:
        roster.check(shift)
    except roster.BadShift as error:
        raise CommandError(str(error)) from error


def _team(slug: str) -> Team:
    try:
        Team._meta.get_field("slug").run_validators(slug)
    except ValidationError as error:
        raise CommandError(f"{slug!r} is no name of a team: letters, digits, - and _") from error
    team, _ = Team.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
    return team
