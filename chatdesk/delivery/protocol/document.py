"""The AsyncAPI 3 document of the two sockets, generated from the message types themselves.

``python -m chatdesk.delivery.protocol.document`` prints it; ``docs/asyncapi.json`` is its committed copy,
and a test fails when the two differ.
"""

from __future__ import annotations

import inspect
import json
from typing import Any, get_args

import msgspec

from chatdesk.delivery.protocol import commands, frames, words

CLOSES = {
    code.value: code.name.lower().replace("_", " ") for code in words.Close
}  # below 4400: try again; from 4400 on: stop
SIDES: dict[str, tuple[Any, Any]] = {
    "player": (commands.PlayerCommand, frames.PlayerFrame),
    "staff": (commands.StaffCommand, frames.StaffFrame),
}


def document() -> dict[str, Any]:
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    types = [kind for pair in SIDES.values() for union in pair for kind in get_args(union)]
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(
        unique, ref_template="#/components/schemas/{name}"
    )
    for kind, schema in zip(unique, schemas, strict=True):
        messages[kind.__name__] = {
            "name": str(kind.__struct_config__.tag),
            "summary": _summary(kind),
            "payload": schema,
        }
    for side, (incoming, outgoing) in SIDES.items():
        channels[side] = {
            "address": f"/ws/{side}",
            "description": f"Subprotocol {words.SUBPROTOCOL}. The first frame is hello.",
            "messages": {
                kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}
                for kind in (*get_args(incoming), *get_args(outgoing))
            },
            "x-close-codes": CLOSES,
        }
        for action, union in (("receive", incoming), ("send", outgoing)):
            operations[f"{side}.{action}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{side}"},
                "messages": [
                    {"$ref": f"#/channels/{side}/messages/{kind.__name__}"}
                    for kind in get_args(union)
                ],
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "chatdesk, chat.v1",
            "version": str(words.VERSION),
            "description": "What players and staff say to the server and hear from it.",
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": components},
        "x-error-codes": list(get_args(words.ErrorCode)),
        "x-away-reasons": list(words.AWAY_REASONS),
    }


def text() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _summary(kind: type) -> str:
    doc = inspect.getdoc(kind) or ""
    inherited = any(base.__doc__ == kind.__doc__ for base in kind.__mro__[1:])
    # A class without words of its own would show those of its base.
    return "" if inherited else doc.split("\n\n")[0].replace("\n", " ")


if __name__ == "__main__":
    print(text(), end="")
