"""``python -m bench.growth.seed WAITING AGENTS``: fills the product's database and prints a ticket each."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    django.setup()
    from agents.models import StaffTicket
    from bench.growth import people
    from chatdesk.conversations import clock
    from chatdesk.conversations.models import Brand

    # Nobody answers here; without this what is accepted would come back after a minute and a half.
    brand = Brand.objects.create(slug="floor", name="Floor", first_reply_seconds=0)
    agents = people.fill(brand, int(sys.argv[1]), int(sys.argv[2]))
    tickets = {agent: secrets.token_urlsafe(24) for agent in agents}
    # Good for as long as it takes to bring everybody in.
    expires_ts = clock.now_ms() + 600_000
    StaffTicket.objects.bulk_create(
        StaffTicket(
            ticket_hash=hashlib.sha256(ticket.encode()).hexdigest(),
            agent_id=agent,
            token_hash="",
            expires_ts=expires_ts,
        )
        for agent, ticket in tickets.items()
    )
    print(json.dumps(tickets))


if __name__ == "__main__":
    main()
