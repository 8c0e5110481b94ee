"""The day as pictures: small SVG by hand, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

WIDTH, HEIGHT = 960, 420
LEFT, RIGHT, TOP, BOTTOM = 62, 24, 118, 46
INK, SOFT, GRID = "#14171C", "#5E6673", "#E4E7EB"
COLOURS = {"ours": "#1B5CCB", "least_busy": "#B45F06", "least_busy_at_once": "#84329F"}
DASHES = {"ours": "", "least_busy": "", "least_busy_at_once": "5 4"}
BAND, BAND_OF_OUTAGE, BAND_OF_SHIFT = "#FCF0D8", "#FCE9E7", "#F3F4F6"


@dataclass(frozen=True, slots=True)
class Line:
    """``points`` are (x, y); ``stepped`` keeps a value until the next."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dash: str = ""
    stepped: bool = False
    filled: bool = False
    dots: bool = False
    joined: bool = True


@dataclass(frozen=True, slots=True)
class Band:
    """A span of the day that explains what is seen in it."""

    name: str
    starts: float
    ends: float
    colour: str


@dataclass(frozen=True, slots=True)
class Axis:
    least: float
    most: float
    ticks: Sequence[tuple[float, str]]


def all_of(played: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Name of the file to its text."""
    plan, policies, series = played["plan"], played["policies"], played["series"]
    hours, bands = plan["hours"], _bands(plan)
    clock = Axis(0, hours * 60, _clock(plan))

    def by_policy(points: Mapping[str, Sequence[tuple[float, float]]], **more: Any) -> list[Line]:
        # Ours is drawn last, over the others.
        return [
            Line(names[name], COLOURS[name], points[name], DASHES[name], **more)
            for name in sorted(points, key=lambda name: name == "ours")
        ]

    waits = {
        name: [
            (hour * 60 + 30, one["waited_s"]["p95"])
            for hour, one in enumerate(policy["by_hour"])
            if one["waited_s"]
        ]
        for name, policy in policies.items()
    }
    waiting = {
        name: list(zip(one["minute"], one["no_reply"], strict=True)) for name, one in series.items()
    }
    there = series["ours"]
    widest = [
        max(len(policy["load"][shift]) for policy in policies.values())
        for shift in range(len(plan["shifts"]))
    ]
    begins = [sum(widest[:shift]) for shift in range(len(widest))]
    loads = {
        name: [
            (begins[shift] + place + 0.5, one)
            for shift, of in enumerate(policy["load"])
            for place, one in enumerate(of)
        ]
        for name, policy in policies.items()
    }
    of_shifts = [
        Band(f"{name} shift", at, at + many, (BAND_OF_SHIFT, "#FFFFFF")[number % 2])
        for number, ((name, *_), at, many) in enumerate(
            zip(plan["shifts"], begins, widest, strict=True)
        )
    ]
    return {
        "waiting": draw(
            "Waiting for the first reply, p95 of each hour",
            "Seconds until the first reply of an agent, or until the player gave up",
            by_policy(waits, dots=True),
            clock,
            _up_to(waits, "s"),
            bands,
        ),
        "queue": draw(
            "Players who wait for their first reply",
            "How many at once, whoever has them in hand",
            by_policy(waiting),
            clock,
            _up_to(waiting, ""),
            bands,
        ),
        "agents": draw(
            "Agents on duty, and at their desks",
            "The rest is at lunch, cut off, or has walked off with the laptop closed",
            [
                _duty(there, "on_duty", "on duty by the roster", "#98A1AE", filled=False),
                _duty(there, "there", "at the desk", "#17734A", filled=True),
            ],
            clock,
            _up_to({"": [(0, one) for one in there["on_duty"]]}, ""),
            bands,
        ),
        "load": draw(
            "Chats answered per hour at the desk, agent by agent",
            "In each shift from the least to the most; the flatter, the more evenly shared",
            by_policy(loads, dots=True, joined=False),
            Axis(0, sum(widest), ()),
            _up_to(loads, ""),
            of_shifts,
        ),
    }


def _duty(series: Mapping[str, Any], of: str, name: str, colour: str, *, filled: bool) -> Line:
    points = list(zip(series["minute"], series[of], strict=True))
    return Line(name, colour, points, stepped=True, filled=filled)


def _clock(plan: Mapping[str, Any]) -> list[tuple[float, str]]:
    every = 2 if plan["hours"] > 8 else 1
    return [
        (hour * 60, f"{(plan['first_hour'] + hour) % 24:02d}:00")
        for hour in range(0, plan["hours"] + 1, every)
    ]


def _bands(plan: Mapping[str, Any]) -> list[Band]:
    minute = 60_000
    return [
        *(
            Band(name, starts / minute, ends / minute, BAND)
            for name, starts, ends, _ in plan["surges"]
        ),
        Band("half cut off", *(at / minute for at in plan["outage"]), BAND_OF_OUTAGE),
    ]


def _up_to(points: Mapping[str, Sequence[tuple[float, float]]], unit: str) -> Axis:
    """From nothing to a round number above all of them."""
    highest = max((y for line in points.values() for _, y in line), default=1) or 1
    power = 10 ** math.floor(math.log10(highest / 4))
    step = next(power * times for times in (1, 2, 2.5, 5, 10) if power * times * 5 >= highest)
    many = math.ceil(highest / step)
    ticks = [(step * n, f"{step * n:g}{' ' + unit if unit else ''}") for n in range(many + 1)]
    return Axis(0, step * many, ticks)


def draw(
    title: str,
    subtitle: str,
    lines: Sequence[Line],
    across: Axis,
    up: Axis,
    bands: Sequence[Band],
) -> str:
    def x(value: float) -> float:
        share = (value - across.least) / (across.most - across.least)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        share = (value - up.least) / (up.most - up.least)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    floor = HEIGHT - BOTTOM
    lines = [
        replace(line, points=[at for at in line.points if at[0] <= across.most]) for line in lines
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(title)}" '
        "font-family=\"system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif\" "
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#FFFFFF"/>',
        f'<text x="{LEFT - 40}" y="30" font-size="17" font-weight="600" fill="{INK}">'
        f"{escape(title)}</text>",
        f'<text x="{LEFT - 40}" y="50" fill="{SOFT}">{escape(subtitle)}</text>',
    ]
    for band in bands:
        begins, wide = x(band.starts), round(x(band.ends) - x(band.starts), 1)
        parts.append(
            f'<rect x="{begins}" y="{TOP}" width="{wide}" height="{floor - TOP}" '
            f'fill="{band.colour}"/>'
        )
    for value, label in up.ticks:
        colour = SOFT if value == up.least else GRID
        parts.append(
            f'<line x1="{LEFT}" y1="{y(value)}" x2="{WIDTH - RIGHT}" y2="{y(value)}" '
            f'stroke="{colour}"/>'
            f'<text x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end" fill="{SOFT}">'
            f"{escape(label)}</text>"
        )
    for value, label in across.ticks:
        parts.append(
            f'<line x1="{x(value)}" y1="{floor}" x2="{x(value)}" y2="{floor + 5}" '
            f'stroke="{SOFT}"/>'
            f'<text x="{x(value)}" y="{floor + 20}" text-anchor="middle" fill="{SOFT}">'
            f"{escape(label)}</text>"
        )
    for line in lines:
        parts += _line(line, x, y, floor)
    for band in bands:
        middle = round((x(band.starts) + x(band.ends)) / 2, 1)
        parts.append(
            f'<text x="{middle}" y="{TOP - 6}" text-anchor="middle" font-size="11" '
            f'fill="{SOFT}">{escape(band.name)}</text>'
        )
    parts += _legend(lines)
    return "\n".join((*parts, "</svg>")) + "\n"


def _line(line: Line, x: Any, y: Any, floor: float) -> list[str]:
    if not line.points:
        return []
    path = ""
    for number, (at, value) in enumerate(line.points):
        if number == 0:
            path += f"M{x(at)} {y(value)}"
        elif line.stepped:
            path += f"H{x(at)}V{y(value)}"
        else:
            path += f"L{x(at)} {y(value)}"
    found = []
    if line.filled:
        first, last = x(line.points[0][0]), x(line.points[-1][0])
        found.append(
            f'<path d="{path}L{last} {floor}L{first} {floor}Z" fill="{line.colour}" '
            'fill-opacity="0.10"/>'
        )
    dashed = f' stroke-dasharray="{line.dash}"' if line.dash else ""
    if line.joined:
        found.append(
            f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="2" '
            f'stroke-linejoin="round"{dashed}/>'
        )
    if line.dots:
        found += [
            f'<circle cx="{x(at)}" cy="{y(value)}" r="3" fill="{line.colour}"'
            f' fill-opacity="{1 if line.joined else 0.75}"/>'
            for at, value in line.points
        ]
    return found


def _legend(lines: Sequence[Line]) -> list[str]:
    """In one row under the title; what is drawn last, over the others, stands first."""
    found = []
    left = LEFT - 40
    for line in reversed(lines):
        dashed = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        mark = (
            f'<line x1="{left}" y1="72" x2="{left + 22}" y2="72" stroke="{line.colour}" '
            f'stroke-width="3"{dashed}/>'
            if line.joined
            else f'<circle cx="{left + 16}" cy="72" r="5" fill="{line.colour}"/>'
        )
        found.append(f'{mark}<text x="{left + 30}" y="76" fill="{INK}">{escape(line.name)}</text>')
        left += 54 + round(6.1 * len(line.name))
    return found
