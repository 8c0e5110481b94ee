"""What must hold after every step, and what must hold once everything has arrived.

Each promise looks at what the clients, the wire and the rows say; only ``nobody_waits_for_heads`` and
``no_doorbell_is_forgotten`` ask a subscription how far it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.clients import Client, Frame, Message, Place

if TYPE_CHECKING:
    from tests.model.house import House
    from tests.model.sockets import Socket


# --- at the moment of writing ----------------------------------------------------------------------


def of_frame(socket: Socket, frame: Frame) -> None:
    """A frame is about to be written to a socket. Who writes it may live with an exception, so what is
    found is kept for the look after the step."""
    try:
        _of_frame(socket, frame)
    except AssertionError as broken:
        socket.house.broken.append(str(broken))


def nothing_was_broken_on_the_wire(house: House) -> None:
    assert not house.broken, house.broken[0]


def _of_frame(socket: Socket, frame: Frame) -> None:
    if frame["t"] == "ack":
        _says_what_is_committed(socket, frame)
    elif frame["t"] in ("ev", "note_ev"):
        _may_be_seen(socket, frame)
        _follows_the_one_before(socket, frame)


def _says_what_is_committed(socket: Socket, ack: Frame) -> None:
    lane = "note" if ack.get("note_seq") is not None else "event"
    rows = socket.house.database.rows(ack["conv"], lane)  # type: ignore[arg-type]
    seq = ack["note_seq"] if lane == "note" else ack["seq"]
    mine = (socket.actor.author, ack["cmid"])
    assert seq <= len(rows), f"ack before the commit: {ack}"
    assert (rows[seq - 1].author, rows[seq - 1].cmid) == mine, f"ack of another's line: {ack}"


def _may_be_seen(socket: Socket, frame: Frame) -> None:
    if socket.side == "player":
        assert frame["t"] == "ev", f"a player got a note: {frame}"
        assert frame["conv"] in socket.client.convs, f"another player's line: {frame}"
    if frame.get("cmid") is not None:
        authors = {
            client.author
            for client in socket.house.clients
            for message in client.written
            if message.cmid == frame["cmid"]
        }
        assert authors == {socket.actor.author}, f"somebody else's cmid: {frame}"


def _follows_the_one_before(socket: Socket, frame: Frame) -> None:
    place, seq = _place_and_seq(frame)
    before = socket.written.get(place)
    if before is not None:
        assert seq == before + 1, f"{socket.client.name} of {place}: {seq} after {before}"
    socket.written[place] = seq


def _place_and_seq(frame: Frame) -> tuple[Place, int]:
    if frame["t"] == "ev":
        return (frame["conv"], "event"), frame["seq"]
    return (frame["conv"], "note"), frame["note_seq"]


# --- after every step ------------------------------------------------------------------------------


def seq_is_without_holes(house: House) -> None:
    for (conv, lane), lines in house.database.lines.items():
        seqs = [line.row.seq for line in lines]
        assert seqs == list(range(1, len(seqs) + 1)), f"{conv} {lane}: {seqs}"


def each_cmid_is_written_once(house: House) -> None:
    for (conv, lane), lines in house.database.lines.items():
        keys = [(line.row.author, line.row.cmid) for line in lines if line.row.cmid is not None]
        assert len(keys) == len(set(keys)), f"{conv} {lane}: {keys}"


def only_the_owner_writes(house: House) -> None:
    """By the epoch under which it was written, not only by the name of the owner."""
    epochs = {m.cmid: m.epoch for client in house.agents for m in client.written}
    for lines in house.database.lines.values():
        for line in lines:
            row = line.row
            if not row.author.startswith("a:") or row.kind == "whisper":
                continue
            assert row.author == f"a:{line.owner}", f"{row} while it was {line.owner}'s"
            if row.kind == "message":
                assert epochs[row.cmid or ""] == line.epoch, f"{row} in epoch {line.epoch}"


def acked_is_never_lost(house: House) -> None:
    for client in house.clients:
        for ((conv, lane), cmid), seq in client.acked.items():
            rows = house.database.rows(conv, lane)  # type: ignore[arg-type]
            found = [row.seq for row in rows if (row.author, row.cmid) == (client.author, cmid)]
            assert seq in found, f"{client.name} was acked {cmid} as {seq}, it is {found}"


def refused_is_never_written(house: House) -> None:
    """But notes: they carry no epoch, so a copy may find its author to be the owner again."""
    for client in house.clients:
        refused = {
            message.cmid
            for message in client.written
            if message.state == "refused" and message.kind != "note"
        }
        for place in client.transcripts:
            rows = house.database.rows(*place)  # type: ignore[arg-type]
            written = refused & {row.cmid for row in rows}
            assert not written, f"{client.name} was refused {written}"


def transcripts_are_prefixes(house: House) -> None:
    for client in house.clients:
        for place, transcript in client.transcripts.items():
            rows = house.database.rows(*place)  # type: ignore[arg-type]
            for number, line in enumerate(transcript.lines):
                assert number < len(rows), f"{client.name} shows what is not there: {line}"
                row = rows[number]
                told = (_place_and_seq(line)[1], line["kind"], line.get("body"))
                assert told == (row.seq, row.kind, row.body), f"{client.name}: {line} is {row}"


def one_bubble_for_each_cmid(house: House) -> None:
    for client in house.clients:
        for place in client.transcripts:
            bubbles = client.bubbles(place)
            assert len(bubbles) == len(set(bubbles)), f"{client.name} of {place}: {bubbles}"


def no_doorbell_is_forgotten(house: House) -> None:
    """A line that was pushed to a socket is written, or a reading that will bring it is under way."""
    for socket, place, sent, reading in _places(house):
        rung = socket.rung.get(place, 0)
        assert reading or sent >= rung, f"{socket.client.name} of {place}: {sent}, rung for {rung}"


def _places(house: House) -> list[tuple[Socket, Place, int, bool]]:
    return [
        (socket, place, subscription.sent, subscription.reading)
        for process in house.processes
        for socket in process.sockets
        for place, subscription in socket.following._subscriptions.items()
    ]


# --- once everything has arrived -------------------------------------------------------------------


def nobody_waits_for_heads(house: House) -> None:
    """At rest, whoever lost no push since he joined has everything: joined, read, live."""
    for socket, (conv, lane), sent, reading in _places(house):
        assert not reading, f"{socket.client.name} of {conv} {lane} reads for ever"
        if socket.losses.get(conv) == socket.process.losses:
            head = len(house.database.rows(conv, lane))  # type: ignore[arg-type]
            assert sent == head, f"{socket.client.name} of {conv} {lane}: {sent} of {head}"


def every_view_is_the_database(house: House) -> None:
    for client in house.clients:
        for conv in client.desk if client.side == "agent" else client.convs:
            for lane in ("event",) if client.side == "player" else ("event", "note"):
                has = client.place(conv, lane).last
                head = len(house.database.rows(conv, lane))  # type: ignore[arg-type]
                assert has == head, f"{client.name} of {conv} {lane}: {has} of {head}"
    transcripts_are_prefixes(house)


def everything_written_is_settled(house: House) -> None:
    """Committed once and in the order of writing, or finally refused (``refused_is_never_written``)."""
    for client in house.clients:
        after: dict[Place, int] = {}
        for message in client.written:
            seqs = _seqs(house, client, message)
            assert message.state in ("committed", "refused"), f"{message} waits for ever"
            if message.state == "committed":
                assert len(seqs) == 1, f"{message} stands as {seqs}"
            for seq in seqs:
                before = after.get(message.place, 0)
                assert seq > before, f"{message} stands as {seq}, the one before as {before}"
                after[message.place] = seq


def _seqs(house: House, client: Client, message: Message) -> list[int]:
    rows = house.database.rows(*message.place)  # type: ignore[arg-type]
    return [row.seq for row in rows if (row.author, row.cmid) == (client.author, message.cmid)]


ALWAYS = (
    nothing_was_broken_on_the_wire,
    seq_is_without_holes,
    each_cmid_is_written_once,
    only_the_owner_writes,
    acked_is_never_lost,
    refused_is_never_written,
    transcripts_are_prefixes,
    one_bubble_for_each_cmid,
    no_doorbell_is_forgotten,
)
