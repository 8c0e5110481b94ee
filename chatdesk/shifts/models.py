"""A shift as it is planned, and each of its days as a duty. A duty's row is the timer of its drain and
end.

Who may move a duty: whoever changes its state by a conditional UPDATE under the seat's lock; when two
dispatchers try, the second changes no row and does nothing.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from chatdesk.conversations.models import Seat, Team

DRAIN_MINUTES = 15


class Shift(models.Model):
    """For one person or for whoever is in a team. Times are local: what the clock on the wall says."""

    seat = models.ForeignKey(Seat, models.CASCADE, null=True, blank=True, related_name="shifts")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="shifts")
    tz = models.CharField(max_length=64, help_text="Such as Europe/Amsterdam")
    starts = models.CharField(max_length=16, help_text="Local time of the first: 2026-03-28T22:00")
    minutes = models.PositiveSmallIntegerField(help_text="By the clock on the wall, 30 to 960")
    recurrence = models.CharField(
        max_length=200,
        default="",
        blank=True,
        help_text="RFC 5545, such as FREQ=WEEKLY;BYDAY=MO,TU; empty is once",
    )
    until = models.CharField(
        max_length=10, default="", blank=True, help_text="Last local date on which one begins"
    )
    except_dates = models.JSONField(
        default=list, blank=True, help_text="Local dates on which none begins"
    )
    drain_minutes = models.PositiveSmallIntegerField(
        default=DRAIN_MINUTES, help_text="No new offers for so long before the end"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seat__isnull=True) ^ Q(team__isnull=True), name="shift_of_seat_or_team"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=30) & Q(minutes__lte=960), name="shift_length_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat or self.team}: {self.starts} {self.tz}, {self.minutes} min"


class Duty(models.Model):
    """One day of a shift, for one person."""

    class State(models.TextChoices):
        PLANNED = "planned"
        RUNNING = "running"
        DRAINING = "draining"
        ENDED = "ended"

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="duties")
    seat = models.ForeignKey(Seat, models.CASCADE, related_name="duties")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    starts_ts = models.BigIntegerField()
    drains_ts = models.BigIntegerField()
    ends_ts = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shift", "seat", "starts_ts"], name="duty_once"),
        ]
        indexes = [
            models.Index(fields=["state", "starts_ts"], name="duty_begins"),
            models.Index(fields=["seat", "ends_ts"], name="duty_of_seat"),
        ]
