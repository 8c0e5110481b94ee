"""The servers that these tests speak to. Each costs seconds, so a whole folder shares them.

``live`` has limits so high that nobody meets them, ``strict`` has limits so low that tests meet them soon.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Live

SERVERS = ("uvicorn", "daphne")
UNLIMITED = {
    "CHATDESK_LIMIT_PLAYER_FRAMES": "1000000",
    "CHATDESK_LIMIT_STAFF_FRAMES": "1000000",
}
STRICT = {
    "CHATDESK_LIMIT_HELLO_SECONDS": "1",
    "CHATDESK_LIMIT_PLAYER_FRAMES": "5",
    "CHATDESK_LIMIT_STAFF_FRAMES": "5",
    "CHATDESK_LIMIT_UNCONFIRMED_BYTES": "20000",
    "CHATDESK_PING_PLAYER_SECONDS": "1",
    "CHATDESK_PING_STAFF_SECONDS": "1",
}


def running(folder: Path, server: str, **more: str) -> Iterator[Live]:
    """A server for as long as a fixture lasts; it must end as an operator's would."""
    made = Live(folder, server, **more)
    made.begin()
    yield made
    status = made.stop()
    assert status == 0, made.log.read_text()[-4000:]


@pytest.fixture(scope="session", params=SERVERS)
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    yield from running(tmp_path_factory.mktemp("live"), request.param, **UNLIMITED)


@pytest.fixture(scope="session", params=SERVERS)
def strict(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    yield from running(tmp_path_factory.mktemp("strict"), request.param, **STRICT)
