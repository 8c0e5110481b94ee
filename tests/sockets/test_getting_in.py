"""The first frame, and what ends a socket that once got in."""

from __future__ import annotations

import asyncio
import time
from http.cookies import SimpleCookie
from typing import Any

import pytest

from tests.clients import AgentClient, Client, PlayerClient, Refused
from tests.live import CASINO, Live
from tests.sockets.people import agent, code, supervisor, token

pytestmark = pytest.mark.asyncio

FOREIGN = "https://elsewhere.example"
# The contract's bounds, and some more for a busy machine.
SESSION_SECONDS, STAFF_SECONDS = 1.0, 5.0
SLACK_SECONDS = 1.5


def both(live: Live) -> tuple[Client, Client]:
    """One of each side, neither of whom is in."""
    return PlayerClient(live), agent(live, "aurora")


async def answer(client: Client, first: Any, **dial: Any) -> int:
    """Dials, says the first frame, and returns the code with which the socket closes."""
    await client.dial(**dial)
    if first is not None:
        await client.say(first)
    code = await client.closed()
    assert not [frame for frame in client.frames if frame["t"] == "welcome"]
    return code


async def test_a_socket_that_says_no_hello_is_closed_with_4401(strict: Live) -> None:
    assert await asyncio.gather(*(answer(one, None) for one in both(strict))) == [4401, 4401]


@pytest.mark.parametrize(
    "first",
    [
        '{"t":"open","ref":"r"}',
        '{"t":"claim","ref":"r","conv":"x"}',
        '{"t":"pong","n":1}',
        '{"t":"hello"}',
        '{"t":"hello","v":"1","session":"s","ticket":"s"}',
        "hello",
        b"hello",
        "x" * 20_000,
    ],
)
async def test_a_first_frame_that_is_no_hello_is_an_error_and_4401(live: Live, first: Any) -> None:
    for client in both(live):
        assert await answer(client, first) == 4401
        assert [frame["t"] for frame in client.frames] == ["error"]


async def test_another_version_is_4410(live: Live) -> None:
    for client in both(live):
        hello = await client.hello()
        for version in (0, 2, -1):
            assert await answer(client, {**hello, "v": version}) == 4410


async def test_a_socket_without_the_subprotocol_is_4410(live: Live) -> None:
    for client in both(live):
        for offered in (None, "chat.v2", "graphql-ws"):
            assert await answer(client, None, subprotocol=offered) == 4410
        await client.dial()
        assert client.subprotocol == "chat.v1"
        await client.leave()


async def test_an_unknown_session_or_ticket_is_4401(live: Live) -> None:
    player, staff = both(live)
    assert await answer(player, {"t": "hello", "v": 1, "session": "s_nobody"}) == 4401
    assert await answer(staff, {"t": "hello", "v": 1, "ticket": "t_nobody"}) == 4401
    # Each is good for its own side only.
    session, ticket = (await player.hello())["session"], (await staff.hello())["ticket"]
    assert await answer(player, {"t": "hello", "v": 1, "session": ticket}) == 4401
    assert await answer(staff, {"t": "hello", "v": 1, "ticket": session}) == 4401


async def test_a_ticket_is_good_for_one_socket(live: Live) -> None:
    vera = agent(live, "aurora")
    hello = await vera.hello()
    await vera.dial()
    await vera.say(hello)
    await vera.frame("welcome")
    again = AgentClient(live, vera.member)
    assert await answer(again, hello) == 4401
    await vera.still_usable()
    await vera.leave()


async def test_what_has_expired_is_4401(live: Live) -> None:
    player, staff = both(live)
    hellos = [await player.hello(), await staff.hello()]
    live.backstage.expire_everything()
    for client, hello in zip((player, staff), hellos, strict=True):
        assert await answer(client, hello) == 4401


async def test_what_follows_the_hello_without_waiting_is_answered_after_the_welcome(
    live: Live,
) -> None:
    player = PlayerClient(live, live.brand())
    await player.dial()
    await player.say(await player.hello())
    await player.say({"t": "open", "ref": "early"})
    await player.say("no frame at all")
    opened = await player.frame("ok", ref="early")
    assert [frame["t"] for frame in player.frames[:2]] == ["error", "welcome"]
    await player.until(lambda: player.kinds(opened["conv"]) == ["opened", "queued"])
    assert player.close_code is None
    await player.leave()


async def test_a_second_hello_is_a_bad_frame(live: Live) -> None:
    for client in both(live):
        async with client:
            await client.say(await client.hello())
            assert (await client.frame("error"))["code"] == "bad_frame"
            await client.still_usable()


async def test_a_wrong_origin_is_4403_after_the_hello(live: Live) -> None:
    player, staff = both(live)
    for wrong in (
        FOREIGN,
        "null",
        CASINO + ".evil.example",
        CASINO + ":8443",
        "http://casino.example",
    ):
        assert await answer(player, await player.hello(), origin=wrong) == 4403
    # A casino's page may embed the widget; it has no business with the desk.
    for wrong in (FOREIGN, CASINO, "null"):
        assert await answer(staff, await staff.hello(), origin=wrong) == 4403


