"""A model that cannot fail proves nothing: each planted bug must break the promise that speaks of it."""

from __future__ import annotations

import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.house import House
from tests.model.mutants import MUTANTS
from tests.model.test_protocol_model import SETTINGS, ProtocolModel

# Found is enough: nobody reads the example, so it is not shrunk.
FIND = settings(
    SETTINGS,
    max_examples=400,
    phases=[Phase.generate],
    derandomize=True,
    verbosity=Verbosity.quiet,
    report_multiple_bugs=False,
)


@pytest.mark.parametrize(
    ("mutant", "says"), MUTANTS.items(), ids=[mutant.__name__ for mutant in MUTANTS]
)
def test_planted_bug_is_caught(mutant: type[House], says: str) -> None:
    class Mutated(ProtocolModel):
        house_type = mutant

    with pytest.raises(AssertionError, match=says):
        run_state_machine_as_test(Mutated, settings=FIND)
