"""Everything said more than once: copies of frames, several tabs, requests over HTTP."""

from __future__ import annotations

import asyncio
import time
from random import Random

import jwt
import psutil

from tests.faults.crowd import Crowd
from tests.faults.house import House
from tests.faults.people import Player
from tests.faults.scene import Outcome, Scene
from tests.faults.tab import Tab
from tests.live import SECRET

# So many may one player have.
SOCKETS = 5
TRIES = 4


class Doubled(Scene):
    name = "resends"
    says = (
        "Every message 1 to 3 times, over both web processes and across reconnects: one row, the same "
        "number in every ack. (There is no sending over HTTP: that path cannot double.)"
    )
    seconds = 10.0

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome, chance = Outcome(patience=self.patience), Random(crowd.chance.random())
        began, across = time.monotonic(), 0
        spread = await _spread(house, crowd)
        for tab in crowd.tabs():
            tab.copies = lambda: chance.choice((1, 2, 3))
        while time.monotonic() < began + self.seconds:
            await asyncio.sleep(0.2)
            player = spread if chance.random() < 0.4 else chance.choice(crowd.players)
            # The same frame over another tab, which may hang on the other process …
            if len(player.tabs) > 1:
                sender, other = chance.sample(player.tabs, 2)
                if sender.last_copy and other.connected:
                    across += await _apart(house, sender, other)
                    await other.repeat(sender.last_copy)
            # … and over the same tab's next socket, long after it was acked.
            tab = chance.choice(crowd.tabs())
            if chance.random() < 0.2:
                crowd.history.fault("cut", tab=tab.name)
                tab.cut()
            elif tab.last_copy:
                await tab.repeat(tab.last_copy)
        for tab in crowd.tabs():
            tab.copies = lambda: 1
        copies: dict[str, int] = {}
        for one in crowd.history.of("sent", since=began):
            copies[one.cmid] = copies.get(one.cmid, 0) + 1
        outcome.injected = sum(number - 1 for number in copies.values())
        acks: dict[str, int] = {}
        for one in crowd.history.of("ok", since=began):
            if one.cmid:
                acks[one.cmid] = acks.get(one.cmid, 0) + 1
        repeated = sum(1 for number in acks.values() if number > 1)
        outcome.figures = {"messages": len(copies), "acked more than once": repeated}
        outcome.require(outcome.injected > 50, f"only {outcome.injected} copies too many")
        if house.vendor == "postgresql":
            outcome.figures["copies over the other process"] = across
            outcome.require(across, "no copy went over the other process")
        outcome.require(repeated > 20, f"only {repeated} messages were acked more than once")
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome


async def _spread(house: House, crowd: Crowd) -> Player:
    """A player with tabs on both web processes, where there are two. Sockets that come one by one may
    all go to the process that was last idle, so his come together, and again until they are spread."""
    players = sorted(crowd.players, key=lambda one: -len(one.tabs))
    for player in players[:3] if house.vendor == "postgresql" else []:
        tabs = player.tabs
        while len(tabs) < SOCKETS:
            player.new_tab()
        for _ in range(TRIES):
            await crowd.until(lambda of=tabs: all(tab.connected for tab in of), 5)
            for tab in tabs[1:]:
                if await _apart(house, tabs[0], tab):
                    return player
            for tab in tabs[1:]:
                crowd.history.fault("cut", tab=tab.name)
                tab.cut()
            await asyncio.sleep(0.3)
    return players[0]


async def _apart(house: House, one: Tab, other: Tab) -> bool:
    """Whether two tabs hang on different web processes."""
    ports = [tab.local_port for tab in (one, other)]
    try:
        first, second = [
            await asyncio.to_thread(house.server_of, port) for port in ports if port is not None
        ]
    except (LookupError, ValueError, psutil.Error):
        return False
    return first != second


class Tabs(Scene):
    name = "tabs"
    says = (
        "Three tabs of a player and of an agent; one of each goes offline with a filled outbox and comes "
        "back: each message once, in each tab's order, the agent's places unchanged, nobody gone."
    )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        for agent in crowd.agents[:2]:
            for _ in range(2):
                agent.new_tab()
        await crowd.until(lambda: all(tab.connected for tab in crowd.tabs()), 10)
        many = [player for player in crowd.players if len(player.tabs) > 1]
        outcome.require(len(many) > 1, "nobody has several tabs")
        for player in many:
            player.closes = 0.0
            away = player.tabs[-1]
            crowd.history.fault("offline", tab=away.name)
            away.go_offline()
            outcome.injected += 1
            # Written while offline, in the one chat there is.
            for _ in range(5):
                if player.talks:
                    away.say(player.conv, player.words(player.conv))
        for agent in crowd.agents[:2]:
            crowd.history.fault("offline", tab=agent.tabs[-1].name)
            agent.tabs[-1].go_offline()
            outcome.injected += 1
        await asyncio.sleep(6)
        back = crowd.history.heal("online again")
        for tab in crowd.tabs():
            tab.online.set()
        outcome.require(
            await crowd.until(lambda: _delivered(many), 15), "an outbox was not emptied"
        )
        outcome.recoveries_s.append(time.monotonic() - back)
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        outcome.require(crowd.gone() == 0, "an agent with open tabs counts as gone")
        return outcome


