"""The main job in a real Chromium, on what ``git clone`` and ``make run`` give: from the player's first
click to his rating, with four chats at one desk and a supervisor looking on.

``CHATDESK_PICTURES`` names a folder for the pictures of each step; the README shows them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import machine
from tests.browser.house import House
from tests.browser.people import CasinoPlayer, DeskAgent, Person, WallSupervisor

QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PEOPLE = {"Sanne": "p-4102", "Mika": "p-4471", "Олег": "p-4390", "Ebba": "p-3987"}
FIRST = {
    "Sanne": "hoi, heb je nog een bonusje voor me?",
    "Mika": "moi, missä mun kotiutus on",
    "Олег": "здравствуйте, документы уже приняли?",
    "Ebba": "spelet frös mitt i rundan",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    house.run()
    yield house
    house.interrupt()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=list(QUIET))
        yield browser
        browser.close()


class Pictures:
    """Takes a picture of each step, where a folder is given."""

    def __init__(self) -> None:
        folder = os.environ.get("CHATDESK_PICTURES")
        self._folder = Path(folder) if folder else None

    def take(self, who: Person, name: str) -> None:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            who.page.screenshot(path=self._folder / f"{name}.png", animations="disabled")

    def dark(self, who: Person, name: str) -> None:
        who.page.emulate_media(color_scheme="dark")
        self.take(who, name)
        who.page.emulate_media(color_scheme="light")


def test_from_the_first_click_to_the_rating(house: House, browser: Browser) -> None:
    pictures = Pictures()
    vera = DeskAgent(browser, house, "desk.01")
    pictures.take(vera, "desk-start")
    vera.start_shift()

    # A player opens the widget on the casino's page, chooses a topic and writes.
    players = {"Sanne": CasinoPlayer(browser, house, PEOPLE["Sanne"])}
    sanne = players["Sanne"]
    pictures.take(sanne, "casino")
    sanne.open_widget()
    pictures.take(sanne, "widget-welcome")
    pictures.dark(sanne, "widget-welcome-dark")
    sanne.choose_topic(2)
    sanne.write(FIRST["Sanne"])
    pictures.take(sanne, "widget-queue")

    # The agent accepts and answers with a canned response.
    expect(vera.page.locator("li.slot.offer")).to_be_visible(timeout=20_000)
    pictures.take(vera, "desk-offer")
    vera.accept_offer("Sanne")
    expect(vera.pane("Sanne").locator(".bubble", has_text=FIRST["Sanne"])).to_be_visible()
    vera.has_read("Sanne")
    composer = vera.composer("Sanne")
    composer.press_sequentially("/bonus-n", delay=20)
    expect(vera.page.get_by_role("listbox")).to_be_visible()
    expect(vera.page.get_by_role("option").first).to_contain_text("/bonus-none")
    pictures.take(vera, "desk-canned")
    composer.press("Enter")
    expect(composer).to_have_value(re.compile("Bedankt voor je vraag, Sanne"))
    vera.page.get_by_role("button", name="Send to Sanne").click()
    sanne.expect_answer("Bedankt voor je vraag, Sanne")
    expect(sanne.chat.locator(".head")).to_contain_text("Vera")
    pictures.take(sanne, "widget-chat")
    pictures.dark(sanne, "widget-chat-dark")

    # Three more arrive; the agent serves four at once, two of them side by side.
    for name in ("Mika", "Олег", "Ebba"):
        players[name] = CasinoPlayer(browser, house, PEOPLE[name])
        players[name].open_widget()
        players[name].choose_topic(len(players) - 1)
        players[name].write(FIRST[name])
        vera.accept_offer(name)
    expect(vera.page.locator(".slot.chat")).to_have_count(4)
    expect(vera.page.locator("section.pane:visible")).to_have_count(2)
    for name in players:
        vera.reply(name, f"Vera to {name}, one")
    for name in reversed(players):
        players[name].write(f"{name} again")
        vera.reply(name, f"Vera to {name}, two")
    for name, player in players.items():
        player.expect_answer(f"Vera to {name}, two")
        others = [text for text in player.said_by_others() if text.startswith("Vera to")]
        assert others == [f"Vera to {name}, one", f"Vera to {name}, two"]
        vera.open_chat(name)
        lines = "\n".join(vera.lines(name))
        assert FIRST[name] in lines
        assert f"{name} again" in lines
        for other in set(players) - {name}:
            assert FIRST[other] not in lines
            assert f"Vera to {other}" not in lines

    # A note stays with staff.
    vera.open_chat("Ebba")
    vera.pane("Ebba").get_by_role("button", name="Internal note").click()
    note = vera.page.get_by_role("textbox", name="Internal note about Ebba")
    note.fill("Asked for the round log.")
    pictures.take(vera, "desk")
    pictures.dark(vera, "desk-dark")
    vera.page.get_by_role("button", name="Save internal note").click()
    expect(vera.pane("Ebba").locator(".note", has_text="Asked for the round log.")).to_be_visible()

    # A supervisor watches one live and whispers; the player never sees it.
    marit = WallSupervisor(browser, house, "floor.01")
    expect(marit.row("NL, Aurora")).to_be_visible()
    marit.row("SV, Aurora").get_by_role("button", name=re.compile("^Watch")).click()
    whisper = marit.page.locator("form.whisper textarea")
    whisper.fill("Offer to call the game provider.")
    marit.page.get_by_role("button", name=re.compile("^Whisper")).click()
    expect(marit.page.locator(".pane .note", has_text="Offer to call")).to_be_visible()
    expect(vera.pane("Ebba").locator(".note", has_text="Offer to call")).to_be_visible()
    pictures.take(marit, "wall-watch")
    pictures.take(vera, "desk-whisper")
    vera.pane("Ebba").get_by_role("button", name="Reply", exact=True).click()
    vera.reply("Ebba", "I asked the game provider for the log.")
    players["Ebba"].expect_answer("I asked the game provider for the log.")
    for player in players.values():
        everything = "\n".join([*player.frames, *player.chat.locator("body").all_inner_texts()])
        assert "Offer to call" not in everything
        assert "round log." not in everything

    # The player ends the chat and rates the person and the outcome.
    sanne.chat.locator(".tool.end").click()
    sanne.chat.locator(".end-now").click()
    survey = sanne.chat.locator(".survey")
    expect(survey).to_be_visible()
    expect(survey).to_contain_text("Vera")
    sanne.chat.locator("fieldset.score").nth(0).locator("label").nth(4).click()
    sanne.chat.locator("fieldset.score").nth(1).locator("label").nth(3).click()
    pictures.take(sanne, "widget-survey")
    sanne.chat.locator(".survey-send").click()
    expect(survey).to_be_hidden()
    pictures.take(sanne, "widget-thanks")
    expect(vera.page.locator(".slot.chat")).to_have_count(3)

    # No byte that came to a player tells who Vera or Marit are; no page has anything to complain of.
    logins = house.logins()
    for name, player in players.items():
        heard = "\n".join(player.frames)
        assert FIRST[name] in heard
        assert "Vera" in heard
        for username in logins:
            assert username not in heard
    for who in (vera, marit, *players.values()):
        assert who.faults == []
        who.context.close()


def test_make_simulate_brings_the_wall_to_life(house: House, browser: Browser) -> None:
    pictures = Pictures()
    marit = WallSupervisor(browser, house, "floor.01")
    evening = house.make("simulate", "ARGS=--players 36 --agents 7 --minutes 0.8 --seed 3")
    rows = marit.page.locator("table.chats tbody tr")
    expect(rows.nth(11)).to_be_visible(timeout=60_000)
    expect(marit.page.locator("li.agent").nth(4)).to_be_visible()
    pictures.take(marit, "wall")
    pictures.dark(marit, "wall-dark")
    said, _ = evening.communicate(timeout=120)
    assert evening.returncode == 0, said
    assert "Nothing lost, doubled, reordered or misdelivered." in said
    assert marit.faults == []
    marit.context.close()


def test_a_second_run_starts_in_seconds_and_keeps_the_data(house: House) -> None:
    before = house.logins()
    assert before["desk.01"]["role"] == "agent"
    house.interrupt()
    house.run()
    assert house.logins() == before
    assert house.listening() == {"127.0.0.1"}
    assert house.ready() == {"database": "ok", "redis": "ok"}
