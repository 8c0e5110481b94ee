"""Casinos, the keys that they sign with, and what their topics ask for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from chatdesk.conversations.models.staff import Team


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
    warn_seconds = models.PositiveIntegerField(
        default=60, help_text="Taken and not answered: the agent is warned after this; 0 is never"
    )
    first_reply_seconds = models.PositiveIntegerField(
        default=90, help_text="Taken and not answered: back to the head of the queue; 0 is never"
    )
    nudge_seconds = models.PositiveIntegerField(
        default=180, help_text="The player is silent: he is asked whether he is there; 0 is never"
    )
    silence_seconds = models.PositiveIntegerField(
        default=360, help_text="The player is silent: it is closed; 0 is never"
    )
    sleep_seconds = models.PositiveIntegerField(
        default=600, help_text="Both are silent: it sleeps and frees its place; 0 is never"
    )
    wrap_up_seconds = models.PositiveIntegerField(
        default=0, help_text="After a close the agent's place stays taken for so long"
    )
    priority_step_seconds = models.PositiveIntegerField(
        default=300, help_text="One point of priority counts like so much waiting"
    )
    tiers = models.JSONField(
        default=dict, blank=True, help_text='Points of priority by tier: {"vip": 2}'
    )
    hours = models.JSONField(
        default=dict, blank=True, help_text="Opening hours by market; empty is always open"
    )
    queue_cap_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Who would wait longer may leave a message instead"
    )
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


class Route(models.Model):
    """What conversations about a topic ask for at a brand. Without a row a topic asks for nothing."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="routes")
    topic = models.CharField(max_length=40)
    skill = models.CharField(max_length=40, default="", blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True)
    priority = models.SmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=1, help_text="Places that one takes")
    waive_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="After such a wait skill and team are asked for no more"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "topic"], name="route_once_per_topic"),
            models.CheckConstraint(
                condition=Q(weight__gte=1) & Q(weight__lte=8), name="route_weight_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand.slug}/{self.topic}"
