"""A player of one brand, and the sessions by which sockets prove who they are."""

from __future__ import annotations

from django.db import models

from chatdesk.conversations.models import Brand, new_id


class Player(models.Model):
    """A person at one brand: known by the casino's ``sub``, or an anonymous visitor without it."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id)
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="players")
    sub = models.CharField(max_length=200, null=True, help_text="The casino's own id of the player")
    name = models.CharField(max_length=80)
    lang = models.CharField(max_length=5, default="en")
    market = models.CharField(max_length=10, default="")
    tier = models.CharField(max_length=40, default="")
    age_band = models.CharField(max_length=8, default="unknown")
    rg_state = models.CharField(max_length=16, default="none")
    verified = models.BooleanField(default=False)
    blocked_ts = models.BigIntegerField(null=True, blank=True)
    created_ts = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "sub"], name="player_sub_once_per_brand")
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def authenticated(self) -> bool:
        return self.sub is not None


class PlayerSession(models.Model):
    """A session of a player; only the hash of its secret is kept."""

    secret_hash = models.CharField(primary_key=True, max_length=64)
    player = models.ForeignKey(Player, models.CASCADE, related_name="sessions")
    created_ts = models.BigIntegerField()
    expires_ts = models.BigIntegerField()
    ended_ts = models.BigIntegerField(null=True)