def _delivered(players: list[Player]) -> bool:
    return all(player.tabs[-1].idle for player in players)


class Asked(Scene):
    name = "http-repeated"
    databases = ("postgresql",)
    says = (
        "Sessions and tickets asked for again and again, at once: harmless; the same person comes out, one "
        "open chat, and a ticket lets in once."
    )

    async def run(self, house: House, crowd: Crowd) -> Outcome:
        outcome = Outcome(patience=self.patience)
        token = _token(crowd.brand, "the-known-one", self._key(house, crowd.brand))
        body = {"brand": crowd.brand, "token": token, "lang": "en"}
        asked = await asyncio.gather(
            *(house.address.request("POST", "/api/v1/player/sessions", body) for _ in range(12))
        )
        outcome.injected += len(asked)
        outcome.require({status for status, _ in asked} == {201}, f"answers {asked[0][0]}")
        people = {found["player"]["id"] for _, found in asked if "player" in found}
        outcome.require(len(people) == 1, f"one token made {len(people)} players")
        player = crowd.players[0].__class__(
            crowd.brand, house.address, crowd.history, Random(crowd.chance.random())
        )
        sessions = [found["session"] for _, found in asked if "session" in found]
        outcome.require(
            await self._one_chat(player, sessions[:4], people), "more than one open chat"
        )
        crowd.players.append(player)
        agent = crowd.agents[0]
        headers = {"Authorization": f"Token {agent.key}"}
        tickets = await asyncio.gather(
            *(
                house.address.request("POST", "/api/v1/staff/tickets", {}, headers)
                for _ in range(12)
            )
        )
        outcome.injected += len(tickets)
        found = {one["ticket"] for status, one in tickets if status == 201}
        outcome.require(len(found) == 12, f"12 requests made {len(found)} tickets")
        outcome.require(
            await _lets_in(house, found.pop()) == [True, False], "a ticket lets in twice or never"
        )
        await asyncio.sleep(1)
        outcome.require(crowd.requeued() == 0, "a chat was taken from an agent")
        return outcome

    def _key(self, house: House, brand: str) -> str:
        (row,) = house.rows(
            "SELECT k.kid FROM conversations_brandkey k JOIN conversations_brand b "
            "ON b.id = k.brand_id WHERE b.slug = ?",
            brand,
        )
        return str(row["kid"])

    async def _one_chat(self, player: Player, sessions: list[str], people: set[str]) -> bool:
        """Each session's tab asks for a chat at the same moment."""
        player.who = f"p:{people.copy().pop()}"
        tabs = []
        for session in sessions:
            player.session = session
            tab = player.new_tab()
            tabs.append(tab)
            await asyncio.wait_for(tab.welcomed(), 10)
        answers = await asyncio.gather(*(_open(tab) for tab in tabs))
        player.convs, player.conv = list(dict.fromkeys(answers)), answers[0]
        for tab in tabs:
            tab.follows.add(player.conv)
        return len(set(answers)) == 1


async def _open(tab: Tab) -> str:
    return str((await tab.ask("open", topic="other", lang="en"))["conv"])


def _token(brand: str, sub: str, kid: str) -> str:
    now = int(time.time())
    claims = {"aud": f"chatdesk:{brand}", "sub": sub, "iat": now, "exp": now + 300, "jti": sub}
    return jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": kid})


async def _lets_in(house: House, ticket: str) -> list[bool]:
    """The same ticket on two sockets, one after the other."""
    import json

    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    from tests.faults.tab import SUBPROTOCOL

    found = []
    for _ in range(2):
        async with connect(
            f"ws://127.0.0.1:{house.port}/ws/staff", subprotocols=[SUBPROTOCOL], compression=None
        ) as socket:
            await socket.send(json.dumps({"t": "hello", "v": 1, "ticket": ticket}))
            try:
                async with asyncio.timeout(10):
                    found.append(json.loads(await socket.recv())["t"] == "welcome")
            except ConnectionClosed:
                found.append(False)
    return found
