"""Every command, frame, error code and setting is documented, and the documents are current."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from chatdesk import configuration
from chatdesk.connections import committer, connection, database, gathering, outgoing, reading
from chatdesk.consequences import AFTER
from chatdesk.conversations import errors
from chatdesk.delivery import bridge
from chatdesk.delivery.protocol import commands, document, frames, words
from chatdesk.serving import checks
from chatdesk.serving.management.commands import settings_page

ROOT = Path(__file__).resolve().parents[2]
MODULES = (bridge, checks, committer, connection, database, gathering, outgoing, reading)
TYPES = [
    *get_args(commands.PlayerCommand),
    *get_args(commands.StaffCommand),
    *get_args(frames.PlayerFrame),
    *get_args(frames.StaffFrame),
]


def test_asyncapi_document_is_current() -> None:
    assert (ROOT / "docs/asyncapi.json").read_text() == document.text()


def test_settings_page_is_current() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    assert text == settings_page.page()
    for name, setting in configuration.KNOWN.items():
        assert name in text
        assert setting.says.endswith((".", "4002."))


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_command_and_frame_says_what_it_is(kind: type) -> None:
    own = kind.__dict__.get("__doc__") or ""
    assert len(inspect.cleandoc(own)) > 10
    listed = json.loads((ROOT / "docs/asyncapi.json").read_text())["components"]["messages"]
    assert listed[kind.__name__]["summary"]


def test_error_codes_are_the_closed_list() -> None:
    listed = json.loads((ROOT / "docs/asyncapi.json").read_text())["x-error-codes"]
    assert set(listed) == set(get_args(words.ErrorCode))
    refusals = {refusal.code: refusal for refusal in errors.Refusal.__subclasses__()}
    assert set(refusals) <= set(listed)
    assert all(refusal.says for refusal in refusals.values())


def test_every_kind_has_its_consequences() -> None:
    assert set(AFTER) == {*get_args(words.EventKind), *get_args(words.NoteKind)}


def test_architecture_names_what_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for folder in ("chatdesk", "agents", "players"):
        for path in (ROOT / folder).iterdir():
            internal = {"migrations", "management"}
            if path.is_dir() and (path / "__init__.py").exists() and path.name not in internal:
                shown = path.relative_to(ROOT).parts[-1]
                assert shown in text, f"ARCHITECTURE.md does not name {shown}"


def test_readme_gives_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make run" in text
    assert "make test" in text


def _bounds() -> list[tuple[str, str]]:
    """Each row of ARCHITECTURE's table of queues: what it says of the bound, and where that stands."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = text.split("## Every queue and its bound")[1].split("##")[0]
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ")][1:]
    return [(bound + over, where + over) for _, bound, where, over in rows]


def test_every_queue_has_the_bound_that_the_architecture_names() -> None:
    named = 0
    for says, where in _bounds():
        numbers = {int(one.replace(",", "")) for one in re.findall(r"\b\d[\d,]*\b", says)}
        for name in re.findall(r"`(CHATDESK_[A-Z_]+)`", where):
            assert int(configuration.KNOWN[name].default) in numbers, name
            named += 1
        for module, constant in re.findall(r"`([a-z]+)\.([A-Z_]+)`", where):
            found = next(one for one in MODULES if one.__name__.endswith(f".{module}"))
            assert int(getattr(found, constant)) in numbers, constant
            named += 1
    assert named >= 15
