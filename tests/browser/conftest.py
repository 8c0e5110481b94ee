"""What a failed browser test leaves to look at: a picture of everybody's page, in ``test-results/``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.browser.people import Person

RESULTS = Path(__file__).resolve().parents[2] / "test-results"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call" and call.excinfo is not None:
        RESULTS.mkdir(exist_ok=True)
        for number, person in enumerate(Person.everybody):
            with suppress(Error):
                name = f"{item.name}-{number}-{type(person).__name__}.png"
                person.page.screenshot(path=RESULTS / name)
                print(f"{name}: {person.faults}")
    if call.when == "teardown":
        # Some stay for the other tests of their module.
        Person.everybody[:] = [one for one in Person.everybody if not one.page.is_closed()]
    return report
