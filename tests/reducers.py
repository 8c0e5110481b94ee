"""What a client knows: frames in, state out, folded as an honest client folds them.

No server code and no socket. A fresh client and one that was there all along fold alike, so their states
can be compared. ``deaf_to`` makes a client that ignores kinds of frames: the comparison must catch it.

Every field of every frame is part of a state, except:

- ``queue.eta_s``: an estimate that moves with the clock;
- ``wall.rev``: counts the frames of one process, not what they say;
- ``welcome``'s ``sid``, ``server_ts`` and the like: of one socket; ``me`` is the client's own;
- typing and presence: never stored, they end by themselves (``ttl_ms``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from copy import deepcopy
from typing import Any, Self

Frame = dict[str, Any]
SIDES = ("player", "agent")


class State:
    """Folds frames; ``shown`` is what a person would see."""

    def __init__(self) -> None:
        self.events: dict[str, dict[int, Frame]] = {}

    @classmethod
    def of(cls, frames: Sequence[Frame], deaf_to: Collection[str] = (), since: int = 0) -> Self:
        """The state after these frames; from ``since`` on those of the kinds in ``deaf_to`` are
        not heard."""
        state = cls()
        for number, frame in enumerate(frames):
            if number < since or frame["t"] not in deaf_to:
                state.take(deepcopy(frame))
        return state

    def take(self, frame: Frame) -> None:
        handler = getattr(self, f"_on_{frame['t']}", None)
        if handler is not None:
            handler(frame)

    def shown(self) -> Frame:
        raise NotImplementedError

    def _on_history(self, frame: Frame) -> None:
        for event in frame["events"]:
            self.events.setdefault(event["conv"], {})[event["seq"]] = event


class PlayerState(State):
    """The open conversation, if there is one, and every line that is known."""

    def __init__(self) -> None:
        super().__init__()
        self.open: Frame | None = None

    def shown(self) -> Frame:
        return {"open": self.open, "events": self.events}

    def _on_welcome(self, frame: Frame) -> None:
        self.open = self._at_least(_conv(frame["conv"])) if frame.get("conv") else None

    def _on_conv(self, frame: Frame) -> None:
        if frame["state"] != "closed":
            self.open = self._at_least(_newer(self.open, _conv(frame)))
        elif self.open is not None and self.open["conv"] == frame["conv"]:
            # The next one has a conversation of its own; of this one only the lines are left.
            self.open = None

    def _at_least(self, conv: Frame) -> Frame:
        """A state may have been read before lines that came first."""
        conv["last_seq"] = max([conv["last_seq"], *self.events.get(conv["conv"], {})])
        return conv

    def _on_ev(self, frame: Frame) -> None:
        self.events.setdefault(frame["conv"], {})[frame["seq"]] = frame
        if self.open is not None and self.open["conv"] == frame["conv"]:
            self.open["last_seq"] = max(self.open["last_seq"], frame["seq"])

    def _on_eph(self, frame: Frame) -> None:
        if self.open is not None and self.open["conv"] == frame["conv"]:
            _mark(self.open, frame)


class AgentState(State):
    """The desk, and the lines and notes of each chat on it."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: dict[str, dict[int, Frame]] = {}
        self.desk: Frame = {}
        self.chats: dict[str, Frame] = {}
        self.offers: dict[str, Frame] = {}
        # Up to which line what stands beside a chat (unread, waiting) counts.
        self._counted: dict[str, tuple[int, int]] = {}

    def shown(self) -> Frame:
        transcripts = {
            conv: {"events": self.events.get(conv, {}), "notes": self.notes.get(conv, {})}
            for conv in self._read()
        }
        desk = {**self.desk, "chats": self.chats, "offers": self.offers}
        return {"desk": desk, "transcripts": transcripts}

    def _read(self) -> set[str]:
        """The conversations whose lines are on the screen."""
        return set(self.chats)

    def _on_desk(self, frame: Frame) -> None:
        before = self.chats
        self.chats = {chat["conv"]: chat for chat in frame.pop("chats")}
        self.offers = {offer["offer"]: _bare(offer) for offer in frame.pop("offers")}
        self.desk = _bare(frame)
        for conv, chat in self.chats.items():
            self._counted[conv] = (chat["last_seq"], chat["note_seq"])
            if conv in before:
                _keep_marks(chat, before[conv])
            # The desk may have been read before lines that came first.
            for seq in sorted(self.events.get(conv, {})):
                self._count_event(chat, self.events[conv][seq])
            for seq in sorted(self.notes.get(conv, {})):
                self._count_note(chat, self.notes[conv][seq])

    def _on_offer(self, frame: Frame) -> None:
        self.offers[frame["offer"]] = _bare(frame)

    def _on_offer_gone(self, frame: Frame) -> None:
        self.offers.pop(frame["offer"], None)

    def _on_ev(self, frame: Frame) -> None:
        self.events.setdefault(frame["conv"], {})[frame["seq"]] = frame
        if frame["conv"] in self.chats:
            self._count_event(self.chats[frame["conv"]], frame)

    def _on_note_ev(self, frame: Frame) -> None:
        self.notes.setdefault(frame["conv"], {})[frame["note_seq"]] = frame
        if frame["conv"] in self.chats:
            self._count_note(self.chats[frame["conv"]], frame)

    def _on_history(self, frame: Frame) -> None:
        super()._on_history(frame)
        for note in frame.get("notes") or []:
            self.notes.setdefault(note["conv"], {})[note["note_seq"]] = note

    def _on_conv(self, frame: Frame) -> None:
        chat = self.chats.get(frame["conv"])
        if chat is not None and frame["epoch"] >= chat["epoch"]:
            newer = {name: frame[name] for name in ("epoch", "help", "last_seq", "note_seq")}
            newer["last_seq"] = max(newer["last_seq"], chat["last_seq"])
            newer["note_seq"] = max(newer["note_seq"], chat["note_seq"])
            chat.update(newer)
            had_read = chat["read"]["agent"]
            _keep_marks(chat, frame)
            self._recount_unread(chat, had_read)

    def _on_eph(self, frame: Frame) -> None:
        chat = self.chats.get(frame["conv"])
        if chat is not None:
            had_read = chat["read"]["agent"]
            _mark(chat, frame)
            self._recount_unread(chat, had_read)

    def _count_event(self, chat: Frame, event: Frame) -> None:
        seq, note_seq = self._counted[chat["conv"]]
        if event["seq"] <= seq:
            return
        self._counted[chat["conv"]] = (event["seq"], note_seq)
        chat["last_seq"] = max(chat["last_seq"], event["seq"])
        if event["kind"] == "message" and event["from"]["role"] == "player":
            chat["unread"] += event["seq"] > chat["read"]["agent"]
            chat["waiting_since_ts"] = chat["waiting_since_ts"] or event["ts"]
        elif event["kind"] == "message":
            chat["waiting_since_ts"] = None
            if event["from"]["role"] == "agent":
                chat.update(answered=True, warn_ts=None, reply_due_ts=None)

    def _count_note(self, chat: Frame, note: Frame) -> None:
        seq, note_seq = self._counted[chat["conv"]]
        if note["note_seq"] <= note_seq:
            return
        self._counted[chat["conv"]] = (seq, note["note_seq"])
        chat["note_seq"] = max(chat["note_seq"], note["note_seq"])
        chat["help"] = _helped(chat["help"], note)

    def _recount_unread(self, chat: Frame, had_read: int) -> None:
        if chat["read"]["agent"] == had_read:
            return
        chat["unread"] = sum(
            event["kind"] == "message" and event["from"]["role"] == "player"
            for seq, event in self.events.get(chat["conv"], {}).items()
            if seq > chat["read"]["agent"]
        )


