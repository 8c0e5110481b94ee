"""The evening's checker must be able to fail: each fault is planted once and must be caught."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatdesk.demo.evening.ledger import Kind, Ledger, Line, Record
from chatdesk.demo.evening.transcript import Shown, Transcript

ANN, BEN = "p:ann", "p:ben"
VERA, ILJA = "a:1", "a:2"


def _line(seq: int, kind: str, author: str, body: str | None = None) -> Line:
    role = {"p": "player", "a": "agent", "s": "system"}[author[0]]
    cmid = f"{author}-{seq}-{body}" if kind == "message" else None
    return Line(seq, kind, role, author, body, cmid)


def _record(conv: str, player: str, agent: str, *, words: tuple[str, str, str]) -> Record:
    return Record(
        conv,
        player,
        "closed",
        (
            _line(1, "opened", player),
            _line(2, "queued", "s"),
            _line(3, "message", player, words[0]),
            _line(4, "joined", agent),
            _line(5, "message", agent, words[1]),
            _line(6, "message", player, words[2]),
            _line(7, "closed", agent),
            _line(8, "survey", "s"),
        ),
        notes=((agent, f"note-{conv}", 1),),
    )


ONE = _record("one", ANN, VERA, words=("where is my money", "on its way", "thanks"))
TWO = _record("two", BEN, ILJA, words=("no bonus?", "not today", "pity"))
RECORDS = {"one": ONE, "two": TWO}


def _faultless(records: dict[str, Record] = RECORDS) -> Ledger:
    """The ledger of an evening in which everything was as the records say."""
    ledger = Ledger()
    for conv, record in records.items():
        agent = record.lines[3].author
        ledger.opened(conv, record.player)
        for who in (record.player, agent):
            ledger.arrives(who)
            for line in record.lines:
                _show(ledger, who, conv, line)
        for line in record.lines:
            if line.cmid is not None:
                sent = ledger.intends(conv, line.author, line.cmid, line.body or "", line.seq)
                sent.seq, sent.tries = line.seq, 1
        note = ledger.intends(conv, agent, f"note-{conv}", "a note", 6.5, note=True)
        note.seq = 1
    return ledger


def _show(ledger: Ledger, who: str, conv: str, line: Line) -> None:
    own = line.cmid if line.author == who else None
    ledger.received(who, conv, line.seq)
    event = Shown(line.seq, line.kind, line.role, line.body, own)
    ledger.applied(who, conv, event, line.seq + 0.5, 0.0, 0.0)


def _kinds(ledger: Ledger, records: dict[str, Record] = RECORDS) -> set[Kind]:
    return {fault.kind for fault in ledger.judge(records)}


def _with(conv: str, lines: tuple[Line, ...]) -> dict[str, Record]:
    return {**RECORDS, conv: replace(RECORDS[conv], lines=lines)}


def test_faultless_evening_has_no_fault() -> None:
    ledger = _faultless()
    assert ledger.judge(RECORDS) == []
    assert ledger.unanswered() == []
    prompt, late = ledger.latencies()
    assert prompt == [0.5] * 6
    assert late == []


def test_delivery_is_prompt_only_while_both_sides_are_connected() -> None:
    ledger = _faultless()
    ledger.sent[str(ONE.lines[2].cmid)].tries = 2
    ledger.sent[str(ONE.lines[4].cmid)].offline = True
    shown = ledger.shown[ILJA, "two"]
    shown[2] = replace(shown[2], live_since=3.1)  # reconnected after it was sent
    shown[5] = replace(shown[5], live_since=9.0, part_since=9.0)  # was not there yet
    prompt, late = ledger.latencies()
    assert (len(prompt), len(late)) == (2, 3)


# --- what the server could do ----------------------------------------------------------------------


def test_acked_message_that_is_not_in_the_database_is_lost() -> None:
    ledger = _faultless()
    sent = ledger.intends("one", ANN, "vanished", "hello?", 9)
    sent.seq = 9
    (fault,) = ledger.judge(RECORDS)
    assert (fault.kind, fault.conv, fault.who, fault.seq) == ("lost", "one", ANN, 9)


def test_acked_note_that_is_not_in_the_database_is_lost() -> None:
    assert _kinds(_faultless(), {**RECORDS, "one": replace(ONE, notes=())}) == {"lost"}


def test_ack_with_another_number_than_the_databases_is_lost() -> None:
    ledger = _faultless()
    ledger.sent[str(ONE.lines[5].cmid)].seq = 7
    assert "lost" in _kinds(ledger)


def test_message_written_twice_is_doubled() -> None:
    again = replace(ONE.lines[5], seq=9)
    records = _with("one", (*ONE.lines, again))
    assert "doubled" in _kinds(_faultless(records), records)


def test_copy_without_its_cmid_is_doubled() -> None:
    """Nobody sent it, whatever it looks like."""
    copy = replace(ONE.lines[5], seq=9, cmid=None)
    records = _with("one", (*ONE.lines, copy))
    assert _kinds(_faultless(records), records) == {"doubled"}


def test_message_that_was_refused_and_written_is_doubled() -> None:
    ledger = _faultless()
    sent = ledger.sent[str(ONE.lines[5].cmid)]
    sent.seq, sent.refused = None, "closed"
    assert _kinds(ledger) == {"doubled"}


def test_hole_in_the_database_is_lost() -> None:
    lines = tuple(line for line in ONE.lines if line.seq != 2)
    assert "lost" in _kinds(_faultless(), _with("one", lines))


def test_acks_that_swap_two_messages_of_one_sender_are_out_of_order() -> None:
    first, second = ONE.lines[2], ONE.lines[5]
    swapped = (
        *ONE.lines[:2],
        replace(second, seq=3),
        *ONE.lines[3:5],
        replace(first, seq=6),
        *ONE.lines[6:],
    )
    records = _with("one", swapped)
    ledger = _faultless(records)
    # He wrote `first` before `second`, as the order of intentions says.
    ledger.sent = dict(sorted(ledger.sent.items(), key=lambda one: one[0] != first.cmid))
    assert _kinds(ledger, records) == {"out_of_order"}


# --- what could happen on the way to a client ------------------------------------------------------


@pytest.mark.parametrize("who", [ANN, VERA])
@pytest.mark.parametrize("seq", [3, 5, 7])
def test_line_that_was_never_shown_is_lost(who: str, seq: int) -> None:
    ledger = _faultless()
    shown = ledger.shown[who, "one"]
    ledger.shown[who, "one"] = [showing for showing in shown if showing.event.seq != seq]
    assert "lost" in _kinds(ledger)


def test_player_whose_last_line_was_never_shown_has_lost_it() -> None:
    ledger = _faultless()
    ledger.shown[ANN, "one"].pop()
    assert _kinds(ledger) == {"lost"}


def test_agent_need_not_see_what_came_after_his_turn() -> None:
    ledger = _faultless()
    ledger.shown[VERA, "one"].pop()
    assert ledger.judge(RECORDS) == []


def test_client_that_was_shown_nothing_at_all_has_lost_everything() -> None:
    ledger = _faultless()
    del ledger.seen[ANN, "one"], ledger.shown[ANN, "one"]
    assert [fault.kind for fault in ledger.judge(RECORDS)] == ["lost"] * 8


def test_number_shown_twice_is_doubled() -> None:
    ledger = _faultless()
    shown = ledger.shown[ANN, "one"]
    shown.insert(5, shown[4])
    assert _kinds(ledger) == {"doubled"}


def test_numbers_shown_in_another_order_are_out_of_order() -> None:
    ledger = _faultless()
    shown = ledger.shown[ANN, "one"]
    shown[4], shown[5] = shown[5], shown[4]
    assert _kinds(ledger) == {"out_of_order"}


def test_bodies_that_changed_places_are_out_of_order() -> None:
    ledger = _faultless()
    shown = ledger.shown[VERA, "one"]
    first, second = shown[2], shown[5]
    shown[2] = replace(first, event=replace(first.event, body=second.event.body))
    shown[5] = replace(second, event=replace(second.event, body=first.event.body))
    assert _kinds(ledger) == {"out_of_order"}


def test_line_of_somebody_elses_conversation_is_misdelivered() -> None:
    ledger = _faultless()
    ledger.received(BEN, "one", 5)
    (fault,) = ledger.judge(RECORDS)
    assert (fault.kind, fault.conv, fault.who, fault.seq) == ("misdelivered", "one", BEN, 5)


def test_agent_who_never_had_the_conversation_is_misdelivered_to() -> None:
    ledger = _faultless()
    _show(ledger, ILJA, "one", ONE.lines[2])
    assert _kinds(ledger) == {"misdelivered"}


def test_line_of_a_conversation_that_does_not_exist_is_misdelivered() -> None:
    ledger = _faultless()
    ledger.received(ANN, "nowhere", 1)
    assert _kinds(ledger) == {"misdelivered"}


def test_body_of_another_conversation_is_misdelivered() -> None:
    ledger = _faultless()
    shown = ledger.shown[ANN, "one"]
    shown[4] = replace(shown[4], event=replace(shown[4].event, body="not today"))
    assert _kinds(ledger) == {"misdelivered"}


def test_somebody_elses_cmid_is_misdelivered() -> None:
    ledger = _faultless()
    shown = ledger.shown[ANN, "one"]
    shown[4] = replace(shown[4], event=replace(shown[4].event, cmid=ONE.lines[4].cmid))
    assert _kinds(ledger) == {"misdelivered"}


def test_other_body_is_altered() -> None:
    ledger = _faultless()
    shown = ledger.shown[ANN, "one"]
    shown[4] = replace(shown[4], event=replace(shown[4].event, body="on its way "))
    assert _kinds(ledger) == {"altered"}


def test_unanswered_send_is_known() -> None:
    ledger = _faultless()
    ledger.intends("one", ANN, "hanging", "hello?", 9)
    assert [one.cmid for one in ledger.unanswered()] == ["hanging"]


def test_faults_hold_no_text() -> None:
    ledger = _faultless()
    ledger.shown[ANN, "one"].pop(2)
    ledger.shown[VERA, "one"].pop(4)
    told = repr(ledger.judge(RECORDS))
    assert not any(line.body in told for line in ONE.lines if line.body)


def test_turn_of_an_earlier_evening_needs_no_showing_now() -> None:
    """Vera's turn was then; Ilja takes over what was left and is shown everything."""
    lines = (*ONE.lines[:6], _line(7, "left", VERA), _line(8, "queued", "s"))
    old = Record(
        "old", "p:old", "closed", (*lines, _line(9, "joined", ILJA), _line(10, "closed", ILJA))
    )
    ledger = _faultless()
    for line in old.lines:
        _show(ledger, ILJA, "old", line)
    assert ledger.judge({**RECORDS, "old": old}) == []
    ledger.shown[ILJA, "old"].pop(4)
    assert "lost" in _kinds(ledger, {**RECORDS, "old": old})


