"""What all tests share: the running server under each of the two web servers, and the marks.

``live`` tests speak to a running server, ``browser`` tests drive Chromium, ``rules`` hold whatever the
database; the rest is this process alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests import postgres
from tests.live import Live

HERE = Path(__file__).parent
# A test's folder says what it needs.
MARKS = {
    "sockets": "live",
    "stories": "live",
    "serving": "live",
    "browser": "browser",
    "rules": "rules",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: speaks to a running server, ours or Valkey")
    config.addinivalue_line("markers", "browser: drives Chromium")
    config.addinivalue_line("markers", "rules: independent of the database")
    config.addinivalue_line(
        "markers", "long: takes a minute, on a clock that only SQLite lets us set"
    )
    config.addinivalue_line("markers", "postgresql: about row locks, which SQLite has none of")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get(postgres.URL):
        elsewhere = [item for item in items if item.get_closest_marker("postgresql")]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        parts = item.path.relative_to(HERE).parts
        mark = MARKS.get(parts[0])
        if mark is not None:
            item.add_marker(mark)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Nobody may be connected to the test database when it is dropped."""
    yield
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture(scope="session", params=["uvicorn", "daphne"])
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """The product, running; each test that asks for it runs once under each web server."""
    server = Live(tmp_path_factory.mktemp(request.param), request.param)
    server.begin()
    yield server
    status = server.stop()
    assert status == 0, server.log.read_text()[-4000:]
