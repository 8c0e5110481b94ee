"""The wire of Socket.IO as a client has it: packets of Socket.IO 5 in text frames of Engine.IO 4.

Only what a chat of texts over WebSocket alone ever sees: no polling, no upgrade, no binary packets, no
namespace but the main one. Source: https://socket.io/docs/v4/engine-io-protocol/ and
https://socket.io/docs/v4/socket-io-protocol/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

PATH = "/socket.io/?EIO=4&transport=websocket"
PONG = b"3"

Kind = Literal["open", "close", "ping", "noop", "connect", "disconnect", "event", "ack", "refused"]

_ENGINE: dict[bytes, Kind] = {b"1": "close", b"2": "ping", b"6": "noop", b"41": "disconnect"}
_OBJECTS: dict[bytes, Kind] = {b"40": "connect", b"44": "refused"}
_ARRAYS: dict[bytes, Kind] = {b"42": "event", b"43": "ack"}
# As far as the number of JavaScript is exact.
_NUMBER_DIGITS = 15

_object = msgspec.json.Decoder(dict[str, Any])
_array = msgspec.json.Decoder(list[Any])


class Malformed(ValueError):
    """A frame that is no packet, or one that no chat of texts is sent."""


class Packet(msgspec.Struct, frozen=True):
    """``number`` ties an event to its ack. ``data`` is a list for ``event`` (its name and arguments) and
    ``ack`` (its arguments), a dict for ``open``, ``connect`` and ``refused``, and None for the rest."""

    kind: Kind
    number: int | None = None
    data: Any = None


def connect(auth: Mapping[str, str]) -> bytes:
    """Asks for the main namespace; ``auth`` is what the server finds in its handshake."""
    return b"40" + msgspec.json.encode(auth)


def event(name: str, argument: str, number: int) -> bytes:
    """An event of one argument that asks for an ack of this number."""
    return b"42%d%b" % (number, msgspec.json.encode((name, argument)))


def decode(text: bytes) -> Packet:
    """What the server sent in one text frame. Raises Malformed."""
    kind = _ARRAYS.get(text[:2])
    if kind is not None:
        return _numbered(kind, text)
    kind = _ENGINE.get(text)
    if kind is not None:
        return Packet(kind)
    if text[:1] == b"0":
        return Packet("open", data=_json(_object, text[1:]))
    kind = _OBJECTS.get(text[:2])
    if kind is not None:
        return Packet(kind, data=_json(_object, text[2:]))
    raise Malformed("no packet of a chat")


def _numbered(kind: Kind, text: bytes) -> Packet:
    begin = text.find(b"[")
    if begin < 0:
        raise Malformed("an event or ack without its array")
    digits = text[2:begin]
    if digits and not (digits.isdigit() and len(digits) <= _NUMBER_DIGITS):
        raise Malformed("what stands before the array is no number")
    data = _json(_array, text[begin:])
    if kind == "ack" and not digits:
        raise Malformed("an ack without a number")
    if kind == "event" and not (data and isinstance(data[0], str)):
        raise Malformed("an event without a name")
    return Packet(kind, int(digits) if digits else None, data)


def _json(decoder: msgspec.json.Decoder[Any], text: bytes) -> Any:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
