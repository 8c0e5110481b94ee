"""Networks that go silent: between people and the house, and between the house and its Redis."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psutil

from tests.faults import lateness
from tests.faults.address import Address
from tests.faults.crowd import share
from tests.faults.network import Place, Port, places
from tests.faults.people import Agent, Person
from tests.faults.scene import Outcome, Scene

if TYPE_CHECKING:
    from tests.faults.crowd import Crowd
    from tests.faults.house import House
    from tests.faults.tab import Tab

NOTICE_SECONDS = 35.0
# No frame for interval + 10 s (players 20 + 10, staff 10 + 10), and what its kernel needs to let go.
SERVER_SECONDS = {"player": 30.0, "staff": 20.0}
LET_GO_SECONDS = 15.0
# A client that is in the middle of waiting: the longest pause, one attempt, the missed lines.
BACK_SECONDS = 55.0
LATE_SECONDS = 2.0
PROBE_SECONDS = 5.0
RELINK_SECONDS = 10.0


@dataclass(slots=True)
class Group:
    """People behind one router, and for how long it swallows everything."""

    place: Place
    seconds: float
    people: list[Person] = field(default_factory=list)
    cut_at: float = 0.0
    healed_at: float = 0.0

    @property
    def tabs(self) -> list[Tab]:
        return [tab for person in self.people for tab in person.tabs]


class SilentCut(Scene):
    """Three groups lose the network at the same moment, without any sign, for different times."""

    name = "silent-cut"
    says = (
        "The network swallows everything for 10, 40 and 90 s: clients notice within 35 s, the server "
        "ends the sockets in time, everything missed is there after healing."
    )
    environment = {"CHATDESK_HOST": "0.0.0.0", "CHATDESK_ALLOWED_HOSTS": "*"}
    players = 6
    agents = 3
    cuts = (10.0, 40.0, 90.0)

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome()
        with places(len(self.cuts)) as found:
            groups = [Group(*pair) for pair in zip(found, self.cuts, strict=True)]
            for group in groups:
                await self._settle(house, crowd, group)
            everybody = [tab for group in groups for tab in group.tabs]
            there = await crowd.until(lambda: all(tab.connected for tab in everybody), 15)
            outcome.require(there, "not everybody behind a router got through before the cut")
            await asyncio.sleep(4)
            try:
                await asyncio.gather(*(self._cut(house, crowd, one, outcome) for one in groups))
            finally:
                await self._move_in(crowd, groups)
        return outcome

    async def _settle(self, house: House, crowd: Crowd, group: Group) -> None:
        """Two players, one of them with two tabs, and an agent."""
        address = Address(group.place.here, house.port, group.place.socket)
        for tabs in (1, 2):
            group.people.append(await crowd.add_player(tabs, address))
        member = await asyncio.to_thread(house.employ, "Far", crowd.brand, "agent", 3)
        agent = Agent(member.token, member.id, address, crowd.history, crowd._chance())
        agent.new_tab()
        crowd.agents.append(agent)
        group.people.append(agent)
        for person in group.people:
            person.begin()

    async def _cut(self, house: House, crowd: Crowd, group: Group, outcome: Outcome) -> None:
        sockets = len(group.tabs)
        group.place.cut()
        group.cut_at = crowd.history.fault(f"silent cut of {group.seconds:g} s", sockets=sockets)
        outcome.injected += sockets
        held = asyncio.create_task(self._held_until(house, group))
        await asyncio.sleep(group.seconds)
        group.place.heal()
        group.healed_at = crowd.history.heal(f"silent cut of {group.seconds:g} s")
        await self._back(house, crowd, group, outcome)
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)
        self._judge(crowd, group, outcome)
        if group.seconds > SERVER_SECONDS["player"] + LET_GO_SECONDS:
            last = held.result() if not held.cancelled() else None
            outcome.figures[f"server held sockets for (s, cut of {group.seconds:g})"] = (
                round(last, 1) if last is not None else "until healed"
            )
            limit = SERVER_SECONDS["player"] + LET_GO_SECONDS
            outcome.require(
                last is not None and last <= limit,
                f"the server still held a socket {limit:g} s into a cut of {group.seconds:g} s",
            )

    @staticmethod
    async def _held_until(house: House, group: Group) -> float:
        """Seconds from the cut until no web process holds a socket to the place any more."""
        while await asyncio.to_thread(_held, house, group.place.there):
            await asyncio.sleep(0.5)
        return time.monotonic() - group.cut_at

    async def _back(self, house: House, crowd: Crowd, group: Group, outcome: Outcome) -> None:
        """Waits until each tab shows what the database had at the moment of healing."""
        heads = {conv: seq for conv, (seq, _) in (await asyncio.to_thread(crowd._heads)).items()}
        waiting = {
            (tab, conv): heads.get(conv, 0)
            for person in group.people
            for tab in person.tabs
            for conv in crowd.owed(person, tab)
        }
        while waiting and time.monotonic() - group.healed_at < BACK_SECONDS:
            await asyncio.sleep(0.1)
            for (tab, conv), head in list(waiting.items()):
                moved = conv not in tab.follows
                if (tab.connected and tab.views[conv].last >= head) or moved:
                    del waiting[tab, conv]
                    outcome.recoveries_s.append(time.monotonic() - group.healed_at)
        outcome.require(
            not waiting,
            f"{len(waiting)} screens are not whole {BACK_SECONDS:g} s after a cut of {group.seconds:g} s",
        )

    def _judge(self, crowd: Crowd, group: Group, outcome: Outcome) -> None:
        """A client that heard nothing gave up in time; one whose cut was short kept its socket."""
        noticed = _ends(crowd, group)
        late = [seconds for seconds in noticed.values() if seconds > NOTICE_SECONDS + 1]
        outcome.require(not late, f"a client noticed only after {max(late, default=0):.1f} s")
        if group.seconds > NOTICE_SECONDS:
            missing = {tab.name for tab in group.tabs} - noticed.keys()
            outcome.require(not missing, f"{missing} never noticed a cut of {group.seconds:g} s")
            outcome.figures[f"silence before clients gave up (s, cut of {group.seconds:g})"] = (
                round(max(noticed.values(), default=0.0), 1)
            )

    @staticmethod
    async def _move_in(crowd: Crowd, groups: Iterable[Group]) -> None:
        """The places are about to vanish: everybody goes on from this machine."""
        for group in groups:
            for person in group.people:
                person.address = crowd.address
                for tab in person.tabs:
                    tab.address = crowd.address
                    tab.cut()
        tabs = [tab for group in groups for tab in group.tabs]
        await crowd.until(lambda: all(tab.connected for tab in tabs), 45)


def _held(house: House, address: str) -> int:
    """How many sockets to an address the web processes have open."""
    found = 0
    for pid in house.web_processes():
        try:
            connections = psutil.Process(pid).net_connections("tcp")
        except psutil.Error:
            continue
        found += sum(1 for one in connections if one.raddr and one.raddr.ip == address)
    return found


def _ends(crowd: Crowd, group: Group) -> dict[str, float]:
    """For each tab of a group the first end of its socket in the cut, in seconds from its last frame."""
    found: dict[str, float] = {}
    names = {tab.name for tab in group.tabs}
    for one in crowd.history.of("closed", since=group.cut_at):
        if one.tab in names and one.at <= group.healed_at:
            assert one.data is not None
            found.setdefault(one.tab, one.data["silent"])
    return found


class RedisCut(Scene):
    """Packets between the house and its Redis vanish. Only the bridge's own probe can find out: its
    connections stay open, and nothing says that they are dead."""

    name = "redis-silent-cut"
    says = (
        "Packets between the house and Redis vanish for 20 s: no socket is lost, new ones connect, "
        "delivery within 2 s more, the bridge finds out by its probe within 5 s and is back within 10 s."
    )
    seconds = 20.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome, port = Outcome(), Port(house.hints.port)
        already = len(house.log_text())
        port.cut()
        began = crowd.history.fault("redis silent cut")
        outcome.injected = 1
        try:
            await asyncio.sleep(3)
            newcomer = await crowd.add_player()
            newcomer.begin()
            came = await crowd.until(lambda: newcomer.tabs[0].connected, 10)
            outcome.require(came, "a new socket did not connect while Redis was cut off")
            await asyncio.sleep(max(self.seconds - (time.monotonic() - began), 0))
        finally:
            port.heal()
        healed = crowd.history.heal("redis silent cut")
        expected = len(house.web_processes()) + (1 if house.dispatcher() else 0)
        await crowd.until(
            lambda: len(_said(house, already, {"bridge_up"})) >= expected, RELINK_SECONDS + 5
        )
        now = time.monotonic()
        self._judge_bridge(house, already, (began, healed), expected, outcome)
        late = await lateness.of(crowd, began, healed)
        acks = crowd.ack_seconds(began, healed)
        outcome.figures |= {
            "delivery p95 while cut (s)": round(share(late, 0.95), 2),
            "slowest delivery while cut (s)": round(max(late, default=0.0), 2),
            "ack p95 while cut (s)": round(share(acks, 0.95), 3),
        }
        outcome.require(late, "nothing was delivered while it was cut")
        limit = LATE_SECONDS + PROBE_SECONDS
        outcome.require(share(late, 0.95) <= LATE_SECONDS, "delivery p95 above 2 s")
        outcome.require(
            max(late, default=0.0) <= limit, f"a delivery took {max(late, default=0):.1f} s"
        )
        outcome.require(share(acks, 0.95) <= 0.5, f"ack p95 {share(acks, 0.95):.2f} s")
        lost = [one for one in crowd.history.of("closed", since=began) if one.at <= now]
        outcome.require(
            not lost, f"{len(lost)} sockets were lost: {[one.code for one in lost[:5]]}"
        )
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome

    @staticmethod
    def _judge_bridge(
        house: House, already: int, span: tuple[float, float], expected: int, outcome: Outcome
    ) -> None:
        began, healed = span
        doubts = [at - began for at in _said(house, already, _DOUBTS)]
        ups = [at - healed for at in _said(house, already, {"bridge_up"})]
        outcome.recoveries_s = [round(seconds, 2) for seconds in ups]
        outcome.figures["the probe found out after (s)"] = round(
            max(doubts[:expected], default=0), 1
        )
        outcome.require(
            len(doubts) >= expected and max(doubts[:expected]) <= PROBE_SECONDS,
            f"{len(doubts)} of {expected} bridges noticed; after {[round(one, 1) for one in doubts]} s",
        )
        outcome.require(
            len(ups) >= expected and max(ups) <= RELINK_SECONDS,
            f"{len(ups)} of {expected} bridges are back; after {[round(one, 1) for one in ups]} s",
        )


_DOUBTS = {"bridge_silent", "bridge_send_failed", "bridge_link_failed"}


def _said(house: House, already: int, events: set[str]) -> list[float]:
    """When (monotonic) the house's log said one of these, after so many characters of it."""
    offset = time.time() - time.monotonic()
    found = []
    for line in house.log_text()[already:].splitlines():
        try:
            entry: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("event") in events:
            at = datetime.fromisoformat(entry["timestamp"].replace("Z", "+00:00"))
            found.append(at.timestamp() - offset)
    return sorted(found)


SCENES: list[Scene] = [RedisCut(), SilentCut()]
