"""What the demo casino knows: its brands, and the players who have an account there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class DemoBrand:
    """One casino brand with the key it signs its players' tokens with.

    Raises ValueError for a slug or a colour that could not stand in an address or a stylesheet.
    """

    slug: str
    name: str
    colour: str
    secret: str = field(repr=False)
    kid: str

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(f"not a brand slug: {self.slug!r}")
        if not _COLOUR.fullmatch(self.colour):
            raise ValueError(f"not a colour of the form #RRGGBB: {self.colour!r}")


@dataclass(frozen=True, slots=True)
class DemoPlayer:
    """An account at the casino. `sub` is opaque: it says nothing about the person."""

    sub: str
    name: str
    lang: str
    market: str
    tier: str
    age_band: str
    rg_state: str
    verified: bool


PLAYERS: dict[str, DemoPlayer] = {
    player.sub: player
    for player in (
        DemoPlayer("p-4102", "Sanne", "nl", "NL", "silver", "24+", "none", True),
        DemoPlayer("p-4471", "Mika", "fi", "FI", "standard", "24+", "none", True),
        DemoPlayer("p-4390", "Олег", "ru", "EE", "gold", "24+", "limits", True),
        DemoPlayer("p-3987", "Ebba", "sv", "SE", "standard", "18-23", "cooling_off", True),
        DemoPlayer("p-4350", "James", "en", "MT", "standard", "24+", "none", False),
    )
}
