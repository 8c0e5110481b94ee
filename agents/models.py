"""A staff member's private side: login and role. What others may know of him is his Seat's alias."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from chatdesk.conversations.models import Brand


class Agent(AbstractUser):
    """A member of staff. Names, e-mail, username and id never leave the house."""

    class Role(models.TextChoices):
        AGENT = "agent"
        SUPERVISOR = "supervisor"
        ADMIN = "admin"

    role = models.CharField(max_length=10, choices=Role.choices, default=Role.AGENT)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The admin site asks is_staff; the role is the only place where that is decided.
        self.is_staff = self.is_superuser or self.role == self.Role.ADMIN
        super().save(*args, **kwargs)


class StaffToken(models.Model):
    """A key for ``Authorization: Token``; only its hash is kept."""

    key_hash = models.CharField(primary_key=True, max_length=64)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="tokens")
    created_ts = models.BigIntegerField()


class StaffTicket(models.Model):
    """A ticket for one socket: used once, within 30 s. It remembers by what it was obtained."""

    ticket_hash = models.CharField(primary_key=True, max_length=64)
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="tickets")
    browser_session = models.CharField(max_length=40, default="")
    token_hash = models.CharField(max_length=64, default="")
    expires_ts = models.BigIntegerField()
    used_ts = models.BigIntegerField(null=True)


class CannedResponse(models.Model):
    """A prepared answer, in several languages. Scope: everyone (neither), a brand, or one's own."""

    shortcut = models.CharField(max_length=40)
    brand = models.ForeignKey(
        Brand, models.CASCADE, null=True, blank=True, related_name="canned_responses"
    )
    owner = models.ForeignKey(
        Agent, models.CASCADE, null=True, blank=True, related_name="canned_responses"
    )
    topic = models.CharField(max_length=40, default="", blank=True)
    retired = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(brand__isnull=True) | Q(owner__isnull=True),
                name="canned_has_one_scope",
            ),
            models.UniqueConstraint(
                fields=["shortcut"],
                condition=Q(brand__isnull=True, owner__isnull=True),
                name="canned_shortcut_once_for_everyone",
            ),
            models.UniqueConstraint(
                fields=["shortcut", "brand"],
                condition=Q(brand__isnull=False),
                name="canned_shortcut_once_per_brand",
            ),
            models.UniqueConstraint(
                fields=["shortcut", "owner"],
                condition=Q(owner__isnull=False),
                name="canned_shortcut_once_per_owner",
            ),
        ]

    def __str__(self) -> str:
        return self.shortcut

    @property
    def scope(self) -> str:
        """``everyone``, ``brand`` or ``own``."""
        if self.owner_id is not None:
            return "own"
        return "everyone" if self.brand_id is None else "brand"


class CannedText(models.Model):
    """The words of a canned response in one language; ``{{name}}`` marks a variable."""

    response = models.ForeignKey(CannedResponse, models.CASCADE, related_name="texts")
    lang = models.CharField(max_length=5)
    title = models.CharField(max_length=120)
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "lang"], name="canned_text_once_per_lang")
        ]
