"""The first figure: how many committed messages a second each build sustains at p99 < 100 ms.

Sustained means: over a step every message was acked, stored and delivered once, in order, and 99 of 100
reached the other side within 100 ms of the moment at which they were meant to be sent. A limit (a bare
relay) neither acks nor stores; of it the rest is asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench import machine, messages
from bench.accounts import audit
from bench.builds import Build
from bench.report import QUIET
from bench.search import climb, rungs
from bench.servers import Services
from bench.steps import LAG_MS, LIMIT_MS, Step

LADDER = rungs(50, 100_000)
SHORT_SECONDS = 1.5
# Node compiles only what has run often enough: measured cold it needs far more CPU a message.
WARM_UP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: chats, seconds a step, interleaved repeats of all builds."""

    chats: int = 100
    seconds: float = 5.0
    repeats: int = 3


async def measure(builds: Sequence[Build], plan: Plan, services: Services) -> dict[str, Any]:
    """All builds in turn, again and again; what an earlier repeat found is where the next begins."""
    runs: dict[str, list[dict[str, Any]]] = {build.name: [] for build in builds}
    busy = machine.busy()
    if busy > QUIET:
        print(f"This machine is {busy:.0%} busy with other things: the figures will be noise.")
    for repeat in range(plan.repeats):
        for build in builds:
            known = [run["sustained"] for run in runs[build.name] if run["sustained"]]
            hint = round(median(known)) if known else None
            print(f"[{repeat + 1}/{plan.repeats}] {build.says}", flush=True)
            runs[build.name].append(await _run(build, plan, services, hint))
    return {
        "taken": datetime.now(UTC).strftime("%Y-%m-%d"),
        "plan": {
            **asdict(plan),
            "body_chars": messages.BODY_CHARS,
            "limit_ms": LIMIT_MS,
            "lag_ms": LAG_MS,
        },
        "machine": {**machine.facts(), "busy_before": busy},
        "builds": [_row(build, runs[build.name]) for build in builds],
    }


async def _run(build: Build, plan: Plan, services: Services, hint: int | None) -> dict[str, Any]:
    """One climb on a fresh server and a fresh database."""
    began = time.monotonic()
    running = await build.start(services, plan.chats)
    try:
        generator = running.generator
        await generator.step(build.first_rate // 2, WARM_UP_SECONDS)

        async def try_rate(rate: int, short: bool) -> Step:
            seconds = min(SHORT_SECONDS, plan.seconds) if short else plan.seconds
            step = await generator.step(rate, seconds, short=short)
            _tell(step)
            return step

        found = await climb(try_rate, LADDER, build.first_rate, hint)
        checked = audit(running.rows(), generator.acked_ever, running.holes())
    finally:
        await running.stop()
    steps = [step.as_json() for step in found.steps if isinstance(step, Step)]
    # Whatever passed, a transcript that is not whole is worth nothing.
    sustained = found.sustained if checked.clean else None
    print(f"    {sustained} messages/s, {checked}, {time.monotonic() - began:.0f} s", flush=True)
    return {
        "sustained": sustained,
        "ended_by": found.ended_by,
        "steps": steps,
        "audit": asdict(checked),
    }


def _row(build: Build, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Median and spread of the repeats; a repeat in which nothing passed counts as 0."""
    sustained = sorted(run["sustained"] or 0 for run in runs)
    return {
        "name": build.name,
        "says": build.says,
        "ours": build.ours,
        "limit": build.limit,
        "sustained": round(median(sustained)),
        "least": sustained[0],
        "most": sustained[-1],
        "runs": runs,
    }


def _tell(step: Step) -> None:
    p99 = f"{step.delivery['p99_ms']:.1f}" if step.delivery else "-"
    lag = f"{step.lag['p99_ms']:.1f}" if step.lag else "-"
    faults = f" ({', '.join(step.faults)})" if step.faults else ""
    print(
        f"    {step.rate:>6}/s {step.verdict}{faults}: p99 {p99} ms, generator late {lag} ms, "
        f"server {step.server_cpu:.0%} of a core",
        flush=True,
    )
