"""``staff_token USERNAME``: a new key for ``Authorization: Token``. It is printed once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents import identity
from agents.models import Agent


class Command(BaseCommand):
    help = "Prints a new key with which a member of staff's own tools get in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        agent = Agent.objects.filter(username=options["username"]).first()
        if agent is None:
            raise CommandError(f"There is nobody called {options['username']!r}")
        if not agent.is_active:
            raise CommandError(f"{options['username']!r} is disabled")
        self.stdout.write(identity.create_token(agent))
