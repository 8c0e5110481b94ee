"""Every command a client may send (chat.v1, section 3). An unknown field is an error."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from chatdesk.delivery.protocol.words import (
    Body,
    Channel,
    Cmid,
    Comment,
    FieldKey,
    Id,
    Lang,
    Limit,
    Line,
    Ref,
    Score,
    Secret,
    Seq,
    Status,
    Word,
)


class Command(
    Struct, frozen=True, tag_field="t", tag=str.lower, forbid_unknown_fields=True, kw_only=True
):
    """One frame from a client; the tag is the frame's ``t``."""


class PlayerResume(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a player's client has: the database it came from, the conversation, the last seq."""

    db: Id
    conv: Id
    seq: Seq


class StaffResume(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``convs`` maps a conversation to the last (seq, note_seq) that the client applied."""

    db: Id
    desk_rev: Seq = 0
    convs: Annotated[dict[Id, tuple[Seq, Seq]], Meta(max_length=100)] = {}


class PlayerHello(Command, tag="hello", frozen=True):
    """The first frame of a player: the session that a page got by HTTP, and what he has already."""

    v: int
    session: Secret
    resume: PlayerResume | None = None


class StaffHello(Command, tag="hello", frozen=True):
    """The first frame of staff: a ticket, good for one socket, and what the client has already."""

    v: int
    ticket: Secret
    resume: StaffResume | None = None


class Open(Command, frozen=True):
    """Begins a conversation, or finds the one that is open. A chat may be refused with
    ``at_capacity`` where a message can still be left; about ``stop_gambling`` none is, and it is a chat
    whatever ``channel`` says."""

    ref: Ref
    topic: Word | None = None
    lang: Lang | None = None
    fields: Annotated[dict[FieldKey, Line], Meta(max_length=20)] | None = None
    channel: Channel = "chat"


class PlayerSend(Command, tag="send", frozen=True):
    """A message of the player; answered by ack or nack."""

    conv: Id
    cmid: Cmid
    body: Body


class PlayerTyping(Command, tag="typing", frozen=True):
    """``text`` only where the brand switched previews on; it is never stored."""

    conv: Id
    on: bool
    text: Comment | None = None


class Read(Command, frozen=True):
    """The person has read up to here; beyond the head is the head."""

    conv: Id
    seq: Seq


class PlayerHistory(Command, tag="history", frozen=True):
    """Older events below ``before``."""

    ref: Ref
    conv: Id
    before: Seq | None = None
    limit: Limit = 50


class PlayerClose(Command, tag="close", frozen=True):
    """The player ends his conversation."""

    ref: Ref
    conv: Id


class Rate(Command, frozen=True):
    """The player's word about a closed conversation; may be declined."""

    ref: Ref
    conv: Id
    agent: Score | None = None
    outcome: Score | None = None
    comment: Comment | None = None
    declined: bool | None = None


class Auth(Command, frozen=True):
    """A new session of the same person on a live socket."""

    ref: Ref
    session: Secret


class Pong(Command, frozen=True):
    """The answer to a ping; ``have`` confirms what the client has of each conversation."""

    n: Seq
    have: Annotated[dict[Id, Seq], Meta(max_length=200)] | None = None


class StateCommand(Command, tag="state", frozen=True):
    """Declares one's own status."""

    ref: Ref
    status: Status
    reason: Line | None = None


class Accept(Command, frozen=True):
    """Takes an offered conversation."""

    ref: Ref
    offer: Id


class Decline(Command, frozen=True):
    """Refuses an offer, with the reason."""

    ref: Ref
    offer: Id
    reason: Line


class Claim(Command, frozen=True):
    """Takes a waiting conversation from the queue."""

    ref: Ref
    conv: Id


class StaffSend(Command, tag="send", frozen=True):
    """``canned`` is the id of the canned response that was used."""

    conv: Id
    epoch: Seq
    cmid: Cmid
    body: Body
    canned: Id | None = None


class NoteCommand(Command, tag="note", frozen=True):
    """A note that only staff can see; answered by ack or nack."""

    conv: Id
    cmid: Cmid
    body: Body


class StaffTyping(Command, tag="typing", frozen=True):
    """The agent is typing; never stored."""

    conv: Id
    on: bool


class StaffHistory(Command, tag="history", frozen=True):
    """Older events, and notes for who asks."""

    ref: Ref
    conv: Id
    before: Seq | None = None
    before_note: Seq | None = None
    limit: Limit = 50
    notes: bool = False


class TransferTo(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the two: an agent by id, or whoever has the skill."""

    agent: Id | None = None
    skill: Word | None = None


class Transfer(Command, frozen=True):
    """Hands a conversation to a colleague or to whoever has a skill."""

    ref: Ref
    conv: Id
    epoch: Seq
    to: TransferTo
    note: Comment | None = None


class Release(Command, frozen=True):
    """Puts a conversation back to the head of the queue."""

    ref: Ref
    conv: Id
    epoch: Seq


class StaffClose(Command, tag="close", frozen=True):
    """The owner closes a conversation; the reason is for staff only."""

    ref: Ref
    conv: Id
    epoch: Seq
    reason: Line


class Help(Command, frozen=True):
    """The agent asks for a supervisor, or no longer does."""

    ref: Ref
    conv: Id
    on: bool


class Wall(Command, frozen=True):
    """Switches the wall's frames on or off."""

    ref: Ref
    on: bool


class Watch(Command, frozen=True):
    """Begins to watch a conversation; recorded, never marks anything read."""

    ref: Ref
    conv: Id


class Unwatch(Command, frozen=True):
    """Ends watching."""

    ref: Ref
    conv: Id


class Whisper(Command, frozen=True):
    """A word of a supervisor that only staff can see; answered by ack or nack."""

    conv: Id
    cmid: Cmid
    body: Body


class Takeover(Command, frozen=True):
    """A supervisor becomes the owner; always possible, recorded."""

    ref: Ref
    conv: Id


class Assign(Command, frozen=True):
    """A supervisor gives a conversation to an agent; always possible, recorded."""

    ref: Ref
    conv: Id
    agent: Id


class ForceClose(Command, tag="force_close", frozen=True):
    """A supervisor closes a conversation; always possible, recorded."""

    ref: Ref
    conv: Id
    reason: Line


class ForceState(Command, tag="force_state", frozen=True):
    """A supervisor sets somebody's status; recorded."""

    ref: Ref
    agent: Id
    status: Status
    reason: Line


PlayerCommand = (
    PlayerHello
    | Open
    | PlayerSend
    | PlayerTyping
    | Read
    | PlayerHistory
    | PlayerClose
    | Rate
    | Auth
    | Pong
)
StaffCommand = (
    StaffHello
    | StateCommand
    | Accept
    | Decline
    | Claim
    | StaffSend
    | NoteCommand
    | StaffTyping
    | Read
    | StaffHistory
    | Pong
    | Transfer
    | Release
    | StaffClose
    | Help
    | Wall
    | Watch
    | Unwatch
    | Whisper
    | Takeover
    | Assign
    | ForceClose
    | ForceState
)
