"""The next deadline of a conversation, from its facts alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.conversations.due import next_due

S = 1_000


@dataclass(frozen=True)
class Facts:
    state: str = "active"
    channel: str = "chat"
    sleeping: bool = False
    waive_ts: int | None = None
    waived_ts: int | None = None
    owned_since_ts: int | None = 100 * S
    first_reply_ts: int | None = None
    unanswered_since_ts: int | None = None
    last_player_ts: int | None = None
    last_agent_ts: int | None = None
    prompted_ts: int | None = None


@dataclass(frozen=True)
class Timers:
    warn_seconds: int = 60
    first_reply_seconds: int = 90
    nudge_seconds: int = 180
    silence_seconds: int = 360
    sleep_seconds: int = 600


TAKEN = Facts()
WARNED = replace(TAKEN, prompted_ts=160 * S)
ANSWERED = Facts(first_reply_ts=120 * S, last_agent_ts=120 * S, last_player_ts=90 * S)
NUDGED = replace(ANSWERED, prompted_ts=300 * S)
SLEEPING = replace(ANSWERED, sleeping=True, prompted_ts=720 * S)


@pytest.mark.parametrize(
    ("facts", "timers", "due"),
    [
        (TAKEN, Timers(), ("warn", 160 * S)),
        (WARNED, Timers(), ("return", 190 * S)),
        (TAKEN, Timers(warn_seconds=0), ("return", 190 * S)),
        (TAKEN, Timers(warn_seconds=0, first_reply_seconds=0), ("", None)),
        (replace(TAKEN, owned_since_ts=None), Timers(), ("", None)),
        (ANSWERED, Timers(), ("nudge", 300 * S)),
        (NUDGED, Timers(), ("close", 480 * S)),
        (ANSWERED, Timers(nudge_seconds=0), ("close", 480 * S)),
        (NUDGED, Timers(silence_seconds=0), ("sleep", 720 * S)),
        (SLEEPING, Timers(silence_seconds=0), ("", None)),
        (SLEEPING, Timers(silence_seconds=7_200), ("close", 7_320 * S)),
        (replace(SLEEPING, last_player_ts=800 * S), Timers(), ("wake", 800 * S)),
        (replace(SLEEPING, last_agent_ts=800 * S), Timers(), ("wake", 800 * S)),
        (replace(TAKEN, channel="message"), Timers(), ("", None)),
        (replace(ANSWERED, channel="message"), Timers(), ("sleep", 720 * S)),
        (replace(TAKEN, state="queued", waive_ts=400 * S), Timers(), ("waive", 400 * S)),
        (replace(TAKEN, state="queued", waive_ts=4, waived_ts=5), Timers(), ("", None)),
        (replace(ANSWERED, state="closed"), Timers(), ("", None)),
    ],
)
def test_next_deadline(facts: Facts, timers: Timers, due: tuple[str, int | None]) -> None:
    assert next_due(facts, timers) == due


def test_a_waiting_player_is_never_nudged_closed_or_put_to_sleep() -> None:
    waiting = replace(ANSWERED, unanswered_since_ts=130 * S, last_player_ts=130 * S)
    assert next_due(waiting, Timers()) == ("", None)


def test_a_new_owner_owes_a_reply_only_to_who_waits() -> None:
    handed_over = replace(ANSWERED, owned_since_ts=200 * S)
    assert next_due(handed_over, Timers())[0] == "nudge"
    waits = replace(handed_over, unanswered_since_ts=190 * S)
    assert next_due(waits, Timers()) == ("warn", 260 * S)


_times = st.none() | st.integers(1, 2_000).map(lambda at: at * S)


@given(
    st.builds(
        Facts,
        state=st.sampled_from(("queued", "active", "closed")),
        channel=st.sampled_from(("chat", "message")),
        sleeping=st.booleans(),
        **dict.fromkeys(
            (
                *("waive_ts", "waived_ts", "owned_since_ts", "first_reply_ts"),
                *("unanswered_since_ts", "last_player_ts", "last_agent_ts", "prompted_ts"),
            ),
            _times,
        ),
    )
)
def test_only_a_silent_player_is_closed_and_only_an_owner_in_debt_loses_it(facts: Facts) -> None:
    kind, due_ts = next_due(facts, Timers())
    assert (kind == "") == (due_ts is None)
    if kind in ("nudge", "close", "sleep"):
        assert facts.unanswered_since_ts is None
        assert facts.last_agent_ts is not None
    if kind in ("warn", "return"):
        assert (facts.last_agent_ts or 0) < (facts.owned_since_ts or 0)
    if facts.state == "closed":
        assert kind == ""
