"""The staff socket: an agent's desk, a supervisor's wall, and what their commands do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from agents import identity
from agents.desk import Desks
from agents.walls import Walls
from chatdesk.connections import database, origins
from chatdesk.connections.arriving import NotAuthenticated, WrongOrigin
from chatdesk.connections.connection import Connection
from chatdesk.connections.reading import Reader
from chatdesk.connections.runtime import Runtime, runtime
from chatdesk.conversations import (
    access,
    assignments,
    clock,
    incarnations,
    lifecycle,
    offers,
    queries,
    watching,
)
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Word
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec, commands, words
from chatdesk.delivery.protocol.frames import (
    Desk,
    Eph,
    Frame,
    Ok,
    StaffHistoryFrame,
    StaffMe,
    StaffPing,
    StaffWelcome,
    WatchOk,
)
from chatdesk.delivery.protocol.words import Close

TYPING_MS = 6_000


def _arrive(ticket: str) -> tuple[identity.StaffFacts, str, int] | None:
    facts = identity.redeem(ticket)
    return (facts, incarnations.current(), clock.now_ms()) if facts is not None else None


class StaffConnection(Connection):
    side: ClassVar[str] = "staff"

    agent_id: int = 0

    def decode(self, text: str) -> commands.Command:
        return codec.decode_staff(text)

    async def greet(self, hello: commands.Command) -> None:
        assert isinstance(hello, commands.StaffHello)
        if not origins.allowed(self.origin):
            raise WrongOrigin
        arrival = await database.run(_arrive, hello.ticket)
        if arrival is None:
            raise NotAuthenticated
        self.facts, db, now_ts = arrival
        self.actor = self.facts.actor
        self.agent_id = self.facts.agent_id
        self.following.reader = Reader("staff", self.actor.author)
        self.owned: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.watched: set[str] = set()
        self.desk_rev = 0
        self.hear(audience.agent(self.agent_id))
        await self.settle_in(
            person=f"staff:{self.agent_id}",
            seat=f"staff:{self.agent_id}",
            sockets=self.limits.staff_sockets,
        )
        await runtime.presence.arrive(self.agent_id, self.sid)
        hub.publish([audience.Hint("dispatch", ""), audience.Hint("wall", "")])
        resume = hello.resume
        if resume is not None and resume.db == db:
            self.desk_rev = resume.desk_rev
        self._resuming = dict(resume.convs) if resume is not None else {}
        self._same_db = resume is not None and resume.db == db
        self.welcome(
            StaffWelcome(
                v=words.VERSION,
                sid=self.sid,
                db=db,
                server_ts=now_ts,
                ping_ms=self.pulse.seconds * 1000,
                limits=self.limits_part(),
                me=StaffMe(
                    id=str(self.agent_id),
                    alias=self.facts.alias,
                    role=self.facts.role,  # type: ignore[arg-type]
                    languages=list(self.facts.languages),
                    capacity=self.facts.capacity,
                ),
            )
        )
        desks().ask(self.agent_id)

    # --- the desk ------------------------------------------------------------------------------

    def show_desk(self, desk: Desk, text: str) -> None:
        """Sends the desk if it differs, and follows exactly what is on it (and what is watched)."""
        if desk.rev != self.desk_rev:
            self.desk_rev = desk.rev
            self.push(text)
        owned = {chat.conv for chat in desk.chats}
        for conv in self.owned - owned - self.watched:
            self.following.end(conv)
        self.owned = owned
        self.aliases = {chat.conv: self.facts.alias_at(chat.brand) for chat in desk.chats}
        for chat in desk.chats:
            missed = self._resuming.pop(chat.conv, None)
            if missed is not None:
                self.following.begin(chat.conv)
                resume = self.following.resume(
                    chat.conv, missed[0], missed[1], same_db=self._same_db
                )
                self.spawn(self.following.safely(resume))
                # Marks move without a line and without the desk's revision.
                runtime.states.ask(chat.conv)
            elif chat.conv not in self.following:
                # Whoever gets a conversation gets its last lines with it.
                self.following.begin(chat.conv)
                runtime.watch.told(chat)
                self.spawn(self.following.safely(self.following.snapshot(chat.conv)))

    # --- commands ------------------------------------------------------------------------------

    def quick(self, command: commands.Command) -> bool:
        if not isinstance(command, commands.Wall):
            # A wall asks for its figures by itself; everything else is somebody's doing.
            runtime.presence.acted(self.agent_id)
        if isinstance(command, commands.StaffTyping):
            if command.conv in self.owned:
                self._tell_typing(command)
        elif isinstance(command, commands.Read):
            # Who only watches never marks anything as read.
            if command.conv in self.owned:
                seq = self.following.reached(command.conv, command.seq)
                runtime.marks.advance(command.conv, "agent", "read", seq)
        else:
            return False
        return True

    def draft(self, command: commands.Command) -> Draft | None:
        assert self.actor is not None
        if isinstance(command, commands.StaffSend):
            return Draft(
                command.conv,
                self.actor,
                command.cmid,
                command.body,
                epoch=command.epoch,
                canned=command.canned,
            )
        if isinstance(command, commands.NoteCommand):
            return Draft(command.conv, self.actor, command.cmid, command.body, kind="note")
        if isinstance(command, commands.Whisper):
            return Draft(command.conv, self.actor, command.cmid, command.body, kind="whisper")
        return None

    async def carry_out(self, command: commands.Command) -> None:
        assert self.actor is not None
        verb = _VERBS[type(command)]
        await verb(self, self.actor, command)
        if isinstance(command, _CHANGES_THE_OWN_DESK):
            # The hint says the same; whoever acted here does not depend on its coming.
            desks().ask(self.agent_id)

    async def _state(self, actor: Actor, command: commands.StateCommand) -> None:
        await database.run(lifecycle.declare, actor, self.agent_id, command.status, command.reason)
        self.answer(Ok(ref=command.ref))

    async def _accept(self, actor: Actor, command: commands.Accept) -> None:
        conv, epoch = await database.run(assignments.accept, actor, command.offer)
        self.answer(Ok(ref=command.ref, conv=conv, epoch=epoch))

    async def _decline(self, actor: Actor, command: commands.Decline) -> None:
        await database.run(offers.decline, actor, command.offer, command.reason)
        self.answer(Ok(ref=command.ref))

    async def _claim(self, actor: Actor, command: commands.Claim) -> None:
        epoch = await database.run(assignments.claim, actor, command.conv)
        self.answer(Ok(ref=command.ref, conv=command.conv, epoch=epoch))

    async def _history(self, actor: Actor, command: commands.StaffHistory) -> None:
        events, more = await database.run(
            queries.staff_history, actor, command.conv, command.before, command.limit
        )
        notes, more_notes = None, None
        if command.notes:
            notes, more_notes = await database.run(
                queries.staff_notes, actor, command.conv, command.before_note, command.limit
            )
        if actor.supervises and command.conv not in self.owned | self.watched:
            await database.run(watching.record_history, actor, command.conv)
        self.answer(
            StaffHistoryFrame(
                ref=command.ref,
                conv=command.conv,
                events=events,
                more=more,
                notes=notes,
                more_notes=more_notes,
            )
        )

    async def _transfer(self, actor: Actor, command: commands.Transfer) -> None:
        await database.run(
            assignments.transfer,
            actor,
            command.conv,
            command.epoch,
            agent=command.to.agent,
            skill=command.to.skill,
            note=command.note,
        )
        self.answer(Ok(ref=command.ref, conv=command.conv))

    async def _release(self, actor: Actor, command: commands.Release) -> None:
        await database.run(assignments.release, actor, command.conv, command.epoch)
        self.answer(Ok(ref=command.ref, conv=command.conv))

    async def _close(self, actor: Actor, command: commands.StaffClose) -> None:
        await database.run(
            lifecycle.close, actor, command.conv, epoch=command.epoch, reason=command.reason
        )
        self.answer(Ok(ref=command.ref, conv=command.conv))

    async def _help(self, actor: Actor, command: commands.Help) -> None:
        await database.run(lifecycle.ask_help, actor, command.conv, command.on)
        self.answer(Ok(ref=command.ref, conv=command.conv))

    async def _wall(self, actor: Actor, command: commands.Wall) -> None:
        access.require(actor, "wall")
        self.answer(Ok(ref=command.ref))
        if command.on:
            walls().show(self, actor.brands)
        else:
            walls().hide(self)

    async def _watch(self, actor: Actor, command: commands.Watch) -> None:
        access.require(actor, "watch")
        self.watched.add(command.conv)
        try:
            state = await database.run(watching.begin, actor, command.conv)
        except BaseException:
            self.watched.discard(command.conv)
            raise
        self.answer(WatchOk(ref=command.ref, conv=command.conv, state=state))
        runtime.watch.told(state)
        if command.conv in self.following:
            self.following.end(command.conv)
        self.following.begin(command.conv)
        await self.following.safely(self.following.snapshot(command.conv))

    async def _unwatch(self, actor: Actor, command: commands.Unwatch) -> None:
        access.require(actor, "unwatch")
        if command.conv in self.watched:
            self.watched.discard(command.conv)
            if command.conv not in self.owned:
                self.following.end(command.conv)
        self.answer(Ok(ref=command.ref, conv=command.conv))

    async def _takeover(self, actor: Actor, command: commands.Takeover) -> None:
        epoch = await database.run(assignments.takeover, actor, command.conv)
        self.answer(Ok(ref=command.ref, conv=command.conv, epoch=epoch))

    async def _assign(self, actor: Actor, command: commands.Assign) -> None:
        epoch = await database.run(assignments.assign, actor, command.conv, command.agent)
        self.answer(Ok(ref=command.ref, conv=command.conv, epoch=epoch))

    async def _force_close(self, actor: Actor, command: commands.ForceClose) -> None:
        await database.run(lifecycle.close, actor, command.conv, reason=command.reason, force=True)
        self.answer(Ok(ref=command.ref, conv=command.conv))

    async def _force_state(self, actor: Actor, command: commands.ForceState) -> None:
        await database.run(
            lifecycle.declare,
            actor,
            assignments.agent_key(command.agent),
            command.status,
            command.reason,
            forced=True,
        )
        self.answer(Ok(ref=command.ref))

    def ping_frame(self, number: int, heads: dict[str, int]) -> Frame:
        return StaffPing(n=number, heads=heads, desk_rev=self.desk_rev)

    def has_received(self, conv: str, seq: int) -> None:
        if conv in self.owned:
            seq = self.following.reached(conv, seq)
            runtime.marks.advance(conv, "agent", "delivered", seq)

    def _tell_typing(self, command: commands.StaffTyping) -> None:
        frame = Eph(
            conv=command.conv,
            kind="typing",
            role="agent",
            on=command.on,
            alias=self.aliases[command.conv],
            ttl_ms=TYPING_MS,
        )
        text = codec.encode(frame)
        hub.publish(
            [
                Word(audience.player(command.conv), text, fleeting=True),
                Word(audience.staff(command.conv), text, fleeting=True, but_sid=self.sid),
            ]
        )

    def departed(self) -> None:
        walls().hide(self)
        silence = self.pulse.silence_seconds()
        self.spawn(runtime.presence.depart(self.agent_id, self.sid, silence))
        hub.publish([audience.Hint("wall", "")])


_Verb = Callable[[StaffConnection, Actor, Any], Awaitable[None]]
_VERBS: dict[type[commands.Command], _Verb] = {
    commands.StateCommand: StaffConnection._state,
    commands.Accept: StaffConnection._accept,
    commands.Decline: StaffConnection._decline,
    commands.Claim: StaffConnection._claim,
    commands.StaffHistory: StaffConnection._history,
    commands.Transfer: StaffConnection._transfer,
    commands.Release: StaffConnection._release,
    commands.StaffClose: StaffConnection._close,
    commands.Help: StaffConnection._help,
    commands.Wall: StaffConnection._wall,
    commands.Watch: StaffConnection._watch,
    commands.Unwatch: StaffConnection._unwatch,
    commands.Takeover: StaffConnection._takeover,
    commands.Assign: StaffConnection._assign,
    commands.ForceClose: StaffConnection._force_close,
    commands.ForceState: StaffConnection._force_state,
}


_CHANGES_THE_OWN_DESK = (
    commands.StateCommand,
    commands.Accept,
    commands.Decline,
    commands.Claim,
    commands.Transfer,
    commands.Release,
    commands.StaffClose,
    commands.Takeover,
)


def desks() -> Desks:
    return next(part for part in runtime.started_parts if isinstance(part, Desks))


def walls() -> Walls:
    return next(part for part in runtime.started_parts if isinstance(part, Walls))


class StaffSweep:
    """Closes the sockets of staff who were disabled, demoted or signed out, within seconds."""

    def __init__(self, of: Runtime) -> None:
        of.watch.sweeps.append(self.sweep)

    async def sweep(self) -> None:
        sockets = [
            socket
            for socket in runtime.sockets
            if isinstance(socket, StaffConnection) and socket.live
        ]
        if not sockets:
            return
        revoked = await database.run(identity.revoked, {socket.facts for socket in sockets})
        for socket in sockets:
            if socket.facts in revoked:
                socket.on_shut(Close.NOT_AUTHENTICATED)
