"""The player's socket: whose it is, which conversation it follows, what its commands do."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from chatdesk.connections import answers, database, origins
from chatdesk.connections.arriving import NotAuthenticated, WrongOrigin
from chatdesk.connections.connection import Connection
from chatdesk.connections.reading import Reader
from chatdesk.connections.runtime import Runtime, runtime
from chatdesk.connections.states import Coalesced
from chatdesk.conversations import access, care, clock, errors, lifecycle, queries
from chatdesk.conversations.access import Actor
from chatdesk.conversations.messages import Draft, Outcome
from chatdesk.conversations.models import Conversation
from chatdesk.conversations.standing import STOP_GAMBLING
from chatdesk.delivery import audience
from chatdesk.delivery.audience import Word
from chatdesk.delivery.hub import hub
from chatdesk.delivery.protocol import codec, commands, words
from chatdesk.delivery.protocol.frames import (
    Eph,
    Frame,
    Ok,
    PlayerConv,
    PlayerHistoryFrame,
    PlayerMe,
    PlayerPing,
    PlayerService,
    PlayerWelcome,
)
from chatdesk.delivery.protocol.words import Close
from players import service, sessions
from players.arrivals import arrivals, open_conversations, states
from players.models import Player

TYPING_MS = 6_000
PRESENCE_MS = 60_000
# The socket that opened gets its answer before the first lines.
BEGAN_SECONDS = 0.05


def _open(
    actor: Actor, facts: sessions.SessionFacts, command: commands.Open, lang: str
) -> Conversation:
    player = Player.objects.select_related("brand").filter(pk=actor.id).first()
    if player is None or player.blocked_ts is not None:
        raise errors.Blocked
    spoken = sessions.language(command.lang, lang)
    channel = service.channel_of(command.channel, command.topic)
    standing = access.visible(actor).filter(brand_id=facts.brand_id).exclude(state="closed")
    if command.topic == STOP_GAMBLING:
        # Nobody who says this waits behind everybody for the answer to what he wrote before.
        left = standing.filter(state="queued", channel=service.MESSAGE).first()
        if left is not None:
            lifecycle.close(actor, left.pk)
    elif channel == service.CHAT and not standing.exists():
        service.admit(player.brand, command.topic, spoken, player.market, clock.now_ms())
    row = lifecycle.open_conversation(
        actor,
        facts.brand_id,
        topic=command.topic,
        lang=spoken,
        fields=command.fields,
        channel=channel,
    )
    if row.channel == service.MESSAGE:
        sessions.keep_for_answer(facts.session_hash)
    return row


class PlayerConnection(Connection):
    side: ClassVar[str] = "player"
    # The conversation that the player is in, and what he was told last of how he can be served.
    talking: str | None = None
    told: PlayerService

    def decode(self, text: str) -> commands.Command:
        return codec.decode_player(text)

    async def greet(self, hello: commands.Command) -> None:
        assert isinstance(hello, commands.PlayerHello)
        arrival = await arrivals.ask(hello.session)
        if arrival is None:
            raise NotAuthenticated
        if not origins.allowed(self.origin, arrival.facts.origins):
            raise WrongOrigin
        self.facts = arrival.facts
        self.lang, self.previews = arrival.facts.lang, arrival.previews
        self.told = arrival.service
        self._become(arrival.facts.player_id)
        self.hear(audience.session(arrival.facts.session_hash))
        await self.settle_in(
            person=f"player:{arrival.facts.player_id}",
            seat=f"session:{arrival.facts.session_hash}",
            sockets=self.limits.player_sockets,
        )
        state = await self._standing(arrival.facts.player_id)
        self.talking = state.conv if state is not None else None
        self.welcome(
            PlayerWelcome(
                v=words.VERSION,
                sid=self.sid,
                db=arrival.db,
                server_ts=arrival.now_ts,
                ping_ms=self.pulse.seconds * 1000,
                limits=self.limits_part(),
                me=PlayerMe(**arrival.me),
                brand=arrival.brand,
                conv=state,
            )
        )
        await self._resume(hello.resume, arrival.db, state)

    async def _standing(self, player_id: str) -> PlayerConv | None:
        """The player's open conversation, followed from now on."""
        conv = await open_conversations.ask(player_id)
        if conv is None:
            return None
        # Follow first, then read: what comes between the two is not missed.
        self.following.begin(conv)
        found = await states.ask(conv)
        if found is None or found[0].state == "closed":
            self.following.end(conv)
            return None
        runtime.watch.told(found[1])
        return found[0]

    async def _resume(
        self, resume: commands.PlayerResume | None, db: str, state: PlayerConv | None
    ) -> None:
        left_open = state.conv if state is not None else None
        if resume is not None and resume.conv != left_open and await self._may_see(resume.conv):
            # It was closed meanwhile: the end of it is still theirs to see.
            self.following.begin(resume.conv)
            await self.following.resume(resume.conv, resume.seq, 0, same_db=resume.db == db)
        if state is None:
            return
        if state.conv not in self.following:
            self.following.begin(state.conv)
        if resume is not None and resume.conv == state.conv:
            await self.following.resume(state.conv, resume.seq, 0, same_db=resume.db == db)
        else:
            self.following.go_live(state.conv, state.last_seq)
        self._tell_presence(state.conv, on=True)

    async def _may_see(self, conv: str) -> bool:
        assert self.actor is not None
        return await database.run(access.visible(self.actor).filter(pk=conv).exists)

    def _become(self, player_id: str) -> None:
        if self.actor is not None:
            self.unhear(audience.person(self.actor.id))
        self.actor = Actor("player", player_id)
        self.hear(audience.person(player_id))
        self.following.reader = Reader("player", self.actor.author)

    def belong_to(self, player_id: str) -> None:
        """Whose the session of this socket is now."""
        if self.actor is not None and self.actor.id != player_id:
            self._become(player_id)

    # --- commands ------------------------------------------------------------------------------

    def quick(self, command: commands.Command) -> bool:
        if isinstance(command, commands.PlayerTyping):
            if command.conv in self.following:
                self._tell_typing(command)
        elif isinstance(command, commands.Read):
            if command.conv in self.following:
                seq = self.following.reached(command.conv, command.seq)
                runtime.marks.advance(command.conv, "player", "read", seq)
        else:
            return False
        return True

    def draft(self, command: commands.Command) -> Draft | None:
        if not isinstance(command, commands.PlayerSend):
            return None
        assert self.actor is not None
        return Draft(command.conv, self.actor, command.cmid, command.body)

    def reconsiders(self, draft: Draft, outcome: Outcome) -> bool:
        """A conversation that is not there may be one that another tab's sign-in has just moved to
        the known player: whose the session is now decides, once."""
        if not isinstance(outcome, errors.NotFound):
            return False
        self.spawn(self._reconsider(draft, outcome))
        return True

    async def _reconsider(self, draft: Draft, outcome: Outcome) -> None:
        try:
            holder = await database.run(sessions.player_of, self.facts.session_hash)
        except database.AWAY:
            self.answer(answers.decided(draft, errors.Unavailable(retry_ms=1_000)))
            return
        if holder is None or draft.actor.id == holder:
            self.answer(answers.decided(draft, outcome))
            return
        self.belong_to(holder)
        assert self.actor is not None
        runtime.committer.submit(replace(draft, actor=self.actor), self._decided)

    async def carry_out(self, command: commands.Command) -> None:
        assert self.actor is not None
        if isinstance(command, commands.Open):
            await self._open(command)
        elif isinstance(command, commands.PlayerHistory):
            events, more = await database.run(
                queries.player_history, self.actor, command.conv, command.before, command.limit
            )
            self.answer(
                PlayerHistoryFrame(ref=command.ref, conv=command.conv, events=events, more=more)
            )
        elif isinstance(command, commands.PlayerClose):
            await database.run(lifecycle.close, self.actor, command.conv)
            self.answer(Ok(ref=command.ref, conv=command.conv))
        elif isinstance(command, commands.Rate):
            await database.run(
                lifecycle.rate,
                self.actor,
                command.conv,
                agent=command.agent,
                outcome=command.outcome,
                comment=command.comment,
                declined=command.declined,
            )
            self.answer(Ok(ref=command.ref, conv=command.conv))
        elif isinstance(command, commands.Auth):
            await self._renew(command)

    async def _open(self, command: commands.Open) -> None:
        assert self.actor is not None
        row = await database.run(_open, self.actor, self.facts, command, self.lang)
        # The answer first: only then can the client know whose lines these are.
        self.answer(Ok(ref=command.ref, conv=row.pk))
        self.follow_new(row.pk)
        self._tell_presence(row.pk, on=True)

    def follow_new(self, conv: str) -> None:
        """A conversation that began on this or another socket of the player."""
        self.talking = conv
        if conv not in self.following:
            self.following.begin(conv)
            self.following.go_live(conv, 0)
            # Its first lines were published before anybody could follow it.
            self.following.on_head(conv, 1, 0)
            runtime.states.ask(conv)

    async def _renew(self, command: commands.Auth) -> None:
        """A new session on a live socket; it must be the same person's."""
        arrival = await arrivals.ask(command.session)
        current = await database.run(sessions.player_of, self.facts.session_hash)
        if arrival is None or current is None or arrival.facts.player_id != current:
            raise errors.Forbidden
        self.unhear(audience.session(self.facts.session_hash))
        self.facts = arrival.facts
        self._become(arrival.facts.player_id)
        self.hear(audience.session(self.facts.session_hash))
        self.answer(Ok(ref=command.ref))

    def ping_frame(self, number: int, heads: dict[str, int]) -> Frame:
        return PlayerPing(n=number, heads=heads)

    def has_received(self, conv: str, seq: int) -> None:
        if conv in self.following:
            seq = self.following.reached(conv, seq)
            runtime.marks.advance(conv, "player", "delivered", seq)

    # --- fleeting facts ------------------------------------------------------------------------

    def _tell_typing(self, command: commands.PlayerTyping) -> None:
        text = command.text if self.previews and command.on else None
        frame = Eph(
            conv=command.conv,
            kind="typing",
            role="player",
            on=command.on,
            ttl_ms=TYPING_MS,
            text=care.masked(text) if text else text,
        )
        topic = audience.staff(command.conv)
        hub.publish([Word(topic, codec.encode(frame), fleeting=True)])

    def _tell_presence(self, conv: str, *, on: bool) -> None:
        frame = Eph(conv=conv, kind="presence", role="player", on=on, ttl_ms=PRESENCE_MS)
        hub.publish([Word(audience.staff(conv), codec.encode(frame), fleeting=True)])

    def departed(self) -> None:
        for conv in self.last_followed:
            if not hub.has(audience.player(conv)):
                self._tell_presence(conv, on=False)


