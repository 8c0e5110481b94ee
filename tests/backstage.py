"""A hand behind the scenes of a running server: makes people and looks at rows.

Runs as a child process with the server's own settings (``python -m tests.backstage``), reads one JSON
request a line and answers each with one line. What it makes goes through the product's own functions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any


class Backstage:
    """The tests' end of the line. Every function below is a method here: ``backstage.brand(slug=…)``."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.backstage"],
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**facts: Any) -> Any:
            with self._lock:
                pipe, answers = self._process.stdin, self._process.stdout
                assert pipe is not None and answers is not None  # noqa: PT018
                pipe.write(json.dumps([name, facts]) + "\n")
                pipe.flush()
                line = answers.readline()
            if not line:
                raise RuntimeError("backstage ended")
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(answer["error"])
            return answer["ok"]

        return call

    def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)


def _serve() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    django.setup()
    from django.conf import settings

    # A hash that is slow on purpose would make the tests slow for nothing.
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    for line in sys.stdin:
        name, facts = json.loads(line)
        try:
            answer: dict[str, Any] = {"ok": _VERBS[name](**facts)}
        except Exception as error:  # whatever it is belongs to the test that asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def _first_agent_id(number: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('agents_agent', 'id'), %s, false)", [number]
            )
        else:
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('agents_agent', %s)", [number - 1]
            )


def _brand(slug: str, secret: str, origins: list[str], anonymous: bool = True, **more: Any) -> str:
    from players import brands

    brand, key = brands.create(slug, secret, origins=origins, anonymous=anonymous)
    for name, value in more.items():
        setattr(brand, name, value)
    brand.save()
    return key.kid


def _agent(password: str, **facts: Any) -> dict[str, str]:
    from agents import identity, staff

    agent = staff.create(password=password, **facts)
    return {"id": str(agent.pk), "token": identity.create_token(agent)}


def _set_agent(username: str, **facts: Any) -> None:
    from agents.models import Agent

    agent = Agent.objects.get(username=username)
    for name, value in facts.items():
        setattr(agent, name, value)
    agent.save()


def _set_password(username: str, password: str) -> None:
    """With the product's own hash, so that one can sign in with it."""
    from django.contrib.auth.hashers import make_password

    from agents.models import Agent

    Agent.objects.filter(username=username).update(
        password=make_password(password, hasher="argon2")
    )


def _expire_everything() -> None:
    """Every ticket and every session of a player is a millisecond too old."""
    from agents.models import StaffTicket
    from chatdesk.conversations import clock
    from players.models import PlayerSession

    now = clock.now_ms()
    StaffTicket.objects.filter(expires_ts__gte=now).update(expires_ts=now - 1)
    PlayerSession.objects.filter(expires_ts__gte=now).update(expires_ts=now - 1)


def _set_seat(agent: str, **facts: Any) -> None:
    from chatdesk.conversations.models import Persona, Seat

    Seat.objects.filter(pk=int(agent)).update(**facts)
    if "alias" in facts:
        Persona.objects.filter(seat_id=int(agent)).update(alias=facts["alias"])


def _block(player: str) -> None:
    from chatdesk.conversations import clock
    from players.models import Player

    Player.objects.filter(pk=player).update(blocked_ts=clock.now_ms())


def _canned(document: list[Any]) -> None:
    from agents.canned import importing

    importing.read(document)


def _events(conv: str) -> list[dict[str, Any]]:
    from chatdesk.conversations.models import Event

    rows = Event.objects.filter(conversation_id=conv).order_by("seq")
    return list(rows.values("seq", "kind", "author", "role", "alias", "cmid", "body"))


def _notes(conv: str) -> list[dict[str, Any]]:
    from chatdesk.conversations.models import Note

    rows = Note.objects.filter(conversation_id=conv).order_by("seq")
    return list(rows.values("seq", "kind", "author", "role", "cmid", "body"))


def _conversation(conv: str) -> dict[str, Any] | None:
    from chatdesk.conversations.models import Conversation

    return Conversation.objects.filter(pk=conv).values().first()


def _interventions(conv: str) -> list[str]:
    from chatdesk.conversations.models import Intervention

    rows = Intervention.objects.filter(conversation_id=conv).order_by("pk")
    return list(rows.values_list("action", flat=True))


def _offers(conv: str) -> list[str]:
    from chatdesk.conversations.models import Offer

    rows = Offer.objects.filter(conversation_id=conv).order_by("offered_ts", "pk")
    return list(rows.values_list("state", flat=True))


def _ring_out(conv: str) -> None:
    """The standing offer's time is over now; the dispatcher finds it on its next wake."""
    from chatdesk.conversations.models import Offer

    Offer.objects.filter(conversation_id=conv, state="offered").update(due_ts=0)


def _return_to_queue(conv: str, agent: str) -> bool:
    """What the dispatcher does for an agent who is gone; from here nothing is pushed."""
    from chatdesk.conversations import assignments

    return assignments.return_to_queue(conv, int(agent), "lost")


def _desk_revision(agent: str) -> int:
    from chatdesk.conversations import queries

    return queries.desk_revisions([int(agent)])[0][int(agent)]


def _set_persona(agent: str, brand: str, alias: str) -> None:
    """Under which alias somebody works for one brand."""
    from chatdesk.conversations.models import Brand, Persona

    Persona.objects.update_or_create(
        seat_id=int(agent), brand=Brand.objects.get(slug=brand), defaults={"alias": alias}
    )


def _rating(conv: str) -> dict[str, Any] | None:
    from chatdesk.conversations.models import Rating

    return (
        Rating.objects.filter(conversation_id=conv)
        .values("agent_score", "outcome_score", "comment", "declined")
        .first()
    )


def _contents() -> dict[str, Any]:
    """How much of everything that chatting can write there is; two equal answers: nothing stored."""
    from django.db.models import Sum

    from chatdesk.conversations.models import (
        Assignment,
        Conversation,
        Event,
        Intervention,
        Note,
        Offer,
        Rating,
        Seat,
    )

    tables = (Assignment, Conversation, Event, Intervention, Note, Offer, Rating)
    counts: dict[str, Any] = {table.__name__: table.objects.count() for table in tables}
    sums = Conversation.objects.aggregate(
        Sum("last_seq"), Sum("last_note_seq"), Sum("epoch"), Sum("player_read"), Sum("agent_read")
    )
    statuses = sorted(Seat.objects.values_list("pk", "status", "status_reason"))
    return {**counts, **sums, "statuses": [list(row) for row in statuses]}


_VERBS: dict[str, Callable[..., Any]] = {
    "first_agent_id": _first_agent_id,
    "brand": _brand,
    "agent": _agent,
    "set_agent": _set_agent,
    "set_password": _set_password,
    "expire_everything": _expire_everything,
    "set_seat": _set_seat,
    "block": _block,
    "canned": _canned,
    "events": _events,
    "notes": _notes,
    "conversation": _conversation,
    "interventions": _interventions,
    "offers": _offers,
    "ring_out": _ring_out,
    "return_to_queue": _return_to_queue,
    "desk_revision": _desk_revision,
    "set_persona": _set_persona,
    "rating": _rating,
    "contents": _contents,
}

if __name__ == "__main__":
    _serve()
