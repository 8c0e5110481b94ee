"""One socket's place in a sequence: pushed, lost, doubled or swapped, it gets each line once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.delivery.subscription import Subscription


class Model:
    """A log that grows, a socket that follows it, and a network that does what it likes."""

    def __init__(self) -> None:
        self.log = 0
        self.shown: list[int] = []
        self.place = Subscription("c", "event")
        self.place.start_at(0)
        self.place.caught_up()

    def push(self, seq: int) -> None:
        verdict = self.place.pushed(seq)
        if verdict == "write":
            self.shown.append(seq)
        elif verdict == "read":
            self.read()

    def read(self) -> None:
        while True:
            page = range(self.place.sent + 1, min(self.log, self.place.sent + 3) + 1)
            for seq in page:
                if self.place.wrote(seq):
                    self.shown.append(seq)
            if not page:
                self.place.give_up(self.place.head)
            if self.place.caught_up():
                return

    def head(self) -> None:
        if self.place.told(self.log):
            self.read()


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from("wphl"), st.integers(1, 30)), max_size=80))
def test_every_line_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    model = Model()
    for what, number in steps:
        if what == "w":
            model.log += 1
        elif what == "p" and model.log:
            model.push(min(number, model.log))
        elif what == "h":
            model.head()
        assert model.shown == list(range(1, len(model.shown) + 1))
    model.head()
    assert model.shown == list(range(1, model.log + 1))


def test_pushes_during_a_reading_only_raise_the_head() -> None:
    place = Subscription("c", "event")
    assert place.pushed(4) == "drop"
    place.start_at(2)
    assert not place.caught_up()
    assert place.wrote(3)
    assert place.wrote(4)
    assert place.caught_up()
    assert place.pushed(5) == "write"
    assert place.pushed(5) == "drop"


def test_a_bell_that_rings_during_an_empty_reading_is_heard() -> None:
    place = Subscription("c", "event")
    place.start_at(0)
    assert place.caught_up()
    assert place.told(3)
    # The database was asked and had nothing; a line was committed and pushed meanwhile.
    asked = place.head
    assert place.pushed(4) == "drop"
    place.give_up(asked)
    assert not place.caught_up()
    # Nobody rang: it was a mistake.
    place.give_up(place.head)
    assert place.caught_up()
    assert place.pushed(1) == "write"
