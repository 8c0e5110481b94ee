"""When not to believe what we see: an absence or a silence may be ours.

After a start and while Redis is away or new, nobody is moved; an alarm says so, and clears itself.
"""

from __future__ import annotations

import time
from dataclasses import replace

from chatdesk.conversations import alarms
from chatdesk.delivery.presence import Sight

# Longer than two turns of the leases.
START_SECONDS = 30.0


class Suspicion:
    def __init__(self) -> None:
        self._began = time.monotonic()

    def doubt(self, sight: Sight | None) -> Sight | None:
        """What may be believed of it."""
        if sight is not None and time.monotonic() - self._began < START_SECONDS:
            return replace(sight, complete=False)
        return sight

    def tell(self, sight: Sight | None) -> None:
        """Raises the alarm, or clears it; ``sight`` is what may be believed."""
        because = "redis" if sight is None else "start"
        stands = sight is None or not sight.complete
        alarms.keep(alarms.SUSPICION, stands, because=because)
