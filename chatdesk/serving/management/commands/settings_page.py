"""Writes the page about settings from the table that is read at start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chatdesk import configuration

HEAD = """# Settings

All settings are environment variables. A name that begins with `CHATDESK_` and is not on this page is
reported at start. This page is generated (`make documents`).

| name | default | what it is |
|---|---|---|
"""


def page() -> str:
    rows = []
    for name, setting in configuration.KNOWN.items():
        default = f"`{setting.default}`" if setting.default else "–"
        says = setting.says
        if setting.choices:
            says += " One of " + ", ".join(f"`{choice}`" for choice in setting.choices) + "."
        if setting.secret:
            says += " Secret: never logged."
        rows.append(f"| `{name}` | {default} | {says} |\n")
    return HEAD + "".join(rows)


class Command(BaseCommand):
    help = "Prints docs/settings.md."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")