class SupervisorState(AgentState):
    """Also the wall, and the conversations that are watched."""

    def __init__(self) -> None:
        super().__init__()
        self.wall: Frame = {}
        self.watched: dict[str, Frame] = {}

    def shown(self) -> Frame:
        return {**super().shown(), "wall": self.wall, "watched": self.watched}

    def _read(self) -> set[str]:
        return super()._read() | set(self.watched)

    def _on_ok(self, frame: Frame) -> None:
        if "state" in frame:
            self.watched[frame["conv"]] = _conv(frame["state"])

    def _on_conv(self, frame: Frame) -> None:
        super()._on_conv(frame)
        if frame["conv"] in self.watched:
            self.watched[frame["conv"]] = _newer(self.watched[frame["conv"]], _conv(frame))

    def _on_ev(self, frame: Frame) -> None:
        super()._on_ev(frame)
        state = self.watched.get(frame["conv"])
        if state is not None:
            state["last_seq"] = max(state["last_seq"], frame["seq"])

    def _on_note_ev(self, frame: Frame) -> None:
        super()._on_note_ev(frame)
        state = self.watched.get(frame["conv"])
        if state is not None and frame["note_seq"] > state["note_seq"]:
            state["note_seq"] = frame["note_seq"]
            state["help"] = _helped(state["help"], frame)

    def _on_eph(self, frame: Frame) -> None:
        super()._on_eph(frame)
        if frame["conv"] in self.watched:
            _mark(self.watched[frame["conv"]], frame)

    def _on_wall(self, frame: Frame) -> None:
        if frame["full"]:
            self.wall = {"queue": {}, "kpi": {}, "agents": {}, "chats": {}}
        for part in ("queue", "kpi"):
            if frame.get(part) is not None:
                self.wall[part] = frame[part]
        for agent in frame.get("agents") or []:
            self.wall["agents"][agent["id"]] = agent
        for chat in frame.get("chats") or []:
            if chat["state"] == "closed":
                self.wall["chats"].pop(chat["conv"], None)
            else:
                self.wall["chats"][chat["conv"]] = chat


