"""The evening from start to report: prepare, let everybody live, wind down, ask the database."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

from chatdesk.demo.evening import cast, plan, truth
from chatdesk.demo.evening.agent import Agent
from chatdesk.demo.evening.cast import House, NotPrepared
from chatdesk.demo.evening.client import Stage
from chatdesk.demo.evening.gate import Gate, Refused
from chatdesk.demo.evening.ledger import Ledger, Record
from chatdesk.demo.evening.plan import Options, Plan
from chatdesk.demo.evening.player import Player
from chatdesk.demo.evening.report import Report, Spread, percentile
from chatdesk.demo.evening.wire import Tally

P = ParamSpec("P")
T = TypeVar("T")
PROGRESS_SECONDS = 5.0
LAG_SECONDS = 0.05
# After the last call everybody has so long (human seconds), and then it is over whatever remains.
GRACE_SECONDS = 30.0
LEAST_END_SECONDS = 40.0


@dataclass(slots=True)
class _Evening:
    stage: Stage
    players: list[Player]
    agents: list[Agent]
    began: float
    home_time: asyncio.Event = field(default_factory=asyncio.Event)
    took: float = 0.0
    lags: list[float] = field(default_factory=list)

    def nudge(self) -> None:
        for person in (*self.players, *self.agents):
            person.nudge()


async def run(options: Options) -> Report:
    """One whole evening against the server at ``options.url``.

    Raises NoServer, NotPrepared, or ValueError for options that make no evening."""
    gate = Gate(options.url.rstrip("/"))
    await gate.ready()
    house = await _in_database(cast.house)
    made = plan.make(options, house.brands)
    keys: list[str] = []
    try:
        for one in made.agents:
            keys.append(await _in_database(cast.hire, one))
            if len(keys) == 1:
                await _same_database(gate, keys[0])
        evening = _assemble(options, gate, house, made, keys)
        await _live(evening)
        return await _in_database(_account, evening)
    finally:
        await _in_database(cast.dismiss, keys)
        await _in_database(connections.close_all)


async def _in_database(work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    return await sync_to_async(work)(*args, **more)


async def _same_database(gate: Gate, key: str) -> None:
    try:
        await gate.ticket(key)
    except Refused as refused:
        raise NotPrepared(
            f"The server at {gate.url} does not know our agents: give this command the server's own "
            "environment (CHATDESK_DATA_DIR, CHATDESK_DATABASE_URL)."
        ) from refused


def _assemble(options: Options, gate: Gate, house: House, made: Plan, keys: list[str]) -> _Evening:
    name = f"evening-{secrets.token_hex(4)}"
    stage = Stage(options, gate, Ledger(), Tally())
    players = [Player(stage, one, partial(cast.token, house, one, name)) for one in made.players]
    agents = [Agent(stage, one, key) for one, key in zip(made.agents, keys, strict=True)]
    return _Evening(stage, players, agents, asyncio.get_running_loop().time())


async def _live(evening: _Evening) -> None:
    """Until everybody has gone, or had to."""
    options = evening.stage.options
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(_progress(evening)), group.create_task(_lag(evening))]
        agents = [group.create_task(one.run(evening.home_time)) for one in evening.agents]
        players = [group.create_task(one.run()) for one in evening.players]
        await asyncio.wait(players, timeout=options.seconds)
        evening.stage.last_call.set()
        evening.nudge()
        await _ended(players, max(GRACE_SECONDS * options.tempo, LEAST_END_SECONDS))
        evening.home_time.set()
        evening.nudge()
        await _ended(agents, LEAST_END_SECONDS)
        await _ended(watching, 0)
    evening.took = asyncio.get_running_loop().time() - evening.began


async def _ended(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Waits for them so long; who is not done by then is stopped and stays unaccounted for."""
    _, pending = await asyncio.wait(tasks, timeout=seconds)
    for task in pending:
        task.cancel()


