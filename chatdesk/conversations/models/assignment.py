"""Who has a conversation, and at whom it rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from chatdesk.conversations.models.conversation import Conversation
from chatdesk.conversations.models.ids import new_id

if TYPE_CHECKING:
    from agents.models import Agent


class Assignment(models.Model):
    """Who serves a conversation, from when to when; ``slot`` is null only above the capacity."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="assignments")
    agent: models.ForeignKey[Agent, Agent] = models.ForeignKey(
        "agents.Agent", models.PROTECT, related_name="assignments"
    )
    slot = models.PositiveSmallIntegerField(null=True)
    places = models.PositiveSmallIntegerField(
        default=1, help_text="The weight, at most the agent's capacity"
    )
    asleep = models.BooleanField(default=False, help_text="Takes no place meanwhile")
    epoch = models.BigIntegerField()
    how = models.CharField(max_length=10)
    forced = models.BooleanField(default=False)
    began_ts = models.BigIntegerField()
    ended_ts = models.BigIntegerField(null=True)
    end_reason = models.CharField(max_length=40, default="")
    wrap_up_ts = models.BigIntegerField(
        null=True, help_text="Ended, but its place is taken until then"
    )

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
        indexes = [
            models.Index(fields=["began_ts"], name="assignment_began"),
            models.Index(
                fields=["agent"],
                condition=Q(ended_ts__isnull=True) | Q(wrap_up_ts__isnull=False),
                name="assignment_taking_place",
            ),
            models.Index(
                fields=["wrap_up_ts"],
                condition=Q(wrap_up_ts__isnull=False),
                name="assignment_wrap_up",
            ),
        ]


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
    places = models.PositiveSmallIntegerField(default=1)
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
