"""An agent closes his laptop with two players unanswered: each is told an honest line, and another agent
has them with their history and their original wait, in real browsers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import machine
from tests.browser.cable import Cable
from tests.browser.people import DeskAgent, Person
from tests.browser.test_main_journey import QUIET
from tests.live import Live
from tests.postgres import free_port

PASSWORD = "correct-horse-battery"
# The lease ends 20 s after the last sign of life; 60 s after it the chats go back.
LIMIT_SECONDS = 65.0
# An absence is believed when Redis and the dispatcher have been there for half a minute.
SETTLED_SECONDS = 32.0


class House:
    """The product behind a cable, with three agents."""

    def __init__(self, live: Live, cable: Cable) -> None:
        self.live, self.cable, self.origin = live, cable, cable.origin
        self.brand = live.brand()
        self.staff = {
            alias: live.hire(alias, capacity=3, brands=(self.brand,))
            for alias in ("Vera", "Iris", "Aino")
        }
        for member in self.staff.values():
            live.backstage.set_password(username=member.username, password=PASSWORD)

    def logins(self) -> dict[str, dict[str, str]]:
        return {
            member.username: {"password": PASSWORD, "alias": alias}
            for alias, member in self.staff.items()
        }


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = free_port()
    live = Live(
        tmp_path_factory.mktemp("laptop"),
        "uvicorn",
        CHATDESK_PUBLIC_ORIGIN=f"http://127.0.0.1:{port}",
    )
    live.begin()
    cable = Cable(port, live.port)
    yield House(live, cable)
    cable.close()
    live.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(QUIET))
        yield browser
        browser.close()


class Player(Person):
    def __init__(self, browser: Browser, house: House, body: str) -> None:
        super().__init__(browser, 390, 844, locale="en-GB")
        self.body = body
        self.page.goto(f"{house.origin}/widget/{house.brand}/")
        self.page.locator(".topics button").first.click()
        self.write(body)
        kept = f"JSON.parse(localStorage.getItem('chatdesk.w.{house.brand}.guest')).conv"
        self.page.wait_for_function(f"{kept} !== null")
        self.conv: str = self.page.evaluate(kept)

    def write(self, body: str) -> None:
        field = self.page.locator("#message")
        field.fill(body)
        field.press("Enter")
        expect(self.page.locator(".row.own", has_text=body)).to_be_visible()


def _take(desk: DeskAgent, chats: int) -> None:
    """F2 for whatever rings, until so many chats lie on the desk."""
    slots = desk.page.locator("li.slot.chat")
    for number in range(1, chats + 1):
        expect(desk.page.locator("li.slot.offer").first).to_be_visible(timeout=40_000)
        desk.page.keyboard.press("F2")
        expect(slots).to_have_count(number)


def test_players_of_a_closed_laptop_are_told_and_served(house: House, browser: Browser) -> None:
    vera = DeskAgent(browser, house, house.staff["Vera"].username)  # type: ignore[arg-type]
    vera.start_shift()
    laptop = house.cable.open_now()
    players = [Player(browser, house, body) for body in ("where is my payout", "and my bonus")]
    _take(vera, 2)
    # Whoever has been answered waits for her, and not for a first reply.
    for player in players:
        slot = vera.page.locator(".slot.chat").filter(has_text=player.body)
        name = slot.locator(".slot-name").inner_text()
        vera.reply(name, f"I look into it: {player.body}")
    # Others on duty, else losing one would be losing all, which we do not believe.
    others = [
        DeskAgent(browser, house, house.staff[alias].username)  # type: ignore[arg-type]
        for alias in ("Iris", "Aino")
    ]
    for desk in others:
        desk.start_shift()
    waits = {
        player.conv: house.live.backstage.conversation(conv=player.conv)["waiting_since_ts"]
        for player in players
    }
    time.sleep(SETTLED_SECONDS)
    house.cable.stall(only=laptop)
    vera.context.set_offline(True)
    closed = time.monotonic()
    for player in players:
        player.write("hello?")
        told = player.page.locator(".told", has_text="Vera had to leave this chat.")
        expect(told).to_be_visible(timeout=LIMIT_SECONDS * 1000)
    desks = [desk.page.locator("li.slot.offer, li.slot.chat") for desk in others]
    while sum(one.count() for one in desks) < 2:
        assert time.monotonic() - closed < LIMIT_SECONDS
        time.sleep(0.1)
    for desk in others:
        while desk.page.locator("li.slot.offer").count():
            desk.page.keyboard.press("F2")
            time.sleep(0.3)
    for player in players:
        row = house.live.backstage.conversation(conv=player.conv)
        assert row["waiting_since_ts"] == waits[player.conv]
        joined = player.page.locator(".told", has_text="You are talking to").last
        expect(joined).not_to_contain_text("Vera", timeout=10_000)
    took = time.monotonic() - closed
    assert took < LIMIT_SECONDS, took
    shown = " ".join(
        text for desk in others for text in desk.page.locator(".pane .bubble").all_inner_texts()
    )
    for player in players:
        assert player.body in shown