async def _progress(evening: _Evening) -> None:
    """A line every few seconds."""
    options, ledger = evening.stage.options, evening.stage.ledger
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        at = int(asyncio.get_running_loop().time() - evening.began)
        waiting = sum(one.waits for one in evening.players)
        active = sum(one.talks for one in evening.players)
        came = sum(one.came_at is not None for one in evening.players)
        acked = sum(one.seq is not None for one in ledger.sent.values())
        p99 = percentile(ledger.latencies()[0], 0.99)
        options.say(
            f"{at // 60}:{at % 60:02}  players {came}/{options.players}  waiting {waiting}  "
            f"active {active}  messages {acked}  latency p99 "
            + (f"{p99 * 1000:.0f} ms" if p99 is not None else "-")
        )


async def _lag(evening: _Evening) -> None:
    """How late this process itself is: what it adds to every latency it measures."""
    loop = asyncio.get_running_loop()
    while True:
        wanted = loop.time() + LAG_SECONDS
        await asyncio.sleep(LAG_SECONDS)
        evening.lags.append(loop.time() - wanted)


def _account(evening: _Evening) -> Report:
    """Asks the database about every conversation and compares."""
    stage, ledger, tally = evening.stage, evening.stage.ledger, evening.stage.tally
    options = stage.options
    theirs = truth.of_players({one.who for one in evening.players if one.who})
    found = truth.records(ledger.conversations() | theirs)
    prompt, late = ledger.latencies()
    messages = [one for one in ledger.sent.values() if not one.note]
    scores = [one.plan.rating for one in evening.players if one.rated == "given"]
    rated = [pair for pair in scores if pair is not None]
    outcomes = Counter(one.outcome for one in evening.players)
    return Report(
        seconds=evening.took,
        players=options.players,
        agents=options.agents,
        conversations=len(theirs),
        served=outcomes["served"],
        gave_up=outcomes["gave up"],
        most_at_once=max(one.most_at_once for one in evening.agents),
        sent=len(messages),
        acked=sum(one.seq is not None for one in messages),
        refused=sum(one.refused is not None for one in messages),
        notes=sum(one.notes for one in evening.agents),
        faults=tuple(ledger.judge(found)),
        unaccounted=tuple(_unaccounted(evening, theirs, found)),
        waited=Spread.of([one.waited for one in evening.players if one.waited is not None]),
        delivery=Spread.of(prompt),
        after_reconnect=Spread.of(late),
        own_lag=Spread.of(evening.lags),
        ratings=len(rated),
        agent_score=_mean([agent for agent, _ in rated]),
        outcome_score=_mean([outcome for _, outcome in rated]),
        ratings_declined=sum(one.rated == "declined" for one in evening.players),
        offers_missed=sum(one.missed for one in evening.agents),
        offers_declined=sum(one.declined for one in evening.agents),
        cuts=tally.planned_cuts,
        reconnects=tally.reconnects,
        dups=tally.dups,
        repeats=tally.repeats,
        early=tally.early,
        gaps=tally.gaps,
        endings=tally.endings,
        refusals=dict(tally.refusals.most_common()),
        waited_out=stage.gate.waited,
    )


def _unaccounted(evening: _Evening, theirs: set[str], found: Mapping[str, Record]) -> Iterator[str]:
    """People who did not come to an end, conversations left open or unknown, sends without an answer."""
    ledger = evening.stage.ledger
    for player in evening.players:
        if player.outcome not in ("served", "gave up"):
            yield f"player {player.plan.number} ({player.who or 'no id'}): {player.outcome}"
    for agent in evening.agents:
        if agent.outcome != "went home":
            yield f"agent {agent.plan.number} ({agent.who or 'no id'}): {agent.outcome}"
    for conv in sorted(theirs):
        if found[conv].state != "closed":
            yield f"conversation {conv}: {found[conv].state}"
        if conv not in ledger.began:
            yield f"conversation {conv}: nobody was told of it"
    for conv in sorted(set(ledger.began) - theirs):
        yield f"conversation {conv}: not in the database"
    for one in ledger.unanswered():
        yield f"message {one.cmid} in {one.conv}: neither acked nor refused"


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) if values else None
