"""Everything that was asked, answered, shown, connected, broken and healed, in the order it happened.

Append only. ``at`` is this machine's monotonic clock, ``ms`` its wall clock (rows of the database are
compared with that one). Each record goes to a file as a line of JSON, so that a failed run can be
read afterwards; bodies appear as hashes only.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

What = Literal[
    "invoke",  # somebody wants something (``do``); a message's own id is ``cmid``
    "sent",  # one copy of a message went to a socket
    "ok",  # the answer: ack with ``seq``, ok
    "fail",  # a final refusal, with ``code``
    "info",  # nobody knows what became of it
    "frame",  # a line arrived on a socket, before any ordering
    "shown",  # a line that stands on the screen, in order
    "resumed",  # the server closed a list of missed lines
    "forgot",  # the client threw away what it had: another database
    "welcome",
    "closed",  # the end of a socket, with ``code``
    "drain",
    "ping",
    "leaked",  # something that this person must never receive
    "watch",
    "unwatch",
    "fault",
    "heal",
    "rewound",  # acks between ``data['from']`` and this moment were taken back by a restored backup
]


@dataclass(frozen=True, slots=True)
class Record:
    at: float
    ms: int
    what: What
    who: str = ""
    tab: str = ""
    socket: int = 0
    conv: str = ""
    do: str = ""
    lane: str = ""
    seq: int = 0
    cmid: str = ""
    kind: str = ""
    role: str = ""
    hash: str = ""
    code: str = ""
    epoch: int = 0
    data: dict[str, Any] | None = None


_FIELDS = [field.name for field in fields(Record)]
_EMPTY = ("", 0, None)


def digest(body: str | None) -> str:
    """As rows and frames are compared: by the body's own bytes."""
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest() if body else ""


class History:
    """``file`` may be None: then it is only remembered."""

    def __init__(self, file: Path | None = None) -> None:
        self.records: list[Record] = []
        self._file = file.open("w") if file is not None else None

    def note(self, what: What, **facts: Any) -> Record:
        record = Record(time.monotonic(), time.time_ns() // 1_000_000, what, **facts)
        self.records.append(record)
        if self._file is not None:
            said = {
                name: value
                for name in _FIELDS
                if (value := getattr(record, name)) not in _EMPTY or name == "at"
            }
            self._file.write(json.dumps(said) + "\n")
        return record

    def fault(self, name: str, **data: Any) -> float:
        """Something was broken now; returns when."""
        return self.note("fault", do=name, data=data or None).at

    def heal(self, name: str, **data: Any) -> float:
        return self.note("heal", do=name, data=data or None).at

    def of(self, *whats: What, since: float = 0.0) -> Iterable[Record]:
        """The records of some kinds, from a moment on."""
        return (one for one in self.records if one.what in whats and one.at >= since)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
