"""The prepared answers that one member of staff has for one conversation."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from agents.canned import filling
from agents.models import CannedResponse
from chatdesk.conversations import access
from chatdesk.conversations.access import Actor


def for_conversation(actor: Actor, conv: str) -> dict[str, Any]:
    """Responses in the conversation's language and the values it can fill in; NotFound when the
    conversation is not the actor's to read."""
    access.require(actor, "canned")
    conversation = access.transcript(actor, conv)
    brand = conversation.brand
    rows = (
        CannedResponse.objects.filter(retired=False)
        .filter(
            Q(brand__isnull=True, owner__isnull=True)
            | Q(brand=brand, owner__isnull=True)
            | Q(owner_id=actor.agent_id)
        )
        .prefetch_related("texts")
        .order_by("shortcut", "pk")
    )
    responses = []
    for row in rows:
        text = filling.in_language(
            {text.lang: text for text in row.texts.all()}, conversation.lang, brand.default_lang
        )
        if text is None:
            continue
        responses.append(
            {
                "id": str(row.pk),
                "shortcut": row.shortcut,
                "title": text.title,
                "body": text.body,
                "lang": text.lang,
                "scope": row.scope,
                "variables": filling.variables(text.body),
            }
        )
    return {"responses": responses, "values": filling.values(conversation, actor)}
