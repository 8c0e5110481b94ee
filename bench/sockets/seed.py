"""``python -m bench.sockets.seed PLAYERS``: writes players in the product's database, each in a chat with
an agent and with a session, and prints the sessions."""

from __future__ import annotations

import json
import os
import secrets
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    django.setup()
    from bench.growth import people
    from chatdesk.conversations import clock
    from chatdesk.conversations.models import Brand
    from players.models import Player, PlayerSession
    from players.sessions import LIFETIME_MS, hashed

    many = int(sys.argv[1])
    brand = Brand.objects.create(slug="floor", name="Floor", origins=[], first_reply_seconds=0)
    people.fill(brand, 0, -(-many // people.CAPACITY))
    now = clock.now_ms()
    players = Player.objects.order_by("pk").values_list("pk", flat=True)[:many]
    sessions = {f"s_{secrets.token_urlsafe(32)}": player for player in players}
    PlayerSession.objects.bulk_create(
        (
            PlayerSession(
                secret_hash=hashed(secret),
                player_id=player,
                created_ts=now,
                expires_ts=now + LIFETIME_MS,
            )
            for secret, player in sessions.items()
        ),
        batch_size=2_000,
    )
    print(json.dumps(list(sessions)))


if __name__ == "__main__":
    main()
