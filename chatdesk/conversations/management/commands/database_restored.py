"""``database_restored``: for a restore that the database cannot notice by itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from chatdesk.conversations import incarnations


class Command(BaseCommand):
    help = "After rows were put back from a backup in place: every client takes a snapshot."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(incarnations.renew())
