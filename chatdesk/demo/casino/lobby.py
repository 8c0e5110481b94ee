"""The lobby page of a brand, as the casino's own site would render it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from chatdesk.demo.casino.brands import PLAYERS, DemoBrand

SITE = Path(__file__).resolve().parent / "site"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One row of the lobby: a heading and its games as (name, small print)."""

    title: str
    games: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lobby:
    """The words of one brand's front page."""

    headline: str
    claim: str
    shelves: tuple[Shelf, ...]


_AURORA = Lobby(
    headline="Quiet evening, good tables",
    claim="Open games, plain terms, and your own limits always one click away.",
    shelves=(
        Shelf(
            "Slots",
            (
                ("Copper Harbour", "RTP 96.1 %"),
                ("Nine Lanterns", "RTP 95.4 %"),
                ("Tidewater", "RTP 96.0 %"),
                ("Salt and Cedar", "RTP 94.8 %"),
                ("Paper Moon", "RTP 96.3 %"),
                ("Slow River", "RTP 95.9 %"),
            ),
        ),
        Shelf(
            "Tables",
            (
                ("Blackjack 21", "From €1"),
                ("Roulette, one zero", "From €0.50"),
                ("Baccarat", "From €1"),
                ("Casino hold’em", "From €1"),
                ("Three card", "From €0.50"),
                ("Punto", "From €1"),
            ),
        ),
        Shelf(
            "Live",
            (
                ("Table 4", "Dutch"),
                ("Table 7", "Swedish"),
                ("Table 9", "Finnish"),
                ("Table 11", "English"),
                ("Table 12", "English"),
                ("Table 15", "Russian"),
            ),
        ),
    ),
)
_NORTHLIGHT = Lobby(
    headline="Long nights, clear rules",
    claim="Every game shows its odds, and every limit you set holds at once.",
    shelves=(
        Shelf(
            "Slots",
            (
                ("Birch Line", "RTP 96.2 %"),
                ("Winter Ferry", "RTP 95.7 %"),
                ("Amber Coast", "RTP 96.4 %"),
                ("Grey Heron", "RTP 95.1 %"),
                ("Snow Market", "RTP 96.0 %"),
                ("Polar Post", "RTP 94.9 %"),
            ),
        ),
        Shelf(
            "Tables",
            (
                ("Blackjack, six decks", "From €1"),
                ("Roulette, one zero", "From €0.20"),
                ("Red dog", "From €0.50"),
                ("Baccarat", "From €2"),
                ("Sic bo", "From €0.50"),
                ("Oasis poker", "From €1"),
            ),
        ),
        Shelf(
            "Live",
            (
                ("Table 2", "Swedish"),
                ("Table 3", "Finnish"),
                ("Table 5", "Russian"),
                ("Table 6", "English"),
                ("Table 8", "Dutch"),
                ("Table 10", "English"),
            ),
        ),
    ),
)
_LOBBIES = {"northlight": _NORTHLIGHT}


def _shelf(shelf: Shelf) -> str:
    games = "".join(
        f'<li class="game"><span class="game-name">{escape(name)}</span>'
        f'<span class="game-print">{escape(small)}</span></li>'
        for name, small in shelf.games
    )
    heading = escape(shelf.title)
    anchor = escape(shelf.title.lower())
    return (
        f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{heading}</h2>'
        f'<ul class="games">{games}</ul></section>'
    )


def _site(brand: DemoBrand, *, here: bool) -> str:
    mark = ' aria-current="page"' if here else ""
    return f'<a href="/{escape(brand.slug)}"{mark}>{escape(brand.name)}</a>'


def render(brand: DemoBrand, brands: list[DemoBrand], chat_origin: str) -> str:
    """The whole HTML page; the script element at its end is all that a real customer adds."""
    lobby = _LOBBIES.get(brand.slug, _AURORA)
    options = "".join(
        f'<option value="{escape(player.sub)}">{escape(player.name)}'
        f" ({escape(player.lang)})</option>"
        for player in PLAYERS.values()
    )
    sites = "".join(_site(other, here=other is brand) for other in brands)
    page = Template((SITE / "lobby.html").read_text(encoding="utf-8"))
    return page.substitute(
        slug=escape(brand.slug),
        name=escape(brand.name),
        colour=escape(brand.colour),
        chat_origin=escape(chat_origin),
        headline=escape(lobby.headline),
        claim=escape(lobby.claim),
        shelves="".join(_shelf(shelf) for shelf in lobby.shelves),
        players=options,
        sites=sites,
    )


def _darker(colour: str, share: float) -> str:
    """The colour with this share of its light kept (0 to 1), for the bar at the top."""
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(channel * share):02X}" for channel in channels)


def stylesheet(brand: DemoBrand) -> str:
    """The brand's colours as custom properties: a file, because the page allows no inline style."""
    return (
        f":root{{--brand:{brand.colour};--brand-deep:{_darker(brand.colour, 0.38)};"
        f"--brand-hover:{_darker(brand.colour, 0.8)}}}\n"
    )
