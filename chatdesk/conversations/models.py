"""The rows of the core, and the constraints that hold when two write at once.

Actors are named by string keys only (``players.Player``, ``agents.Agent``): the core follows a relation,
it never imports an actor. Times are integer milliseconds since 1970 UTC, as on the wire.

**Invariants held here, by the database:** ``seq`` and ``note_seq`` are unique per conversation; a
``cmid`` is unique per (conversation, author) for ever; a conversation has at most one active assignment
and at most one standing offer; an agent's slot holds at most one conversation; a player has one open
conversation.
"""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from agents.models import Agent
    from players.models import Player

_ALPHABET = string.ascii_letters + string.digits


def new_id() -> str:
    """An opaque public id: 16 letters and digits, 95 bits of chance."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


class Incarnation(models.Model):
    """One row: which database this is. A restore writes a new id, so clients take a snapshot."""

    db = models.CharField(max_length=16, default=new_id)
    marks = models.CharField(
        max_length=200, default="", help_text="By what it would be known again"
    )


class Brand(models.Model):
    """One casino: its origins, keys and settings. Conversations and players never change brand."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    origins = models.JSONField(default=list, help_text="Exact origins that may embed the widget")
    anonymous_allowed = models.BooleanField(default=True)
    colour = models.CharField(max_length=7, default="#0B6B66")
    default_lang = models.CharField(max_length=5, default="en")
    previews = models.BooleanField(
        default=False, help_text="Agents see what a player types before it is sent"
    )
    greetings = models.JSONField(default=dict, blank=True, help_text="Language to greeting")
    help_line = models.JSONField(
        null=True, blank=True, help_text='{"line": name, "phone": number, "url": address}'
    )
    offer_seconds = models.PositiveIntegerField(default=20)
    lost_agent_seconds = models.PositiveIntegerField(default=60)
    queue_rev = models.BigIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return self.name


class BrandKey(models.Model):
    """A key with which the casino's back end signs its players' tokens; several may be valid."""

    class Algorithm(models.TextChoices):
        HS256 = "HS256"
        RS256 = "RS256"
        ES256 = "ES256"

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="keys")
    kid = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices, default=Algorithm.HS256)
    material = models.TextField(help_text="Shared secret, or public key in PEM")
    created_ts = models.BigIntegerField()
    revoked_ts = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "kid"], name="brand_key_kid_once"),
        ]

    def __str__(self) -> str:
        return f"{self.brand.slug}/{self.kid}"


class Seat(models.Model):
    """What dispatch must know of a staff member: what he can take, and what he declared."""

    class Status(models.TextChoices):
        AVAILABLE = "available"
        AWAY = "away"
        OFFLINE = "offline"

    agent: models.OneToOneField[Agent, Agent] = models.OneToOneField(
        "agents.Agent", models.CASCADE, primary_key=True, related_name="seat"
    )
    alias = models.CharField(max_length=40, help_text="The only name that players ever see")
    capacity = models.PositiveSmallIntegerField(default=3)
    languages = models.JSONField(default=list, blank=True)
    skills = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OFFLINE)
    status_reason = models.CharField(max_length=200, default="", blank=True)
    status_since_ts = models.BigIntegerField(default=0)
    missed = models.PositiveSmallIntegerField(default=0)
    last_accepted_ts = models.BigIntegerField(default=0)
    lost_ts = models.BigIntegerField(
        null=True, editable=False, help_text="Since when no socket of the agent was seen"
    )
    desk_rev = models.BigIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1) & Q(capacity__lte=30), name="seat_capacity_sane"
            )
        ]

    def __str__(self) -> str:
        return self.alias


class Persona(models.Model):
    """Under which alias a staff member works for a brand; without any, for every brand."""

    seat = models.ForeignKey(Seat, models.CASCADE, related_name="personas")
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="personas")
    alias = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat", "brand"], name="persona_once_per_brand")
        ]

    def __str__(self) -> str:
        return f"{self.alias} at {self.brand.slug}"


class Conversation(models.Model):
    """One contact from open to close; the row whose lock orders its events."""

    class State(models.TextChoices):
        QUEUED = "queued"
        ACTIVE = "active"
        CLOSED = "closed"

    id = models.CharField(primary_key=True, max_length=16, default=new_id)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="conversations")
    player: models.ForeignKey[Player, Player] = models.ForeignKey(
        "players.Player", models.PROTECT, related_name="conversations"
    )
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    owner: models.ForeignKey[Agent | None, Agent | None] = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="conversations"
    )
    epoch = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    last_note_seq = models.BigIntegerField(default=0)
    lang = models.CharField(max_length=5, default="en")
    topic = models.CharField(max_length=40, default="other")
    skill = models.CharField(max_length=40, default="", blank=True)
    fields = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=1)
    help = models.BooleanField(default=False)
    sleeping = models.BooleanField(default=False)
    opened_ts = models.BigIntegerField()
    waiting_since_ts = models.BigIntegerField(
        help_text="When the wait in the queue began; kept when the conversation returns"
    )
    unanswered_since_ts = models.BigIntegerField(
        null=True, help_text="The player's oldest line that no agent has answered"
    )
    first_reply_ts = models.BigIntegerField(null=True)
    closed_ts = models.BigIntegerField(null=True)
    close_reason = models.CharField(max_length=200, default="", blank=True)
    player_delivered = models.BigIntegerField(default=0)
    player_read = models.BigIntegerField(default=0)
    agent_delivered = models.BigIntegerField(default=0)
    agent_read = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "player"],
                condition=~Q(state="closed"),
                name="one_open_conversation_per_player",
            ),
            models.CheckConstraint(
                condition=(Q(state="active") & Q(owner__isnull=False))
                | (~Q(state="active") & Q(owner__isnull=True)),
                name="active_means_owned",
            ),
        ]
        indexes = [
            models.Index(
                fields=["brand", "-priority", "waiting_since_ts"],
                condition=Q(state="queued"),
                name="conversation_queue",
            ),
            models.Index(
                fields=["owner"], condition=Q(state="active"), name="conversation_of_owner"
            ),
            models.Index(fields=["closed_ts"], name="conversation_closed"),
            models.Index(fields=["opened_ts"], name="conversation_opened"),
        ]


