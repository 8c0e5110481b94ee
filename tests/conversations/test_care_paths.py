"""Whichever way a text takes, the card's number in it reaches no row, no frame, no process, no log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from django.apps import apps

from agents.consumer import StaffConnection
from chatdesk.conversations import assignments, errors, lifecycle, messages, queries, shown
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft, Posted
from chatdesk.conversations.models import Conversation, Event, Note, Rating
from chatdesk.delivery.audience import Publication
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec
from players.consumer import PlayerConnection
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "5105 1051 0510 5100"
CANARIES = ("5105 1", "51051051", "hunter2")
SAID = f"my card is {NUMBER} and my password is hunter2"
KEPT = "my card is •••• •••• •••• 5100 and my password is ••••"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to sockets and over Redis, encoded as for Redis."""
    heard: list[str] = []

    def publish(publications: Iterable[Publication]) -> None:
        heard.append(msgspec.msgpack.encode(list(publications)).decode("utf-8", "replace"))

    monkeypatch.setattr(hub, "publish", publish)
    return heard


def _written() -> str:
    """Every value of every row of every table."""
    rows = (row for model in apps.get_models() for row in model._default_manager.values_list())
    return "\n".join(repr(row) for row in rows)


def _post(side: type, actor: Actor, frame: dict[str, Any]) -> Posted:
    """A frame as a socket brings it: decoded, made a draft, written with a batch."""
    decode = codec.decode_player if side is PlayerConnection else codec.decode_staff
    draft = side.draft(SimpleNamespace(actor=actor), decode(json.dumps(frame)))  # type: ignore[attr-defined]
    (outcome,) = messages.post_what_is_free([draft])
    assert isinstance(outcome, Posted)
    return outcome


class Chat:
    def __init__(self) -> None:
        brand = builders.brand()
        who = builders.player(brand)
        self.player = builders.as_actor(who)
        self.conv = builders.conversation(brand, who).pk
        self.vera = builders.agent("Vera", skills=("payments",))
        self.marit = builders.agent("Marit", role="supervisor")
        self.epoch = assignments.claim(self.vera, self.conv)

    def say(self, cmid: str, body: str = SAID) -> Posted:
        frame = {"t": "send", "conv": self.conv, "cmid": cmid, "body": body}
        return _post(PlayerConnection, self.player, frame)

    def reply(self, **more: Any) -> Posted:
        frame = {"t": "send", "conv": self.conv, "epoch": self.epoch, "cmid": "r", "body": SAID}
        return _post(StaffConnection, self.vera, {**frame, **more})

    def write(self, kind: str, actor: Actor) -> Posted:
        frame = {"t": kind, "conv": self.conv, "cmid": kind, "body": SAID}
        return _post(StaffConnection, actor, frame)

    def bodies(self) -> list[str | None]:
        rows = Event.objects.filter(conversation=self.conv, kind="message").order_by("seq")
        return list(rows.values_list("body", flat=True))


def test_a_players_message() -> None:
    chat = Chat()
    chat.say("m")
    assert chat.bodies() == [KEPT]


def test_his_own_echo_and_his_history_say_what_is_kept(sent: list[str]) -> None:
    chat = Chat()
    posted = chat.say("m")
    row = Event.objects.get(conversation=chat.conv, seq=posted.seq)
    echo = shown.player_event(row, chat.player.author)
    assert (echo.cmid, echo.body) == ("m", KEPT)
    assert KEPT in sent[-1]
    events, _ = queries.player_history(chat.player, chat.conv, None, 50)
    assert events[-1].body == KEPT


def test_the_first_message_of_what_he_opened_or_left() -> None:
    for channel in ("chat", "message"):
        who = builders.player(builders.brand())
        player = builders.as_actor(who)
        row = lifecycle.open_conversation(player, who.brand_id, channel=channel)
        frame = {"t": "send", "conv": row.pk, "cmid": "first", "body": SAID}
        _post(PlayerConnection, player, frame)
        assert Event.objects.get(conversation=row, kind="message").body == KEPT


def test_what_he_answered_before_the_chat() -> None:
    who = builders.player(builders.brand())
    player = builders.as_actor(who)
    fields = {"page": "/deposit", "card": NUMBER}
    row = lifecycle.open_conversation(player, who.brand_id, fields=fields)
    kept = {"page": "/deposit", "card": "•••• •••• •••• 5100"}
    assert Conversation.objects.get(pk=row.pk).fields == kept


def test_an_agents_reply_prepared_or_not() -> None:
    chat = Chat()
    chat.reply()
    chat.reply(cmid="canned", canned="17")
    assert chat.bodies() == [KEPT, KEPT]


def test_notes_and_whispers() -> None:
    chat = Chat()
    chat.write("note", chat.vera)
    chat.write("whisper", chat.marit)
    assert list(Note.objects.order_by("seq").values_list("body", flat=True)) == [KEPT, KEPT]


def test_the_note_of_a_transfer() -> None:
    chat = Chat()
    assignments.transfer(chat.vera, chat.conv, chat.epoch, agent=None, skill="payments", note=SAID)
    assert Note.objects.get(conversation=chat.conv, kind="note").body == KEPT


def test_what_he_says_at_the_end() -> None:
    chat = Chat()
    lifecycle.close(chat.player, chat.conv)
    lifecycle.rate(chat.player, chat.conv, agent=1, outcome=1, comment=SAID, declined=None)
    assert Rating.objects.get(conversation=chat.conv).comment == KEPT


def test_a_repeat_is_judged_by_what_is_kept() -> None:
    """Hidden in the browser or not: it is the same message, and is acked again."""
    chat = Chat()
    first = chat.say("m")
    assert chat.say("m") == Posted(first.seq, first.ts, dup=True)
    assert chat.say("m", KEPT) == Posted(first.seq, first.ts, dup=True)
    with pytest.raises(errors.CmidReused):
        messages.post(Draft(chat.conv, chat.player, "m", f"{SAID} by the way"))
    assert chat.bodies() == [KEPT]


def test_a_body_with_nothing_to_hide_is_kept_as_it_came() -> None:
    chat = Chat()
    body = "  withdrawal 4111 1111 1111 1112 of 50.00\n\tthanks 🎰 "
    chat.say("m", body)
    assert chat.bodies() == [body]


def test_the_number_is_nowhere(
    sent: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    chat = Chat()
    chat.say("m")
    chat.reply()
    chat.write("note", chat.vera)
    chat.write("whisper", chat.marit)
    assignments.transfer(chat.vera, chat.conv, chat.epoch, agent=None, skill="payments", note=SAID)
    lifecycle.close(chat.player, chat.conv)
    lifecycle.rate(chat.player, chat.conv, agent=1, outcome=None, comment=SAID, declined=None)
    everything = {
        "database": _written(),
        "frames": "\n".join(sent),
        "logs": caplog.text + "".join(capfd.readouterr()),
    }
    for place in ("database", "frames"):
        assert "•••• •••• •••• 5100" in everything[place]
    for place, text in everything.items():
        for canary in CANARIES:
            assert canary not in text, place
