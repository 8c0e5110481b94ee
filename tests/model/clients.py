"""The clients of the model, as chat.v1 asks them to be. They share no code with the product.

A client keeps one message in flight per conversation and sequence, repeats it under the same cmid, applies
``seq == last + 1``, ignores what it has, keeps what came early and asks for what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Frame = dict[str, Any]
Place = tuple[str, str]  # conversation, sequence ("event" or "note")


@dataclass(slots=True)
class Message:
    """What somebody wrote: stored before its first try, under the epoch that the desk showed."""

    conv: str
    kind: str
    cmid: str
    epoch: int
    state: Literal["waiting", "sending", "committed", "refused"] = "waiting"

    @property
    def body(self) -> str:
        return f"text of {self.cmid}"

    @property
    def place(self) -> Place:
        return self.conv, "event" if self.kind == "message" else "note"


class Transcript:
    """One sequence as this client has it: never with a hole."""

    def __init__(self) -> None:
        self.lines: list[Frame] = []
        self.early: dict[int, Frame] = {}
        self.head = 0

    @property
    def last(self) -> int:
        return len(self.lines)

    def take(self, seq: int, line: Frame) -> list[Frame]:
        """The lines that this one allows to be shown."""
        self.head = max(self.head, seq)
        if seq > self.last:
            self.early.setdefault(seq, line)
        shown = []
        while self.last + 1 in self.early:
            shown.append(self.early.pop(self.last + 1))
            self.lines.append(shown[-1])
        return shown

    def missing(self) -> int | None:
        """Below which number to ask for lines; 0 says: the newest; None: nothing is missing."""
        if self.last >= self.head:
            return None
        return min(self.early) if self.early else 0


class Client:
    """One tab: a player's, an agent's or a supervisor's."""

    def __init__(self, name: str, side: str, ident: str, convs: tuple[str, ...]) -> None:
        self.name = name
        self.side = side
        self.ident = ident
        self.convs = convs
        self.transcripts: dict[Place, Transcript] = {}
        self.written: list[Message] = []
        self.desk: dict[str, int] = {}
        self.acked: dict[tuple[Place, str], int] = {}
        self.say: Callable[[Frame], None] | None = None
        self.live = False

    @property
    def author(self) -> str:
        return f"p:{self.ident}" if self.side == "player" else f"a:{self.ident}"

    def place(self, conv: str, lane: str) -> Transcript:
        return self.transcripts.setdefault((conv, lane), Transcript())

    def pending(self, place: Place) -> list[Message]:
        """The outbox of one sequence, in the order of writing."""
        mine = (message for message in self.written if message.place == place)
        return [message for message in mine if message.state in ("waiting", "sending")]

    # --- writing -------------------------------------------------------------------------------

    def write(self, conv: str, kind: str = "message") -> None:
        cmid = f"{self.name}{len(self.written) + 1}"
        message = Message(conv, kind, cmid, self.desk.get(conv, 0))
        self.written.append(message)
        self.send_next(message.place)

    def send_next(self, place: Place) -> None:
        pending = self.pending(place)
        if pending and all(message.state == "waiting" for message in pending):
            self.send(pending[0])

    def send(self, message: Message) -> None:
        if self.say is None or not self.live:
            return
        message.state = "sending"
        self.say(
            {
                "t": "send" if message.kind == "message" else message.kind,
                "conv": message.conv,
                "cmid": message.cmid,
                "body": message.body,
                "epoch": message.epoch,
            }
        )

    def retry(self) -> None:
        """What is unanswered for too long, or was put off, goes again before anything later."""
        for place in dict.fromkeys(message.place for message in self.written):
            for message in self.pending(place):
                message.state = "waiting"
            self.send_next(place)

    # --- the socket ----------------------------------------------------------------------------

    def connected(self, say: Callable[[Frame], None]) -> None:
        self.say = say

    def lost(self) -> None:
        self.say, self.live = None, False
        for message in self.written:
            if message.state == "sending":
                message.state = "waiting"

    def resume(self) -> dict[str, tuple[int, int]]:
        """What the hello says; a conversation that was never shown is not in it."""
        convs = dict.fromkeys(conv for conv, _ in self.transcripts)
        return {
            conv: (self.place(conv, "event").last, self.place(conv, "note").last) for conv in convs
        }

    # --- hearing -------------------------------------------------------------------------------

    def hear(self, frame: Frame) -> None:
        handler = getattr(self, f"_on_{frame['t']}", None)
        if handler is not None:
            handler(frame)

    def _on_welcome(self, frame: Frame) -> None:
        self.live = True
        self._on_ping(frame)
        if self.side == "supervisor":
            for conv in self.convs:
                self.watch(conv)
        self.retry()

    def watch(self, conv: str) -> None:
        if self.say is not None and self.live:
            self.say({"t": "watch", "conv": conv})

    def _on_error(self, frame: Frame) -> None:
        """The back end was away: what was asked for is asked again."""
        if self.say is not None and self.live:
            self.say(frame["command"])

    def _on_desk(self, frame: Frame) -> None:
        self.desk = frame["chats"]

    def _on_ping(self, frame: Frame) -> None:
        for conv, head in frame["heads"].items():
            place = self.place(conv, "event")
            place.head = max(place.head, head)
        for conv, lane in list(self.transcripts):
            self._ask_for_missing(conv, lane)

    def _on_resumed(self, frame: Frame) -> None:
        for lane, number in (("event", "to"), ("note", "note_to")):
            if frame.get(number) is not None:
                place = self.place(frame["conv"], lane)
                place.head = max(place.head, frame[number])
                self._ask_for_missing(frame["conv"], lane)

    def _on_ev(self, frame: Frame) -> None:
        self._take(frame["conv"], "event", frame["seq"], frame)
        self._ask_for_missing(frame["conv"], "event")

    def _on_note_ev(self, frame: Frame) -> None:
        self._take(frame["conv"], "note", frame["note_seq"], frame)
        self._ask_for_missing(frame["conv"], "note")

    def _on_history(self, frame: Frame) -> None:
        for seq, line in frame["lines"]:
            self._take(frame["conv"], frame["lane"], seq, line)
        if frame["lines"]:
            self._ask_for_missing(frame["conv"], frame["lane"])

    def _take(self, conv: str, lane: str, seq: int, line: Frame) -> None:
        for shown in self.place(conv, lane).take(seq, line):
            if shown.get("cmid") is not None:
                # The line itself is the best proof, also when its ack was lost.
                self._settle((conv, lane), shown["cmid"], "committed")

    def _ask_for_missing(self, conv: str, lane: str) -> None:
        before = self.place(conv, lane).missing()
        if before is not None and self.say is not None:
            self.say({"t": "history", "conv": conv, "lane": lane, "before": before or None})

    def _on_ack(self, frame: Frame) -> None:
        lane = "note" if frame.get("note_seq") is not None else "event"
        place = (frame["conv"], lane)
        self.acked[place, frame["cmid"]] = frame["note_seq" if lane == "note" else "seq"]
        self._settle(place, frame["cmid"], "committed")

    def _on_nack(self, frame: Frame) -> None:
        for message in self.written:
            if message.cmid == frame["cmid"] and message.state in ("waiting", "sending"):
                if frame["final"]:
                    self._settle(message.place, message.cmid, "refused")
                else:
                    # It keeps its turn and goes again when ``retry`` says so.
                    message.state = "waiting"

    def _settle(self, place: Place, cmid: str, state: Literal["committed", "refused"]) -> None:
        for message in self.pending(place):
            if message.cmid == cmid:
                message.state = state
                self.send_next(place)

    def bubbles(self, place: Place) -> list[str]:
        """The cmids of this client's own lines and of what is on its way, as they are on the screen."""
        shown = [line["cmid"] for line in self.place(*place).lines if line.get("cmid")]
        return shown + [message.cmid for message in self.pending(place)]
