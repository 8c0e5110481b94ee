"""What is kept beside the conversations: ratings, interventions, alarms, and which database this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from chatdesk.conversations.models.conversation import Conversation
from chatdesk.conversations.models.ids import new_id

if TYPE_CHECKING:
    from agents.models import Agent


class Incarnation(models.Model):
    """One row: which database this is. A restore writes a new id, so clients take a snapshot."""

    db = models.CharField(max_length=16, default=new_id)
    marks = models.CharField(
        max_length=200, default="", help_text="By what it would be known again"
    )


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


class Alarm(models.Model):
    """Something that a supervisor must know: raised once, cleared when it is over."""

    kind = models.CharField(max_length=24)
    about = models.CharField(max_length=80, default="", help_text="Of whom or of what")
    facts = models.JSONField(default=dict)
    raised_ts = models.BigIntegerField()
    cleared_ts = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about"],
                condition=Q(cleared_ts__isnull=True),
                name="alarm_stands_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}".strip()
