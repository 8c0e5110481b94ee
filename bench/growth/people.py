"""A floor of any size, written in bulk: everybody is full, and the queue is long."""

from __future__ import annotations

from agents.models import Agent
from chatdesk.conversations import clock, standing
from chatdesk.conversations.models import Assignment, Brand, Conversation, Seat
from players.models import Player

CAPACITY = 3
# Who waits, by language; and what agents speak, in turn.
LANGUAGES = ("nl", "nl", "nl", "en", "en", "sv", "sv", "fi", "ru", "ru")
SPOKEN = (("nl", "en"), ("sv", "en"), ("ru", "en"), ("fi", "sv"), ("nl", "ru"))


def fill(brand: Brand, waiting: int, agents: int) -> list[int]:
    """Writes them and returns the agents' keys; each owns as many conversations as he can."""
    now = clock.now_ms()
    staff = Agent.objects.bulk_create(
        Agent(username=f"agent{number}", password="!") for number in range(agents)
    )
    Seat.objects.bulk_create(
        Seat(
            agent=one,
            alias=f"Agent{number}",
            capacity=CAPACITY,
            load=CAPACITY,
            languages=list(SPOKEN[number % len(SPOKEN)]),
            status="available",
        )
        for number, one in enumerate(staff)
    )
    owned = agents * CAPACITY
    players = Player.objects.bulk_create(
        Player(brand=brand, sub=f"s{number}", name=f"Player {number}", created_ts=now)
        for number in range(waiting + owned)
    )
    rows = [_open(brand, who, number, now) for number, who in enumerate(players)]
    for number, row in enumerate(rows[:owned]):
        row.state, row.owner_id, row.epoch = "active", staff[number // CAPACITY].pk, 1
    Conversation.objects.bulk_create(rows)
    Assignment.objects.bulk_create(
        Assignment(
            conversation=row,
            agent_id=row.owner_id,
            slot=number % CAPACITY,
            epoch=1,
            how="accepted",
            began_ts=now,
        )
        for number, row in enumerate(rows[:owned])
    )
    return [one.pk for one in staff]


def _open(brand: Brand, who: Player, number: int, now: int) -> Conversation:
    row = Conversation(
        brand=brand,
        player=who,
        lang=LANGUAGES[number % len(LANGUAGES)],
        opened_ts=now - 600_000 + number,
        waiting_since_ts=now - 600_000 + number,
    )
    standing.place(row)
    return row
