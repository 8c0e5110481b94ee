"""The admin site, for administrators only. What was said and done can be looked at, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatdesk.conversations.models import Conversation, Event, Intervention, Note

admin.site.site_header = "chatdesk"
admin.site.site_title = "chatdesk"


class AdminOnly:
    """Permission by role alone: no group or single permission can widen it."""

    def _is_admin(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_active and getattr(user, "role", "") == "admin")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_admin(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_admin(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_admin(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._is_admin(request)


class ReadOnly(AdminOnly):
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EventInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Event
    fields = ("seq", "kind", "role", "alias", "text")
    readonly_fields = fields
    ordering = ("seq",)
    extra = 0

    @admin.display(description="Text")
    def text(self, row: Event) -> SafeString:
        # Whatever a player wrote is text, never markup.
        return format_html("{}", row.body or "")


class NoteInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Note
    fields = ("seq", "kind", "role", "alias", "text")
    readonly_fields = fields
    ordering = ("seq",)
    extra = 0

    @admin.display(description="Text")
    def text(self, row: Note) -> SafeString:
        return format_html("{}", row.body or "")


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "brand", "state", "lang", "topic", "last_seq", "opened_ts", "closed_ts")
    list_filter = ("brand", "state", "lang", "topic")
    list_select_related = ("brand",)
    search_fields = ("=id", "=player__id")
    ordering = ("-opened_ts",)
    show_full_result_count = False
    inlines = (EventInline, NoteInline)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}


@admin.register(Intervention)
class InterventionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What supervisors looked at and did."""

    list_display = ("ts", "actor", "action", "conversation", "agent", "reason")
    list_filter = ("action",)
    list_select_related = ("actor", "conversation", "agent")
    search_fields = ("=conversation__id",)
    ordering = ("-pk",)
    show_full_result_count = False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}
