"""By their types alone, frames to players cannot carry who an agent is."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from chatdesk.conversations.models import Brand
from chatdesk.delivery.protocol import frames
from players import sessions

PLAYER_FRAMES: tuple[type[Struct], ...] = get_args(frames.PlayerFrame)
STAFF_FRAMES: tuple[type[Struct], ...] = get_args(frames.StaffFrame)

SHARED = {
    frames.Ok,
    frames.Error,
    frames.Ack,
    frames.Nack,
    frames.Eph,
    frames.Resumed,
    frames.Drain,
}
# Every name of a field that a frame to a player has, in whatever depth. A new one is a decision.
NAMES = {
    *("t", "v", "sid", "db", "server_ts", "ping_ms", "limits", "frame_bytes", "body_chars"),
    *("ref", "conv", "epoch", "code", "message", "retry_ms", "cmid", "ts", "dup", "final", "n"),
    *("seq", "note_seq", "kind", "role", "ttl_ms", "on", "text", "from_", "to", "mode", "more"),
    *("note_to", "in_ms", "position", "eta_s", "player", "agent", "body", "data", "state", "queue"),
    *("last_seq", "delivered", "read", "heads", "events", "me", "brand", "name", "authenticated"),
    *("topic", "lang", "reason", "waited_ms", "to_skill", "by"),
    *("open", "opens_ts", "closes_ts", "available", "spoken", "capped", "hours"),
}
# The only fields for a name of staff: always the alias.
ALIASES = {"alias", "to_alias", "agent_alias"}
# ``id`` is the player's own in ``me``, and the id of a fault in the log in ``error``.
IDS = {(frames.PlayerMe, "id"), (frames.Error, "id")}
# The only dictionaries: conversation to head, and what the widget shows of a brand.
OPEN_ENDED = {(frames.PlayerPing, "heads"), (frames.PlayerWelcome, "brand")}
IDENTITY = ("user", "email", "mail", "first", "last_name", "full", "agent_id", "author", "login")


def structs_of(kind: Any) -> Iterator[type[Struct]]:
    """The structs that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for part in get_args(kind):
        yield from structs_of(part)


def reachable(roots: tuple[type[Struct], ...]) -> set[type[Struct]]:
    found: set[type[Struct]] = set()
    waiting = list(roots)
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.add(kind)
            for hint in get_type_hints(kind).values():
                waiting += structs_of(hint)
    return found


def faults(roots: tuple[type[Struct], ...]) -> list[str]:
    """What in these types could tell who an agent is."""
    found = []
    for kind in sorted(reachable(roots), key=lambda kind: kind.__name__):
        for name, hint in get_type_hints(kind, include_extras=True).items():
            place = f"{kind.__name__}.{name}"
            known = name in NAMES | ALIASES or (kind, name) in IDS
            if not known or any(word in name for word in IDENTITY):
                found.append(f"{place}: unknown name")
            if not plain(hint) and (kind, name) not in OPEN_ENDED:
                found.append(f"{place}: holds anything")
    return found


def plain(hint: Any) -> bool:
    """Text, number, yes or no, a literal, a struct, or a list or an alternative of these."""
    origin = get_origin(hint)
    if origin is Annotated:
        return plain(get_args(hint)[0])
    if origin is Literal:
        return True
    if origin in (list, Union, types.UnionType):
        return all(plain(part) for part in get_args(hint))
    return hint in (str, int, bool, type(None)) or (
        isinstance(hint, type) and issubclass(hint, Struct)
    )


def test_no_field_of_a_player_frame_can_hold_an_identity() -> None:
    assert faults(PLAYER_FRAMES) == []


def test_players_and_staff_share_only_what_names_nobody() -> None:
    assert set(PLAYER_FRAMES) & set(STAFF_FRAMES) == SHARED
    parts = reachable(PLAYER_FRAMES) & reachable(STAFF_FRAMES) - SHARED
    assert parts == {frames.Queue, frames.Alias, frames.Sides, frames.Limits}
    for kind in SHARED | parts:
        assert not kind.__name__.startswith(("Staff", "Player"))


def test_what_is_for_staff_alone_is_out_of_reach_of_players() -> None:
    for kind in reachable(PLAYER_FRAMES):
        assert not kind.__name__.startswith(("Staff", "Chat", "Desk", "Wall", "Note", "Offer"))


def test_names_and_exceptions_that_nothing_has_are_struck_off() -> None:
    kinds = reachable(PLAYER_FRAMES)
    fields = {(kind, name) for kind in kinds for name in get_type_hints(kind)}
    assert {name for _, name in fields} - {name for _, name in IDS} >= NAMES - {"t"} | ALIASES
    assert fields >= IDS | OPEN_ENDED


def test_the_brand_in_the_welcome_is_an_allow_list() -> None:
    # A field of the brand that is not shown must not appear by itself.
    brand = Brand(slug="aurora", name="Aurora", help_line={"line": "x", "phone": "1", "url": "u"})
    told = frames.PlayerService(**dict.fromkeys(frames.PlayerService.__struct_fields__))
    view = sessions.brand_view(brand, "en", told)
    assert set(view) == {
        *("slug", "name", "colour", "languages", "default_lang", "anonymous", "previews"),
        *("topics", "greeting", "help", "service"),
    }
    assert set(view["service"]) == set(frames.PlayerService.__struct_fields__)
    assert all(set(topic) == {"id", "label"} for topic in view["topics"])
    assert msgspec.json.encode(view)


class _Leaky(frames.PlayerFrom, frozen=True):
    username: str | None = None


class _LeakyEvent(frames.PlayerEvent, tag="ev", frozen=True):
    sender: _Leaky | None = None


class _Anything(frames.PlayerConv, tag="conv", frozen=True):
    data: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("kind", "told"), [(_LeakyEvent, "username"), (_Anything, "holds anything")]
)
def test_a_planted_field_is_caught(kind: type[Struct], told: str) -> None:
    assert any(told in fault for fault in faults((*PLAYER_FRAMES, kind)))
