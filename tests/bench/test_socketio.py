"""Socket.IO's wire: what its documents show is read and written so, and nothing else is a packet."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import messages
from bench.socketio import Malformed, Packet, connect, decode, event

NUMBERS = st.integers(0, 10**15 - 1)


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        (b'0{"sid":"a","pingInterval":25000}', Packet("open", None, {"sid": "a", "pingInterval": 25000})),
        (b"1", Packet("close")),
        (b"2", Packet("ping")),
        (b"6", Packet("noop")),
        (b'40{"sid":"b"}', Packet("connect", None, {"sid": "b"})),
        (b"41", Packet("disconnect")),
        (b'42["hello"]', Packet("event", None, ["hello"])),
        (b'42["message","a [b] {c}"]', Packet("event", None, ["message", "a [b] {c}"])),
        (b'4212["message","a"]', Packet("event", 12, ["message", "a"])),
        (b"430[]", Packet("ack", 0, [])),
        (b'4312["not stored"]', Packet("ack", 12, ["not stored"])),
        (b'44{"message":"Not authorized"}', Packet("refused", None, {"message": "Not authorized"})),
    ],
)  # fmt: skip
def test_packets_of_the_documents_are_read(text: bytes, packet: Packet) -> None:
    assert decode(text) == packet


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"0",
        b"0[]",
        b"2probe",
        b"3",
        b"3probe",
        b"5",
        b"7",
        b"4",
        b"40",
        b"40[]",
        b"40/desk,{}",
        b"41/desk,",
        b"42",
        b"42{}",
        b"42[]",
        b"42[1]",
        b'42["message"',
        b'42/desk,["message"]',
        b'42-1["message"]',
        b'42 1["message"]',
        b'421e3["message"]',
        b'42["message"]["message"]',
        b"43[]",
        b"431",
        b"431{}",
        b"43" + b"9" * 16 + b"[]",
        b'44"why"',
        b'451-["message",{"_placeholder":true,"num":0}]',
        b"461-0[]",
        b'42["\xff"]',
        b"42" + b"[" * 100_000,
        b"bAQID",
    ],
)
def test_anything_else_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        decode(text)


@given(st.binary(max_size=40) | st.text('0123456[]{}"a:,-/', max_size=20).map(str.encode))
def test_whatever_comes_is_a_packet_or_malformed(text: bytes) -> None:
    try:
        packet = decode(text)
    except Malformed:
        return
    assert isinstance(packet, Packet)


@given(st.text(), NUMBERS)
def test_an_event_is_read_as_it_was_written(argument: str, number: int) -> None:
    assert decode(event("message", argument, number)) == Packet(
        "event", number, ["message", argument]
    )


def test_an_event_is_written_as_the_documents_show() -> None:
    body = messages.body(3, 4)
    assert event("message", body, 456) == f'42456["message","{body}"]'.encode()


def test_connect_carries_what_the_server_finds_in_its_handshake() -> None:
    asked = connect({"room": 'room "1"'})
    assert asked[:2] == b"40"
    assert json.loads(asked[2:]) == {"room": 'room "1"'}
