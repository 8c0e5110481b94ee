"""A supervisor reads the roster in a real Chromium: where nobody is planned, by word and by key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests import machine
from tests.browser.people import Person
from tests.live import Live

PASSWORD = "correct-horse-battery"
EVERY_DAY = ("--recurrence", "FREQ=DAILY", "--tz", "UTC")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Two shifts by day and one at night; at night nobody has player safety in Finnish."""
    found = Live(tmp_path_factory.mktemp("roster"), "uvicorn")
    try:
        found.begin()
        begins = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%d")
        marit = found.hire("Marit", role="supervisor", brands=())
        found.backstage.set_password(username=marit.username, password=PASSWORD)
        found.boss = marit.username  # type: ignore[attr-defined]
        for alias, start, minutes, langs, skills in (
            ("Aino", "07:00", 480, ["fi", "en"], ["player_safety"]),
            ("Bente", "14:00", 540, ["fi", "sv"], ["player_safety"]),
            ("Carla", "22:00", 600, ["fi", "nl"], []),
        ):
            who = found.hire(alias, brands=(), languages=langs, skills=skills)
            hours = ("--starts", f"{begins}T{start}", "--minutes", str(minutes))
            found.manage("add_shift", "--agent", who.username, *hours, *EVERY_DAY)
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=machine.chromium(), args=["--no-sandbox"]
        )
        yield found
        found.close()


class Planner(Person):
    """A supervisor on the page of the roster."""

    def __init__(self, browser: Browser, live: Live, width: int, height: int, **more: str) -> None:
        super().__init__(
            browser, width, height, **{"locale": "en-GB", "timezone_id": "UTC", **more}
        )
        self.page.goto(f"{live.origin}/roster/")
        self.page.get_by_label("Username").fill(live.boss)  # type: ignore[attr-defined]
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/roster/")
        expect(self.page.locator(".language")).to_have_count(5)


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def _finnish(page: Page) -> Locator:
    return page.locator(".language").filter(has=page.get_by_role("heading", name="Finnish"))


def test_a_hole_is_said_in_words_and_in_its_cells(live: Live, browser: Browser) -> None:
    marit = Planner(browser, live, 1440, 900)
    page = marit.page
    holes = page.get_by_role("region", name="Holes")
    expect(holes.get_by_role("heading", name="Finnish, player safety")).to_be_visible()
    expect(holes).to_contain_text("23:00")
    expect(_finnish(page).locator("td.hole").first).to_have_text("0")
    expect(_finnish(page)).to_contain_text("56 hours without anybody")
    page.get_by_role("button", name="General").click()
    expect(_finnish(page)).to_contain_text("Somebody at every hour")
    expect(holes.get_by_role("heading", name="Finnish")).to_have_count(0)
    assert _fits(page)
    assert marit.faults == []


def test_the_keys_lead_through_the_hours_and_say_who_is_there(live: Live, browser: Browser) -> None:
    marit = Planner(browser, live, 1440, 900)
    page = marit.page
    cells = _finnish(page).locator("td[tabindex='0']")
    expect(cells).to_have_count(1)
    cells.focus()
    for _ in range(14):
        page.keyboard.press("ArrowRight")
    focused = page.locator("td:focus")
    expect(focused).to_have_attribute("aria-label", _ending("14:00–15:00: Aino, Bente"))
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("aria-label", _ending("00:00–01:00: nobody"))
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_attribute("aria-label", _ending("00:00–01:00: nobody"))
    assert marit.faults == []


def test_another_zone_moves_the_hours_and_a_phone_shows_them_all(
    live: Live, browser: Browser
) -> None:
    marit = Planner(browser, live, 390, 844, timezone_id="Europe/Helsinki")
    page = marit.page
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Helsinki")
    assert _fits(page)
    expect(page.locator(".hours.upright").first.locator("tbody tr")).to_have_count(24)
    page.get_by_label("Time zone").select_option("UTC")
    duties = page.get_by_role("region", name="Duties")
    expect(duties.get_by_text("07:00–15:00").first).to_be_visible()
    assert _fits(page)
    assert marit.faults == []


def _ending(end: str) -> re.Pattern[str]:
    """An attribute that ends so: the day before it is today's."""
    return re.compile(f"{re.escape(end)}$")
