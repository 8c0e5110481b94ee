"""What the players met, noted as it happens and the same way under each policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.day.plan import MINUTE, Plan


@dataclass(slots=True)
class Chat:
    """One player's chat. ``waits_since`` is his oldest line without an answer, while he is there."""

    number: int
    came_ts: int
    waits_since: int | None = None
    first_reply_ts: int | None = None
    left_ts: int | None = None
    closed_ts: int | None = None
    longest_ms: int = 0
    owner: int | None = None
    stuck_since: int | None = None
    stuck_ms: int = 0
    owners: int = 0


@dataclass(slots=True)
class Sample:
    """One look at the floor."""

    ts: int
    no_reply: int
    unassigned: int
    on_duty: int
    there: int


@dataclass(slots=True)
class Ledger:
    plan: Plan
    chats: dict[int, Chat] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    # Agent to the chats in which he wrote, and to how long he was at his desk.
    served: dict[int, set[int]] = field(default_factory=dict)
    there_ms: dict[int, int] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    _absent: set[int] = field(default_factory=set)
    _there_since: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._absent = {one.number for one in self.plan.staff}
        self.served = {one.number: set() for one in self.plan.staff}
        self.there_ms = dict.fromkeys(self.served, 0)

    def count(self, what: str, many: int = 1) -> None:
        self.counted[what] = self.counted.get(what, 0) + many

    # --- players ----------------------------------------------------------------------------------

    def came(self, number: int, now: int) -> None:
        self.chats[number] = Chat(number, now, waits_since=now)

    def line(self, number: int, now: int) -> None:
        chat = self.chats[number]
        if chat.waits_since is None:
            chat.waits_since = now
        self._look(chat, now)

    def reply(self, number: int, agent: int, now: int) -> None:
        """An agent's line came while the player was there."""
        chat = self.chats[number]
        self.served[agent].add(number)
        if chat.first_reply_ts is None:
            chat.first_reply_ts = now
        self._waited(chat, now)

    def left(self, number: int, now: int) -> None:
        """His patience is over."""
        chat = self.chats[number]
        chat.left_ts = now
        self._waited(chat, now)

    def _waited(self, chat: Chat, now: int) -> None:
        if chat.waits_since is not None:
            chat.longest_ms = max(chat.longest_ms, now - chat.waits_since)
            chat.waits_since = None
        self._look(chat, now)

    def ended(self, number: int, now: int) -> None:
        chat = self.chats[number]
        chat.closed_ts = now
        self._waited(chat, now)
        self.owned(number, None, now)

    # --- agents -----------------------------------------------------------------------------------

    def owned(self, number: int, agent: int | None, now: int) -> None:
        chat = self.chats[number]
        chat.owners += agent is not None and agent != chat.owner
        chat.owner = agent
        self._look(chat, now)

    def away(self, agent: int, now: int) -> None:
        """He is not at his desk, or cut off."""
        self._absent.add(agent)
        since = self._there_since.pop(agent, None)
        if since is not None:
            self.there_ms[agent] += now - since
        self._look_at_all_of(agent, now)

    def back(self, agent: int, now: int) -> None:
        self._absent.discard(agent)
        self._there_since[agent] = now
        self._look_at_all_of(agent, now)

    def _look_at_all_of(self, agent: int, now: int) -> None:
        for chat in self.chats.values():
            if chat.owner == agent:
                self._look(chat, now)

    def _look(self, chat: Chat, now: int) -> None:
        """A player who waits for somebody who is not there is stuck."""
        stuck = chat.waits_since is not None and chat.owner in self._absent
        if stuck and chat.stuck_since is None:
            chat.stuck_since = now
        elif not stuck and chat.stuck_since is not None:
            chat.stuck_ms += now - chat.stuck_since
            chat.stuck_since = None

    # --- the floor --------------------------------------------------------------------------------

    def sample(self, now: int) -> None:
        open_now = [chat for chat in self.chats.values() if chat.closed_ts is None]
        waiting = [
            chat for chat in open_now if chat.first_reply_ts is None and chat.left_ts is None
        ]
        shifts = self.plan.shape.shifts
        self.samples.append(
            Sample(
                ts=now,
                no_reply=len(waiting),
                unassigned=sum(chat.owner is None for chat in open_now),
                on_duty=sum(
                    shifts[one.shift].starts <= now < shifts[one.shift].ends
                    for one in self.plan.staff
                ),
                there=len(self.plan.staff) - len(self._absent),
            )
        )

    def end(self, now: int) -> None:
        for chat in self.chats.values():
            if chat.waits_since is not None:
                chat.longest_ms = max(chat.longest_ms, now - chat.waits_since)
            if chat.stuck_since is not None:
                chat.stuck_ms += now - chat.stuck_since
                chat.stuck_since = None
        for agent, since in self._there_since.items():
            self.there_ms[agent] += now - since
        self._there_since.clear()

    @property
    def stuck_minutes(self) -> float:
        return sum(chat.stuck_ms for chat in self.chats.values()) / MINUTE
