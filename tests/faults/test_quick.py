"""The fast subset of ``python -m tests.faults``: each kind of fault once, with fewer people.

On PostgreSQL when the other tests run there, else on SQLite. Here the machine is shared with other tests:
times are judged with patience, what is lost, doubled or misplaced is not.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.__main__ import run
from tests.faults.running import Verdict
from tests.faults.scenes import QUICK

pytestmark = pytest.mark.live
SEED = 20


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """All quick scenes in one house, as the whole harness plays them."""
    vendor = "postgresql" if os.environ.get(postgres.URL, "").startswith("postgres") else "sqlite"
    out: Path = tmp_path_factory.mktemp("faults")
    played = asyncio.run(run(vendor, list(QUICK), SEED, out))
    return {verdict.scene: verdict for verdict in played}


@pytest.mark.parametrize("name", [scene.name for scene in QUICK])
def test_nothing_is_lost_doubled_or_misplaced(verdicts: dict[str, Verdict], name: str) -> None:
    verdict = verdicts[name]
    assert verdict.outcome.injected > 0
    assert verdict.acked > 0
    assert not verdict.red, verdict.sentence()
