"""The storeys hold, and the linter that holds them can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [str(program), "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120
    )


def test_imports_point_downwards() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("chatdesk/conversations/messages.py", "from agents import models as planted"),
        ("chatdesk/delivery/hub.py", "from chatdesk.conversations import models as planted"),
        ("players/sessions.py", "import agents.models as planted"),
        ("chatdesk/delivery/protocol/words.py", "import django as planted"),
        ("chatdesk/conversations/shortcuts.py", "from chatdesk.conversations import models"),
    ],
)
def test_a_planted_import_is_caught(tmp_path: Path, file: str, line: str) -> None:
    for folder in ("chatdesk", "agents", "players"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / file
    before = target.read_text() if target.exists() else '"""Planted."""\n'
    target.write_text(before + f"\n{line}\n")
    assert _lint(tmp_path).returncode != 0