async def test_an_allowed_origin_or_none_gets_in(live: Live) -> None:
    player, staff = both(live)
    for origin in (CASINO, live.origin, None):
        await player.join(origin)
        await player.leave()
    for origin in (live.origin, None):
        await staff.join(origin)
        await staff.leave()


async def test_a_session_that_ends_closes_its_sockets_within_a_second(live: Live) -> None:
    one, other = PlayerClient(live), PlayerClient(live)
    async with one, other:
        tabs = [PlayerClient(live) for _ in range(3)]
        for tab in tabs:
            tab.session = one.session
            await tab.join()
        header = {"Authorization": f"Session {one.session}"}
        path = "/api/v1/player/sessions/current"
        began = time.monotonic()
        assert (await asyncio.to_thread(live.http, "DELETE", path, None, header)).status == 204
        assert {await tab.closed() for tab in (one, *tabs)} == {4401}
        assert time.monotonic() - began < SESSION_SECONDS + SLACK_SECONDS
        assert live.http("DELETE", path, None, header).status == 401
        assert await answer(PlayerClient(live), await one.hello()) == 4401
        await other.still_usable()


async def sign_in(live: Live, username: str) -> dict[str, str]:
    """What a browser holds after signing in: cookies, and the header that goes with them."""
    live.backstage.set_password(username=username, password="correct-horse-battery")
    page = await asyncio.to_thread(live.http, "GET", "/login/")
    cookies = {one.key: one.value for one in SimpleCookie(page.headers["set-cookie"]).values()}
    form = f"username={username}&password=correct-horse-battery"
    form += f"&csrfmiddlewaretoken={cookies['csrftoken']}"
    done = await asyncio.to_thread(
        live.http,
        "POST",
        "/login/",
        form.encode(),
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={cookies['csrftoken']}",
            "Origin": live.origin,
        },
    )
    assert done.status == 302, done.body
    jar = SimpleCookie()
    for line in done.headers["set-cookie"].split(", "):
        jar.load(line)
    cookies |= {one.key: one.value for one in jar.values()}
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["csrftoken"],
        "Origin": live.origin,
    }


async def test_staff_who_may_no_longer_are_gone_within_five_seconds(live: Live) -> None:
    brand = live.brand()
    disabled, changed, staying = (agent(live, brand) for _ in range(3))
    demoted = supervisor(live, brand)
    browser = await sign_in(live, changed.member.username)
    ticket = live.http("POST", "/api/v1/staff/tickets", {}, browser)
    assert ticket.status == 201, ticket.body
    await changed.dial()
    await changed.say({"t": "hello", "v": 1, "ticket": ticket.json["ticket"]})
    await changed.frame("welcome")
    async with disabled, demoted, staying:
        await demoted.show_wall()
        began = time.monotonic()
        live.backstage.set_agent(username=disabled.member.username, is_active=False)
        live.backstage.set_agent(username=demoted.member.username, role="agent")
        live.backstage.set_password(username=changed.member.username, password="another-long-one")
        assert {await one.closed() for one in (disabled, demoted, changed)} == {4401}
        assert time.monotonic() - began < STAFF_SECONDS + SLACK_SECONDS
        await staying.still_usable()
        assert live.http("POST", "/api/v1/staff/tickets", {}, browser).status in (401, 403)


async def test_one_socket_too_many_replaces_the_oldest(live: Live) -> None:
    player = PlayerClient(live)
    player.begin_session()
    member = live.hire("Vera")
    for limit, more in (
        (5, lambda: PlayerClient(live)),
        (8, lambda: AgentClient(live, member)),
    ):
        sockets = [more() for _ in range(limit + 2)]
        for socket in sockets:
            if isinstance(socket, PlayerClient):
                socket.session = player.session
            await socket.join()
        assert {await old.closed() for old in sockets[:2]} == {4409}
        for socket in sockets[2:]:
            await socket.still_usable()
            await socket.leave()


async def test_a_socket_that_goes_while_it_is_greeted_counts_no_more(live: Live) -> None:
    async with PlayerClient(live) as first:
        for _ in range(8):
            passing = PlayerClient(live)
            passing.session = first.session
            await passing.dial()
            await passing.say(await passing.hello())
            await passing.vanish()
            await asyncio.sleep(0.1)
        tabs = [PlayerClient(live) for _ in range(4)]
        for tab in tabs:
            tab.session = first.session
            await tab.join()
        for socket in (first, *tabs):
            await socket.still_usable()
        for tab in tabs:
            await tab.leave()


