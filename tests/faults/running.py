"""Runs scenes one after the other: a house, a crowd, a fault, healing, quiet, the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import checker, ledger
from tests.faults import house as houses
from tests.faults.checker import Violation
from tests.faults.cluster import Cluster
from tests.faults.crowd import Crowd, share
from tests.faults.history import History, Record
from tests.faults.house import House
from tests.faults.ledger import Ledger
from tests.faults.scene import Outcome, Scene, Vendor

SCENE_SECONDS = 180.0
SAMPLE_SECONDS = 1.0
WARM_SECONDS = 2.0
STILL_SECONDS = 0.4
STILL_TRIES = 12


@dataclass(slots=True)
class Verdict:
    """One scene on one database, judged."""

    scene: str
    says: str
    vendor: Vendor
    outcome: Outcome
    violations: list[Violation] = field(default_factory=list)
    acked: int = 0
    seconds: float = 0.0

    @property
    def red(self) -> bool:
        return bool(self.violations or self.outcome.findings)

    @property
    def recovery(self) -> tuple[float, float]:
        """p50 and p95 of the way back, in seconds."""
        found = self.outcome.recoveries_s
        return share(found, 0.5), share(found, 0.95)

    def sentence(self) -> str:
        p50, p95 = self.recovery
        counted = checker.counts(self.violations)
        text = (
            f"{'RED  ' if self.red else 'green'} {self.vendor:<10} {self.scene:<28} "
            f"injected {self.outcome.injected:>4}  acked {self.acked:>5}  "
            f"lost {counted['lost']}  doubled {counted['doubled']}  "
            f"reordered {counted['reordered']}  other {counted['other']}  "
            f"recovery {p50:.1f}/{p95:.1f} s  ({self.seconds:.0f} s)"
        )
        lines = [f"      {name}: {value}" for name, value in self.outcome.figures.items()]
        lines += [f"      criterion: {finding}" for finding in self.outcome.findings]
        lines += [f"      {violation}" for violation in self.violations[:12]]
        if len(self.violations) > 12:
            lines.append(f"      … and {len(self.violations) - 12} more")
        return "\n".join([text, *lines])


class Theatre:
    """Keeps one house open for scenes that can share it. ``out`` gets the histories."""

    def __init__(
        self,
        out: Path,
        seed: int,
        cluster: Cluster | None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.out, self.seed, self.cluster, self.say = out, seed, cluster, say
        self.verdicts: list[Verdict] = []
        self._house: House | None = None
        self._key: object = None
        self._opened = 0
        self._scenes = 0

    @property
    def vendor(self) -> Vendor:
        return "sqlite" if self.cluster is None else "postgresql"

    async def play(self, scene: Scene) -> Verdict:
        """One scene, from the house to the verdict. What goes wrong in it is a finding."""
        began = time.monotonic()
        house = await self._house_for(scene)
        self._scenes += 1
        history = History(self.out / f"{self.vendor}-{scene.name}.jsonl")
        house.history = history
        crowd = Crowd(house, history, f"{scene.name}-{self._scenes}", self.seed + self._scenes)
        verdict = Verdict(scene.name, scene.says, self.vendor, Outcome())
        watching = asyncio.get_running_loop().create_task(self._sample(house))
        try:
            async with asyncio.timeout(SCENE_SECONDS):
                verdict.outcome = await self._live_through(scene, house, crowd)
            verdict.violations = await self._judge(scene, house, crowd)
        except Exception as error:
            verdict.outcome.findings.append(f"it broke off: {type(error).__name__}: {error}")
            (self.out / f"{self.vendor}-{scene.name}.trace").write_text(traceback.format_exc())
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            verdict.outcome.findings += crowd.faults()
            with contextlib.suppress(Exception):
                await crowd.go()
            history.close()
        verdict.acked = len({one.cmid for one in history.of("ok") if one.cmid})
        if not house.alive:
            verdict.outcome.findings.append("serve ended")
        verdict.seconds = time.monotonic() - began
        self.verdicts.append(verdict)
        if (
            scene.own
            or not house.alive
            or any("broke off" in one for one in verdict.outcome.findings)
        ):
            await self.close()
        self.say(verdict.sentence())
        return verdict

    async def _live_through(self, scene: Scene, house: House, crowd: Crowd) -> Outcome:
        await crowd.come(scene.players, scene.agents)
        settled = await crowd.settled()
        await asyncio.sleep(WARM_SECONDS)
        outcome = await scene.run(house, crowd)
        outcome.require(settled, "the crowd did not come to rest before anything was broken")
        return outcome

    async def _judge(self, scene: Scene, house: House, crowd: Crowd) -> list[Violation]:
        began = time.monotonic()
        quiet = await crowd.quiet()
        crowd.history.heal("quiet", whole=quiet, seconds=round(time.monotonic() - began, 1))
        found, records = await self._still(house, crowd)
        (self.out / f"{self.vendor}-{scene.name}.rows.json").write_text(found.dump())
        violations = await asyncio.to_thread(checker.check, records, found)
        return [one for one in violations if one.name not in scene.forgives]

    async def _still(self, house: House, crowd: Crowd) -> tuple[Ledger, list[Record]]:
        """Rows and records of one moment: the dispatcher goes on when the crowd is quiet, so the rows
        are read on both sides of the records until they are the same."""
        found = await asyncio.to_thread(ledger.read, house, crowd.brand)
        for _ in range(STILL_TRIES):
            await asyncio.sleep(STILL_SECONDS)
            records = list(crowd.history.records)
            again = await asyncio.to_thread(ledger.read, house, crowd.brand)
            if again == found:
                break
            found = again
        return found, records

    async def _sample(self, house: House) -> None:
        while True:
            with contextlib.suppress(Exception):
                await asyncio.to_thread(house.sample)
            await asyncio.sleep(SAMPLE_SECONDS)

    # --- houses --------------------------------------------------------------------------------

    async def _house_for(self, scene: Scene) -> House:
        key = (tuple(sorted(scene.environment.items())), scene.plants, scene.switched)
        if self._house is not None and (scene.own or key != self._key):
            await self.close()
        if self._house is None:
            self._opened += 1
            folder = self.out / "houses" / f"{self.vendor}-{self._opened}"
            self._house, self._key = await houses.of(scene, folder, self.cluster), key
        return self._house

    async def close(self) -> None:
        """Ends the house and looks at what only shows over its whole life."""
        house, self._house = self._house, None
        if house is None:
            return
        found: list[str] = []
        try:
            status = await houses.close(house)
            if status != 0:
                found.append(f"serve ended with {status}")
        except Exception as error:
            found.append(f"serve did not end: {type(error).__name__}")
        violations = checker.log_text(house.texts_in_log())
        sizes = {
            f"{house.names.get(pid, '')} {pid}": [size for _, size in samples]
            for pid, samples in house.memory.items()
        }
        violations += checker.memory(sizes)
        if self.verdicts and (violations or found):
            last = self.verdicts[-1]
            last.violations += violations
            last.outcome.findings += found
            self.say(f"      the house of {last.scene}: {[*map(str, violations), *found]}")
        with contextlib.suppress(OSError):
            shutil.copy(house.log, self.out / f"{house.folder.name}.serve.log")
        shutil.rmtree(house.folder, ignore_errors=True)


def table(verdicts: Iterable[Verdict]) -> str:
    """Markdown: one line for each scene and database."""
    lines = [
        "| fault | database | injected | acked | lost | doubled | reordered | other | "
        "recovery p50 / p95 (s) |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in verdicts:
        counted = checker.counts(one.violations)
        p50, p95 = one.recovery
        way_back = f"{p50:.1f} / {p95:.1f}" if one.outcome.recoveries_s else "–"
        other = counted["other"] + len(one.outcome.findings)
        lines.append(
            f"| {one.scene} | {one.vendor} | {one.outcome.injected} | {one.acked} | "
            f"{counted['lost']} | {counted['doubled']} | {counted['reordered']} | {other} | "
            f"{way_back} |"
        )
    return "\n".join(lines)
