"""Brands with their keys, and players, on the admin site."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest

from chatdesk.conversations import clock
from chatdesk.conversations.admin import AdminOnly, ReadOnly
from chatdesk.conversations.models import Brand, BrandKey, Route
from chatdesk.conversations.standing import STOP_GAMBLING, URGENT
from chatdesk.delivery import audience
from chatdesk.delivery.hub import publish_close
from chatdesk.delivery.protocol.words import Close
from players import brands, hours
from players.models import Player, PlayerSession
from players.topics import TOPICS


class BrandForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Brand
        fields = (
            *("slug", "name", "origins", "anonymous_allowed", "colour", "default_lang", "previews"),
            *("greetings", "help_line", "offer_seconds", "lost_agent_seconds"),
            *("warn_seconds", "first_reply_seconds", "nudge_seconds", "silence_seconds"),
            *("sleep_seconds", "wrap_up_seconds", "priority_step_seconds", "tiers"),
            *("hours", "queue_cap_seconds"),
        )

    def clean_origins(self) -> list[str]:
        given = self.cleaned_data["origins"]
        if not isinstance(given, list) or not all(isinstance(origin, str) for origin in given):
            raise ValidationError('A list of origins is wanted, such as ["https://casino.example"]')
        try:
            return list(dict.fromkeys(brands.check_origin(origin) for origin in given))
        except brands.BadBrand as error:
            raise ValidationError(str(error)) from error

    def clean_colour(self) -> str:
        try:
            return brands.check_colour(self.cleaned_data["colour"])
        except brands.BadBrand as error:
            raise ValidationError(str(error)) from error

    def clean_default_lang(self) -> str:
        try:
            return brands.check_language(self.cleaned_data["default_lang"])
        except brands.BadBrand as error:
            raise ValidationError(str(error)) from error

    def clean_greetings(self) -> dict[str, str]:
        given = self.cleaned_data["greetings"] or {}
        if not isinstance(given, dict) or not all(
            isinstance(text, str) and text.strip() for text in given.values()
        ):
            raise ValidationError('Language to text is wanted, such as {"nl": "Hallo!"}')
        return given

    def clean_help_line(self) -> dict[str, str] | None:
        given = self.cleaned_data["help_line"]
        if not given:
            return None
        if not isinstance(given, dict) or set(given) != {"line", "phone", "url"}:
            raise ValidationError("line, phone and url are wanted")
        if not all(isinstance(value, str) for value in given.values()):
            raise ValidationError("line, phone and url must be texts")
        if given["url"] and not given["url"].startswith("https://"):
            raise ValidationError("url must begin with https://")
        return given

    def clean_hours(self) -> dict[str, Any]:
        try:
            return hours.check(self.cleaned_data["hours"] or {})
        except hours.BadHours as error:
            raise ValidationError(str(error)) from error

    def clean_tiers(self) -> dict[str, int]:
        given = self.cleaned_data["tiers"] or {}
        if not isinstance(given, dict) or not all(
            isinstance(points, int) and -9 <= points <= 9 for points in given.values()
        ):
            raise ValidationError('Tier to points from -9 to 9 is wanted, such as {"vip": 2}')
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for first, last in (
            ("warn_seconds", "first_reply_seconds"),
            ("nudge_seconds", "silence_seconds"),
        ):
            if cleaned.get(first) and cleaned.get(last) and cleaned[first] >= cleaned[last]:
                self.add_error(first, f"Must be less than {last}, or 0")
        return cleaned


class RouteForm(forms.ModelForm):  # type: ignore[type-arg]
    """**Invariant:** no route lets a player who wants to stop gambling wait longer than others."""

    class Meta:
        model = Route
        fields = ("topic", "skill", "team", "priority", "weight", "waive_seconds")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("topic") == STOP_GAMBLING:
            if (cleaned.get("priority") or 0) < URGENT:
                self.add_error("priority", f"Must be {URGENT} or more for this topic")
            narrow = cleaned.get("skill") or cleaned.get("team")
            if narrow and cleaned.get("waive_seconds") is None:
                self.add_error("waive_seconds", "Wanted for this topic with a skill or a team")
        return cleaned


class Routes(AdminOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What topics ask for."""

    model = Route
    form = RouteForm
    extra = 0

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "topic":
            return forms.ChoiceField(choices=TOPICS)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class KeptKeys(AdminOnly, admin.TabularInline):  # type: ignore[type-arg]
    """The keys there are. Their material is not shown again."""

    model = BrandKey
    verbose_name_plural = "keys"
    fields = ("kid", "algorithm", "created_ts", "revoked_ts")
    readonly_fields = fields
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    public_key = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Public key in PEM; left empty, a shared secret is made and shown once.",
    )

    class Meta:
        model = BrandKey
        fields = ("kid",)

    def clean_kid(self) -> str:
        try:
            return brands.check_kid(self.cleaned_data["kid"])
        except brands.BadBrand as error:
            raise ValidationError(str(error)) from error

    def clean_public_key(self) -> str:
        pem: str = self.cleaned_data["public_key"].strip()
        if pem:
            try:
                self.instance.algorithm = brands.algorithm_of(pem)
            except brands.BadBrand as error:
                raise ValidationError(str(error)) from error
        return pem

    def save(self, commit: bool = True) -> BrandKey:
        pem = self.cleaned_data["public_key"]
        self.instance.material = pem or secrets.token_urlsafe(48)
        self.instance.created_ts = clock.now_ms()
        key: BrandKey = super().save(commit)
        return key


