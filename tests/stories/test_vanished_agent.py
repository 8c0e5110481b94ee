"""An agent whose sockets are gone is noticed by his lease; others serve his unanswered player."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients import AgentClient, PlayerClient
from tests.live import Live

pytestmark = pytest.mark.asyncio

# An absence is believed when Redis has been there for 30 s, and a lease outlives its socket by 20 s.
NOTICED_SECONDS = 90


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server of its own: where many vanish at once, nobody's chats are moved."""
    server = Live(tmp_path_factory.mktemp("quiet"), "uvicorn")
    server.begin()
    yield server
    assert server.stop() == 0


async def test_a_player_whose_agent_vanished_goes_back_to_the_head_and_to_somebody_else(
    quiet: Live,
) -> None:
    brand = quiet.brand(lost_agent_seconds=1)
    vera = AgentClient(quiet, quiet.hire("Vera", brands=(brand,)))
    iris = AgentClient(quiet, quiet.hire("Iris", brands=(brand,)))
    async with PlayerClient(quiet, brand) as player, iris:
        await vera.join()
        await vera.available()
        conv = await player.open()
        await vera.accept(conv)
        await player.send("are you there?")
        waiting_since = quiet.backstage.conversation(conv=conv)["waiting_since_ts"]
        await vera.leave()
        await iris.available()
        await player.until(
            lambda: "left" in player.kinds(conv),
            "the chat leaves the one who is gone",
            NOTICED_SECONDS,
        )
        assert quiet.backstage.conversation(conv=conv)["waiting_since_ts"] == waiting_since
        await iris.accept(conv)
        await player.until(lambda: player.states[conv]["agent"] == {"alias": "Iris"})
        await iris.send(conv, "Iris here now.")
        await player.until(lambda: player.bodies(conv) == ["are you there?", "Iris here now."])
        left = next(one for one in player.events[conv].values() if one["kind"] == "left")
        assert left["data"] == {"reason": "connection"}
