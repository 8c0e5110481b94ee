"""What a casino's page loads of us before and after a player's first click, in a real Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import (
    Browser,
    FrameLocator,
    Locator,
    Request,
    Route,
    expect,
    sync_playwright,
)

from tests import machine
from tests.browser.people import Person
from tests.browser.test_main_journey import QUIET
from tests.live import SECRET, Live

# Longer than anything that a page could put off until it is idle.
QUIET_MS = 1500


class House:
    """The product, and a casino's page with the snippet and a policy that names only us."""

    def __init__(self, live: Live) -> None:
        self.origin = live.origin
        snippet = f'<script async src="{live.origin}/w.js" data-brand="lobby"></script>'
        body = f'<!doctype html><html lang="en"><title>Casino</title><h1>Lobby</h1>{snippet}'
        policy = f"default-src 'none'; script-src {live.origin}; frame-src {live.origin}"

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/" else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                if self.path == "/":
                    self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.casino = f"http://127.0.0.1:{self.server.server_port}"
        live.backstage.brand(slug="lobby", secret=SECRET, origins=[self.casino])


class Visitor(Person):
    """Somebody on the casino's page, and all that his browser asks us for."""

    def __init__(self, browser: Browser, house: House) -> None:
        super().__init__(browser, 1280, 800, locale="en-GB")
        self.asked: list[str] = []
        self.sockets: list[str] = []
        self.house = house
        self.page.on("request", self._request)
        self.page.on("websocket", lambda ws: self.sockets.append(ws.url))
        self.held: list[Route] = []

    def _request(self, request: Request) -> None:
        if request.url.startswith(self.house.origin):
            self.asked.append(request.url.removeprefix(self.house.origin))

    def come(self) -> None:
        self.page.goto(f"{self.house.casino}/")
        expect(self.launcher).to_be_visible()

    @property
    def launcher(self) -> Locator:
        return self.page.locator("#chatdesk-launcher button")

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("#chatdesk-launcher iframe")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    live = Live(tmp_path_factory.mktemp("first-click"), "uvicorn")
    live.begin()
    house = House(live)
    yield house
    house.server.shutdown()
    house.server.server_close()
    assert live.stop() == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(QUIET))
        yield browser
        browser.close()


def test_01_one_request_before_the_first_click(house: House, browser: Browser) -> None:
    visitor = Visitor(browser, house)
    page = visitor.page
    visitor.come()
    page.wait_for_timeout(QUIET_MS)
    assert visitor.asked == ["/w.js"]
    assert visitor.sockets == []
    assert visitor.context.cookies() == []
    assert page.locator("iframe").count() == 0
    assert len(page.frames) == 1
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0

    visitor.launcher.click()
    expect(page.locator("#chatdesk-launcher iframe")).to_be_visible()
    expect(visitor.chat.locator(".topics button").first).to_be_visible()
    visitor.chat.locator(".topics button").first.click()
    expect(visitor.chat.locator("#message")).to_be_focused()
    files = sorted(path.rsplit("/", 1)[1] for path in visitor.asked if "/static/" in path)
    assert files == ["icons.svg", "more.css", "more.js", "shared.js", "widget.css", "widget.js"]
    assert len(visitor.sockets) == 1
    assert visitor.context.cookies() == []
    assert visitor.faults == []
    visitor.context.close()


def test_the_first_screen_waits_for_nothing_that_comes_after_it(
    house: House, browser: Browser
) -> None:
    visitor = Visitor(browser, house)
    visitor.page.route("**/built/more.*", lambda route: visitor.held.append(route))
    visitor.come()
    visitor.launcher.click()
    expect(visitor.chat.locator(".topics button").first).to_be_visible()
    assert visitor.sockets == []
    # Whoever wants to stop is not made to wait either.
    visitor.chat.locator(".stop-row button").click()
    expect(visitor.chat.locator(".stop-page h1")).to_be_focused()
    visitor.chat.locator(".tool.back").click()
    visitor.chat.locator(".topics button").first.click()
    expect(visitor.chat.locator("#message")).to_have_count(0)
    for route in visitor.held:
        route.continue_()
    expect(visitor.chat.locator("#message")).to_be_focused()
    # One session, asked for once.
    assert visitor.asked.count("/api/v1/player/sessions") == 1
    assert visitor.faults == []
    visitor.context.close()


def test_what_did_not_come_is_asked_for_again(house: House, browser: Browser) -> None:
    visitor = Visitor(browser, house)
    visitor.page.route("**/built/more.js", lambda route: route.abort())
    visitor.come()
    visitor.launcher.click()
    visitor.chat.locator(".topics button").first.click()
    expect(visitor.chat.locator("#message")).to_be_focused()
    assert any(path.endswith("/more.js?1") for path in visitor.asked)
    visitor.context.close()
