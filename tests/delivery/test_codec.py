"""Decoding never raises anything but a refusal with a constant code."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.delivery.protocol import codec, commands, frames, words
from chatdesk.delivery.protocol.codec import BadInput

CODES = {"bad_frame", "unknown_type", "bad_field"}
TAGS = sorted(
    {
        str(kind.__struct_config__.tag)
        for kind in (*get_args(commands.PlayerCommand), *get_args(commands.StaffCommand))
    }
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
field_names = st.sampled_from(
    ["ref", "conv", "cmid", "body", "epoch", "on", "seq", "v", "session", "to", "offer", "limit"]
)


def _refused_or_decoded(text: str) -> None:
    for decode in (codec.decode_player, codec.decode_staff):
        try:
            decode(text)
        except BadInput as bad:
            assert bad.code in CODES
            assert bad.ref is None or len(bad.ref) <= 64


@given(st.text())
def test_any_text(text: str) -> None:
    _refused_or_decoded(text)


@given(anything)
def test_any_json(value: Any) -> None:
    _refused_or_decoded(json.dumps(value))


@settings(max_examples=400)
@given(st.sampled_from(TAGS), st.dictionaries(field_names, anything, max_size=8))
def test_any_command_with_any_fields(tag: str, fields: dict[str, Any]) -> None:
    _refused_or_decoded(json.dumps({"t": tag, **fields}))


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "1", '"x"', "{", "NaN", "{}x", "[" * 100_000, '{"a":' * 100_000),
        *('{"t":"open","ref":NaN}', '{"t":"open","ref":"\\ud800"}', '{"t":"pong","n":1e999}'),
    ],
)
def test_what_is_not_one_json_object_is_a_bad_frame(text: str) -> None:
    with pytest.raises(BadInput) as bad:
        codec.decode_player(text)
    assert bad.value.code == "bad_frame"


@pytest.mark.parametrize("text", ['{"t":"nope"}', "{}", '{"t":5}', '{"t":null,"ref":"r"}'])
def test_what_no_command_is_called_is_an_unknown_type(text: str) -> None:
    with pytest.raises(BadInput) as bad:
        codec.decode_player(text)
    assert bad.value.code == "unknown_type"


@pytest.mark.parametrize("control", ["\x00", "\x07", "\r", "\x1f", "\x7f", "\x85"])
def test_control_characters_are_refused(control: str) -> None:
    frame = {"t": "send", "conv": "c", "cmid": "m", "body": f"a{control}b"}
    with pytest.raises(BadInput) as bad:
        codec.decode_player(json.dumps(frame))
    assert (bad.value.code, bad.value.cmid) == ("bad_field", "m")


def test_tab_newline_and_every_letter_pass() -> None:
    body = "a\tb\nÄä Привет 🎰 \u202e"
    frame = {"t": "send", "conv": "c", "cmid": "m", "body": body}
    decoded = codec.decode_player(json.dumps(frame))
    assert isinstance(decoded, commands.PlayerSend)
    assert decoded.body == body


def test_players_cannot_say_what_staff_can() -> None:
    for tag in set(TAGS) - {str(k.__struct_config__.tag) for k in get_args(commands.PlayerCommand)}:
        with pytest.raises(BadInput) as bad:
            codec.decode_player(json.dumps({"t": tag, "ref": "r", "conv": "c"}))
        assert bad.value.code == "unknown_type"


def test_an_extra_field_is_refused() -> None:
    for extra in ("sender_role", "epoch", "internal", "brand", "priority", "ts"):
        frame = {"t": "send", "conv": "c", "cmid": "m", "body": "x", extra: 1}
        with pytest.raises(BadInput) as bad:
            codec.decode_player(json.dumps(frame))
        assert bad.value.code == "bad_field"


def _names(kind: Any, seen: set[Any]) -> set[str]:
    """Every field name that can occur anywhere below a frame type."""
    found: set[str] = set()
    if kind in seen:
        return found
    seen.add(kind)
    for arg in get_args(kind):
        found |= _names(arg, seen)
    if hasattr(kind, "__struct_fields__"):
        found |= set(kind.__struct_fields__)
        for hint in __import__("typing").get_type_hints(kind).values():
            found |= _names(hint, seen)
    return found


def test_player_frames_have_no_field_for_an_identity() -> None:
    staff_only = {"agent_id", "owner", "username", "email", "first_name", "last_name", "staff"}
    assert not _names(frames.PlayerFrame, set()) & staff_only
    player_types = set(get_args(frames.PlayerFrame))
    for staff_type in (frames.StaffEvent, frames.NoteEvent, frames.StaffConv, frames.Desk):
        assert staff_type not in player_types


def test_close_codes_are_the_table() -> None:
    assert {code.value for code in words.Close} == {
        *(1001, 4000, 4001, 4002, 4003, 4004, 4005),
        *(4401, 4403, 4404, 4409, 4410, 4413),
    }
