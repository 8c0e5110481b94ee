"""What people say on such an evening: players' lines, small talk, and stand-ins for missing variables.

The questions come from ``starter/lines.json``, everything else from ``texts.json`` in this folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chatdesk.conversations import care

# Who comes for protection makes no small talk and is not asked how he liked it.
GRAVE_TOPIC = "stop_gambling"
LANGUAGES = ("nl", "sv", "ru", "fi", "en")
_HERE = Path(__file__).resolve().parent
_LINES = _HERE.parent / "starter" / "lines.json"
_TEXTS = _HERE / "texts.json"
_VARIABLE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Question:
    """Why a player comes, in one language; ``shortcut`` names the prepared answer that fits."""

    reason: str
    lang: str
    topic: str
    shortcut: str
    lines: tuple[str, ...]


@cache
def questions() -> tuple[Question, ...]:
    rows = json.loads(_LINES.read_text(encoding="utf-8"))
    return tuple(Question(**{**row, "lines": tuple(row["lines"])}) for row in rows)


@cache
def _texts() -> dict[str, dict[str, Any]]:
    texts: dict[str, dict[str, Any]] = json.loads(_TEXTS.read_text(encoding="utf-8"))
    return texts


def some(lang: str, of: str) -> tuple[str, ...]:
    """The lines of one sort (``openers``, ``thanks``, ``answers`` …); English for other languages."""
    spoken = lang if lang in LANGUAGES else "en"
    return tuple(_texts()[spoken][of])


@cache
def _shortcuts() -> tuple[dict[str, str], dict[str, str]]:
    by_line: dict[str, str] = {}
    by_topic: dict[str, str] = {}
    for question in questions():
        by_topic.setdefault(question.topic, question.shortcut)
        by_line.update(dict.fromkeys(map(care.masked, question.lines), question.shortcut))
    return by_line, by_topic


def understood(lines: list[str], topic: str) -> str:
    """The shortcut that answers what a player wrote; failing that, the first one of the topic."""
    by_line, by_topic = _shortcuts()
    known = (by_line[line] for line in map(care.masked, lines) if line in by_line)
    return next(known, by_topic.get(topic, ""))


def is_thanks(line: str, lang: str) -> bool:
    return line in some(lang, "thanks")


def fill(body: str, values: Mapping[str, str], lang: str) -> str:
    """The body with every variable replaced: by its value, else by something plausible."""
    spoken = lang if lang in LANGUAGES else "en"
    texts = _texts()
    stand_ins = {**texts["neutral"], **texts[spoken]["fill"]}

    def replaced(found: re.Match[str]) -> str:
        name = found[1]
        return str(values.get(name) or stand_ins.get(name) or texts[spoken]["unknown"])

    return _VARIABLE.sub(replaced, body)
