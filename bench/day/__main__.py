"""``python -m bench.day``: one day under three policies, in a database of its own that is thrown away.

``--quick`` plays four hours with twelve agents and writes no file unless ``--out`` names a folder. The
whole day goes to ``bench/results/`` and into ``docs/day.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from bench.day import plan as plans

RESULTS = Path(__file__).parents[1] / "results"
PAGE = Path(__file__).parents[2] / "docs" / "day.md"
SEED = 4


def main() -> None:
    given = argparse.ArgumentParser(prog="bench.day", description=__doc__)
    given.add_argument("--seed", type=int, default=SEED)
    given.add_argument("--quick", action="store_true", help="four hours, twelve agents")
    given.add_argument("--out", type=Path, help="folder of day.json and the pictures")
    wanted = given.parse_args()
    out = wanted.out or (None if wanted.quick else RESULTS)
    with tempfile.TemporaryDirectory(prefix="chatdesk-day-") as folder:
        _own_database(Path(folder))
        from bench.day import play

        plan = plans.draw(wanted.seed, plans.QUICK if wanted.quick else plans.FULL)
        played = play.all_policies(plan, say=lambda line: print(line, file=sys.stderr, flush=True))
    if out is None:
        print(json.dumps(play.without_series(played), indent=1))
        return
    out.mkdir(parents=True, exist_ok=True)
    play.write(played, out)
    if out == RESULTS and not wanted.quick:
        play.write_page(played, PAGE)
    print(play.table(played))


def _own_database(folder: Path) -> None:
    """Before the settings are read: never the developer's database."""
    os.environ["CHATDESK_DATABASE_URL"] = f"sqlite:///{folder}/day.sqlite3"
    os.environ["CHATDESK_DATA_DIR"] = str(folder)
    os.environ["CHATDESK_REDIS_URL"] = ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    import django

    django.setup()
    import logging

    import structlog
    from django.core.management import call_command
    from django.db import connection

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        # What a crash would cost is of no interest here.
        cursor.execute("PRAGMA synchronous=OFF")


if __name__ == "__main__":
    main()
