"""An event loop that moves only when it is told to, with a clock of its own.

The product's coroutines run on it unchanged. Between two questions to the database nothing can come in
between, as in the real loop; what the database does, and when its answer arrives, is the house's to say.
"""

from __future__ import annotations

import asyncio


class SteppedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.faults: list[str] = []
        self.set_exception_handler(self._noted)

    def time(self) -> float:
        return self.now

    def run_ready(self) -> None:
        """Runs whatever can run without waiting for anything."""
        while True:
            self.call_soon(self.stop)
            self.run_forever()
            if not self._ready:  # type: ignore[attr-defined]
                return

    def has_timers(self) -> bool:
        return any(not timer.cancelled() for timer in self._scheduled)  # type: ignore[attr-defined]

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.run_ready()

    def _noted(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        self.faults.append(f"{context.get('exception') or context['message']!r}")
