"""``create_agent USERNAME --alias A --role R``: a login with its seat, printed as JSON."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents import staff
from agents.models import Agent


class Command(BaseCommand):
    help = "Creates a member of staff and prints him as JSON. Without --brand: every brand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--alias", required=True, help="the only name that players see")
        parser.add_argument("--role", required=True, choices=Agent.Role.values)
        parser.add_argument("--email", default="")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--brand", action="append", default=[], dest="brands", metavar="SLUG")
        parser.add_argument("--languages", default="en", help="such as nl,en")
        parser.add_argument("--skills", default="", help="such as payments,kyc")
        parser.add_argument("--capacity", type=int, default=3, help="chats at once, 1 to 8")
        parser.add_argument("--password", help="made up and printed when absent")

    def handle(self, *args: Any, **options: Any) -> None:
        given: str | None = options["password"]
        password = secrets.token_urlsafe(12) if given is None else given
        try:
            agent = staff.create(
                options["username"],
                password,
                alias=options["alias"],
                role=options["role"],
                email=options["email"],
                first_name=options["first_name"],
                last_name=options["last_name"],
                brands=options["brands"],
                languages=_names(options["languages"]),
                skills=_names(options["skills"]),
                capacity=options["capacity"],
            )
        except staff.BadStaff as error:
            raise CommandError(str(error)) from error
        try:
            validate_password(password, agent)
        except ValidationError:
            self.stderr.write("Warning: the password is short or common; take a better one.")
        printed = {
            "id": str(agent.pk),
            "username": agent.username,
            "alias": options["alias"],
            "role": agent.role,
            "brands": options["brands"],
            "languages": _names(options["languages"]),
            "skills": _names(options["skills"]),
            "capacity": options["capacity"],
        }
        if given is None:
            printed["password"] = password
        self.stdout.write(json.dumps(printed, ensure_ascii=False))


def _names(given: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