async def test_auth_renews_a_session_on_a_live_socket(live: Live) -> None:
    brand = live.brand()
    known = PlayerClient(live, brand, token=token(brand, "p-1"))
    async with known, PlayerClient(live, brand) as stranger:
        conv = await known.open()
        renewed = PlayerClient(live, brand, token=token(brand, "p-1"))
        renewed.begin_session()
        await known.ask("auth", session=renewed.session)
        await known.send("still here")
        # The socket belongs to the new session now: the end of the old one does not touch it.
        old = {"Authorization": f"Session {known.session}"}
        await asyncio.to_thread(live.http, "DELETE", "/api/v1/player/sessions/current", None, old)
        for foreign in (stranger.session, "s_nobody"):
            assert await code(known.ask("auth", session=foreign)) == "forbidden"
        assert await code(stranger.ask("auth", session=renewed.session)) == "forbidden"
        await known.send("and here")
        assert known.bodies(conv) == ["still here", "and here"]
        new = {"Authorization": f"Session {renewed.session}"}
        await asyncio.to_thread(live.http, "DELETE", "/api/v1/player/sessions/current", None, new)
        assert await known.closed() == 4401


@pytest.mark.parametrize("known_before", [False, True])
async def test_an_upgraded_visitor_keeps_his_conversation(live: Live, known_before: bool) -> None:
    brand = live.brand()
    if known_before:
        PlayerClient(live, brand, token=token(brand, "p-7")).begin_session()
    visitor, vera = PlayerClient(live, brand), agent(live, brand)
    async with visitor, vera:
        conv = await visitor.open()
        await visitor.send("who am I?")
        await vera.claim(conv)
        assert visitor.player["authenticated"] is False
        proven = PlayerClient(live, brand, token=token(brand, "p-7", name="Sanne"))
        proven.begin_session({"Authorization": f"Session {visitor.session}"})
        assert proven.player["authenticated"] is True
        await visitor.ask("auth", session=proven.session)
        await visitor.send("I am Sanne")
        await vera.until(lambda: "I am Sanne" in vera.bodies(conv))
        flags = [note for note in vera.notes[conv].values() if note["kind"] == "flag"]
        assert [flag["data"] for flag in flags] == [{"identified": True}]
        await vera.until(lambda: vera.chat(conv)["player"]["authenticated"], "known on the desk")
        await vera.send(conv, "Hello Sanne")
        await visitor.until(lambda: "Hello Sanne" in visitor.bodies(conv))
        async with proven:
            assert proven.welcome["conv"]["conv"] == conv
            assert await proven.open() == conv
            history = await proven.ask("history", conv=conv)
            mine = [event for event in history["events"] if event["from"]["role"] == "player"]
            assert all("cmid" in event for event in mine if event["kind"] == "message")
        # Upgraded once: the known player's session is nobody else's to take.
        again = PlayerClient(live, brand, token=token(brand, "p-8"))
        again.begin_session({"Authorization": f"Session {visitor.session}"})
        assert again.player["id"] != proven.player["id"]
        assert live.backstage.conversation(conv=conv)["player_id"] == proven.player["id"]


async def test_no_tab_is_refused_while_another_one_signs_in(live: Live) -> None:
    brand = live.brand()
    PlayerClient(live, brand, token=token(brand, "p-7")).begin_session()
    async with PlayerClient(live, brand) as visitor:
        await visitor.open()
        proven = PlayerClient(live, brand, token=token(brand, "p-7", name="Sanne"))
        signing_in = asyncio.create_task(
            asyncio.to_thread(proven.begin_session, {"Authorization": f"Session {visitor.session}"})
        )
        sent = 0
        while not signing_in.done() or sent < 3:
            await visitor.send(f"line {sent}")
            sent += 1
        await signing_in
        await visitor.send("known")
        lines = [f"line {number}" for number in range(sent)]
        assert visitor.bodies(visitor.conv) == [*lines, "known"]


async def test_a_brand_without_visitors_wants_a_token(live: Live) -> None:
    brand = live.brand(anonymous=False)
    with pytest.raises(Refused) as caught:
        PlayerClient(live, brand).begin_session()
    assert caught.value.code == "forbidden"
    body = {"brand": brand}
    assert live.http("POST", "/api/v1/player/sessions", body).status == 403
    async with PlayerClient(live, brand, token=token(brand, "p-1")) as player:
        assert player.welcome["me"]["authenticated"] is True


async def test_a_player_has_one_open_conversation(live: Live) -> None:
    brand = live.brand()
    async with PlayerClient(live, brand) as one, PlayerClient(live, brand) as other:
        first = await one.open(topic="bonus")
        assert await one.open(topic="withdrawal") == first
        assert await other.open() != first
        await one.ask("close", conv=first)
        assert await one.open() != first


async def test_all_sockets_of_a_player_follow_what_begins_on_one(live: Live) -> None:
    brand = live.brand()
    one = PlayerClient(live, brand, token=token(brand, "p-1"))
    same_session = PlayerClient(live, brand)
    same_player = PlayerClient(live, brand, token=token(brand, "p-1"))
    async with one:
        same_session.session = one.session
        async with same_session, same_player:
            tabs = (one, same_session, same_player)
            convs = await asyncio.gather(*(tab.open() for tab in (one, same_player)))
            assert len(set(convs)) == 1
            await one.send("hello")
            for tab in tabs:
                await tab.until(lambda tab=tab: tab.bodies(convs[0]) == ["hello"])
                assert tab.kinds(convs[0]) == ["opened", "queued", "message"]
                await tab.until(lambda tab=tab: convs[0] in tab.states, "the state")
