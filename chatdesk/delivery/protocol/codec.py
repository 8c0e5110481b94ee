"""Text to command and frame to text. A bad frame never raises anything but ``BadInput``."""

from __future__ import annotations

from typing import Any

import msgspec

from chatdesk.delivery.protocol.commands import PlayerCommand, StaffCommand
from chatdesk.delivery.protocol.frames import Frame
from chatdesk.delivery.protocol.words import ErrorCode


class BadInput(Exception):
    """A frame that cannot be understood: a constant code, and what can be answered to it."""

    def __init__(
        self, code: ErrorCode, message: str, *, ref: str | None = None, cmid: str | None = None
    ) -> None:
        super().__init__(code)
        self.code: ErrorCode = code
        self.message = message
        self.ref = ref
        self.cmid = cmid


_player: msgspec.json.Decoder[PlayerCommand] = msgspec.json.Decoder(PlayerCommand)
_staff: msgspec.json.Decoder[StaffCommand] = msgspec.json.Decoder(StaffCommand)
_loose = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()

_TYPES: dict[str, frozenset[str]] = {
    "player": frozenset(str(c.__struct_config__.tag) for c in PlayerCommand.__args__),
    "staff": frozenset(str(c.__struct_config__.tag) for c in StaffCommand.__args__),
}


def decode_player(text: str) -> PlayerCommand:
    try:
        return _player.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise _explain(text, "player", error) from None


def decode_staff(text: str) -> StaffCommand:
    try:
        return _staff.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise _explain(text, "staff", error) from None


def encode(frame: Frame) -> str:
    return _encoder.encode(frame).decode()


def _explain(text: str, side: str, error: Exception) -> BadInput:
    """Names the fault; a second, loose reading finds what the answer should refer to."""
    try:
        seen: Any = _loose.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return BadInput("bad_frame", "This is not one JSON object.")
    if not isinstance(seen, dict):
        return BadInput("bad_frame", "This is not one JSON object.")
    ref = _short(seen.get("ref"))
    cmid = _short(seen.get("cmid"))
    kind = seen.get("t")
    if not isinstance(kind, str) or kind not in _TYPES[side]:
        return BadInput("unknown_type", "No such command.", ref=ref)
    if not isinstance(error, msgspec.ValidationError):
        return BadInput("bad_frame", "This is not one JSON object.", ref=ref)
    # The decoder's text names fields and types only, never a value that was sent.
    return BadInput("bad_field", str(error), ref=ref, cmid=cmid)


def _short(value: object) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable():
        return value
    return None
