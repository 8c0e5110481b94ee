"""What happens to messages when something breaks, in a real Chromium: of a player at his widget and an
agent at his desk every message is committed once, in the order of writing, and shown once to both.

The fault is the same for both sides in each test; the database and both screens tell.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests import machine
from tests.browser.cable import Cable
from tests.browser.people import DeskAgent, Person
from tests.browser.test_main_journey import QUIET
from tests.live import SECRET, Live
from tests.postgres import free_port

PASSWORD = "correct-horse-battery"
WAIT_SECONDS = 30.0
ANSWER_SECONDS = 12.0


class House:
    """The product behind a cable, with one agent."""

    def __init__(self, live: Live, cable: Cable) -> None:
        self.live, self.cable, self.origin = live, cable, cable.origin
        self.agent = live.hire("Vera", capacity=3)
        live.backstage.set_password(username=self.agent.username, password=PASSWORD)

    def logins(self) -> dict[str, dict[str, str]]:
        return {self.agent.username: {"password": PASSWORD, "alias": "Vera"}}

    def kill(self) -> None:
        """The web process, as a fault of the machine would; ``serve`` starts another."""
        before = self.live.web_processes()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        self.wait_for(lambda: bool(self.live.web_processes() - before))

    @staticmethod
    def wait_for(fact: Callable[[], bool]) -> None:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            # A killed process is a zombie until serve has noticed.
            with contextlib.suppress(psutil.Error):
                if fact():
                    return
            time.sleep(0.05)
        raise AssertionError("it did not come to pass")


class Widget(Person):
    """The widget in a tab of its own."""

    role = "player"
    composer = "#message"
    bubbles = ".row.own .bubble"
    theirs = ".row.their .bubble"

    def __init__(self, browser: Browser, house: House) -> None:
        super().__init__(browser, 390, 844, locale="en-GB")
        self.url = f"{house.origin}/widget/aurora/"
        self.page.goto(self.url)

    def begin(self) -> str:
        """Chooses a topic and writes the first line; the conversation's id."""
        self.page.locator(".topics button").first.click()
        write(self, "hello")
        expect(self.page.locator(self.bubbles)).to_have_attribute("class", "bubble own")
        kept = "JSON.parse(localStorage.getItem('chatdesk.w.aurora.guest')).conv"
        self.page.wait_for_function(f"{kept} !== null")
        conv: str = self.page.evaluate(kept)
        return conv


class Desk(DeskAgent):
    role = "agent"
    composer = ".composer-field textarea"
    bubbles = ".bubble.out"
    theirs = ".bubble.in"

    def __init__(self, browser: Browser, house: House) -> None:
        super().__init__(browser, house, house.agent.username)  # type: ignore[arg-type]
        self.url = f"{house.origin}/desk/"


class Pair:
    """A player and an agent in one conversation, and what each has written in this test."""

    def __init__(self, house: House, widget: Widget, desk: Desk, conv: str) -> None:
        self.house, self.widget, self.desk, self.conv = house, widget, desk, conv
        self.cable = house.cable
        self.sides: tuple[Widget | Desk, ...] = (widget, desk)
        self.test = ""

    def write(self, *words: str, tab: dict[str, Page] | None = None) -> None:
        """The same on both sides, marked with the test and the side."""
        for side in self.sides:
            for word in words:
                write(side, f"{self.test} {side.role} {word}", (tab or {}).get(side.role))

    def committed(self, role: str) -> list[str]:
        found: list[dict[str, Any]] = self.house.live.backstage.events(conv=self.conv)
        bodies = [one["body"] or "" for one in found if one["role"] == role]
        return [body for body in bodies if body.startswith(f"{self.test} ")]

    def wait_until_committed(self, *words: str) -> None:
        for side in self.sides:
            wanted = [f"{self.test} {side.role} {word}" for word in words]
            self.house.wait_for(lambda: self.committed(side.role) == wanted)

    def expect(self, *words: str, pages: dict[str, list[Page]] | None = None) -> None:
        """Once in the database and in order; once on every screen and in order; nothing waits."""
        self.wait_until_committed(*words)
        for side in self.sides:
            wanted = [f"{self.test} {side.role} {word}" for word in words]
            for page in (pages or {}).get(side.role, [side.page]):
                expect(mine(page, side.bubbles, self.test)).to_have_text(wanted)
                expect(page.locator(".bubble.waiting, .bubble.failed")).to_have_count(0)
        for reader, writer in (self.sides, self.sides[::-1]):
            wanted = [f"{self.test} {writer.role} {word}" for word in words]
            for page in (pages or {}).get(reader.role, [reader.page]):
                expect(mine(page, reader.theirs, self.test)).to_have_text(wanted)
        for side in self.sides:
            assert self.committed(side.role) == [f"{self.test} {side.role} {w}" for w in words]


