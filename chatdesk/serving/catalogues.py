"""Where the five languages come from: gettext catalogues are the only source, compiled by Babel.

``chatdesk/locale/<lang>/LC_MESSAGES/{django,scripts}.po`` are edited by people; ``.mo`` and
``<page>.json`` are compiled from them and committed, so that running needs no GNU gettext.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "chatdesk" / "locale"
LANGS = ("nl", "sv", "ru", "fi")
DOMAINS = ("django", "scripts")
# Folders of static/ that are pages; a player on a slow network loads no word of the desk.
PAGES = ("widget", "desk", "wall")
# Not Babel's own JavaScript extractor: it does not look inside html`` templates.
_STRING = r'"((?:[^"\\\n]|\\.)*)"'
_SCRIPT = re.compile(rf"(?<![\w.])(?:t\(\s*{_STRING}|tn\(\s*{_STRING}\s*,\s*{_STRING})")
_PYTHON_KEYWORDS = {"gettext": None, "gettext_lazy": None, "_": None, "ngettext": (1, 2)}
_TEMPLATE = re.compile(r"""\{%\s*translate\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_SKIPPED = {"vendor", "built", "migrations", "tests"}

_DATES_AND_NAMES = re.compile(
    r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Project-Id-Version|Report-Msgid-Bugs-To'
    r"|Last-Translator|Language-Team)[^\n]*\n"
)

# The same texts must make the same files, whenever they are made.
_DAY = datetime(2000, 1, 1, tzinfo=UTC)

Found = tuple[str, str | tuple[str, ...]]


def scripts() -> Iterator[Found]:
    """Every literal given to ``t`` and ``tn`` in our own JavaScript."""
    for path in sorted((ROOT / "static").rglob("*.js")):
        if _SKIPPED & set(path.relative_to(ROOT).parts):
            continue
        for match in _SCRIPT.finditer(path.read_text(encoding="utf-8")):
            one, singular, plural = (
                json.loads(f'"{part}"') if part else "" for part in match.groups()
            )
            yield path.relative_to(ROOT).as_posix(), one or (singular, plural)


def server() -> Iterator[Found]:
    """Every translated literal of Python files and templates."""
    for folder in ("agents", "players", "chatdesk"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if _SKIPPED & set(path.relative_to(ROOT).parts):
                continue
            with path.open("rb") as file:
                for _, message, _, _ in extract("python", file, keywords=_PYTHON_KEYWORDS):
                    yield path.relative_to(ROOT).as_posix(), message
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for match in _TEMPLATE.finditer(text):
            yield path.relative_to(ROOT).as_posix(), match.group(1)[1:-1].replace('\\"', '"')


def po_path(lang: str, domain: str) -> Path:
    return LOCALE / lang / "LC_MESSAGES" / f"{domain}.po"


def load(lang: str, domain: str) -> Catalog:
    path = po_path(lang, domain)
    if not path.exists():
        return _empty(lang)
    with path.open("rb") as file:
        return read_po(file, locale=lang)


def _empty(lang: str) -> Catalog:
    return Catalog(
        locale=lang, project="chatdesk", fuzzy=False, creation_date=_DAY, revision_date=_DAY
    )


def collect(lang: str, domain: str) -> Catalog:
    """A catalogue of what the sources hold now, with the translations there are."""
    known = load(lang, domain)
    fresh = _empty(lang)
    for place, message in scripts() if domain == "scripts" else server():
        # Without line numbers: moving code must not change catalogues.
        fresh.add(message, locations=[(place, 0)])
    for entry in fresh:
        before = known.get(entry.id) if entry.id else None
        if before is not None:
            entry.string = before.string
    return fresh


def untranslated(catalogue: Catalog) -> list[str]:
    """Messages without a whole translation."""
    missing = []
    for entry in catalogue:
        if not entry.id:
            continue
        strings = (
            list(entry.string) if isinstance(entry.string, list | tuple) else [entry.string or ""]
        )
        if not all(strings):
            missing.append(str(entry.id if isinstance(entry.id, str) else entry.id[0]))
    return missing


def po_bytes(catalogue: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalogue, sort_output=True, omit_header=False, width=100, include_lineno=False)
    text = out.getvalue().decode()
    # Dates would make every run a change, and version control knows the names.
    text = re.sub(_DATES_AND_NAMES, "", text)
    return re.sub(r"\A(#[^\n]*\n)+", "", text).encode()


def mo_bytes(catalogue: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def page_json(catalogue: Catalog, page: str) -> str:
    """What one page's scripts say, the shared ones' included: source sentence (of a plural: the
    singular) to translation or list of plural forms."""
    texts: dict[str, str | list[str]] = {}
    for entry in catalogue:
        folders = {place.split("/")[1] for place, _ in entry.locations}
        if not entry.id or not entry.string or not folders & {page, "kit"}:
            continue
        if isinstance(entry.id, str):
            texts[entry.id] = str(entry.string)
        elif all(entry.string):
            texts[entry.id[0]] = list(entry.string)
    return json.dumps(texts, ensure_ascii=False, indent=0, sort_keys=True) + "\n"
