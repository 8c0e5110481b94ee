"""How much a player's browser loads: the bodies of the running server's answers, as they are sent."""

from __future__ import annotations

import re

from tests.live import Live

# Bytes, compressed with gzip.
LOADER = 4_096
FIRST_SCREEN = 25_600
WHOLE = 48 * 1024

FIRST = ("widget.css", "shared.js", "widget.js")
AFTER = ("more.js", "more.css")


def _size(live: Live, path: str) -> int:
    answer = live.http("GET", path, headers={"Accept-Encoding": "gzip"})
    assert answer.status == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]
    return len(answer.body)


def _folder(live: Live) -> str:
    """The address of the built files, as the widget's page names it."""
    page = live.http("GET", "/widget/aurora/").body.decode()
    files = re.findall(r'(?:href|src)="(/static/[^"]+/)([^"/]+)"', page)
    assert tuple(name for _, name in files) == FIRST
    folder: str
    (folder,) = {folder for folder, _ in files}
    return folder


def test_the_loader_weighs_at_most_4_kb(live: Live) -> None:
    assert _size(live, "/w.js") <= LOADER


def test_the_first_screen_weighs_at_most_25_kb_and_the_whole_widget_48(live: Live) -> None:
    folder = _folder(live)
    first = sum(_size(live, folder + name) for name in (*FIRST, "icons.svg"))
    after = sum(_size(live, folder + name) for name in AFTER)
    assert first <= FIRST_SCREEN
    assert first + after <= WHOLE