def mine(page: Page, selector: str, test: str) -> Any:
    return page.locator(selector).filter(has_text=f"{test} ")


def turns_held(page: Page) -> int:
    """How many tabs of this browser may send."""
    held: int = page.evaluate("navigator.locks.query().then(({held}) => held.length)")
    return held


def write(side: Widget | Desk, body: str, page: Page | None = None) -> None:
    """Into the composer and off it goes; nobody waits for what becomes of it."""
    page = page or side.page
    field = page.locator(side.composer)
    field.fill(body)
    field.press("Enter")
    # When the player wrote something new, the desk asks first.
    asking = page.locator(".asking")
    expect(asking.or_(page.locator(f"{side.composer}:placeholder-shown")).first).to_be_visible()
    if asking.is_visible():
        asking.get_by_role("button", name="Send to").click()
    expect(field).to_have_value("")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = free_port()
    folder = tmp_path_factory.mktemp("faults")
    # A test's hands are quicker than a player's.
    more = {"CHATDESK_LIMIT_PLAYER_FRAMES": "200"}
    live = Live(folder, "uvicorn", CHATDESK_PUBLIC_ORIGIN=f"http://127.0.0.1:{port}", **more)
    live.begin()
    cable = Cable(port, live.port)
    yield House(live, cable)
    cable.close()
    live.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=machine.chromium(),
            args=list(QUIET),
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def casino(house: House) -> Iterator[str]:
    """A page that may be cached and has the loader in it, on another origin than the chat's, but of the
    same site: there the widget has a storage, and so a turn to take."""
    loader = f'<script async src="{house.origin}/w.js" data-brand="cached"></script>'
    body = f"<!doctype html><title>Casino</title>{loader}"

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode() if self.path == "/" else b"<!doctype html>elsewhere")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}"
    house.live.backstage.brand(slug="cached", secret=SECRET, origins=[origin])
    yield f"{origin}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def meeting(house: House, browser: Browser) -> Pair:
    desk = Desk(browser, house)
    desk.start_shift()
    widget = Widget(browser, house)
    conv = widget.begin()
    expect(desk.page.locator("li.slot.offer")).to_be_visible(timeout=20_000)
    desk.page.keyboard.press("F2")
    expect(desk.page.locator(desk.composer)).to_be_focused()
    expect(widget.page.locator(".head")).to_contain_text("Vera")
    return Pair(house, widget, desk, conv)


@pytest.fixture
def pair(meeting: Pair, request: pytest.FixtureRequest) -> Pair:
    meeting.test = request.node.name.removeprefix("test_").split("_")[0]
    return meeting


