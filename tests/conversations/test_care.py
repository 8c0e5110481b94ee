"""What is hidden of a text: the same here and in the browser, in every spelling, and nothing else."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chatdesk.conversations import care
from chatdesk.conversations.care import HIDDEN, masked
from tests import machine

ROOT = Path(__file__).resolve().parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "care.json").read_text(encoding="utf-8"))
# What a card of each scheme begins with, and how many digits it may have.
SCHEMES = [
    ("4", (13, 16, 19)),
    *((str(prefix), (16,)) for prefix in (51, 55, 2221, 2345, 2720)),
    *((str(prefix), (15,)) for prefix in (34, 37)),
    *((str(prefix), (14, 16)) for prefix in (300, 305, 36, 38, 39)),
    *((str(prefix), (16, 17, 18, 19)) for prefix in (3528, 3589, 2200, 2204, 6011, 644, 65, 62)),
    *((str(prefix), (13, 16, 19)) for prefix in (5018, 5020, 5893, 6304, 6703, 6759)),
]
ZEROS = [int(zero, 16) for zero in care.ZEROS.split()]
SPACES = " \t\u00a0\u2009\u202f\u3000"
DASHES = "-\u2010\u2011\u2013\u2014\u2212\uff0d"
BREAKS = ["\n", "\r\n", "\u2028"]
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
SEPARATORS = st.sampled_from([*SPACES, *DASHES, *UNSEEN, *BREAKS, " - ", " \u200b ", " \n "])


def _sum(digits: str) -> int:
    """The published way of Luhn: from the right, every second one twice, its digits added."""
    twice = "".join(str(int(d) * 2) if i % 2 else d for i, d in enumerate(digits[::-1], start=0))
    return sum(int(d) for d in twice)


def _cards() -> st.SearchStrategy[str]:
    def whole(scheme: tuple[str, tuple[int, ...]]) -> st.SearchStrategy[str]:
        prefix, lengths = scheme

        def filled(length: int) -> st.SearchStrategy[str]:
            many = length - len(prefix) - 1
            return st.text("0123456789", min_size=many, max_size=many).map(
                lambda middle: prefix + middle + str(-_sum(prefix + middle + "0") % 10)
            )

        return st.sampled_from(lengths).flatmap(filled)

    return st.sampled_from(SCHEMES).flatmap(whole)


def _in_groups(digits: str, size: int) -> list[str]:
    return [digits[at : at + size] for at in range(0, len(digits), size)]


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A card's number, and one way to write it."""
    digits = draw(_cards())
    way = draw(st.sampled_from(["whole", "fours", "eights", "single", "anyhow"]))
    size = {"whole": 19, "fours": 4, "eights": 8, "single": 1, "anyhow": 1}[way]
    groups = _in_groups(digits, size)
    if way == "anyhow":
        cuts = draw(st.sets(st.integers(1, len(digits) - 1), min_size=1, max_size=6))
        edges = [0, *sorted(cuts), len(digits)]
        groups = [digits[a:b] for a, b in pairwise(edges)]
        # Dates and the numbers of a roulette are written like that, and stay.
        assume(any(len(group) > 4 for group in groups))
    zero = draw(st.sampled_from(ZEROS))
    between = [draw(SEPARATORS) for _ in groups] if way in ("fours", "eights") else []
    one = draw(SEPARATORS)
    text = "".join(group + (between[n] if between else one) for n, group in enumerate(groups[:-1]))
    text += groups[-1]
    return digits, "".join(chr(zero + int(s)) if s in "0123456789" else s for s in text)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(s)) for s in text if unicodedata.category(s) == "Nd")


def _known(digits: str) -> bool:
    return any(digits.startswith(prefix) and len(digits) in lengths for prefix, lengths in SCHEMES)


def _cards_in(text: str) -> list[str]:
    """Every number of a card that stands there in one piece or in groups of four and more; slowly. The
    four digits that were left of one are not the first of another."""
    plain = re.sub(r"[\s\u200b-\u200f\u2060\ufeff\u00ad\u2010-\u2015\u2212\uff0d/.-]+", " ", text)
    found = []
    for run in re.findall(r"[\d•][\d• ]*", plain):
        groups = run.split()
        for first in range(len(groups)):
            for last in range(first + 1, len(groups) + 1):
                own = groups[first:last]
                digits = _digits("".join(own))
                if HIDDEN in "".join(own):
                    continue
                if min(map(len, own)) >= 4 and _known(digits) and _sum(digits) % 10 == 0:
                    found.append(digits)
    return found


WORDS = st.sampled_from(["", "ж ", "моя карта ", "kortti: ", "(", "\U0001f3b0", "номер "])
SOUP = st.lists(
    st.one_of(
        st.text("0123456789", max_size=20),
        st.sampled_from([*"•ж٤４:=?!@,", "pin", "cvv", "password", "wachtwoord", "is", "пароль"]),
        st.sampled_from(["lösenord är", "salasana: ", "12/27", "code", "(", "x1y2z3", "a.b@c.de"]),
        SEPARATORS,
        spelled().map(lambda one: one[1]),
    ),
    max_size=14,
).map("".join)


@pytest.mark.parametrize(("text", "shown"), CASES["hidden"])
def test_card_numbers_codes_and_passwords_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", CASES["kept"])
def test_what_only_looks_like_one_is_the_very_same_text(text: str) -> None:
    assert masked(text) is text


@given(WORDS, spelled(), WORDS)
@settings(deadline=None)
def test_of_a_card_only_the_last_four_digits_stay(
    before: str, card: tuple[str, str], after: str
) -> None:
    digits, written = card
    assert _digits(masked(before + written + "." + after)) == digits[-4:]


