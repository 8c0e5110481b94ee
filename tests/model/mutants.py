"""Houses with one planted bug each, and what the model says of them: it must be able to fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from chatdesk.connections import following
from chatdesk.connections.following import Following
from chatdesk.conversations import errors, messages
from chatdesk.conversations.bulk import Held, Key
from chatdesk.conversations.messages import Draft
from chatdesk.conversations.transition import Changes
from chatdesk.delivery.audience import Publication
from chatdesk.delivery.subscription import Subscription, Verdict
from tests.model.clients import Client, Place
from tests.model.database import Database
from tests.model.house import House
from tests.model.process import Process
from tests.model.sockets import Socket

# --- writing ---------------------------------------------------------------------------------------


class _PublishesFirst(Database):
    commits = 0

    @contextmanager
    def transition(self, publish: Callable[[list[Publication]], None]) -> Iterator[Changes]:
        with super().transition(lambda _: None) as changes:
            yield changes
            publish(changes.publications())
            self.commits += any(row.cmid is not None for row, _ in self._rows)
            if self.commits == 4:
                self.commits, self.fate = 0, "fails"


class PublishesBeforeTheCommit(House):
    """And every fourth commit fails."""

    database_type = _PublishesFirst


class _Forgetful(Database):
    def written(self, keys: Collection[Key], *, notes: bool) -> dict[Key, tuple[int, int, str]]:
        return {}


class DoesNotLookForTheCmid(House):
    database_type = _Forgetful


class IgnoresTheEpoch(House):
    """The owner's name is looked at, his fencing token is not."""

    def stand_in(self) -> None:
        super().stand_in()
        refuse = messages._refuse

        def _refuse(draft: Draft, held: Held) -> errors.Refusal | None:
            return refuse(replace(draft, epoch=held.epoch), held)

        self.patch.setattr(messages, "_refuse", _refuse)


class _AcksFirst(Process):
    def submit(self, draft: Draft, socket: Socket) -> None:
        self.house.database.fate, self.house.database.writer = "pretends", self
        (outcome,) = messages.post_batch([draft])
        socket.answer(draft, outcome)
        super().submit(draft, socket)


class AcksBeforeTheCommit(House):
    process_type = _AcksFirst


# --- spreading -------------------------------------------------------------------------------------


class _WritesOnAGap(Subscription):
    __slots__ = ()

    def pushed(self, seq: int) -> Verdict:
        if self.reading or seq <= self.sent:
            return super().pushed(seq)
        self.sent = self.head = seq
        return "write"


class WritesOnAGap(House):
    def stand_in(self) -> None:
        super().stand_in()
        self.patch.setattr(following, "Subscription", _WritesOnAGap)


class _ForgetsWhoRang(Subscription):
    __slots__ = ()

    def pushed(self, seq: int) -> Verdict:
        return "drop" if self.reading else super().pushed(seq)


class ForgetsWhatIsPushedWhileReading(House):
    def stand_in(self) -> None:
        super().stand_in()
        self.patch.setattr(following, "Subscription", _ForgetsWhoRang)


class _ReadsFirst(Following):
    def begin(self, conv: str) -> None:
        for lane in following.LANES[self._socket.side]:
            self._subscriptions.setdefault((conv, lane), Subscription(conv, lane))

    async def resume(self, conv: str, seq: int, note_seq: int, *, same_db: bool) -> None:
        await super().resume(conv, seq, note_seq, same_db=same_db)
        self._socket.hear(self._topic(conv))

    async def snapshot(self, conv: str) -> None:
        await super().snapshot(conv)
        self._socket.hear(self._topic(conv))

    def go_live(self, conv: str, seq: int, note_seq: int = 0) -> None:
        super().go_live(conv, seq, note_seq)
        self._socket.hear(self._topic(conv))


class ReadsBeforeItJoins(House):
    following_type = _ReadsFirst


class _WritesOn(Following):
    def _goes_on(self, subscription: Subscription) -> bool:
        return True


class WritesWhatAnEndedFollowingRead(House):
    following_type = _WritesOn


class _TellsPlayersEverything(Following):
    def begin(self, conv: str) -> None:
        super().begin(conv)
        self._subscriptions.setdefault((conv, "note"), Subscription(conv, "note"))


class ReadsNotesToPlayers(House):
    following_type = _TellsPlayersEverything


class _Blind(Process):
    def look(self) -> None: ...


class LooksForNoHeads(House):
    """So a last push that is lost leaves no trace."""

    process_type = _Blind


# --- clients ---------------------------------------------------------------------------------------


class _Impatient(Client):
    def send_next(self, place: Place) -> None:
        for message in self.pending(place):
            if message.state == "waiting":
                self.send(message)


class SendsInParallel(House):
    """The outbox does not wait for the answer to the one before."""

    client_type = _Impatient


# Each with what may be said of it, so that no other fault passes for its discovery.
MUTANTS: dict[type[House], str] = {
    PublishesBeforeTheCommit: r"shows what is not there|transcripts_are|: .* is Row|\d of \d",
    DoesNotLookForTheCmid: r"c\d (event|note): \[|stands as \[\d+, ",
    IgnoresTheEpoch: "in epoch",
    AcksBeforeTheCommit: "ack before the commit|ack of another's line",
    WritesOnAGap: r": \d+ after \d+",
    WritesWhatAnEndedFollowingRead: r": \d+ after \d+",
    ForgetsWhatIsPushedWhileReading: r"rung for|\d of \d|: \d+ after \d+",
    ReadsBeforeItJoins: r"\d of \d|: \d+ after \d+",
    ReadsNotesToPlayers: "a player got a note",
    LooksForNoHeads: r"\d of \d",
    SendsInParallel: "the one before as",
}
