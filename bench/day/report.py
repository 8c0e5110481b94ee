"""From what the players met to figures. Nothing here knows a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.day.ledger import Chat, Ledger
from bench.day.plan import HOUR, MINUTE, SECOND, Plan

Figures = dict[str, Any]
AFTER_SURGE_MS = 15 * MINUTE


def figures(ledger: Ledger) -> Figures:
    """Of one policy. *Answered* are those whose first reply came while they were there; *waited* counts
    those who gave up too, for as long as they stayed."""
    chats = list(ledger.chats.values())
    answered = [chat for chat in chats if chat.first_reply_ts is not None]
    gave_up = [chat for chat in chats if chat.first_reply_ts is None and chat.left_ts is not None]
    later = [chat for chat in answered if chat.left_ts is not None]
    shares = _shares(ledger)
    ginis = [found for of in shares if (found := gini(of)) is not None]
    return {
        "chats": len(chats),
        "first_reply_s": _spread([_waited(chat) for chat in answered]),
        "waited_s": _spread([_waited(chat) for chat in (*answered, *gave_up)]),
        "abandoned": len(gave_up),
        "abandoned_pct": _percent(len(gave_up), len(chats)),
        "left_in_the_middle": len(later),
        "left_in_the_middle_pct": _percent(len(later), len(chats)),
        "silence_s": _spread([chat.longest_ms / SECOND for chat in chats]),
        "stuck_chats": sum(chat.stuck_ms > 0 for chat in chats),
        "stuck_min": round(ledger.stuck_minutes, 1),
        "stuck_longest_min": round(max(chat.stuck_ms for chat in chats) / MINUTE, 1),
        "never_closed": sum(chat.closed_ts is None for chat in chats),
        "owners_per_chat": round(sum(chat.owners for chat in chats) / len(chats), 3),
        # Within each shift: a night has fewer chats for everybody.
        "gini": round(sum(ginis) / len(ginis), 3),
        "gini_of_shifts": ginis,
        "counted": dict(sorted(ledger.counted.items())),
        "urgent": _urgent(ledger),
        "by_hour": _by_hour(ledger),
        "in_surges": _of(chats, lambda chat: _in_surge(ledger.plan, chat.came_ts)),
        "outside": _of(chats, lambda chat: not _in_surge(ledger.plan, chat.came_ts)),
        "outage": _during(ledger, ledger.plan.shape.outage.starts, ledger.plan.shape.outage.ends),
        "load": [[round(one, 2) for one in sorted(of)] for of in shares],
    }


def series(ledger: Ledger) -> Figures:
    """The floor over the day: some three hundred looks."""
    samples = ledger.samples[:: max(1, len(ledger.samples) // 300)]
    return {
        "minute": [one.ts // MINUTE for one in samples],
        "no_reply": [one.no_reply for one in samples],
        "unassigned": [one.unassigned for one in samples],
        "on_duty": [one.on_duty for one in samples],
        "there": [one.there for one in samples],
    }


def plan_facts(plan: Plan) -> Figures:
    shape = plan.shape
    return {
        "name": shape.name,
        "seed": plan.seed,
        "chats": len(plan.arrivals),
        "agents": len(plan.staff),
        "first_hour": shape.first_hour,
        "hours": shape.arrivals_ms // HOUR,
        "shifts": [[one.name, one.starts, one.ends] for one in shape.shifts],
        "surges": [[one.name, one.starts, one.ends, one.times] for one in shape.surges],
        "outage": [shape.outage.starts, shape.outage.ends],
        "languages": {
            lang: sum(one.lang == lang for one in plan.arrivals)
            for lang in sorted({one.lang for one in plan.arrivals})
        },
        "stop_gambling": sum(one.topic == "stop_gambling" for one in plan.arrivals),
        "turns": round(sum(len(one.turns) for one in plan.arrivals) / len(plan.arrivals), 2),
    }


def gini(amounts: Sequence[float]) -> float | None:
    """0 where all carried the same, near 1 where one carried all."""
    total, many = sum(amounts), len(amounts)
    if total <= 0:
        return None
    ranked = sum(place * amount for place, amount in enumerate(sorted(amounts), start=1))
    return round(2 * ranked / (many * total) - (many + 1) / many, 3)


def percentile(of: Sequence[float], share: int) -> float:
    """By the nearest rank: a value that somebody really met."""
    ranked = sorted(of)
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)]


def _spread(of: Sequence[float]) -> Figures | None:
    if not of:
        return None
    return {
        **{f"p{share}": round(percentile(of, share), 1) for share in (50, 95, 99)},
        "max": round(max(of), 1),
    }


def _waited(chat: Chat) -> float:
    until = chat.first_reply_ts if chat.first_reply_ts is not None else chat.left_ts
    return ((until or chat.came_ts) - chat.came_ts) / SECOND


def _percent(of: int, all_of: int) -> float:
    return round(100 * of / all_of, 2) if all_of else 0.0


def _shares(ledger: Ledger) -> list[list[float]]:
    """Of each shift: chats in which each agent answered, per hour at his desk."""
    plan = ledger.plan
    shares: list[list[float]] = [[] for _ in plan.shape.shifts]
    for agent, served in ledger.served.items():
        there_ms = ledger.there_ms[agent]
        if there_ms >= HOUR // 4:
            shares[plan.staff[agent].shift].append(len(served) / (there_ms / HOUR))
    return shares


def _in_surge(plan: Plan, ts: int) -> bool:
    """A surge is over when what it left behind is worked off."""
    return any(one.starts <= ts < one.ends + AFTER_SURGE_MS for one in plan.shape.surges)


def _during(ledger: Ledger, starts: int, ends: int) -> Figures:
    """Of those who came then."""
    return _of(ledger.chats.values(), lambda chat: starts <= chat.came_ts < ends)


def _urgent(ledger: Ledger) -> Figures:
    """Of those who want to stop gambling."""
    urgent = {one.number for one in ledger.plan.arrivals if one.topic == "stop_gambling"}
    return _of(ledger.chats.values(), lambda chat: chat.number in urgent)


def _of(chats: Iterable[Chat], which: Callable[[Chat], bool]) -> Figures:
    found = [chat for chat in chats if which(chat)]
    served = [chat for chat in found if chat.first_reply_ts is not None]
    gave_up = [chat for chat in found if chat.first_reply_ts is None and chat.left_ts is not None]
    return {
        "chats": len(found),
        "waited_s": _spread([_waited(chat) for chat in (*served, *gave_up)]),
        "abandoned": len(gave_up),
    }


def _by_hour(ledger: Ledger) -> list[Figures]:
    hours = ledger.plan.shape.arrivals_ms // HOUR
    return [_during(ledger, hour * HOUR, (hour + 1) * HOUR) for hour in range(hours)]
