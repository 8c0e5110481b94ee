"""The accounts can fail: each fault that a server may have shows in exactly its own count."""

from __future__ import annotations

from bench import messages
from bench.accounts import Accounts, audit

CHATS, FIRST, ROUNDS = 3, 100, 8
EVERY = [(chat, number) for number in range(FIRST, FIRST + ROUNDS) for chat in range(CHATS)]


def step(arrivals: list[tuple[int, int]]) -> Accounts:
    accounts = Accounts(CHATS, FIRST, ROUNDS)
    accounts.sent = len(EVERY)
    for chat, number in arrivals:
        accounts.arrive(chat, number)
        accounts.ack(chat, number)
    return accounts


def faults(accounts: Accounts) -> dict[str, int]:
    return {
        "lost": accounts.lost,
        "doubled": accounts.doubled,
        "reordered": accounts.reordered,
        "unacked": accounts.sent - accounts.acked,
    }


def test_a_step_without_fault() -> None:
    accounts = step(EVERY)
    assert accounts.settled
    assert set(faults(accounts).values()) == {0}


def test_a_lost_message() -> None:
    accounts = step(EVERY[:-1])
    assert not accounts.settled
    assert faults(accounts) == {"lost": 1, "doubled": 0, "reordered": 0, "unacked": 1}


def test_a_doubled_message_hides_no_loss() -> None:
    accounts = step([*EVERY[:-1], EVERY[0]])
    assert faults(accounts) == {"lost": 1, "doubled": 1, "reordered": 0, "unacked": 1}


def test_two_messages_of_one_speaker_that_change_places() -> None:
    chat, number = 0, FIRST
    later = (chat, number + 2)
    assert messages.speaker(chat, number) == messages.speaker(*later)
    swapped = [later if one == (chat, number) else one for one in EVERY]
    swapped[EVERY.index(later)] = (chat, number)
    assert faults(step(swapped)) == {"lost": 0, "doubled": 0, "reordered": 1, "unacked": 0}


def test_the_two_speakers_of_a_chat_have_no_order_between_them() -> None:
    chat, number = 1, FIRST
    swapped = [one for one in EVERY if one != (chat, number)]
    swapped.insert(swapped.index((chat, number + 1)) + 1, (chat, number))
    assert faults(step(swapped))["reordered"] == 0


def test_what_belongs_to_another_step_is_not_counted() -> None:
    accounts = step([*EVERY, (0, FIRST - 1), (0, FIRST + ROUNDS), (CHATS, FIRST)])
    assert (accounts.delivered, accounts.acked) == (len(EVERY), len(EVERY))


def test_a_body_says_which_message_it_is() -> None:
    text = messages.body(42, 1_234_567)
    assert len(text) == messages.BODY_CHARS
    assert messages.read(text) == (42, 1_234_567)
    assert messages.read("hello") is None
    assert messages.read("x" * messages.BODY_CHARS) is None


def rows(found: list[tuple[int, int]]) -> list[tuple[str, int, str]]:
    return [
        (f"room{chat}", place, messages.body(chat, number))
        for place, (chat, number) in enumerate(found)
    ]


def test_the_audit_of_rows() -> None:
    acked = set(EVERY)
    clean = audit(rows(EVERY), acked, 0)
    assert (clean.rows, clean.missing, clean.doubled, clean.reordered) == (len(EVERY), 0, 0, 0)
    # Written and never acked is no fault: the ack may have been on its way.
    assert audit(rows(EVERY), acked - {EVERY[3]}, 0).missing == 0
    assert audit(rows(EVERY[1:]), acked, 0).missing == 1
    assert audit(rows([*EVERY, EVERY[5]]), acked, 0).doubled == 1
    assert audit(rows([EVERY[6], *EVERY[:6], *EVERY[7:]]), acked, 0).reordered == 1
    assert audit(rows(EVERY), acked, 2).holes == 2
    assert clean.clean
    assert not audit(rows(EVERY), acked, 2).clean
    assert not audit(rows(EVERY[1:]), acked, 0).clean
