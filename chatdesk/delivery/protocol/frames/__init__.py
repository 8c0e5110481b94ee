"""Every frame the server may send (chat.v1, section 4).

**Invariant:** what is sent to players is built from the ``Player…`` types and the types that both share;
none of them has a field in which an agent's identity could travel. Staff frames are other types.
"""

from __future__ import annotations

from chatdesk.delivery.protocol.frames.players import (
    PlayerConv,
    PlayerEvent,
    PlayerFacts,
    PlayerFrom,
    PlayerHistoryFrame,
    PlayerMe,
    PlayerPing,
    PlayerService,
    PlayerWelcome,
)
from chatdesk.delivery.protocol.frames.shared import (
    Ack,
    Alias,
    Drain,
    Eph,
    Error,
    Frame,
    Limits,
    Nack,
    Ok,
    Part,
    Queue,
    Resumed,
    Sides,
)
from chatdesk.delivery.protocol.frames.staff import (
    Chat,
    ChatPlayer,
    Desk,
    NoteEvent,
    OfferFrame,
    OfferGone,
    StaffConv,
    StaffEvent,
    StaffFrom,
    StaffHistoryFrame,
    StaffMe,
    StaffPing,
    StaffWelcome,
    Waiting,
    WaitingChat,
    WallFrame,
    WatchOk,
)

__all__ = [
    "Ack",
    "Alias",
    "Chat",
    "ChatPlayer",
    "Desk",
    "Drain",
    "Eph",
    "Error",
    "Frame",
    "Limits",
    "Nack",
    "NoteEvent",
    "OfferFrame",
    "OfferGone",
    "Ok",
    "Part",
    "PlayerConv",
    "PlayerEvent",
    "PlayerFacts",
    "PlayerFrame",
    "PlayerFrom",
    "PlayerHistoryFrame",
    "PlayerMe",
    "PlayerPing",
    "PlayerService",
    "PlayerWelcome",
    "Queue",
    "Resumed",
    "Sides",
    "StaffConv",
    "StaffEvent",
    "StaffFrame",
    "StaffFrom",
    "StaffHistoryFrame",
    "StaffMe",
    "StaffPing",
    "StaffWelcome",
    "Waiting",
    "WaitingChat",
    "WallFrame",
    "WatchOk",
]

PlayerFrame = (
    PlayerWelcome
    | Ok
    | Error
    | Ack
    | Nack
    | PlayerEvent
    | PlayerConv
    | Eph
    | PlayerHistoryFrame
    | Resumed
    | PlayerPing
    | PlayerService
    | Drain
)
StaffFrame = (
    StaffWelcome
    | Ok
    | WatchOk
    | Error
    | Ack
    | Nack
    | StaffEvent
    | NoteEvent
    | StaffConv
    | Eph
    | StaffHistoryFrame
    | Resumed
    | StaffPing
    | Desk
    | OfferFrame
    | OfferGone
    | WallFrame
    | Drain
)
