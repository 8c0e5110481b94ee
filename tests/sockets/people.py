"""Who takes part in these tests, and how a test says that something must be refused."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable
from typing import Any

import jwt
import pytest

from tests.clients import AgentClient, Frame, Refused, SupervisorClient
from tests.live import SECRET, Live

NOWHERE = "0123456789abcdef"


def agent(live: Live, brand: str, alias: str = "Vera", **more: Any) -> AgentClient:
    return AgentClient(live, live.hire(alias, brands=(brand,), **more))


def supervisor(live: Live, brand: str) -> SupervisorClient:
    return SupervisorClient(live, live.hire("Marit", role="supervisor", brands=(brand,)))


def token(brand: str, sub: str, **claims: Any) -> str:
    """What the casino's back end signs for one of its players."""
    now = int(time.time())
    said = {"aud": f"chatdesk:{brand}", "sub": sub, "iat": now, "exp": now + 300}
    return jwt.encode({**said, "jti": str(uuid.uuid4()), **claims}, SECRET, algorithm="HS256")


async def refused(asked: Awaitable[Any]) -> Frame:
    """The refusal of what is asked, which must be refused."""
    with pytest.raises(Refused) as caught:
        await asked
    return caught.value.frame


async def code(asked: Awaitable[Any]) -> str:
    return str((await refused(asked))["code"])