class NewKey(AdminOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = BrandKey
    form = NewKeyForm
    verbose_name_plural = "new key"
    fields = ("kid", "public_key")
    extra = 1
    max_num = 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[BrandKey]:
        return super().get_queryset(request).none()


@admin.register(Brand)
class BrandAdmin(AdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    form = BrandForm
    list_display = ("slug", "name", "anonymous_allowed", "default_lang")
    inlines = (Routes, KeptKeys, NewKey)
    actions = ("revoke_old_keys",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Brand | None = None
    ) -> tuple[str, ...]:
        # The slug stands in tokens and pages of the casino.
        return ("slug",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseFormSet[Any], change: bool
    ) -> None:
        super().save_formset(request, form, formset, change)
        for key in getattr(formset, "new_objects", ()):
            if isinstance(key, BrandKey) and key.algorithm == BrandKey.Algorithm.HS256:
                messages.warning(
                    request, f"Secret of key {key.kid}, shown only now: {key.material}"
                )

    @admin.action(description="Revoke all keys but the current one")
    def revoke_old_keys(self, request: HttpRequest, chosen: QuerySet[Brand]) -> None:
        revoked = 0
        for brand in chosen:
            valid = brand.keys.filter(revoked_ts__isnull=True).order_by("-created_ts", "-pk")
            for key in valid[1:]:
                brands.revoke_key(brand, key.kid)
                revoked += 1
        messages.success(request, f"Keys revoked: {revoked}")


@admin.register(Player)
class PlayerAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "brand", "name", "lang", "known", "verified", "blocked_ts")
    list_filter = ("brand", "lang", "rg_state", "verified")
    list_select_related = ("brand",)
    search_fields = ("=id", "=sub")
    ordering = ("-created_ts",)
    show_full_result_count = False
    actions = ("block", "unblock")

    @admin.display(boolean=True, description="Known")
    def known(self, row: Player) -> bool:
        return row.authenticated

    @admin.action(description="Block: no chats, and every socket closes")
    def block(self, request: HttpRequest, chosen: QuerySet[Player]) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        blocked = Player.objects.filter(pk__in=ids, blocked_ts__isnull=True).update(
            blocked_ts=clock.now_ms()
        )
        held = PlayerSession.objects.filter(player_id__in=ids, ended_ts__isnull=True)
        for session_hash in held.values_list("secret_hash", flat=True):
            publish_close(audience.session(session_hash), Close.NOT_AUTHENTICATED)
        messages.success(request, f"Players blocked: {blocked}")

    @admin.action(description="Unblock")
    def unblock(self, request: HttpRequest, chosen: QuerySet[Player]) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        unblocked = Player.objects.filter(pk__in=ids, blocked_ts__isnull=False).update(
            blocked_ts=None
        )
        messages.success(request, f"Players unblocked: {unblocked}")
