"""No byte to a player tells who an agent is: every staff act happens while players listen.

What reaches a player goes through ``canaries.check`` as it arrives, in every test there is: frames, the
handshake and the close reason in ``PlayerClient``, answers to players' requests in ``Live.http``. Here
each act is done on purpose, and each leak that is planted is caught.
"""

from __future__ import annotations

import asyncio
import hashlib
import json

import pytest

from tests import canaries
from tests.canaries import Leak
from tests.clients import AgentClient, PlayerClient, SupervisorClient
from tests.live import CASINO, Live

pytestmark = pytest.mark.asyncio


class Floor:
    """Two agents, a supervisor and an administrator at one brand, each under an alias of this brand;
    a player with two sockets."""

    ALIASES = ("Vera of Lumen", "Noor of Lumen", "Marit of Lumen", "Ada of Lumen")

    def __init__(self, live: Live) -> None:
        self.live, self.brand = live, live.brand(previews=True)
        roles = ("agent", "agent", "supervisor", "admin")
        members = [
            live.hire(
                alias.split()[0], role=role, brands=(self.brand, "aurora"), skills=["payments"]
            )
            for alias, role in zip(self.ALIASES, roles, strict=True)
        ]
        for member, alias in zip(members, self.ALIASES, strict=True):
            live.backstage.set_persona(agent=member.id, brand=self.brand, alias=alias)
        self.vera, self.noor = (AgentClient(live, member) for member in members[:2])
        self.marit, self.ada = (SupervisorClient(live, member) for member in members[2:])
        self.player, self.tab = PlayerClient(live, self.brand), PlayerClient(live, self.brand)
        self.all = (self.player, self.tab, self.vera, self.noor, self.marit, self.ada)

    async def __aenter__(self) -> Floor:
        await self.player.join(origin=CASINO)
        self.tab.session = self.player.session
        for client in self.all[1:]:
            await client.join()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self.all:
            await client.leave()

    async def heard(self) -> str:
        """All that reached the player's sockets, after he has asked for everything again."""
        conv = self.player.conv
        back = PlayerClient(self.live, self.brand)
        back.session = self.player.session
        await back.join()
        await back.ask("history", conv=conv, limit=100)
        await back.leave()
        await back.join(db=back.welcome["db"], conv=conv, seq=0)
        await back.frame("resumed", mode="delta")
        await back.leave()
        await back.join(db="another", conv=conv, seq=1)
        await back.frame("resumed", mode="snapshot")
        await back.leave()
        return json.dumps([client.frames for client in (self.player, self.tab, back)])


async def test_a_chat_through_every_hand_shows_aliases_of_its_brand_only(live: Live) -> None:
    async with Floor(live) as floor:
        player, vera, noor = floor.player, floor.vera, floor.noor
        marit, ada = floor.marit, floor.ada
        await vera.available()
        conv = await player.open(topic="withdrawal")
        await player.send("Where is my money?")
        await marit.show_wall()
        await marit.watch(conv)
        await player.say({"t": "typing", "conv": conv, "on": True, "text": "so long"})
        await vera.ask("decline", offer=await vera.offered(conv), reason="no such language")
        await noor.available()
        epoch = await noor.accept(conv)
        await noor.say({"t": "typing", "conv": conv, "on": True})
        await player.frame("eph", kind="typing", alias="Noor of Lumen")
        await noor.frame("ev", conv=conv, seq=3)
        await noor.say({"t": "read", "conv": conv, "seq": 3})
        await player.frame("eph", kind="read", role="agent")
        await noor.send(conv, "Let me look.", canned="17")
        await noor.write("note", conv=conv, body="A note that mentions nobody.")
        await noor.ask("help", conv=conv, on=True)
        await marit.write("whisper", conv=conv, body="Offer the form.")
        to = {"agent": vera.member.id}
        await noor.ask("transfer", conv=conv, epoch=epoch, to=to, note="Yours.")
        await vera.until(lambda: vera.chat(conv))
        await vera.send(conv, "Vera here.")
        await marit.ask("takeover", conv=conv)
        await marit.until(lambda: marit.chat(conv))
        await marit.send(conv, "I take care of it.")
        await ada.ask("assign", conv=conv, agent=noor.member.id)
        await noor.until(lambda: noor.chat(conv))
        await ada.ask("takeover", conv=conv)
        await ada.until(lambda: ada.chat(conv))
        await ada.send(conv, "And now I do.")
        await ada.ask("release", conv=conv, epoch=ada.epoch(conv))
        await marit.claim(conv)
        to = {"skill": "payments"}
        await marit.ask("transfer", conv=conv, epoch=marit.epoch(conv), to=to)
        await ada.ask("force_state", agent=vera.member.id, status="away", reason="out for lunch")
        await ada.ask("force_close", conv=conv, reason="he was rude")
        await player.until(lambda: player.states[conv]["state"] == "closed")
        await player.ask("rate", conv=conv, agent=2, comment="Too many hands.")
        heard = await floor.heard()
        for alias in floor.ALIASES:
            assert alias in heard
            assert f'"{alias.split()[0]}"' not in heard, "an alias of another brand"
        for secret in ("mentions nobody", "Offer the form", "Yours.", "he was rude", "for lunch"):
            assert secret not in heard
        assert "no such language" not in heard


