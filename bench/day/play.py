"""Plays a plan under a policy, and writes what came of it."""

from __future__ import annotations

import json
import time as wall
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.day import pictures, report
from bench.day.clock import MONDAY_MS, Time, simulated
from bench.day.floor import Floor
from bench.day.least_busy import LeastBusy
from bench.day.ledger import Ledger
from bench.day.ours import Ours
from bench.day.plan import HOUR, Plan
from bench.day.world import Policy, World

Played = dict[str, Any]
BEGIN, END = "<!-- day: begin -->", "<!-- day: end -->"
NAMES = {
    "ours": "chatdesk",
    "least_busy": "least busy",
    "least_busy_at_once": "least busy, looking every second",
}


def ours(plan: Plan, **more: Any) -> Ledger:
    """Needs an empty database."""
    time, ledger = Time(), Ledger(plan)
    with simulated(time, MONDAY_MS + plan.shape.first_hour * HOUR) as hub:
        policy = Ours(plan, Floor(plan), hub, **more)
        World(plan, policy, ledger, time).run()
        policy.count()
    return ledger


def theirs(plan: Plan, *, at_once: bool = False) -> Ledger:
    time, ledger = Time(), Ledger(plan)
    policy: Policy = LeastBusy(plan, at_once=at_once)
    World(plan, policy, ledger, time).run()
    return ledger


def all_policies(plan: Plan, say: Callable[[str], None] = lambda line: None) -> Played:
    played: Played = {"plan": report.plan_facts(plan), "policies": {}, "series": {}, "took_s": {}}
    for name, play in {
        "ours": lambda: ours(plan),
        "least_busy": lambda: theirs(plan),
        "least_busy_at_once": lambda: theirs(plan, at_once=True),
    }.items():
        began = wall.perf_counter()
        ledger = play()
        played["took_s"][name] = round(wall.perf_counter() - began, 1)
        played["policies"][name] = report.figures(ledger)
        played["series"][name] = report.series(ledger)
        say(f"{NAMES[name]}: {played['took_s'][name]} s")
    return played


def without_series(played: Played) -> Played:
    return {name: part for name, part in played.items() if name != "series"}


def write(played: Played, out: Path) -> None:
    (out / "day.json").write_text(json.dumps(played, indent=1) + "\n")
    for name, picture in pictures.all_of(played, NAMES).items():
        (out / f"day-{name}.svg").write_text(picture)


def write_page(played: Played, page: Path) -> None:
    """Replaces what stands between the marks. Raises ValueError when the page has none."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} has no marks")
    plan, counted = played["plan"], played["policies"]["ours"]["counted"]
    returned = {
        name.removeprefix("returned_"): many
        for name, many in counted.items()
        if name.startswith("returned_")
    }
    said = (
        f"Seed {plan['seed']}: {plan['chats']:,} chats, {plan['agents']} agents, "
        f"{counted['walked_off']} of whom walked off; {counted['cut_off']} were cut off. "
        f"chatdesk rang {counted['offers']:,} times: {counted['offers_accepted']:,} accepted, "
        f"{counted['offers_timed_out']:,} missed, {counted.get('offers_declined', 0):,} declined, "
        f"{counted.get('offers_withdrawn', 0):,} taken back; "
        f"{counted.get('sent_away', 0)} agents were declared away for three misses in a row. "
        f"Chats returned: {', '.join(f'{many} {name}' for name, many in returned.items())}."
    )
    page.write_text(f"{before}{BEGIN}\n{said}\n\n{table(played)}\n{END}{after}")


ROWS: tuple[tuple[str, Callable[[Played], Any]], ...] = (
    ("first reply p50 (s)", lambda one: one["first_reply_s"]["p50"]),
    ("first reply p95 (s)", lambda one: one["first_reply_s"]["p95"]),
    ("first reply p99 (s)", lambda one: one["first_reply_s"]["p99"]),
    ("first reply max (s)", lambda one: one["first_reply_s"]["max"]),
    ("waited p95, those who gave up included (s)", lambda one: one["waited_s"]["p95"]),
    ("the same outside the surges (s)", lambda one: one["outside"]["waited_s"]["p95"]),
    ("the same of those who came in a surge (s)", lambda one: one["in_surges"]["waited_s"]["p95"]),
    (
        "abandoned before a reply",
        lambda one: f"{one['abandoned']} ({one['abandoned_pct']:.1f} %)",
    ),
    ("of them outside the surges", lambda one: one["outside"]["abandoned"]),
    (
        "left in the middle, unanswered",
        lambda one: f"{one['left_in_the_middle']} ({one['left_in_the_middle_pct']:.1f} %)",
    ),
    ("longest silence of a chat, p95 (s)", lambda one: one["silence_s"]["p95"]),
    ("chats with somebody absent", lambda one: one["stuck_chats"]),
    ("minutes waited for somebody absent", lambda one: one["stuck_min"]),
    ("the longest of them (min)", lambda one: one["stuck_longest_min"]),
    ("*stop gambling*: waited p95 (s)", lambda one: one["urgent"]["waited_s"]["p95"]),
    ("Gini of chats per agent-hour, within a shift", lambda one: one["gini"]),
    ("of those who came during the outage, abandoned", lambda one: one["outage"]["abandoned"]),
    ("never closed", lambda one: one["never_closed"]),
)


def table(played: Played) -> str:
    """In Markdown, the policies side by side."""
    names = list(played["policies"])
    lines = [
        f"| | {' | '.join(NAMES[name] for name in names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for title, of in ROWS:
        cells = (str(of(played["policies"][name])) for name in names)
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)
