"""A short evening against the running product, as ``make run`` and ``make simulate`` play the long one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Live


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def casino(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    live = Live(tmp_path_factory.mktemp("evening"), request.param)
    live.start()
    live.manage("seed_demo")
    yield live
    assert live.stop() == 0


def test_an_evening_loses_doubles_and_reorders_nothing(casino: Live, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    said = casino.manage(
        *("simulate", "--players", "24", "--agents", "5", "--minutes", "0.5", "--seed", "7"),
        *("--json", str(report)),
    )
    found = json.loads(report.read_text())
    assert found["ok"], said
    assert set(found["fault_counts"]) >= {"lost", "doubled", "out_of_order", "misdelivered"}
    assert not any(found["fault_counts"].values())
    assert found["conversations"] == 24
    assert found["acked"] > 60
    assert found["reconnects"] > 0
    assert found["unaccounted"] == []


def test_without_a_server_it_says_so_in_one_sentence(casino: Live) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        casino.manage("simulate", "--players", "1", "--url", "http://127.0.0.1:9")
    assert failed.value.returncode == 1
    assert "Traceback" not in failed.value.stderr
    assert len(failed.value.stderr.strip().splitlines()) == 1
