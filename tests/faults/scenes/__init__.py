"""All scenes in the order of running; those that share a house stand together."""

from __future__ import annotations

from tests.faults.scene import Scene
from tests.faults.scenes import (
    backup,
    clock,
    crowds,
    disk,
    points,
    postgresql,
    pushes,
    redis,
    repeats,
    silence,
    slow,
    weather,
    web,
)

SCENES: tuple[Scene, ...] = (
    web.Nothing(),
    web.WebKilled(),
    web.RollingRestart(),
    web.DispatcherKilled(),
    repeats.Doubled(),
    repeats.Tabs(),
    repeats.Asked(),
    weather.Slow(),
    weather.Crumbs(),
    weather.Cut(),
    weather.Stalled(),
    redis.Restarted(5, "sqlite"),
    redis.Restarted(20, "postgresql"),
    redis.Hanging(),
    redis.Forgetful(),
    postgresql.RowLocked(),
    postgresql.SlowQuery(),
    postgresql.Restarted(),
    postgresql.Frozen(),
    redis.Promoted(),
    *silence.SCENES,
    *pushes.SCENES,
    *points.SCENES,
    *clock.SCENES,
    *disk.SCENES,
    *slow.SCENES,
    *crowds.SCENES,
    backup.Restored(),
)


class _QuickKill(web.WebKilled):
    players, agents, times, patience = 8, 2, 1, 3.0


class _QuickHang(redis.Hanging):
    players, agents, seconds, patience = 8, 2, 6.0, 3.0


class _QuickRepeats(repeats.Doubled):
    players, agents, seconds, patience = 8, 2, 6.0, 3.0


QUICK: tuple[Scene, ...] = (_QuickKill(), _QuickRepeats(), _QuickHang())
