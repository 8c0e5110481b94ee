"""What one fault is to the harness: a name, its criterion in a sentence, what it does to a running house.

The runner starts a house with the scene's settings (scenes with the same ones share it), lets a crowd live
in it, calls ``run``, heals, waits until all is quiet, and has everything that happened judged by
``checker.py``. A scene adds only what the checker cannot know: how often it broke something, how long
the way back took, and what of its own criterion did not hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House

Vendor = Literal["postgresql", "sqlite"]
BOTH: tuple[Vendor, ...] = ("postgresql", "sqlite")


@dataclass(slots=True)
class Outcome:
    """``injected``: how often the fault was injected. ``recoveries_s``: seconds from each fault until each
    of those it hit was served again. ``findings``: each a sentence about a broken criterion of the scene
    itself. ``figures``: whatever else is worth a place in the report."""

    injected: int = 0
    recoveries_s: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    figures: dict[str, float | str] = field(default_factory=dict)
    patience: float = 1.0

    def require(self, holds: object, finding: str) -> None:
        """A criterion of the scene: what does not hold is a finding, and the scene goes on."""
        if not holds:
            self.findings.append(finding)

    def within(self, seconds: float, limit: float, what: str) -> None:
        """A criterion that is a time. Beside other tests on a busy machine there is more ``patience``."""
        if seconds > limit * self.patience:
            self.findings.append(f"{what}: {seconds:.1f} s, allowed are {limit:g} s")


class Scene:
    """One fault. Subclasses set what differs and write ``run``.

    ``environment``: settings of the house (``CHATDESK_…``); ``plants``: names of ``sabotage`` for its
    children; ``own``: a house (and a database cluster) of its own although the settings are the common
    ones, for whoever leaves it unusable.
    ``switched``: Redis is reached through a switch (``house.switch``).
    ``forgives``: names of violations (see ``checker.py``) that this fault makes right, with the reason
    written beside the class. ``players`` and ``agents``: who lives in the house meanwhile.
    """

    name: str = ""
    says: str = ""
    databases: tuple[Vendor, ...] = BOTH
    environment: dict[str, str] = {}
    plants: tuple[str, ...] = ()
    own: bool = False
    switched: bool = False
    forgives: frozenset[str] = frozenset()
    players: int = 20
    agents: int = 4
    patience: float = 1.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        """Breaks something while the crowd lives, and heals it. What it started it ends, also when it
        fails; every fault and heal is noted with ``crowd.history.fault`` and ``…heal``."""
        raise NotImplementedError
