"""What dispatch must know of staff: seats, teams, and the aliases per brand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from agents.models import Agent


class Team(models.Model):
    """People who work together: shifts are planned for them, and routes can ask for them."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


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
    skills_until = models.JSONField(
        default=dict, blank=True, help_text="When a skill's certificate expires: skill to ms"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="seats")
    channel_caps = models.JSONField(
        default=dict, blank=True, help_text='Most conversations at once by channel: {"message": 1}'
    )
    load = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Places taken, ringing or wrapping up"
    )
    draining_since_ts = models.BigIntegerField(
        null=True, editable=False, help_text="The shift ends soon: no new offers since then"
    )
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
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status="available") & Q(lost_ts__isnull=True),
                name="seat_on_duty",
            )
        ]

    def __str__(self) -> str:
        return self.alias


class Persona(models.Model):
    """Under which alias a staff member works for a brand; without any, for every brand."""

    seat = models.ForeignKey(Seat, models.CASCADE, related_name="personas")
    brand = models.ForeignKey("conversations.Brand", models.CASCADE, related_name="personas")
    alias = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat", "brand"], name="persona_once_per_brand")
        ]

    def __str__(self) -> str:
        return f"{self.alias} at {self.brand.slug}"
