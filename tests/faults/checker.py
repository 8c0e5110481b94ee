"""Judges a history against the database: pure functions, no clock, no I/O.

Like Jepsen's set-full (what was acked is there, whoever reads) and total-queue (what was shown was sent,
once), and a check of who owned what and when. Each violation has a constant name:

* ``acked_lost``: acked and not in the database under that number, with that body.
* ``acked_doubled``: one message under two numbers; ``ack_differs``: two acks with different numbers.
* ``seq_hole``: the numbers of a conversation are not 1, 2, 3 … up to its head.
* ``view_differs``: after healing a screen does not show what the database has.
* ``two_bubbles``: a message, or a number, stands on one screen twice.
* ``not_rising``: lines pushed over one socket do not rise one by one.
* ``out_of_order``: acks of one sender that do not rise in the order in which he sent.
* ``never_answered``: after healing a message still has neither ack nor final refusal.
* ``refused_but_written``, ``written_but_not_sent``: rows that must not be there.
* ``refused_wrongly``: a refusal that nothing explains: the person would have seen a failure.
* ``two_owners``, ``over_capacity``, ``stuck_chat``, ``dead_owner``, ``written_by_non_owner``: ownership.
* ``seen_what_is_not_theirs``: a line, note, name or id that its receiver may not have.
* ``memory_grew``, ``player_text_in_log``: of the house as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.faults.history import Record
from tests.faults.judges import Violation, ownership, screens, sending, sight
from tests.faults.judges.building import log_text, memory
from tests.faults.ledger import Ledger

__all__ = ["Violation", "check", "counts", "log_text", "memory"]

LOST = frozenset({"acked_lost", "seq_hole", "view_differs", "never_answered"})
DOUBLED = frozenset({"acked_doubled", "two_bubbles", "ack_differs", "written_but_not_sent"})
REORDERED = frozenset({"out_of_order", "not_rising"})
_JUDGES = (
    sending.messages,
    sending.sequences,
    sending.answers,
    screens.views,
    screens.sockets,
    ownership.owners,
    ownership.waiting,
    ownership.capacities,
    ownership.writers,
    ownership.abandoned,
    sight.received,
)


def check(history: Sequence[Record], ledger: Ledger) -> list[Violation]:
    """Every violation of one scene, all criteria."""
    return [found for judge in _JUDGES for found in judge(history, ledger)]


def counts(violations: Iterable[Violation]) -> dict[str, int]:
    """For the table: lost, doubled, reordered, other."""
    found = {"lost": 0, "doubled": 0, "reordered": 0, "other": 0}
    for one in violations:
        group = (
            "lost"
            if one.name in LOST
            else "doubled"
            if one.name in DOUBLED
            else "reordered"
            if one.name in REORDERED
            else "other"
        )
        found[group] += 1
    return found
