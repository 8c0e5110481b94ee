"""From a free place to the offer on an agent's screen, with 500 desks open and 5,000 people waiting."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def measure(folder: Path, many: int) -> dict[str, Any]:
    return {}
