"""Reading prepared answers from JSON: all of a file or nothing, and every fault with its place.

The file is a list of ``{"shortcut", "topic"?, "brand"?, "texts": {lang: {"title", "body"}}}``. A response
is known by its shortcut within its scope (a brand, or everyone), so the same file can be read again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from agents.canned import filling
from agents.models import CannedResponse, CannedText
from chatdesk.conversations.models import Brand

_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TITLE_CHARS = 120
_ENTRY = {"shortcut", "topic", "brand", "texts"}


class BadImport(ValueError):
    """The file cannot be used; ``faults`` says where and why, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Imported:
    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Entry:
    shortcut: str
    topic: str
    brand: Brand | None
    texts: dict[str, tuple[str, str]]


def read(document: object) -> Imported:
    """Writes the responses of a parsed file; BadImport when anything in it is wrong."""
    if not isinstance(document, list):
        raise BadImport(["The file must hold a list of responses."])
    brands = {brand.slug: brand for brand in Brand.objects.all()}
    faults: list[str] = []
    entries: dict[tuple[str, str], _Entry] = {}
    for number, raw in enumerate(document, 1):
        found = _faults(raw, brands)
        named = raw.get("shortcut") if isinstance(raw, Mapping) else None
        place = f"entry {number}" + (f" ({named})" if isinstance(named, str) else "")
        if found:
            faults += [f"{place}: {fault}" for fault in found]
            continue
        entry = _entry(raw, brands)
        scope = (entry.shortcut, entry.brand.slug if entry.brand is not None else "")
        if scope in entries:
            faults.append(f"{place}: the shortcut is already used above in this file")
        entries[scope] = entry
    if faults:
        raise BadImport(faults)
    with transaction.atomic():
        results = [_write(entry) for entry in entries.values()]
    return Imported(
        created=results.count("created"),
        changed=results.count("changed"),
        unchanged=results.count("unchanged"),
    )


def is_shortcut(text: str) -> bool:
    return _SHORTCUT.match(text) is not None


def _faults(raw: object, brands: Mapping[str, Brand]) -> list[str]:
    if not isinstance(raw, Mapping):
        return ["must be an object"]
    found = [f"unknown field {name!r}" for name in sorted(set(raw) - _ENTRY)]
    shortcut = raw.get("shortcut")
    if not isinstance(shortcut, str) or not is_shortcut(shortcut.removeprefix("/")):
        found.append("shortcut must be small letters, digits and hyphens, at most 40")
    if not isinstance(raw.get("topic", ""), str) or len(raw.get("topic", "")) > 40:
        found.append("topic must be text of at most 40 characters")
    if raw.get("brand") is not None and raw["brand"] not in brands:
        found.append(f"there is no brand {raw['brand']!r}")
    texts = raw.get("texts")
    if not isinstance(texts, Mapping) or not texts:
        return [*found, "texts must hold at least one language"]
    for lang, text in texts.items():
        found += [f"texts.{lang}: {fault}" for fault in _text_faults(lang, text)]
    if not found:
        names = {lang: set(filling.variables(text["body"])) for lang, text in texts.items()}
        everywhere = set.union(*names.values())
        for lang, used in names.items():
            if used != everywhere:
                missing = ", ".join(sorted(everywhere - used))
                found.append(
                    f"texts.{lang}: variables of the other languages are missing: {missing}"
                )
    return found


def _text_faults(lang: str, text: object) -> list[str]:
    if lang not in dict(settings.LANGUAGES):
        return ["the language is unknown"]
    if not isinstance(text, Mapping) or set(text) != {"title", "body"}:
        return ["must be an object with title and body"]
    found = []
    longest = {"title": _TITLE_CHARS, "body": settings.CHATDESK_LIMITS["body_chars"]}
    for name, limit in longest.items():
        value = text[name]
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            found.append(f"{name} must be text of 1 to {limit} characters")
        elif _CONTROLS.search(value):
            found.append(f"{name} holds control characters")
    if not found and not filling.is_well_formed(text["body"]):
        found.append("body has braces that are no {{variable}}")
    return found


def _entry(raw: Mapping[str, Any], brands: Mapping[str, Brand]) -> _Entry:
    return _Entry(
        shortcut=raw["shortcut"].removeprefix("/"),
        topic=raw.get("topic", ""),
        brand=brands[raw["brand"]] if raw.get("brand") is not None else None,
        texts={lang: (text["title"], text["body"]) for lang, text in raw["texts"].items()},
    )


def _write(entry: _Entry) -> str:
    row, made = CannedResponse.objects.get_or_create(
        shortcut=entry.shortcut,
        brand=entry.brand,
        owner=None,
        defaults={"topic": entry.topic},
    )
    present = {text.lang: text for text in row.texts.all()}
    same = (
        not made
        and not row.retired
        and row.topic == entry.topic
        and {lang: (text.title, text.body) for lang, text in present.items()} == entry.texts
    )
    if same:
        return "unchanged"
    row.topic, row.retired = entry.topic, False
    row.save(update_fields=["topic", "retired"])
    row.texts.exclude(lang__in=entry.texts).delete()
    for lang, (title, body) in entry.texts.items():
        CannedText.objects.update_or_create(
            response=row, lang=lang, defaults={"title": title, "body": body}
        )
    return "created" if made else "changed"
