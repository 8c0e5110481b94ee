"""``python -m bench.growth.worker WAITING AGENTS``: one floor in one database.

For each line on its input, a number, it frees so many places one after another, and answers with how long
the decision about each took, in ms: a pair of the choice with its explanation, and of the whole with the
transaction that rings the agent.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from typing import Any

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench.growth import people
    from chatdesk.conversations import assignments, lifecycle, offers
    from chatdesk.conversations.access import Actor
    from chatdesk.conversations.models import Brand, Conversation, Offer
    from chatdesk.delivery.presence import Sight
    from chatdesk.dispatch import offering

    call_command("migrate", verbosity=0)
    agents = people.fill(
        Brand.objects.create(slug="floor", name="Floor"), int(sys.argv[1]), int(sys.argv[2])
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    sight = Sight(frozenset(agents), complete=True)
    # As the dispatcher keeps it.
    considered = offering.Considered(kept_seconds=1.0)
    rung: list[float] = []
    make = offers.make

    def timed(*args: Any) -> bool:
        began = time.perf_counter()
        made = make(*args)
        rung.append((time.perf_counter() - began) * 1000)
        return made

    offers.make = timed
    chance = random.Random(1)
    print("ready", flush=True)
    for line in sys.stdin:
        took = []
        for _ in range(int(line)):
            agent = chance.choice(agents)
            row = Conversation.objects.filter(owner_id=agent, state="active").first()
            if row is None:
                continue
            lifecycle.close(Actor("agent", str(agent)), row.pk, epoch=row.epoch)
            began = time.perf_counter()
            offering.offer_waiting(sight, considered)
            whole = (time.perf_counter() - began) * 1000
            took.append((whole - sum(rung), whole))
            rung.clear()
            # Rung on, the place stays taken: the floor is full again.
            (offer,) = Offer.objects.filter(state="offered", agent_id=agent)
            assignments.accept(Actor("agent", str(agent)), offer.pk)
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    main()
