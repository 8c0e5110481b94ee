"""From the figures to ``docs/performance.md``: everything between two marks is written by this."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

BEGIN, END = "<!-- first figure: begin -->", "<!-- first figure: end -->"
FULL = 0.9
QUIET = 0.1
# The bare relay on the same server.
LIMIT_OF = {
    "chatdesk": "relay-uvicorn",
    "chatdesk-single": "relay-uvicorn",
    "chatdesk-daphne": "relay-daphne",
}

Figures = dict[str, Any]


def ratio(figures: Figures) -> float | None:
    """Ours over the best of the peers, of the medians; None when one of them is missing."""
    ours = [row["sustained"] for row in figures["builds"] if row["name"] == "chatdesk"]
    peers = [row["sustained"] for row in _peers(figures)]
    if not ours or not peers or not max(peers):
        return None
    return round(ours[0] / max(peers), 1)


def _peers(figures: Figures) -> list[Figures]:
    return [row for row in figures["builds"] if not (row["ours"] or row.get("limit"))]


def near_limits(figures: Figures) -> dict[str, float]:
    """Of each build of ours its share of the bare relay on the same server, 0 to 1, where both ran."""
    sustained = {row["name"]: row["sustained"] for row in figures["builds"]}
    return {
        name: round(sustained[name] / sustained[bare], 2)
        for name, bare in LIMIT_OF.items()
        if name in sustained and sustained.get(bare)
    }


def text(figures: Figures) -> str:
    """The section in Markdown."""
    plan = figures["plan"]
    lines = [
        _ratio_sentence(figures),
        "",
        *_limit_sentences(figures),
        f"Taken {figures['taken']}. {_machine(figures['machine'])} {plan['chats']} chats of one player and "
        f"one agent, bodies of {plan['body_chars']} characters, {plan['seconds']:g} s a step, "
        f"{plan['repeats']} interleaved repeats: median (least to most).",
        "",
        "| build | messages/s | p50 / p99 (ms) | ack p99 (ms) | server CPU a message (µs) |",
        "|---|---:|---:|---:|---:|",
        *(_line(row) for row in figures["builds"]),
        "",
        "What limits each:",
        "",
        *(f"- {row['says']}: {limit(row)}" for row in figures["builds"]),
    ]
    return "\n".join(lines)


def write(figures: Figures, page: Path) -> None:
    """Replaces the section of the page. Raises ValueError when the page has no marks."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} has no marks")
    page.write_text(f"{before}{BEGIN}\n{text(figures)}\n{END}{after}")


def _ratio_sentence(figures: Figures) -> str:
    """Beside every peer, and with as many sockets as they have, so that the less flattering ratios are
    never left out."""
    if ratio(figures) is None:
        return "There is no ratio: one side was not measured."
    builds = {row["name"]: row for row in figures["builds"]}
    said = [_beside(builds["chatdesk"], figures)]
    if "chatdesk-single" in builds:
        said.append(
            "With an agent socket for each chat: " + _beside(builds["chatdesk-single"], figures)
        )
    return " ".join(said)


def _beside(ours: dict[str, Any], figures: Figures) -> str:
    ratios = ", ".join(
        f"**{ours['sustained'] / row['sustained']:.3g} times as many** as {row['says']} "
        f"({row['sustained']:,})"
        for row in _peers(figures)
        if row["sustained"]
    )
    return f"**{ours['sustained']:,}** messages a second: {ratios}."


def _limit_sentences(figures: Figures) -> list[str]:
    rows = {row["name"]: row for row in figures["builds"]}
    said = [
        f"{rows[name]['says']}: **{share:.0%}** of the {rows[LIMIT_OF[name]]['says']} "
        f"({rows[LIMIT_OF[name]]['sustained']:,})"
        for name, share in near_limits(figures).items()
    ]
    return [f"How near the limit of the same server: {'; '.join(said)}.", ""] if said else []


def _machine(facts: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in facts["packages"].items())
    pinned = (
        "the server on one core; generator, PostgreSQL and Valkey on another"
        if facts["pinned"]
        else "nothing pinned"
    )
    return (
        f"{facts['processor']}, {facts['cores']} cores ({pinned}), {facts['system']}, Python "
        f"{facts['python']}, PostgreSQL {facts['postgresql']} (fsync and synchronous_commit on; an "
        f"fdatasync takes {facts['fdatasync_ms']:g} ms), {versions}.{_noise(facts)}"
    )


def _noise(facts: dict[str, Any]) -> str:
    if facts["busy_before"] <= QUIET:
        return ""
    return f" **The machine was {facts['busy_before']:.0%} busy with other things: this is noise.**"


def best_steps(row: Figures) -> list[Figures]:
    """The steps that made the figure: of each repeat the one at its sustained rate that passed."""
    return [
        step
        for run in row["runs"]
        for step in run["steps"]
        if step["rate"] == run["sustained"] and step["verdict"] == "passed"
    ]


def failed_steps(row: Figures) -> list[Figures]:
    """Those that ended the climbs: of each repeat the last that did not pass."""
    found = []
    for run in row["runs"]:
        failed = [step for step in run["steps"] if step["verdict"] != "passed"]
        found += failed[-1:]
    return found


def _line(row: Figures) -> str:
    steps = best_steps(row)
    if not steps:
        return f"| {row['says']} | none passed | | | |"

    def middle(*path: str) -> float:
        return median(_at(step, path) for step in steps)

    ack = "none" if row.get("limit") else f"{middle('ack', 'p99_ms'):.1f}"
    return (
        f"| {row['says']} | {row['sustained']:,} ({row['least']:,} to {row['most']:,}) "
        f"| {middle('delivery', 'p50_ms'):.1f} / {middle('delivery', 'p99_ms'):.1f} "
        f"| {ack} | {middle('server_us'):.0f} |"
    )


def limit(row: Figures) -> str:
    """One sentence: what was at its end in the steps that ended the climbs."""
    ends = failed_steps(row)
    if not ends:
        return "not found: the highest rung passed, or too many steps were taken."
    server = median(step["server_cpu"] for step in ends)
    other = median(step["cores"][1] if len(step["cores"]) > 1 else 0.0 for step in ends)
    shares = f"the server's core {server:.0%} busy, the other {other:.0%}"
    faults = sorted({fault for step in ends for fault in step["faults"]} - {"gave_up"})
    if any(run["ended_by"] == "discarded" for run in row["runs"]):
        return f"the load generator's core, so this is a lower bound ({shares})."
    if server >= FULL:
        cause = "the one core of the web process"
    elif other >= FULL:
        cause = "the core that generator, PostgreSQL and Valkey share"
    else:
        cause = "waiting, not computing: each message's turn in one line of round trips"
    return f"{cause} ({shares}); it failed by {', '.join(faults) or 'giving up'}."


def _at(step: Figures, path: tuple[str, ...]) -> float:
    found: Any = step
    for name in path:
        found = found[name]
    return float(found)
