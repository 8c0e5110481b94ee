"""After a restore from a backup the database is another one, and clients are told."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import machine
from tests.clients import PlayerClient
from tests.live import Live

pytestmark = [pytest.mark.live, pytest.mark.asyncio]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Live]:
    live = Live(tmp_path / "data", "uvicorn")
    live.begin()
    yield live
    if live.process.poll() is None:
        live.stop()


async def restart(live: Live) -> None:
    await asyncio.to_thread(live.process.terminate)
    await asyncio.to_thread(live.process.wait, 30)
    await asyncio.to_thread(live.start)


async def back_up(live: Live, to: Path) -> None:
    if live.vendor == "sqlite":
        for file in live.folder.glob("*.sqlite3*"):
            shutil.copy(file, to / file.name)
        return
    await asyncio.to_thread(_tool, "pg_dump", "-Fc", "-f", str(to / "dump"), _url(live))


async def restore(live: Live, kept: Path) -> None:
    """Puts the backup in the place of what is there; the server is down."""
    live.backstage.stop()
    if live.vendor == "sqlite":
        for file in live.folder.glob("*.sqlite3*"):
            file.unlink()
        for file in kept.iterdir():
            shutil.copy(file, live.folder / file.name)
        return
    await asyncio.to_thread(
        _tool, "pg_restore", "--clean", "--if-exists", "-d", _url(live), str(kept / "dump")
    )


def _url(live: Live) -> str:
    return live.env["CHATDESK_DATABASE_URL"]


def _tool(name: str, *argv: str) -> None:
    program = machine.postgresql() / name
    subprocess.run([str(program), *argv], env=dict(os.environ), check=True, capture_output=True)


async def test_a_restart_is_no_restore(server: Live) -> None:
    async with PlayerClient(server) as player:
        await player.open()
        await player.send("stays")
    before = player.welcome["db"]
    await restart(server)
    async with PlayerClient(server) as again:
        assert again.welcome["db"] == before


async def test_after_a_restore_clients_take_a_snapshot(server: Live, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    player = PlayerClient(server)
    async with player:
        conv = await player.open()
        await player.send("in the backup")
    before = player.welcome["db"]
    await asyncio.to_thread(server.process.terminate)
    await asyncio.to_thread(server.process.wait, 30)
    await back_up(server, kept)
    await asyncio.to_thread(server.start)
    await player.resume()
    await player.send("lost by the restore")
    assert player.welcome["db"] == before
    await player.leave()
    await asyncio.to_thread(server.process.terminate)
    await asyncio.to_thread(server.process.wait, 30)
    await restore(server, kept)
    await asyncio.to_thread(server.start)
    since = len(player.frames)
    await player.resume()
    resumed = await player.frame("resumed", since=since, conv=conv)
    assert (player.welcome["db"] != before, resumed["mode"]) == (True, "snapshot")
    shown = [one.get("body") for one in player.frames[since:] if one["t"] == "ev"]
    assert "in the backup" in shown
    assert "lost by the restore" not in shown
    await player.leave()


async def test_rows_put_back_under_a_running_server_send_everybody_back(server: Live) -> None:
    async with PlayerClient(server) as player:
        await player.open()
        db = await asyncio.to_thread(server.manage, "database_restored")
        assert await player.closed(seconds=25) == 4003
        await player.resume()
        assert player.welcome["db"] == db.strip()
        assert (await player.frame("resumed", conv=player.conv))["mode"] == "snapshot"


async def test_a_file_without_its_witness_is_taken_for_a_restored_one(server: Live) -> None:
    """Carried to another machine, say. PostgreSQL has marks of its own and needs no witness."""
    async with PlayerClient(server) as player:
        before = player.welcome["db"]
    await asyncio.to_thread(server.process.terminate)
    await asyncio.to_thread(server.process.wait, 30)
    (server.folder / "incarnation.json").unlink(missing_ok=True)
    await asyncio.to_thread(server.start)
    async with PlayerClient(server) as again:
        assert (again.welcome["db"] != before) == (server.vendor == "sqlite")