class Beginnings:
    """Tells a player's other sockets of a conversation that began on one of them."""

    def __init__(self, of: Runtime) -> None:
        self._told = Coalesced(BEGAN_SECONDS, self._follow)
        hub.on_hint("began", self._hinted)
        of.watch.heads_checks.append(self.check)

    def _hinted(self, player_id: str) -> None:
        if hub.has(audience.person(player_id)):
            self._told.ask(player_id)

    async def check(self) -> None:
        """For hints that did not arrive. Whoever still follows one that was closed may have missed
        the next one as well as whoever follows none."""
        live = [s for s in runtime.sockets if isinstance(s, PlayerConnection) and s.live]
        await self._follow({s.actor.id for s in live if s.actor})

    async def _follow(self, player_ids: set[str]) -> None:
        if not player_ids:
            return
        found = await database.run(queries.open_of_players, player_ids)
        for player_id, conv in found.items():
            for socket in hub.members(audience.person(player_id)):
                if isinstance(socket, PlayerConnection) and socket.live:
                    socket.follow_new(conv)


class SessionSweep:
    """Closes the sockets of sessions that ended anywhere, and tells those of a visitor who became a
    known player whose they are now, whether or not it was told."""

    def __init__(self, of: Runtime) -> None:
        of.watch.sweeps.append(self.sweep)
        self._soon = Coalesced(0, lambda _: self.sweep())
        hub.on_hint("moved", self._hinted)

    def _hinted(self, player_id: str) -> None:
        if hub.has(audience.person(player_id)):
            self._soon.ask("all")

    async def sweep(self) -> None:
        players = [socket for socket in runtime.sockets if isinstance(socket, PlayerConnection)]
        asked = {socket: socket.facts.session_hash for socket in players if socket.live}
        if not asked:
            return
        holders = await database.run(_holders, sorted(set(asked.values())))
        for session_hash in set(asked.values()) - set(holders):
            hub.publish([audience.Shut(audience.session(session_hash), Close.NOT_AUTHENTICATED)])
        for socket, session_hash in asked.items():
            if socket.live and socket.facts.session_hash == session_hash in holders:
                socket.belong_to(holders[session_hash])


def _holders(hashes: list[str]) -> dict[str, str]:
    return sessions.holders(hashes, clock.now_ms())
