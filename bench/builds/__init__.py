"""What is measured: each build can be started, filled with open chats, spoken to and stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from bench.generator import Generator
from bench.servers import Services


class Running(Protocol):
    """A build that serves and whose chats are open."""

    generator: Generator

    def rows(self) -> Iterable[tuple[str, int, str]]:
        """Every stored message as (room, position, body), ascending."""

    def holes(self) -> int:
        """Rooms whose numbers do not count 1, 2, 3 …; 0 where the build gives none."""

    async def stop(self) -> None: ...


Start = Callable[[Services, int], Awaitable[Running]]


@dataclass(frozen=True, slots=True)
class Build:
    """``start(services, chats)``; ``first_rate`` is where a search without knowledge begins. What is
    neither ``ours`` nor a ``limit`` is a peer: somebody would use it instead."""

    name: str
    says: str
    ours: bool
    first_rate: int
    start: Start
    limit: bool = False


def known() -> dict[str, Build]:
    from bench.builds import chatdesk, relay, socketio, tutorial

    builds = [
        Build(
            "chatdesk",
            "chatdesk, uvicorn, PostgreSQL",
            True,
            4000,
            chatdesk.starter("uvicorn", "postgresql"),
        ),
        Build(
            "chatdesk-single",
            "the same, an agent socket for each chat",
            True,
            4000,
            chatdesk.starter("uvicorn", "postgresql", chats_per_agent=1),
        ),
        Build(
            "chatdesk-daphne",
            "chatdesk, daphne, PostgreSQL",
            True,
            2000,
            chatdesk.starter("daphne", "postgresql"),
        ),
        Build(
            "chatdesk-sqlite",
            "chatdesk, uvicorn, SQLite",
            True,
            4000,
            chatdesk.starter("uvicorn", "sqlite"),
        ),
        Build(
            "tutorial-core",
            "Channels tutorial + INSERT, core Redis layer, daphne",
            False,
            200,
            tutorial.starter("daphne", "core"),
        ),
        Build(
            "tutorial-pubsub",
            "Channels tutorial + INSERT, pub/sub layer, uvicorn",
            False,
            400,
            tutorial.starter("uvicorn", "pubsub"),
        ),
        Build(
            "socketio",
            "Socket.IO + INSERT, Redis adapter, Node",
            False,
            2000,
            socketio.starter(),
        ),
        Build(
            "relay-uvicorn",
            "bare relay, uvicorn (nothing stored)",
            False,
            8000,
            relay.asgi("uvicorn"),
            limit=True,
        ),
        Build(
            "relay-daphne",
            "bare relay, daphne (nothing stored)",
            False,
            4000,
            relay.asgi("daphne"),
            limit=True,
        ),
    ]
    return {build.name: build for build in builds}