@given(SOUP)
@settings(max_examples=300, deadline=None)
def test_what_was_hidden_once_stays_as_it_is(text: str) -> None:
    once = masked(text)
    assert masked(once) is once
    assert len(once) <= len(text)
    assert _cards_in(once) == []


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"])))
def test_without_digits_and_words_nothing_is_touched(text: str) -> None:
    assume(not care._HINT.search(text.lower()))
    assert masked(text) is text


def test_every_decimal_digit_of_unicode_is_known() -> None:
    known = {chr(zero + value) for zero in ZEROS for value in range(10)}
    assert {s for s in map(chr, range(0x110000)) if unicodedata.category(s) == "Nd"} >= known
    for s in known:
        assert str(unicodedata.decimal(s)) == care._PLAIN[ord(s)]


def _ordinary() -> list[str]:
    """Every text that the demo's players and agents know."""
    found: list[str] = []

    def gather(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list | dict):
            for one in value.values() if isinstance(value, dict) else value:
                gather(one)

    for path in (ROOT / "chatdesk" / "demo").rglob("*.json"):
        gather(json.loads(path.read_text(encoding="utf-8")))
    return found


def test_ordinary_lines_stay_and_those_with_a_card_do_not() -> None:
    lines = _ordinary()
    assert len(lines) > 500
    for line in lines:
        if "4111 1111 1111 1111" in line:
            assert re.sub(r"\d\d/\d\d", "", masked(line)).count("1") == 4
            assert "123" not in masked(line)
        else:
            assert masked(line) is line


# --- the browser's ---------------------------------------------------------------------------------

DRIVER = """
import { readFileSync } from "node:fs";
const { masked } = await import(process.argv[1]);
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(masked)));
"""


def _in_the_browser(texts: list[str]) -> list[str]:
    module = (ROOT / "static" / "kit" / "care.js").as_uri()
    done = subprocess.run(
        [machine.node(), "--input-type=module", "--eval", DRIVER, module],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
    )
    answer: list[str] = json.loads(done.stdout)
    return answer


PIECES = [
    *"0123456789•.-/:=@!?,;'\"()+_#\\",
    *(chr(zero + value) for zero in ZEROS for value in (0, 1, 4, 9)),
    *SPACES,
    *DASHES,
    *UNSEEN,
    *BREAKS,
    *"aZäÖéßıİſKжЁñ中あ\u0301\u0308\U0001f3b0\U0001d49c×÷",
    *("password", "Wachtwoord", "LÖSENORD", "lo\u0308senord", "salasanani", "Пароль", "pw", "pass"),
    *("pin", "PIN-koodi", "пин-код", "cvv", "CVC2", "security code", "beveiligingscode", "code"),
    *(" is ", " är ", " on ", ": ", "=", " - ", " to ", "'s ", " for my account is ", " now "),
    *("hunter2", "sunshine", "wrong", "niet", "väärä", "неверный", "1234", "123", "12/27", "24h"),
    *("4111111111111111", "4111 1111 1111 1111", "378282246310005", "5105-1051-0510-5100", "+49"),
    *("SE45 5000 0000 0583 9825 7466", "NL91ABNA0417164300", "24.11.2026", "55.00 ", "36 12 5 30 "),
    *("550e8400-e29b-41d4-a716-446655440000", "anna@mail.example", "https://a.example/x?y=1"),
]


def _texts(many: int) -> list[str]:
    chance = random.Random(6)
    pieces = [chance.choice(PIECES) if chance.random() < 0.9 else " " for _ in range(many * 12)]
    made, at = [], 0
    for _ in range(many):
        length = chance.randint(1, 12)
        made.append("".join(pieces[at : at + length]))
        at += length
    for _ in range(many):
        prefix, lengths = chance.choice(SCHEMES)
        missing = chance.choice(lengths) - len(prefix) - 1
        digits = prefix + str(chance.randrange(10**missing)).zfill(missing)
        digits += str(chance.choice([-_sum(digits + "0") % 10, chance.randrange(10)]))
        groups = _in_groups(digits, chance.choice([1, 2, 3, 4, 5, 8, 19]))
        made.append(chance.choice(["", "x", "nr ", "1 "]) + chance.choice(" -./\n").join(groups))
    return made


def test_browser_and_server_hide_the_same() -> None:
    texts = _texts(4000) + [text for text, _ in CASES["hidden"]] + CASES["kept"] + _ordinary()
    here = [masked(text) for text in texts]
    differing = [
        (text, server, browser)
        for text, server, browser in zip(texts, here, _in_the_browser(texts), strict=True)
        if server != browser
    ]
    assert differing == []
    assert sum(text != shown for text, shown in zip(texts, here, strict=True)) > 1500


# --- the work --------------------------------------------------------------------------------------

HOSTILE = [
    "4",
    "4111",
    "4 ",
    "4111 ",
    "41111111 ",
    "4111111111111111 ",
    "4 \u200b",
    "1" + " " * 500,
    "pin1234 ",
    "pw:",
    "password ",
    "password for ",
    "password is ",
    "password: •",
    "se45 5000 ",
    "12.34 ",
    "12/27 ",
    "a" * 400 + " password for ",
    "пароль -",
    "cvv2 ",
]


def _seconds(text: str) -> float:
    def once() -> float:
        began = time.process_time()
        masked(text)
        return time.process_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_grows_as_the_text_does(piece: str) -> None:
    """Sixteen times the text: sixteen times the work, where growing by the square were 256 times."""
    small, large = piece * (8_000 // len(piece)), piece * (128_000 // len(piece))
    assert _seconds(large) < 64 * max(_seconds(small), 1e-4)


def test_hidden_text_is_no_longer_than_what_was_written() -> None:
    assert len(masked("4111 " * 800)) == 4000
    assert masked("pw: ab") == "pw: " + HIDDEN * 2