def cdp(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def test_killed_in_the_middle_of_a_send(pair: Pair) -> None:
    # What is committed here is never acked; what is written after it waits behind it.
    pair.cable.stall(down=True, up=False)
    pair.write("one", "two")
    pair.wait_until_committed("one")
    pair.house.kill()
    pair.cable.cut()
    pair.write("three")
    pair.expect("one", "two", "three")


def test_frozen_with_a_message_on_its_way(pair: Pair) -> None:
    pair.cable.stall()
    pair.write("one")
    for side in pair.sides:
        cdp(side.page).send("Page.setWebLifecycleState", {"state": "frozen"})
    pair.cable.cut()
    time.sleep(0.5)
    for side in pair.sides:
        cdp(side.page).send("Page.setWebLifecycleState", {"state": "active"})
    pair.write("two")
    pair.expect("one", "two")


def test_stopped_processes_go_on(pair: Pair, browser: Browser) -> None:
    """Nobody tells the page of this: its process gets no time, and its sockets die meanwhile."""
    pair.cable.stall(down=True, up=False)
    pair.write("one")
    pair.wait_until_committed("one")
    stopped = [
        child
        for child in psutil.Process().children(recursive=True)
        if "--type=renderer" in child.cmdline()
    ]
    assert stopped
    for process in stopped:
        process.suspend()
    pair.cable.cut()
    time.sleep(1)
    for process in stopped:
        process.resume()
    pair.write("two")
    pair.expect("one", "two")


def test_lid_closed_for_a_minute(pair: Pair) -> None:
    """Timers stand still while the clock goes on; the sockets look open and are not."""
    pages = {}
    for side in pair.sides:
        page = side.context.new_page()
        page.clock.install()
        page.goto(side.url)
        expect(page.locator(side.composer)).to_be_visible()
        pages[side.role] = page
    pair.write("one", tab=pages)
    pair.wait_until_committed("one")
    pair.cable.stall()
    began = time.monotonic()
    for page in pages.values():
        page.clock.fast_forward(60_000)
    pair.write("two", tab=pages)
    pair.wait_until_committed("one", "two")
    # Sooner than any message without an answer is tried anew.
    assert time.monotonic() - began < ANSWER_SECONDS
    for side in pair.sides:
        # The tabs of the other tests are as deaf; they notice in their own time.
        side.page.reload()
    pair.expect("one", "two", pages={role: [page] for role, page in pages.items()})
    for page in pages.values():
        page.close()


def test_offline_and_online_again(pair: Pair) -> None:
    for side in pair.sides:
        side.context.set_offline(True)
    # Chromium keeps what is open; in life it would be as dead as this.
    pair.cable.stall()
    pair.write("one", "two")
    for side in pair.sides:
        side.context.set_offline(False)
    pair.write("three")
    pair.expect("one", "two", "three")


def test_reload_with_a_filled_outbox(pair: Pair) -> None:
    with pair.cable.without_sockets():
        pair.write("one", "two", "three")
        for side in pair.sides:
            side.page.reload()
        # The player sees what he wrote also before there is a connection.
        waiting = mine(pair.widget.page, ".bubble.waiting", pair.test)
        expect(waiting).to_have_text(
            [f"{pair.test} player {word}" for word in ("one", "two", "three")]
        )
    pair.expect("one", "two", "three")


def test_back_and_forward_again(pair: Pair) -> None:
    """Pages that may not be stored are loaded anew; nothing written before is written twice."""
    pair.write("one")
    for side in pair.sides:
        side.page.goto(f"{pair.house.origin}/healthz")
        side.page.go_back()
    pair.write("two")
    pair.expect("one", "two")


def test_casino_page_comes_back_from_the_cache_with_its_chat(
    house: House, browser: Browser, casino: str
) -> None:
    """Away it has no socket, and its turn to send is another tab's; back it takes both again."""
    player = Person(browser, 1200, 800, locale="en-GB")
    page = player.page
    page.goto(casino)
    page.evaluate("addEventListener('pageshow', (e) => { window.restored = e.persisted; })")
    page.locator("#chatdesk-launcher button").click()
    chat = page.frame_locator("#chatdesk-launcher iframe")
    chat.locator(".topics button").first.click()
    chat.locator("#message").fill("cached one")
    chat.locator("#message").press("Enter")
    expect(chat.locator(".row.own .meta")).to_contain_text("Sent")
    heard = [json.loads(text) for text in player.frames]
    conv = next(one["conv"] for one in heard if one["t"] == "ok")
    field = chat.locator("#message").bounding_box()
    assert field is not None
    other = player.context.new_page()
    other.goto(f"{house.origin}/healthz")
    sockets = house.cable.sockets
    assert turns_held(other) == 1
    page.goto(f"{casino}elsewhere")
    house.wait_for(lambda: house.cable.sockets == sockets - 1)
    assert turns_held(other) == 0
    page.go_back(wait_until="commit")
    page.wait_for_function("window.restored === true")
    house.wait_for(lambda: house.cable.sockets == sockets and turns_held(other) == 1)
    # Playwright has lost the frame; a hand finds it where it was.
    page.mouse.click(field["x"] + 20, field["y"] + field["height"] / 2)
    page.keyboard.type("cached two")
    page.keyboard.press("Enter")
    events = house.live.backstage.events
    house.wait_for(lambda: events(conv=conv)[-1]["body"] == "cached two")
    found = [one["body"] for one in events(conv=conv) if one["body"]]
    assert found == ["cached one", "cached two"]
    player.context.close()


def test_tabs_that_share_an_outbox(pair: Pair) -> None:
    second = {}
    for side in pair.sides:
        page = side.context.new_page()
        page.goto(side.url)
        expect(page.locator(side.composer)).to_be_visible()
        second[side.role] = page
    both = {side.role: [side.page, second[side.role]] for side in pair.sides}
    for number in range(3):
        pair.write(f"{number} here")
        pair.write(f"{number} there", tab=second)
    words = [f"{number} {place}" for number in range(3) for place in ("here", "there")]
    pair.expect(*words, pages=both)
    for side in pair.sides:
        assert turns_held(side.page) == 1
    # The tab that sends goes away with a message that is committed but not acked, and others behind it.
    pair.cable.stall(down=True, up=False)
    pair.write("last here")
    pair.write("last there", tab=second)
    pair.wait_until_committed(*words, "last here")
    for side in pair.sides:
        side.page.close()
        side.page = second[side.role]
    pair.cable.cut()
    pair.expect(*words, "last here", "last there")
