"""``manage.py serve`` as operators meet it: what it starts, what it refuses, what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests import postgres
from tests.clients import PlayerClient
from tests.live import ROOT, Live


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Live]:
    live = Live(tmp_path / "data", "uvicorn")
    live.start()
    yield live
    if live.process.poll() is None:
        live.stop()


def _family(live: Live) -> list[psutil.Process]:
    parent = psutil.Process(live.process.pid)
    return [parent, *parent.children(recursive=True)]


def _named(live: Live, word: str) -> list[psutil.Process]:
    return [one for one in _family(live) if any(word in part for part in one.cmdline())]


def _soon(holds: Callable[[], bool], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def _gone(processes: list[psutil.Process], seconds: float = 30) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


def _refused(env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def test_everything_it_opens_is_on_loopback(server: Live) -> None:
    open_at = {
        connection.laddr.ip
        for one in _family(server)
        for connection in one.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert open_at == {"127.0.0.1"}


def test_nothing_outlives_a_killed_parent(server: Live) -> None:
    family = _family(server)
    assert len(family) >= 3
    server.process.kill()
    server.process.wait()
    assert _gone(family[1:])


def test_it_ends_in_order_and_leaves_nothing(server: Live) -> None:
    family = _family(server)
    assert server.stop() == 0
    assert _gone(family, 5)


def test_a_child_that_dies_is_started_again_and_named(server: Live) -> None:
    web = _named(server, "chatdesk.serving.web")[0]
    web.kill()
    assert _gone([web])
    server.wait_until_ready()
    assert _soon(lambda: "web 1 died (signal SIGKILL)" in server.log.read_text())


def test_without_its_valkey_it_serves_and_gets_a_new_one(server: Live) -> None:
    valkey = _named(server, "valkey-server")[0]
    valkey.kill()
    assert _gone([valkey])
    assert server.http("GET", "/readyz").status == 200
    assert _soon(lambda: server.http("GET", "/readyz").json["redis"] == "ok")


def test_a_second_start_keeps_the_data(server: Live) -> None:
    server.manage("create_brand", "kept", "--secret", "x" * 32)
    server.stop()
    server.start()
    started = server.http("POST", "/api/v1/player/sessions", {"brand": "kept"})
    assert started.status == 201


@pytest.mark.asyncio
async def test_a_session_outlives_a_restart(server: Live) -> None:
    server.manage("create_brand", "kept", "--secret", "x" * 32)
    async with PlayerClient(server, "kept") as player:
        await player.open()
        await player.send("before")
    server.stop()
    server.start()
    await player.resume()
    await player.send("after")
    await player.until(lambda: player.bodies(player.conv) == ["before", "after"])
    await player.leave()


def test_secrets_in_the_data_directory_are_for_the_owner_only(server: Live) -> None:
    for name in ("secret_key", "valkey/valkey.conf"):
        assert (server.folder / name).stat().st_mode & 0o077 == 0, name


def test_no_process_shows_a_secret_in_its_arguments(server: Live) -> None:
    conf = (server.folder / "valkey" / "valkey.conf").read_text()
    password = next(line.split()[1] for line in conf.splitlines() if line.startswith("requirepass"))
    assert not [one for one in _family(server) if password in " ".join(one.cmdline())]


def _env(tmp_path: Path, **more: str) -> dict[str, str]:
    return {**Live(tmp_path / "data", "uvicorn").env, **more}


def test_two_processes_on_sqlite_are_refused(tmp_path: Path) -> None:
    env = _env(tmp_path, CHATDESK_PROCESSES="2", CHATDESK_DATABASE_URL="")
    assert "SQLite takes one process" in _refused(env)


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    port = postgres.free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        said = _refused(_env(tmp_path, CHATDESK_PORT=str(port)))
    assert f"Port {port} is taken" in said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CHATDESK_SERVER", "apache", "CHATDESK_SERVER must be one of uvicorn, daphne"),
        ("CHATDESK_PORT", "http", "CHATDESK_PORT must be a whole number"),
        ("CHATDESK_PROCESSES", "0", "CHATDESK_PROCESSES must be a whole number"),
        ("CHATDESK_DATABASE_URL", "mysql://x/y", "CHATDESK_DATABASE_URL must start with"),
        ("CHATDESK_DATABASE_URL", "postgres://h:port/x", "CHATDESK_DATABASE_URL has a bad port"),
        ("CHATDESK_LIMIT_BODY_CHARS", "many", "CHATDESK_LIMIT_BODY_CHARS must be"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    assert says in _refused(_env(tmp_path, **{name: value}))


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    env = _env(tmp_path, CHATDESK_DATABASE_URL="postgres://u:secret@127.0.0.1:9/none")
    said = _refused(env)
    assert "database" in said.lower()
    assert "secret" not in said


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = _refused(_env(tmp_path, CHATDESK_DATA_DIR=str(tmp_path / "file" / "data")))
    assert "CHATDESK_DATA_DIR: the data directory cannot be written" in said


def test_an_unknown_setting_is_reported(tmp_path: Path) -> None:
    live = Live(tmp_path / "data", "uvicorn", CHATDESK_LIMIT_BODYCHARS="5")
    live.start()
    try:
        assert "Unknown setting CHATDESK_LIMIT_BODYCHARS" in live.log.read_text()
    finally:
        live.stop()


def test_a_second_interrupt_does_not_break_the_ending(server: Live) -> None:
    family = _family(server)
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    os.kill(server.process.pid, signal.SIGINT)
    assert server.process.wait(30) == 0
    assert _gone(family, 5)


def test_whoever_keeps_interrupting_does_not_break_it_either(server: Live) -> None:
    """At whatever moment of the ending: also while the interpreter itself ends."""
    while server.process.poll() is None:
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    assert server.process.wait(30) == 0
