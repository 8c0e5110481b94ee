"""A conversation and its two sequences of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from chatdesk.conversations.models.brands import Brand
from chatdesk.conversations.models.ids import new_id
from chatdesk.conversations.models.staff import Team

if TYPE_CHECKING:
    from agents.models import Agent
    from players.models import Player


class Conversation(models.Model):
    """One contact from open to close; the row whose lock orders its events."""

    class State(models.TextChoices):
        QUEUED = "queued"
        ACTIVE = "active"
        CLOSED = "closed"

    class Channel(models.TextChoices):
        CHAT = "chat"
        MESSAGE = "message"

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
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.CHAT)
    team = models.ForeignKey(Team, models.SET_NULL, null=True)
    waived_ts = models.BigIntegerField(
        null=True, help_text="Since when skill and team are asked for no more"
    )
    waive_ts = models.BigIntegerField(null=True, help_text="When they will be")
    need = models.CharField(
        max_length=160, default="", help_text="What it asks of an agent, as one key"
    )
    rank_ts = models.BigIntegerField(
        default=0, help_text="Its place in the queue: the wait's beginning, less its priority"
    )
    opened_ts = models.BigIntegerField()
    waiting_since_ts = models.BigIntegerField(
        help_text="When the wait in the queue began; kept when the conversation returns"
    )
    unanswered_since_ts = models.BigIntegerField(
        null=True, help_text="The player's oldest line that no agent has answered"
    )
    first_reply_ts = models.BigIntegerField(null=True)
    owned_since_ts = models.BigIntegerField(
        null=True, help_text="Since when its owner owes a first reply"
    )
    last_player_ts = models.BigIntegerField(null=True)
    last_agent_ts = models.BigIntegerField(null=True)
    prompted_ts = models.BigIntegerField(
        null=True, help_text="When somebody silent was last warned or asked"
    )
    due = models.CharField(max_length=12, default="", help_text="Its next deadline")
    due_ts = models.BigIntegerField(null=True)
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
                fields=["brand", "rank_ts", "id"],
                condition=Q(state="queued"),
                name="conversation_queue",
            ),
            models.Index(
                fields=["need", "rank_ts", "id"],
                condition=Q(state="queued"),
                name="conversation_need",
            ),
            models.Index(
                fields=["due_ts"],
                condition=Q(due_ts__isnull=False),
                name="conversation_due",
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
