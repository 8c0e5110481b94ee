"""A chat from the first word to the rating, over real sockets."""

from __future__ import annotations

import pytest

from tests.clients import AgentClient, PlayerClient, Refused, SupervisorClient
from tests.live import Live

pytestmark = pytest.mark.asyncio


async def test_a_chat_from_the_first_word_to_the_rating(live: Live) -> None:
    brand = live.brand()
    vera = AgentClient(live, live.hire("Vera", brands=(brand,)))
    async with PlayerClient(live, brand, lang="en") as player, vera:
        await vera.available()
        conv = await player.open(topic="withdrawal")
        await player.send("where is my money?")
        await vera.accept(conv)
        await vera.until(lambda: "where is my money?" in vera.bodies(conv))
        await vera.send(conv, "Let me look.")
        await player.until(lambda: "Let me look." in player.bodies(conv))
        assert player.states[conv]["agent"] == {"alias": "Vera"}
        await vera.write("note", conv=conv, body="Asked payments.")
        await vera.ask("close", conv=conv, epoch=vera.epoch(conv), reason="solved")
        await player.until(lambda: player.states[conv]["state"] == "closed")
        assert player.kinds(conv)[-2:] == ["closed", "survey"]
        await player.ask("rate", conv=conv, agent=5, outcome=4)
        assert live.backstage.rating(conv=conv)["agent_score"] == 5
        assert not player.notes


async def test_a_supervisor_watches_and_whispers_unseen(live: Live) -> None:
    brand = live.brand()
    vera = AgentClient(live, live.hire("Vera", brands=(brand,)))
    marit = SupervisorClient(live, live.hire("Marit", role="supervisor", brands=(brand,)))
    async with PlayerClient(live, brand) as player, vera, marit:
        await vera.available()
        conv = await player.open()
        await player.send("hello")
        await vera.accept(conv)
        await marit.show_wall()
        await marit.until(lambda: conv in marit.wall["chats"])
        await marit.watch(conv)
        await marit.write("whisper", conv=conv, body="Offer the form.")
        await vera.until(lambda: vera.notes.get(conv))
        assert vera.notes[conv][1]["body"] == "Offer the form."
        await vera.send(conv, "Here is the form.")
        await player.until(lambda: "Here is the form." in player.bodies(conv))
        assert "Offer the form." not in str(player.frames)
        assert "watch" in live.backstage.interventions(conv=conv)
        with pytest.raises(Refused) as refused:
            await vera.write("whisper", conv=conv, body="no")
        assert refused.value.code == "forbidden"