# --- pieces ----------------------------------------------------------------------------------------


def _bare(frame: Frame) -> Frame:
    return {name: value for name, value in frame.items() if name != "t"}


def _conv(frame: Frame) -> Frame:
    """A conversation's state, wherever it came from."""
    queue = frame["queue"]
    return {**_bare(frame), "queue": {"position": queue["position"]} if queue else None}


def _newer(known: Frame | None, said: Frame) -> Frame:
    """The state as it was said last; numbers that only grow never go back."""
    if known is not None and known["conv"] == said["conv"]:
        for name in ("last_seq", "note_seq"):
            if name in said:
                said[name] = max(said[name], known[name])
        _keep_marks(said, known)
    return said


def _keep_marks(state: Frame, known: Frame) -> None:
    for kind in ("delivered", "read"):
        for side in SIDES:
            state[kind][side] = max(state[kind][side], known[kind][side])


def _mark(state: Frame, eph: Frame) -> None:
    """Raises a mark, if it is one that the frame speaks of."""
    if eph["kind"] in ("delivered", "read"):
        marks = state[eph["kind"]]
        marks[eph["role"]] = max(marks[eph["role"]], eph["seq"])


def _helped(before: bool, note: Frame) -> bool:
    """Whether help is wanted after a note; of the flags only some speak of that."""
    said = (note.get("data") or {}).get("help")
    return before if said is None else bool(said)


def difference(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ, one line for each place."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in sorted({*one, *other}, key=str):
            if key not in one or key not in other:
                found.append(f"{path}.{key}: only in the {'fresh' if key in other else 'live'} one")
            else:
                found += difference(one[key], other[key], f"{path}.{key}")
        return found
    return [] if one == other else [f"{path}: {one!r}, fresh {other!r}"]
