"""Player, agent and supervisor in front of real pages; what they do is what a hand would do."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.house import House

# Two cores run the browser, the server and everybody's pages.
expect.set_options(timeout=20_000)


class Person:
    """A browser context of its own: its own cookies, its own storage."""

    everybody: ClassVar[list[Person]] = []

    def __init__(self, browser: Browser, width: int, height: int, **more: Any) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **more
        )
        self.page: Page = self.context.new_page()
        self.everybody.append(self)
        self.faults: list[str] = []
        self.frames: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("websocket", lambda ws: ws.on("framereceived", self._received))

    def _console(self, message: Any) -> None:
        # Whatever a browser says about a page of ours is a fault.
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def _received(self, payload: str | bytes) -> None:
        self.frames.append(payload if isinstance(payload, str) else payload.decode())


class CasinoPlayer(Person):
    """A player on the casino's page, which is another origin than the chat's."""

    def __init__(self, browser: Browser, house: House, sub: str, brand: str = "aurora") -> None:
        super().__init__(browser, 390, 844, locale="en-GB", is_mobile=True, has_touch=True)
        self.sub = sub
        self.page.goto(f"{house.casino}/{brand}")
        self.page.select_option("#player", sub)
        expect(self.page.locator("#state")).to_contain_text("Signed in as")

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("#chatdesk-launcher iframe")

    def open_widget(self) -> None:
        self.page.locator("#chatdesk-launcher button").click()
        expect(self.chat.locator(".topics button").first).to_be_visible()

    def choose_topic(self, number: int) -> None:
        self.chat.locator(".topics button").nth(number).click()

    def write(self, body: str) -> None:
        field = self.chat.locator("#message")
        field.click()
        field.press_sequentially(body, delay=5)
        self.chat.locator(".composer .send").click()
        line = self.chat.locator(".row.own", has_text=body).last
        expect(line).to_be_visible()
        expect(line).not_to_have_attribute("data-state", re.compile("waiting|sending|failed"))

    def said_by_others(self) -> list[str]:
        return self.chat.locator(".row.their .bubble").all_inner_texts()

    def expect_answer(self, body: str) -> None:
        expect(self.chat.locator(".row.their .bubble", has_text=body)).to_be_visible()


class DeskAgent(Person):
    def __init__(self, browser: Browser, house: House, username: str, **more: Any) -> None:
        size = {"width": 1440, "height": 900, **more}
        super().__init__(browser, size["width"], size["height"], locale="en-GB")
        login = house.logins()[username]
        self.alias = login["alias"]
        self.house = house
        self.page.goto(f"{house.origin}/desk/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(login["password"])
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/desk/")

    def start_shift(self) -> None:
        self.page.get_by_role("button", name="Start my shift").click()
        expect(self.page.locator(".status-button")).to_contain_text("Available")

    def accept_offer(self, name: str) -> None:
        """F2, as the offer says; the chat comes up with the caret in its composer."""
        expect(self.page.locator("li.slot.offer")).to_be_visible(timeout=20_000)
        self.page.keyboard.press("F2")
        expect(self.composer(name)).to_be_focused()

    def pane(self, name: str) -> Locator:
        return self.page.locator("section.pane").filter(
            has=self.page.get_by_role("heading", name=name, exact=True)
        )

    def composer(self, name: str) -> Locator:
        return self.page.get_by_role("textbox", name=f"Reply to {name}")

    def open_chat(self, name: str) -> None:
        self.page.locator(".slot-button").filter(has_text=name).click()
        expect(self.composer(name)).to_be_visible()

    def has_read(self, name: str) -> None:
        """What the player wrote has been in front of the agent; until then a send asks first."""
        slot = self.page.locator(".slot.chat").filter(has_text=name)
        expect(slot.locator(".unread")).to_have_count(0)

    def reply(self, name: str, body: str) -> None:
        self.open_chat(name)
        self.has_read(name)
        self.composer(name).fill(body)
        self.page.get_by_role("button", name=f"Send to {name}").click()
        expect(self.pane(name).locator(".bubble", has_text=body)).to_be_visible()

    def lines(self, name: str) -> list[str]:
        return self.pane(name).locator(".bubble").all_inner_texts()


class WallSupervisor(Person):
    def __init__(self, browser: Browser, house: House, username: str, **more: Any) -> None:
        super().__init__(browser, 1920, 1080, locale="en-GB", **more)
        login = house.logins()[username]
        self.page.goto(f"{house.origin}/wall/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(login["password"])
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/wall/")

    def row(self, text: str) -> Locator:
        return self.page.locator("table.chats tr[role=row]").filter(has_text=text)
