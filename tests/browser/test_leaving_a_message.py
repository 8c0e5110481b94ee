"""A player who comes while nobody is there, in a real Chromium: he is told when we open, in his own time,
leaves a message with the keyboard alone, and finds the answer when he comes back.

``CHATDESK_PICTURES`` names a folder for the pictures of each step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import machine
from tests.browser.people import DeskAgent, Person
from tests.browser.test_main_journey import QUIET, Pictures
from tests.live import Live

PASSWORD = "correct-horse-battery"
BODY = "Where is my withdrawal of Tuesday?"
# Far from the server's zone and from the casino's.
HERE, THERE = "Asia/Tokyo", "Europe/Helsinki"


class House:
    """The product with brands of its own, and one agent who serves them."""

    def __init__(self, live: Live) -> None:
        self.live, self.origin = live, live.origin
        # In Helsinki it is 9 to 10 in the evening, the day after tomorrow; in Tokyo the small hours after.
        day = (datetime.now(UTC) + timedelta(days=2)).date()
        special = {day.isoformat(): [["21:00", "22:00"]]}
        shut = {"": {"tz": THERE, "week": {}, "special": special}}
        self.opens = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        live.brand("shut", hours=shut)
        live.brand("quiet")
        self.agent = live.hire("Vera", brands=("shut",))
        self.quiet = live.hire("Noor", brands=("quiet",))
        for agent in (self.agent, self.quiet):
            live.backstage.set_password(username=agent.username, password=PASSWORD)

    def logins(self) -> dict[str, dict[str, str]]:
        return {
            self.agent.username: {"password": PASSWORD, "alias": "Vera"},
            self.quiet.username: {"password": PASSWORD, "alias": "Noor"},
        }


class Widget(Person):
    """The widget in a tab of its own."""

    def __init__(self, browser: Browser, house: House, brand: str, **more: Any) -> None:
        super().__init__(browser, 390, 844, locale="en-GB", timezone_id=HERE, **more)
        self.page.goto(f"{house.origin}/widget/{brand}/")
        self.service = self.page.locator("[data-service]")
        self.live = self.service.get_by_role("status")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    live = Live(tmp_path_factory.mktemp("leaving"), "uvicorn")
    live.begin()
    yield House(live)
    assert live.stop() == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(QUIET))
        yield browser
        browser.close()


def test_from_a_closed_door_to_the_answer(house: House, browser: Browser) -> None:
    pictures = Pictures()
    player = Widget(browser, house, "shut")
    page = player.page
    expect(page.get_by_role("heading", name="Nobody is on duty right now")).to_be_visible()
    # 21:00 in Helsinki, winter or summer, is 03:00 or 04:00 of the next day in Tokyo.
    expect(player.live).to_contain_text(re.compile(r"We open: .* 0[34]:00, your time\."))
    weekday = (house.opens + timedelta(days=1)).strftime("%A")
    expect(player.live).to_contain_text(weekday)
    pictures.take(player, "widget-closed")
    pictures.dark(player, "widget-closed-dark")
    page.get_by_text("Opening hours").click()
    expect(page.locator(".hours dd", has_text=re.compile("0[34]:00–0[45]:00"))).to_have_count(1)

    # With the keyboard alone: the topic, the words, and off it goes.
    page.locator(".topics button").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Leave a message")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_role("button", name="Send the message")).to_be_disabled()
    page.keyboard.type(BODY)
    # What is written is there after a reload.
    page.reload()
    page.locator(".topics button").first.press("Enter")
    expect(page.get_by_label("Your message")).to_have_value(BODY)
    expect(page.get_by_label("Your message")).to_be_focused()
    pictures.take(player, "widget-leave")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send the message")).to_be_focused()
    page.keyboard.press("Enter")
    left = page.get_by_role("region", name="Your message")
    expect(left.get_by_role("status")).to_have_text("Your message is with us")
    expect(page.locator(".row.own .bubble")).to_have_text(BODY)
    expect(page.locator(".queue")).to_have_count(0)
    pictures.take(player, "widget-left")
    pictures.dark(player, "widget-left-dark")
    page.reload()
    expect(left.get_by_role("status")).to_have_text("Your message is with us")
    expect(page.locator(".row.own .bubble")).to_have_text(BODY)

    # Whoever comes on duty gets it, and the answer is where it was promised.
    page.goto("about:blank")
    vera = DeskAgent(browser, house, house.agent.username)  # type: ignore[arg-type]
    vera.start_shift()
    expect(vera.page.locator("li.slot.offer")).to_be_visible()
    vera.page.keyboard.press("F2")
    composer = vera.page.get_by_role("textbox", name=re.compile("^Reply to"))
    expect(composer).to_be_focused()
    expect(vera.page.locator("section.pane .bubble", has_text=BODY)).to_be_visible()
    name = (composer.get_attribute("aria-label") or "").removeprefix("Reply to ")
    vera.reply(name, "It was paid this morning.")
    page.goto(f"{house.origin}/widget/shut/")
    expect(page.locator(".row.their .bubble", has_text="It was paid")).to_be_visible()
    expect(page.locator(".head")).to_contain_text("Vera")
    expect(left).to_have_count(0)
    assert player.faults == vera.faults == []
    player.context.close()
    vera.context.close()


def test_whoever_wants_to_stop_gets_a_chat_also_while_it_is_closed(
    house: House, browser: Browser
) -> None:
    player = Widget(browser, house, "shut")
    page = player.page
    expect(player.service).to_have_attribute("data-service", "closed")
    page.get_by_role("button", name="I want to stop gambling").click()
    page.get_by_role("button", name="Talk to somebody now").click()
    expect(page.locator(".queue")).to_contain_text("Your place in the queue")
    assert player.faults == []
    player.context.close()


def test_the_start_screen_says_it_when_somebody_comes_and_goes(
    house: House, browser: Browser
) -> None:
    player = Widget(browser, house, "quiet")
    expect(player.service).to_have_attribute("data-service", "unspoken")
    expect(player.live).to_contain_text("Nobody on duty speaks your language right now")
    noor = DeskAgent(browser, house, house.quiet.username)  # type: ignore[arg-type]
    noor.start_shift()
    expect(player.service).to_have_attribute("data-service", "available")
    expect(player.live).to_contain_text("Available now")
    expect(player.page.get_by_role("button", name="Leave a message")).to_have_count(0)
    # No hint says it: the database is looked at every ten seconds.
    house.live.backstage.set_seat(agent=house.quiet.id, load=3)
    expect(player.service).to_have_attribute("data-service", "busy")
    expect(player.live).to_contain_text("Everybody is busy right now")
    player.page.get_by_role("button", name="Leave a message").click()
    expect(player.page.get_by_role("heading", name="Leave a message")).to_be_visible()
    player.page.get_by_role("button", name="Start a chat instead").click()
    expect(player.page.locator(".topics")).to_be_visible()
    assert player.faults == noor.faults == []
    player.context.close()
    noor.context.close()