class Event(models.Model):
    """One line of the transcript that players and staff share. Never edited, only superseded."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    ts = models.BigIntegerField()
    author = models.CharField(max_length=24, help_text="p:<player>, a:<agent> or s")
    role = models.CharField(max_length=6)
    alias = models.CharField(max_length=80, default="")
    cmid = models.CharField(max_length=64, null=True)
    body = models.TextField(null=True)
    body_hash = models.CharField(max_length=32, default="")
    shown = models.JSONField(null=True, help_text="Facts that everybody may see")
    staff = models.JSONField(null=True, help_text="Facts that only staff may see")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="event_seq_once"),
            models.UniqueConstraint(
                fields=["conversation", "author", "cmid"], name="event_cmid_once"
            ),
        ]


class Note(models.Model):
    """What only staff can see: a second sequence, so that players see no holes."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="notes")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    ts = models.BigIntegerField()
    author = models.CharField(max_length=24)
    role = models.CharField(max_length=10)
    alias = models.CharField(max_length=80, default="")
    cmid = models.CharField(max_length=64, null=True)
    body = models.TextField(null=True)
    body_hash = models.CharField(max_length=32, default="")
    facts = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="note_seq_once"),
            models.UniqueConstraint(
                fields=["conversation", "author", "cmid"], name="note_cmid_once"
            ),
        ]


class Assignment(models.Model):
    """Who serves a conversation, from when to when; ``slot`` is null only above the capacity."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="assignments")
    agent: models.ForeignKey[Agent, Agent] = models.ForeignKey(
        "agents.Agent", models.PROTECT, related_name="assignments"
    )
    slot = models.PositiveSmallIntegerField(null=True)
    epoch = models.BigIntegerField()
    how = models.CharField(max_length=10)
    forced = models.BooleanField(default=False)
    began_ts = models.BigIntegerField()
    ended_ts = models.BigIntegerField(null=True)
    end_reason = models.CharField(max_length=40, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(ended_ts__isnull=True),
                name="one_active_assignment_per_conversation",
            ),
            models.UniqueConstraint(
                fields=["agent", "slot"],
                condition=Q(ended_ts__isnull=True) & Q(slot__isnull=False),
                name="one_conversation_per_slot",
            ),
        ]
        indexes = [models.Index(fields=["began_ts"], name="assignment_began")]


class Offer(models.Model):
    """A conversation rung at one agent until ``due_ts``; the row is the timer."""

    class State(models.TextChoices):
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        TIMED_OUT = "timed_out"
        WITHDRAWN = "withdrawn"

    id = models.CharField(primary_key=True, max_length=16, default=new_id)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="offers")
    agent: models.ForeignKey[Agent, Agent] = models.ForeignKey(
        "agents.Agent", models.CASCADE, related_name="offers"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OFFERED)
    reason = models.CharField(max_length=200, default="", blank=True)
    why = models.JSONField(default=dict)
    considered = models.JSONField(
        default=dict, help_text="Who else was looked at, and by what each was ruled out"
    )
    round_epoch = models.BigIntegerField(help_text="Epoch of the wait in which it was made")
    offered_ts = models.BigIntegerField()
    due_ts = models.BigIntegerField()
    ended_ts = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state="offered"),
                name="one_standing_offer_per_conversation",
            )
        ]
        indexes = [
            models.Index(fields=["due_ts"], condition=Q(state="offered"), name="offer_due"),
            models.Index(fields=["agent"], condition=Q(state="offered"), name="offer_of_agent"),
        ]


class Rating(models.Model):
    """The player's word about a closed conversation; person and outcome apart."""

    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="rating")
    agent: models.ForeignKey[Agent | None, Agent | None] = models.ForeignKey(
        "agents.Agent", models.SET_NULL, null=True, related_name="ratings"
    )
    agent_score = models.PositiveSmallIntegerField(null=True)
    outcome_score = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(default="", blank=True)
    declined = models.BooleanField(default=False)
    ts = models.BigIntegerField()


class Intervention(models.Model):
    """Who of the supervisors did what to which conversation or agent, and when. Only added to."""

    actor: models.ForeignKey[Agent, Agent] = models.ForeignKey(
        "agents.Agent", models.PROTECT, related_name="interventions"
    )
    action = models.CharField(max_length=16)
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, null=True, related_name="interventions"
    )
    agent: models.ForeignKey[Agent | None, Agent | None] = models.ForeignKey(
        "agents.Agent", models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200, default="", blank=True)
    ts = models.BigIntegerField()
