"""For every verb: what was known, plus what was heard, is what a fresh client is told.

All cases are played first, many at a time, each in a world of its own; then each is judged by a test
of its own.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import get_args

import pytest

from chatdesk.delivery.protocol import commands
from tests.live import Live
from tests.reducers import difference
from tests.verbs import CASES, READ_ONLY, Case
from tests.worlds import Seen, World

AT_ONCE = 14
Outcome = Seen | BaseException


async def _play(case: Case, live: Live) -> Seen:
    world = World(live)
    try:
        await world.begin(case.stage)
        await world.cut()
        world.have_heard()
        await case.act(world)
        await world.resume()
        return await world.agree()
    finally:
        await world.end()


async def _play_all(live: Live) -> dict[str, Outcome]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def outcome(case: Case) -> Outcome:
        async with turns:
            try:
                return await _play(case, live)
            except Exception as error:  # judged by the case's own test
                return error

    # Those that wait for the heads stand last: they begin first.
    found = await asyncio.gather(*(outcome(case) for case in reversed(CASES)))
    return {case.name: one for case, one in zip(reversed(CASES), found, strict=True)}


@pytest.fixture(scope="module")
def outcomes(live: Live) -> dict[str, Outcome]:
    return asyncio.run(_play_all(live))


def _seen(outcomes: dict[str, Outcome], case: str) -> Seen:
    outcome = outcomes[case]
    if isinstance(outcome, BaseException):
        raise AssertionError("".join(traceback.format_exception(outcome)[-12:]))
    return outcome


@pytest.mark.parametrize("case", [case.name for case in CASES])
def test_state_and_live_frames_are_the_fresh_state(outcomes: dict[str, Outcome], case: str) -> None:
    _seen(outcomes, case)


def test_every_verb_has_its_case() -> None:
    verbs = {*get_args(commands.PlayerCommand), *get_args(commands.StaffCommand)}
    shown = {verb for case in CASES for verb in case.shows}
    assert shown == verbs - READ_ONLY, "a verb changes something: it needs a case in tests/verbs.py"


# Who must be caught: a watcher that is deaf to these kinds of frames after the case's verb. Where two
# kinds say the same (a desk is sent whole after every offer, a state after every lost mark), being deaf
# to one of them is healed, and only a client that is deaf to both knows less.
DEAF: list[tuple[str, str, tuple[str, ...]]] = [
    ("player_sends", "tab", ("ev",)),
    ("player_sends", "owner", ("ev",)),
    ("player_sends", "marit", ("ev",)),
    ("player_sends", "player_back", ("ev",)),
    ("player_sends", "owner_back", ("ev",)),
    ("takeover", "player", ("conv",)),
    ("takeover", "marit", ("desk",)),
    ("place_in_the_queue_changes", "marit", ("conv",)),
    ("note", "owner", ("note_ev",)),
    ("note", "owner_back", ("note_ev",)),
    ("whisper", "owner", ("note_ev",)),
    ("whisper", "marit", ("note_ev",)),
    ("claim", "owner", ("desk",)),
    ("claim", "other", ("desk",)),
    ("offer_made", "owner", ("offer", "desk")),
    ("decline", "owner", ("offer_gone", "desk")),
    ("player_reads", "owner", ("eph", "conv")),
    ("agent_reads", "player", ("eph", "conv")),
    ("assign", "marit", ("wall",)),
]


@pytest.mark.parametrize(
    ("case", "watcher", "deaf_to"),
    DEAF,
    ids=lambda part: "+".join(part) if isinstance(part, tuple) else part,
)
def test_who_does_not_listen_is_caught(
    outcomes: dict[str, Outcome], case: str, watcher: str, deaf_to: tuple[str, ...]
) -> None:
    seen = _seen(outcomes, case)
    one = seen.watchers[watcher]
    # What it had heard when it agreed; later frames are none of the verb's.
    frames = one.client.frames[: one.folded]
    assert deaf_to[0] in {frame["t"] for frame in frames[one.heard :]}
    fresh, kind = seen.fresh[one.audience], World.STATES[one.audience]
    assert not difference(kind.of(frames).shown(), fresh)
    deaf = kind.of(frames, deaf_to, one.heard)
    assert difference(deaf.shown(), fresh)
