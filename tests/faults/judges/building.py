"""The house as a whole: memory and logs."""

from __future__ import annotations

from tests.faults.judges import Violation

MEMORY_MB = 60.0


def memory(samples: dict[str, list[float]], limit: float = MEMORY_MB) -> list[Violation]:
    """No process has grown by more than so many MB since it was warm."""
    found = []
    for name, sizes in samples.items():
        if len(sizes) >= 10:
            warm = max(sizes[: len(sizes) // 4 + 1])
            grown = sorted(sizes[-5:])[2] - warm
            if grown > limit:
                found.append(Violation("memory_grew", name, f"by {grown:.0f} MB from {warm:.0f}"))
    return found


def log_text(lines: int) -> list[Violation]:
    return [Violation("player_text_in_log", "log", f"{lines} lines")] if lines else []
