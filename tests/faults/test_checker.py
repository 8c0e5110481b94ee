"""Each violation is planted in a small history and found; in an honest one nothing is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults import checker
from tests.faults.history import Record, digest
from tests.faults.ledger import Chat, Ledger, Row, Turn

PLAYER, VERA, NOOR = "p:ann", "a:1", "a:2"
CONV = "chat"
BEGAN = 1_000_000


class Evening:
    """An honest one: a chat is opened, Vera joins, both write one message, Vera writes a note."""

    def __init__(self) -> None:
        self.now = 0.0
        self.history: list[Record] = []
        self.rows = [
            self.row(1, "opened", PLAYER, "player"),
            self.row(2, "joined", VERA, "agent"),
            self.row(3, "message", PLAYER, "player", "m1", "hello"),
            self.row(4, "message", VERA, "agent", "m2", "good evening"),
            self.row(1, "note", VERA, "agent", "n1", "knows him", lane="note"),
        ]
        self.turns = [Turn(CONV, VERA, 1, BEGAN, None, forced=False)]
        self.chat = Chat(CONV, PLAYER, "active", VERA, 1, 4, 1)
        self.capacity = {VERA: 1, NOOR: 1}
        self.on_duty: set[str] = set()
        self.supervisors: set[str] = set()
        self.note("welcome", PLAYER, socket=1)
        self.note("welcome", VERA, socket=2)
        self.say(PLAYER, "m1", "hello", 3)
        self.say(VERA, "m2", "good evening", 4, epoch=1)
        self.say(VERA, "n1", "knows him", 1, do="note")
        for row in self.rows:
            if row.lane == "event":
                self.show(PLAYER, 1, row)
            self.show(VERA, 2, row)

    def row(
        self,
        seq: int,
        kind: str,
        author: str,
        role: str,
        cmid: str = "",
        body: str = "",
        lane: str = "event",
    ) -> Row:
        return Row(CONV, lane, seq, kind, BEGAN + seq * 1000, author, role, cmid, digest(body))

    def note(self, what: Any, who: str, **facts: Any) -> Record:
        self.now += 1
        ms = facts.pop("ms", BEGAN + int(self.now * 10))
        record = Record(self.now, ms, what, who=who, tab=f"{who}/0", **facts)
        self.history.append(record)
        return record

    def say(
        self, who: str, cmid: str, body: str, seq: int, do: str = "send", epoch: int = 0
    ) -> None:
        lane = "event" if do == "send" else "note"
        self.note("invoke", who, do=do, conv=CONV, cmid=cmid, hash=digest(body), epoch=epoch)
        self.note("ok", who, do="send", conv=CONV, cmid=cmid, seq=seq, lane=lane)

    def show(self, who: str, socket: int, row: Row) -> None:
        facts = {
            "socket": socket,
            "do": "push",
            "conv": row.conv,
            "lane": row.lane,
            "seq": row.seq,
            "kind": row.kind,
            "role": row.role,
            "hash": row.hash,
            "cmid": row.cmid if row.author == who else "",
        }
        self.note("frame", who, **facts)
        self.note("shown", who, **facts)

    def ledger(self) -> Ledger:
        return Ledger(
            {CONV: self.chat},
            self.rows,
            self.turns,
            self.capacity,
            self.on_duty,
            self.supervisors,
        )

    def names(self) -> set[str]:
        return {one.name for one in checker.check(self.history, self.ledger())}

    def drop(self, **facts: Any) -> None:
        """Takes records out of the history."""
        self.history = [
            one
            for one in self.history
            if any(getattr(one, name) != value for name, value in facts.items())
        ]


def test_an_honest_evening_has_no_violation() -> None:
    assert checker.check(Evening().history, Evening().ledger()) == []


Plant = Callable[[Evening], None]


def acked_and_not_there(e: Evening) -> None:
    e.say(PLAYER, "m9", "gone", 5)


def acked_under_another_number(e: Evening) -> None:
    e.rows[2] = replace(e.rows[2], seq=7)


def acked_with_another_body(e: Evening) -> None:
    e.rows[2] = replace(e.rows[2], hash=digest("hullo"))


def twice_in_the_database(e: Evening) -> None:
    e.rows.insert(4, e.row(5, "message", PLAYER, "player", "m3", "hello"))
    e.chat = replace(e.chat, last_seq=5)


def two_acks_of_two_numbers(e: Evening) -> None:
    e.note("ok", PLAYER, do="send", conv=CONV, cmid="m1", seq=5, lane="event")


def hole(e: Evening) -> None:
    e.rows = [row for row in e.rows if row.seq != 2]


def head_beyond_the_lines(e: Evening) -> None:
    e.chat = replace(e.chat, last_seq=5)


def view_without_its_end(e: Evening) -> None:
    e.drop(what="shown", who=PLAYER, seq=4)


def owner_without_his_note(e: Evening) -> None:
    e.history = [one for one in e.history if not (one.what == "shown" and one.lane == "note")]


def owner_without_his_last_note(e: Evening) -> None:
    e.rows.append(e.row(2, "flag", "s", "system", lane="note"))
    e.chat = replace(e.chat, last_note_seq=2)


def view_of_another_line(e: Evening) -> None:
    place = next(i for i, one in enumerate(e.history) if one.what == "shown" and one.seq == 3)
    e.history[place] = replace(e.history[place], hash=digest("something else"))


def nothing_was_shown(e: Evening) -> None:
    e.drop(what="shown", who=PLAYER)


def the_message_and_its_ghost(e: Evening) -> None:
    e.show(PLAYER, 1, replace(e.row(5, "message", PLAYER, "player", "m1", "hello")))


def a_number_twice_on_a_screen(e: Evening) -> None:
    e.note("shown", PLAYER, conv=CONV, lane="event", seq=4, kind="message", role="agent")


def a_push_again(e: Evening) -> None:
    e.note("frame", PLAYER, socket=1, do="push", conv=CONV, lane="event", seq=4)


def a_push_left_out(e: Evening) -> None:
    e.drop(what="frame", who=PLAYER, seq=3)


def second_before_first(e: Evening) -> None:
    e.rows.insert(4, e.row(5, "message", PLAYER, "player", "m3", "first"))
    e.chat = replace(e.chat, last_seq=5)
    place = next(i for i, one in enumerate(e.history) if one.cmid == "m1")
    first = Record(
        0.5,
        BEGAN,
        "invoke",
        PLAYER,
        f"{PLAYER}/0",
        1,
        CONV,
        "send",
        cmid="m3",
        hash=digest("first"),
    )
    e.history.insert(place, first)
    e.note("ok", PLAYER, do="send", conv=CONV, cmid="m3", seq=5, lane="event")


def no_answer(e: Evening) -> None:
    e.note("invoke", PLAYER, do="send", conv=CONV, cmid="m8", hash=digest("heard?"))


def refused_and_there(e: Evening) -> None:
    e.note("fail", PLAYER, do="send", cmid="m1", code="closed")


def a_failure_that_was_none(e: Evening) -> None:
    e.note("invoke", PLAYER, do="send", conv=CONV, cmid="m8", hash=digest("well?"))
    e.note("fail", PLAYER, do="send", cmid="m8", code="internal")


def nobody_sent_it(e: Evening) -> None:
    e.rows.insert(4, e.row(5, "message", PLAYER, "player", "m7", "a ghost"))
    e.chat = replace(e.chat, last_seq=5)


def owners_overlap(e: Evening) -> None:
    e.turns.append(Turn(CONV, NOOR, 2, BEGAN + 5000, None, forced=False))


def a_token_twice(e: Evening) -> None:
    e.turns = [
        replace(e.turns[0], ended=BEGAN + 10),
        Turn(CONV, VERA, 1, BEGAN + 20, None, forced=False),
    ]


def one_too_many(e: Evening) -> None:
    e.turns.append(Turn("other", VERA, 1, BEGAN + 5, BEGAN + 50, forced=False))


def active_and_nobodys(e: Evening) -> None:
    e.turns = [replace(e.turns[0], ended=BEGAN + 10)]


def queued_and_owned(e: Evening) -> None:
    e.chat = replace(e.chat, state="queued", owner="")


def nobody_takes_him(e: Evening) -> None:
    e.rows.insert(4, e.row(5, "queued", "s", "system"))
    e.chat = replace(e.chat, state="queued", owner="", last_seq=5)
    e.turns = [replace(e.turns[0], ended=BEGAN + 5000)]
    e.on_duty = {NOOR}
    e.note("ping", PLAYER, ms=BEGAN + 100_000)


def the_owner_is_gone(e: Evening) -> None:
    e.rows.insert(
        4, replace(e.row(5, "message", PLAYER, "player", "m3", "hello?"), ts=BEGAN + 5000)
    )
    e.chat = replace(e.chat, last_seq=5)
    e.say(PLAYER, "m3", "hello?", 5)
    e.note("closed", VERA, ms=BEGAN + 10_000)
    e.note("closed", PLAYER, ms=BEGAN + 130_000)


def another_agent_writes(e: Evening) -> None:
    e.rows[3] = replace(e.rows[3], author=NOOR)


def after_his_turn(e: Evening) -> None:
    e.rows[1], e.rows[3] = replace(e.rows[3], seq=2), replace(e.rows[1], seq=4)


def with_an_old_token(e: Evening) -> None:
    e.turns = [
        Turn(CONV, NOOR, 1, BEGAN - 100, BEGAN - 50, forced=False),
        replace(e.turns[0], epoch=2),
    ]


def another_players_chat(e: Evening) -> None:
    e.note("frame", "p:eve", socket=3, do="push", conv=CONV, lane="event", seq=1)


def a_note_to_a_player(e: Evening) -> None:
    e.note("frame", PLAYER, socket=1, do="push", conv=CONV, lane="note", seq=1)


def never_his_chat(e: Evening) -> None:
    e.note("frame", NOOR, socket=4, do="push", conv=CONV, lane="event", seq=1)


def long_after_his_turn(e: Evening) -> None:
    e.turns.insert(0, Turn(CONV, NOOR, 0, BEGAN - 90_000, BEGAN - 80_000, forced=False))
    e.note("frame", NOOR, socket=4, do="push", conv=CONV, lane="event", seq=4)


def another_brands_chat(e: Evening) -> None:
    e.note("frame", VERA, socket=2, do="push", conv="elsewhere", lane="event", seq=1)


def somebody_elses_cmid(e: Evening) -> None:
    e.note("frame", VERA, socket=5, do="push", conv=CONV, lane="event", seq=3, cmid="m1")


def a_canary(e: Evening) -> None:
    e.note("leaked", PLAYER, data={"why": "a name"})


PLANTS: list[tuple[str, Plant]] = [
    ("acked_lost", acked_and_not_there),
    ("acked_lost", acked_under_another_number),
    ("acked_lost", acked_with_another_body),
    ("acked_doubled", twice_in_the_database),
    ("ack_differs", two_acks_of_two_numbers),
    ("seq_hole", hole),
    ("seq_hole", head_beyond_the_lines),
    ("view_differs", view_without_its_end),
    ("view_differs", owner_without_his_note),
    ("view_differs", owner_without_his_last_note),
    ("view_differs", view_of_another_line),
    ("view_differs", nothing_was_shown),
    ("two_bubbles", the_message_and_its_ghost),
    ("two_bubbles", a_number_twice_on_a_screen),
    ("not_rising", a_push_again),
    ("not_rising", a_push_left_out),
    ("out_of_order", second_before_first),
    ("never_answered", no_answer),
    ("refused_but_written", refused_and_there),
    ("refused_wrongly", a_failure_that_was_none),
    ("written_but_not_sent", nobody_sent_it),
    ("two_owners", owners_overlap),
    ("two_owners", a_token_twice),
    ("over_capacity", one_too_many),
    ("stuck_chat", active_and_nobodys),
    ("stuck_chat", queued_and_owned),
    ("stuck_chat", nobody_takes_him),
    ("dead_owner", the_owner_is_gone),
    ("written_by_non_owner", another_agent_writes),
    ("written_by_non_owner", after_his_turn),
    ("written_by_non_owner", with_an_old_token),
    ("seen_what_is_not_theirs", another_players_chat),
    ("seen_what_is_not_theirs", a_note_to_a_player),
    ("seen_what_is_not_theirs", never_his_chat),
    ("seen_what_is_not_theirs", long_after_his_turn),
    ("seen_what_is_not_theirs", another_brands_chat),
    ("seen_what_is_not_theirs", somebody_elses_cmid),
    ("seen_what_is_not_theirs", a_canary),
]


@pytest.mark.parametrize(("name", "plant"), PLANTS, ids=[plant.__name__ for _, plant in PLANTS])
def test_what_is_planted_is_found(name: str, plant: Plant) -> None:
    evening = Evening()
    plant(evening)
    assert name in evening.names()


def test_every_place_freed_may_be_taken_in_the_same_millisecond() -> None:
    evening = Evening()
    evening.turns.insert(0, Turn("before", VERA, 1, BEGAN - 500, BEGAN, forced=False))
    assert "over_capacity" not in evening.names()


def test_who_waits_while_all_places_are_taken_is_not_stuck() -> None:
    evening = Evening()
    nobody_takes_him(evening)
    evening.turns.append(Turn("other", NOOR, 1, BEGAN, None, forced=False))
    assert "stuck_chat" not in evening.names()


def test_what_a_supervisor_forced_is_not_over_capacity() -> None:
    evening = Evening()
    evening.turns.append(Turn("forced", VERA, 1, BEGAN + 5, BEGAN + 50, forced=True))
    assert "over_capacity" not in evening.names()


def test_a_supervisor_may_ask_for_what_nobody_pushes_to_him() -> None:
    evening = Evening()
    evening.supervisors = {NOOR}
    evening.note("frame", NOOR, do="history", conv=CONV, lane="event", seq=1)
    assert evening.names() == set()
    evening.note("frame", NOOR, do="push", conv=CONV, lane="event", seq=1)
    assert evening.names() == {"seen_what_is_not_theirs"}


def test_a_list_that_begins_anew_is_no_repeat_when_it_is_closed_as_a_snapshot() -> None:
    evening = Evening()
    for seq in (1, 2, 3, 4):
        evening.note("frame", VERA, socket=2, do="push", conv=CONV, lane="event", seq=seq)
    evening.note("resumed", VERA, socket=2, conv=CONV, seq=4, kind="snapshot")
    assert evening.names() == set()


def test_acks_that_a_restored_backup_took_back_are_not_lost() -> None:
    evening = Evening()
    evening.say(PLAYER, "m9", "gone with the backup", 5)
    evening.note("rewound", "", data={"from": evening.now - 1})
    assert "acked_lost" not in evening.names()


def test_a_turn_that_a_restored_backup_took_back_was_a_turn() -> None:
    evening = Evening()
    evening.note("frame", NOOR, do="push", conv=CONV, lane="event", seq=1)
    evening.note("rewound", "", data={"from": evening.now - 1})
    assert evening.names() == set()


def test_a_client_that_threw_away_what_it_had_must_be_shown_it_again() -> None:
    evening = Evening()
    evening.note("forgot", PLAYER, data={"db": "another"})
    assert "view_differs" in evening.names()


def test_memory_that_grows_is_found() -> None:
    steady = [100.0, 120.0, 125.0] + [126.0] * 20
    growing = [100.0 + 8 * number for number in range(23)]
    assert checker.memory({"web 1": steady}) == []
    assert [one.name for one in checker.memory({"web 1": growing})] == ["memory_grew"]


def test_a_players_text_in_a_log_is_found() -> None:
    assert checker.log_text(0) == []
    assert [one.name for one in checker.log_text(2)] == ["player_text_in_log"]


def test_the_table_counts_each_violation_once() -> None:
    evening = Evening()
    a_push_again(evening)
    acked_and_not_there(evening)
    a_canary(evening)
    found = checker.counts(checker.check(evening.history, evening.ledger()))
    assert found == {"lost": 1, "doubled": 0, "reordered": 1, "other": 1}
