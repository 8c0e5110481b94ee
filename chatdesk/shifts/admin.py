"""Teams and shifts on the admin site. A shift ends by its last day: what was worked stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from chatdesk.conversations.admin import AdminOnly
from chatdesk.conversations.models import Team
from chatdesk.shifts import roster
from chatdesk.shifts.models import Shift


@admin.register(Team)
class TeamAdmin(AdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("slug", "name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ShiftForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Shift
        fields = (
            *("seat", "team", "tz", "starts", "minutes", "recurrence", "until", "except_dates"),
            "drain_minutes",
        )

    def clean_except_dates(self) -> list[str]:
        given = self.cleaned_data["except_dates"] or []
        if not isinstance(given, list):
            raise ValidationError('A list of dates is wanted, such as ["2026-12-25"]')
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                roster.check(Shift(**cleaned))
            except roster.BadShift as error:
                raise ValidationError(str(error)) from error
        return cleaned


@admin.register(Shift)
class ShiftAdmin(AdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    form = ShiftForm
    list_display = ("seat", "team", "starts", "tz", "minutes", "recurrence", "until")
    list_filter = ("team", "tz")
    list_select_related = ("seat", "team")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
