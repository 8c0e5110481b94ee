"""The catalogues that pages carry for their scripts: source sentence to translation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "locale"

Catalogue = dict[str, str | list[str]]


@cache
def catalogue(lang: str, page: str) -> Catalogue:
    """What a page's scripts say in a language; empty for the source language and for unknown ones."""
    path = FOLDER / lang / f"{page}.json"
    if not lang.isalpha() or not path.is_file():
        return {}
    found: Catalogue = json.loads(path.read_text(encoding="utf-8"))
    return found
