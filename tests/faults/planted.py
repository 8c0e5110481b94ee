"""Proves the checker: each bug that people make is planted in the product, and must be caught.

A bug that is not caught is a defect of the checker, and so is something that it catches where nothing was
planted.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.faults import checker, ledger
from tests.faults import house as houses
from tests.faults.careless import make_careless
from tests.faults.cluster import Cluster
from tests.faults.crowd import Crowd
from tests.faults.history import History
from tests.faults.scene import BOTH, Scene, Vendor

LIVES_SECONDS = 3.5
QUIET_SECONDS = 2.5
PACE = (0.03, 0.12)


async def _nothing(crowd: Crowd) -> None:
    """The crowd as it is brings it to light."""


async def _old_owner_writes(crowd: Crowd) -> None:
    """A supervisor takes a chat over; whoever had it has not noticed, and answers."""
    boss = crowd.supervisor
    assert boss is not None
    for agent in crowd.agents:
        for conv, chat in list(agent.chats.items())[:2]:
            await boss.tabs[0].ask("takeover", 1, conv=conv)
            agent.tabs[0].say(conv, agent.words(conv), epoch=chat["epoch"])


async def _careless(crowd: Crowd) -> None:
    for player in crowd.players:
        make_careless(player)


@dataclass(frozen=True, slots=True)
class Bug:
    """``caught_as``: names of violations, one of which must come up."""

    name: str
    plants: tuple[str, ...]
    caught_as: frozenset[str]
    provoke: Callable[[Crowd], Awaitable[None]] = _nothing
    databases: tuple[Vendor, ...] = BOTH


BUGS: tuple[Bug, ...] = (
    Bug("publishes-early", ("publishes-early:0.3",), frozenset({"view_differs"})),
    Bug("acks-early", ("acks-early:0.1",), frozenset({"acked_lost"})),
    Bug(
        "no-dedupe",
        ("no-dedupe", "acks-lost:0.1"),
        frozenset({"acked_doubled", "ack_differs"}),
    ),
    # One cursor for all that a process reads: what it misses is what another read beyond.
    Bug(
        "cursor-by-id",
        ("cursor-by-id", "pushes-lost:0.1"),
        frozenset({"view_differs", "not_rising"}),
    ),
    Bug("heads-off", ("heads-off:0.01",), frozenset({"view_differs", "not_rising"})),
    Bug(
        "epoch-ignored", ("epoch-ignored",), frozenset({"written_by_non_owner"}), _old_owner_writes
    ),
    Bug("outbox-in-parallel", (), frozenset({"out_of_order"}), _careless),
)
QUICK = ("publishes-early", "acks-early", "heads-off")


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one bug on one database."""

    bug: str
    vendor: Vendor
    expected: frozenset[str]
    found: dict[str, int]
    seconds: float
    example: str = ""

    @property
    def as_expected(self) -> bool:
        return bool(self.expected & self.found.keys())

    def sentence(self) -> str:
        said = ", ".join(f"{name} {many}" for name, many in sorted(self.found.items())) or "nothing"
        verdict = "caught" if self.as_expected else "NOT CAUGHT"
        return f"{verdict:<10} {self.vendor:<10} {self.bug:<20} as {said} ({self.seconds:.0f} s)"


async def catch(bug: Bug, folder: Path, cluster: Cluster | None, seed: int = 1) -> Caught:
    """Runs a house with the bug in it for a few seconds and lets the checker judge."""
    began = time.monotonic()
    scene = Scene()
    scene.plants = bug.plants
    house = await houses.of(scene, folder, cluster)
    try:
        house.history = History(None)
        crowd = Crowd(house, house.history, f"planted-{bug.name}", seed)
        try:
            await _live(crowd, bug)
            records = list(crowd.history.records)
            found = await asyncio.to_thread(ledger.read, house, crowd.brand)
        finally:
            for person in crowd.people:
                await person.end()
        violations = checker.check(records, found)
    finally:
        await houses.close(house)
        shutil.rmtree(folder, ignore_errors=True)
    names = [violation.name for violation in violations]
    return Caught(
        bug=bug.name,
        vendor="sqlite" if cluster is None else "postgresql",
        expected=bug.caught_as,
        found={name: names.count(name) for name in dict.fromkeys(names)},
        seconds=time.monotonic() - began,
        example=next((str(one) for one in violations if one.name in bug.caught_as), ""),
    )


async def _live(crowd: Crowd, bug: Bug) -> None:
    await crowd.come(players=8, agents=3)
    await crowd.until(lambda: all(agent.chats for agent in crowd.agents), 5)
    for person in crowd.people:
        person.pace = PACE
    await bug.provoke(crowd)
    await asyncio.sleep(LIVES_SECONDS)
    await crowd.quiet(QUIET_SECONDS)


async def run(
    vendor: Vendor, cluster: Cluster | None, out: Path, bugs: Iterable[Bug] = BUGS
) -> list[Caught]:
    """All bugs on one database, one after the other."""
    found = []
    for bug in bugs:
        if vendor in bug.databases:
            found.append(await catch(bug, out / f"planted-{vendor}-{bug.name}", cluster))
            print(found[-1].sentence(), flush=True)
    return found


def table(found: Iterable[Caught]) -> str:
    """Markdown: one line for each bug and database."""
    lines = ["| planted bug | database | caught as |", "|---|---|---|"]
    for one in found:
        names = ", ".join(f"{name} ×{many}" for name, many in sorted(one.found.items()))
        lines.append(
            f"| {one.bug} | {one.vendor} | {names if one.as_expected else '**not caught**'} |"
        )
    return "\n".join(lines)
