"""Members of staff for tests, made the way operators make them."""

from __future__ import annotations

from agents import staff
from agents.models import Agent

PASSWORD = "correct-horse-battery"


def hire(username: str = "desk.01", alias: str = "Vera", role: str = "agent", **more) -> Agent:
    return staff.create(username, PASSWORD, alias=alias, role=role, **more)
