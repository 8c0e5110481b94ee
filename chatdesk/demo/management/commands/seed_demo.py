"""``seed_demo``: two casinos, eight members of staff, prepared answers. May be run again."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from chatdesk.demo import seeding


class Command(BaseCommand):
    help = "Makes the demo's brands, staff and canned responses; prints where the logins stand."

    def handle(self, *args: Any, **options: Any) -> None:
        path = seeding.seed()
        self.stdout.write(json.dumps({"file": str(path)}))
