"""Members of staff and prepared answers on the admin site."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from agents import staff
from agents.canned import filling, importing
from agents.models import Agent, CannedResponse, CannedText, StaffToken
from chatdesk.conversations.admin import AdminOnly
from chatdesk.conversations.models import Conversation, Persona, Seat

# Roles decide here; groups would be a second answer to the same question.
admin.site.unregister(Group)


def _check_alias(alias: str, agent: Agent) -> None:
    """Refuses an alias that gives the person away."""
    try:
        staff.check_alias(alias, agent.username, agent.email, agent.first_name, agent.last_name)
    except staff.BadStaff as error:
        raise ValidationError(str(error)) from error


_UNTIL = " until "


class SeatForm(forms.ModelForm):  # type: ignore[type-arg]
    languages = forms.MultipleChoiceField(
        choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )
    skills = forms.CharField(
        required=False,
        help_text="Separated by commas; where a certificate ends: kyc until 2027-01-31",
    )
    capacity = forms.IntegerField(min_value=staff.CAPACITY[0], max_value=staff.CAPACITY[-1])

    class Meta:
        model = Seat
        fields = ("alias", "languages", "skills", "capacity", "team", "channel_caps")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        until = self.instance.skills_until
        self.initial["skills"] = ", ".join(
            f"{skill}{_UNTIL}{_day(until[skill])}" if skill in until else skill
            for skill in self.instance.skills
        )

    def clean_skills(self) -> list[str]:
        """The names; the ends of their certificates go to the seat beside them, at midnight UTC."""
        given = [name.strip() for name in self.cleaned_data["skills"].split(",")]
        parts = {}
        for one in given:
            name, _, ends = one.partition(_UNTIL)
            if name:
                parts[name.strip()] = ends.strip()
        try:
            staff.check_skills(list(parts))
            until = {name: _midnight(ends) for name, ends in parts.items() if ends}
        except (staff.BadStaff, ValueError) as error:
            raise ValidationError(str(error)) from error
        self.instance.skills_until = until
        return list(parts)

    def clean_channel_caps(self) -> dict[str, int]:
        given = self.cleaned_data["channel_caps"] or {}
        if not isinstance(given, dict) or not all(
            channel in Conversation.Channel.values and isinstance(cap, int) and 0 <= cap <= 8
            for channel, cap in given.items()
        ):
            raise ValidationError('Channel to 0 to 8 is wanted, such as {"message": 1}')
        return given


def _midnight(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() * 1000)


def _day(ts: int) -> str:
    return datetime.fromtimestamp(ts / 1000, UTC).strftime("%Y-%m-%d")


class SeatFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        """Compares with the names as they will be, so a changed name is checked as well."""
        super().clean()
        for form in self.forms:
            if "alias" in form.cleaned_data:
                _check_alias(form.cleaned_data["alias"], self.instance)


class SeatInline(AdminOnly, admin.StackedInline):  # type: ignore[type-arg]
    model = Seat
    form = SeatForm
    formset = SeatFormSet
    min_num = 1
    can_delete = False


@admin.register(Agent)
class AgentAdmin(AdminOnly, UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "alias", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    list_select_related = ("seat",)
    filter_horizontal = ()
    add_form = AdminUserCreationForm
    inlines = (SeatInline,)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Private", {"fields": ("first_name", "last_name", "email")}),
        ("Work", {"fields": ("role", "is_active")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    *("username", "usable_password", "password1", "password2"),
                    *("first_name", "last_name", "email", "role"),
                ),
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What somebody said and did stays his; whoever leaves is made inactive.
        return False

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        # Not UserAdmin's way, which hides them while somebody is being added.
        return admin.ModelAdmin.get_inline_instances(self, request, obj)

    @admin.display(description="Alias")
    def alias(self, row: Agent) -> str:
        seat = getattr(row, "seat", None)
        return seat.alias if seat is not None else ""


class PersonaForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Persona
        fields = ("seat", "brand", "alias")

    def clean_alias(self) -> str:
        alias: str = self.cleaned_data["alias"]
        seat = self.cleaned_data.get("seat")
        if seat is not None:
            _check_alias(alias, seat.agent)
        return alias


@admin.register(Persona)
class PersonaAdmin(AdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    form = PersonaForm
    list_display = ("seat", "brand", "alias")
    list_filter = ("brand",)
    list_select_related = ("seat", "brand")


@admin.register(StaffToken)
class StaffTokenAdmin(AdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Keys can be taken away here; new ones come from ``manage.py staff_token``."""

    list_display = ("agent", "created_ts")
    list_select_related = ("agent",)
    fields = ("agent", "created_ts")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CannedTextForm(forms.ModelForm):  # type: ignore[type-arg]
    lang = forms.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = CannedText
        fields = ("lang", "title", "body")

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        if len(body) > settings.CHATDESK_LIMITS["body_chars"]:
            raise ValidationError("The text is longer than a message may be")
        if not filling.is_well_formed(body):
            raise ValidationError("There are braces that are no {{variable}}")
        return body


class CannedTextInline(AdminOnly, admin.StackedInline):  # type: ignore[type-arg]
    model = CannedText
    form = CannedTextForm
    extra = 0
    min_num = 1


class CannedResponseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CannedResponse
        fields = ("shortcut", "brand", "owner", "topic", "retired")

    def clean_shortcut(self) -> str:
        shortcut: str = self.cleaned_data["shortcut"].removeprefix("/")
        if not importing.is_shortcut(shortcut):
            raise ValidationError("Small letters, digits and hyphens, at most 40")
        return shortcut


@admin.register(CannedResponse)
class CannedResponseAdmin(AdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    form = CannedResponseForm
    list_display = ("shortcut", "scope", "brand", "owner", "topic", "retired")
    list_filter = ("brand", "topic", "retired")
    list_select_related = ("brand", "owner")
    search_fields = ("shortcut", "texts__title")
    inlines = (CannedTextInline,)
