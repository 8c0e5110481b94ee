"""What a checker looks for, by subject: pure functions of a history and of what the database holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """``name`` is one of ``checker.py``'s constants; ``where`` a conversation, a tab or a process."""

    name: str
    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} ({self.where}): {self.why}"
