"""The checker catches what it must, and nothing where nothing is planted.

A few of the bugs here, so that ``make test`` stays short; ``make faults`` plants all of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults import planted
from tests.faults.cluster import Cluster
from tests.faults.planted import Bug

pytestmark = pytest.mark.live
BUGS = [bug for bug in planted.BUGS if "FAULTS_ALL" in os.environ or bug.name in planted.QUICK]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster | None]:
    """A PostgreSQL of the harness's own where the tests run on one; None on SQLite."""
    if not os.environ.get(postgres.URL, "").startswith("postgres"):
        yield None
        return
    own = Cluster()
    own.begin()
    yield own
    own.end()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_planted_bug_is_caught(bug: Bug, cluster: Cluster | None, tmp_path: Path) -> None:
    caught = asyncio.run(planted.catch(bug, tmp_path / "house", cluster))
    assert caught.as_expected, caught.sentence()


def test_nothing_is_caught_where_nothing_is_planted(
    cluster: Cluster | None, tmp_path: Path
) -> None:
    sound = Bug("sound", (), frozenset())
    caught = asyncio.run(planted.catch(sound, tmp_path / "house", cluster))
    assert not caught.found, caught.sentence()