# --- who must have seen what -----------------------------------------------------------------------


def test_agent_takes_part_until_his_last_turn_ends() -> None:
    lines = (
        _line(1, "opened", ANN),
        _line(2, "joined", VERA),
        _line(3, "left", VERA),
        _line(4, "queued", "s"),
        _line(5, "joined", ILJA),
        _line(6, "transferred", ILJA),
        _line(7, "joined", VERA),
        _line(8, "message", ANN, "still here"),
    )
    record = Record("one", ANN, "active", lines)
    assert (record.until(ANN), record.until(VERA), record.until(ILJA)) == (8, 8, 6)
    assert record.until(BEN) is None


# --- the client's own rule -------------------------------------------------------------------------


def _event(seq: int, kind: str = "message") -> Shown:
    return Shown(seq, kind, "player", str(seq), None)


def test_transcript_applies_each_number_once_and_in_order() -> None:
    transcript = Transcript()
    shown: list[int] = []
    for seq in (1, 3, 3, 2, 1, 5, 4, 5):
        shown += [event.seq for event in transcript.arrive(_event(seq))]
    assert shown == [1, 2, 3, 4, 5]
    assert transcript.hole is None


def test_transcript_names_the_hole() -> None:
    transcript = Transcript()
    transcript.arrive(_event(1))
    assert transcript.arrive(_event(4)) == []
    assert (transcript.last, transcript.hole) == (1, 3)


def test_transcript_knows_the_end_of_a_turn_and_of_the_conversation() -> None:
    transcript = Transcript()
    for seq, kind in enumerate(("joined", "left", "joined", "closed"), start=1):
        transcript.arrive(_event(seq, kind))
        assert (transcript.ended, transcript.closed) == (seq % 2 == 0, seq == 4)
