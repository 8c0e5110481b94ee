"""Variables of a prepared answer: ``{{name}}`` in a body, and the values that a conversation has."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.models import CannedText
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Conversation

VARIABLE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


def variables(body: str) -> list[str]:
    """The names in a body, each once, in order."""
    return list(dict.fromkeys(VARIABLE.findall(body)))


def unfilled(body: str) -> list[str]:
    """What stands in a text that nobody filled in; a message with one must not be sent unseen."""
    return variables(body)


def is_well_formed(body: str) -> bool:
    """Whether every pair of braces belongs to a variable."""
    return _BRACES.search(VARIABLE.sub("", body)) is None


def fill(body: str, values: Mapping[str, str]) -> str:
    """The body with its values; a variable without one stays as it is. Values are never filled again."""
    return VARIABLE.sub(lambda found: values.get(found[1]) or found[0], body)


def values(conversation: Conversation, actor: Actor) -> dict[str, str]:
    """Everything that this conversation can fill in. What the player's page told comes first, so that
    it can never stand in for what the house itself says."""
    brand = conversation.brand
    found = {
        name: value
        for name, value in conversation.fields.items()
        if isinstance(value, str) and value and VARIABLE.fullmatch("{{" + name + "}}")
    }
    for name, key in (("name", "line"), ("phone", "phone"), ("url", "url")):
        found.pop(f"helpline_{name}", None)
        if brand.help_line and brand.help_line.get(key):
            found[f"helpline_{name}"] = str(brand.help_line[key])
    found.update(
        player_name=conversation.player.name,
        brand=brand.name,
        brand_name=brand.name,
        agent_alias=actor.alias_at(brand.pk),
        conversation_id=conversation.pk,
        ticket_id=conversation.pk,
    )
    return found


def in_language(texts: Mapping[str, CannedText], lang: str, default_lang: str) -> CannedText | None:
    """The text in the conversation's language, else the brand's, else English, else any."""
    for wanted in (lang, lang.split("-")[0], default_lang, "en", *sorted(texts)):
        if wanted in texts:
            return texts[wanted]
    return None