async def test_an_agent_who_is_gone_leaves_his_alias_behind(live: Live) -> None:
    async with Floor(live) as floor:
        conv = await floor.player.open()
        await floor.vera.claim(conv)
        await floor.vera.send(conv, "One moment.")
        await floor.vera.leave()
        back = live.backstage.return_to_queue
        await asyncio.to_thread(back, conv=conv, agent=floor.vera.member.id)
        await floor.player.until(lambda: "left" in floor.player.kinds(conv), "left", 30)
        await floor.noor.claim(conv)
        epoch = floor.noor.epoch(conv)
        await floor.noor.ask("close", conv=conv, epoch=epoch, reason="solved")
        await floor.player.until(lambda: "survey" in floor.player.kinds(conv))
        heard = await floor.heard()
        assert "Vera of Lumen" in heard
        assert "Noor of Lumen" in heard


async def test_refusals_and_pages_for_players_tell_nothing(live: Live) -> None:
    async with Floor(live) as floor:
        conv = await floor.player.open()
        await floor.vera.claim(conv)
        for kind, fields in {
            "claim": {"conv": conv},
            "whisper": {"conv": conv, "cmid": "1", "body": "x"},
            "transfer": {"conv": conv, "epoch": 1, "to": {"agent": floor.noor.member.id[:3]}},
            "history": {"conv": conv, "limit": 1000},
        }.items():
            already = len(floor.player.frames)
            await floor.player.say({"t": kind, "ref": "r", **fields})
            await floor.player.frame("error", since=already)
        session = {"Authorization": f"Session {floor.player.session}"}
        # Live.http looks at every byte of these.
        for method, path, body, headers in (
            ("GET", "/w.js", None, {}),
            ("GET", f"/widget/{floor.brand}/", None, {}),
            ("GET", "/widget/nobody/", None, {}),
            ("POST", "/api/v1/player/sessions", {"brand": "nobody"}, {}),
            ("POST", "/api/v1/player/sessions", {"brand": floor.brand, "token": "x"}, {}),
            ("POST", "/api/v1/player/sessions", {"brand": floor.brand, "more": 1}, {}),
            ("GET", "/api/v1/player/sessions", None, session),
            ("OPTIONS", "/api/v1/player/sessions", None, session),
            ("GET", "/api/v1/player/nothing", None, session),
            ("DELETE", "/api/v1/player/sessions/current", None, session),
        ):
            answer = live.http(method, path, body, headers)
            assert answer.status < 500, (method, path, answer.body)
        assert await floor.player.closed() == 4401


# --- the positive control: a leak is seen ----------------------------------------------------------


async def test_a_planted_leak_is_caught_on_the_wire(live: Live) -> None:
    """An alias that is an identity goes the way of every alias: to the player."""
    brand = live.brand()
    mole = live.hire("Mole", brands=(brand,))
    live.backstage.set_seat(agent=mole.id, alias=mole.username)
    vera, player = AgentClient(live, mole), PlayerClient(live, brand)
    async with vera:
        await player.join()
        conv = await player.open()
        await vera.claim(conv)
        with pytest.raises(Leak, match=mole.username):
            await player.until(lambda: player.states[conv]["state"] == "active")
        # A test that waits for nothing more fails when its client leaves.
        with pytest.raises(Leak):
            await player.leave()


async def test_a_planted_leak_is_caught_in_an_answer(live: Live) -> None:
    who = canaries.identity()
    brand = live.brand(help_line={"line": who["email"], "phone": "", "url": ""})
    with pytest.raises(Leak):
        PlayerClient(live, brand).begin_session()


@pytest.mark.parametrize(
    "said",
    [
        '{"from":"Zebulonia7"}',
        '{"user":"CANARYUSER001"}',
        f'{{"id":{canaries.FIRST_AGENT_ID + 12}}}',
        f'{{"id":"a:{canaries.FIRST_AGENT_ID}"}}',
        "htrowxiuq yhtrowxiuq",
        b"canarymail1@house.example".hex(),
        "eyJzdWIiOiJjYW5hcnl1c2VyMDAxIn0",
        "bmFtZTogWmVidWxvbmlhNw==",
    ],
)
async def test_a_canary_is_known_in_disguise(said: str) -> None:
    with pytest.raises(Leak):
        canaries.check(said)


async def test_the_hash_of_an_address_is_a_canary() -> None:
    email = canaries.identity()["email"]
    with pytest.raises(Leak):
        canaries.check(f"https://pictures.example/{hashlib.md5(email.encode()).hexdigest()}")


async def test_times_and_aliases_are_no_canaries() -> None:
    canaries.check('{"ts":1791827301234,"alias":"Vera","at":1918273001234}')
