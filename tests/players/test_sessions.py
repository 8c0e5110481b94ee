"""Sessions: whose they are, how they begin, change hands once, and end."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from msgspec import structs

from chatdesk.conversations import clock, errors, lifecycle
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Conversation, Event, Note
from players import sessions
from players.models import Player, PlayerSession
from players.service import service
from tests.players.signing import casino, token

pytestmark = pytest.mark.django_db(transaction=True)


def _opened_by(player_id: str, brand_id: int) -> Conversation:
    return lifecycle.open_conversation(Actor("player", player_id), brand_id)


def test_the_secret_is_told_once_and_only_its_hash_is_kept():
    casino()
    started = sessions.start("aurora")
    assert started.session.startswith("s_")
    row = PlayerSession.objects.get()
    assert row.secret_hash == sessions.hashed(started.session)
    assert started.session not in str(PlayerSession.objects.values())


def test_anonymous_visitors_get_a_name_of_ours_and_stay_apart():
    casino()
    one, two = sessions.start("aurora"), sessions.start("aurora")
    assert one.player.pk != two.player.pk
    assert one.player.name.startswith("Guest ")
    assert sessions.me(one.player) == {
        "id": one.player.pk,
        "name": one.player.name,
        "authenticated": False,
    }


def test_a_brand_may_refuse_anonymous_visitors():
    casino(anonymous=False)
    with pytest.raises(errors.Forbidden):
        sessions.start("aurora")
    assert sessions.start("aurora", token()).player.authenticated


def test_no_brand_no_session():
    casino()
    with pytest.raises(errors.NotFound):
        sessions.start("nowhere", token())


def test_the_same_sub_is_the_same_player_at_one_brand_only():
    casino()
    casino("northlight")
    one = sessions.start("aurora", token(name="Sanne", tier="gold"))
    again = sessions.start("aurora", token(name="Sanne de W", rg_state="cooling_off"))
    elsewhere = sessions.start("northlight", token("northlight", kid="northlight-1"))
    assert one.player.pk == again.player.pk != elsewhere.player.pk
    row = Player.objects.get(pk=one.player.pk)
    assert (row.name, row.tier, row.rg_state) == ("Sanne de W", "gold", "cooling_off")


def test_the_page_says_the_language_else_the_token_else_the_brand():
    casino()
    assert sessions.start("aurora", token(lang="fi"), "nl-BE").player.lang == "nl"
    assert sessions.start("aurora", token(lang="fi")).player.lang == "fi"
    assert sessions.start("aurora", token(lang="de")).player.lang == "en"


def test_a_session_lasts_twelve_hours_and_ends_when_told():
    casino()
    started = sessions.start("aurora")
    assert abs(started.expires_ts - clock.now_ms() - 12 * 3600 * 1000) < 5000
    facts = sessions.find(started.session)
    assert facts is not None
    assert facts.origins == ("https://casino.example",)
    assert sessions.player_of(facts.session_hash) == started.player.pk
    assert sessions.end(started.session) == facts.session_hash
    assert sessions.find(started.session) is None
    assert sessions.player_of(facts.session_hash) is None
    assert sessions.end(started.session) is None


def test_the_sweep_finds_ended_expired_unknown_and_blocked():
    casino()
    made = {name: sessions.start("aurora") for name in ("good", "ended", "expired", "blocked")}
    hashes = {name: sessions.hashed(one.session) for name, one in made.items()}
    sessions.end(made["ended"].session)
    PlayerSession.objects.filter(pk=hashes["expired"]).update(expires_ts=1)
    Player.objects.filter(pk=made["blocked"].player.pk).update(blocked_ts=1)
    asked = [*hashes.values(), "nobody"]
    found = set(asked) - set(sessions.holders(asked, clock.now_ms()))
    assert found == {hashes["ended"], hashes["expired"], hashes["blocked"], "nobody"}
    assert sessions.holders([], 0) == {}


def test_a_blocked_player_gets_no_session():
    casino()
    started = sessions.start("aurora", token())
    Player.objects.filter(pk=started.player.pk).update(blocked_ts=1)
    with pytest.raises(errors.Blocked):
        sessions.start("aurora", token())
    facts = sessions.find(started.session)
    assert facts is not None
    assert facts.blocked


def test_a_block_holds_through_an_upgrade():
    casino()
    visitor = sessions.start("aurora")
    Player.objects.filter(pk=visitor.player.pk).update(blocked_ts=1)
    with pytest.raises(errors.Blocked):
        sessions.start("aurora", token(), old_session=visitor.session)


def test_a_new_known_player_keeps_the_visitors_row_and_conversation():
    brand, _ = casino()
    visitor = sessions.start("aurora")
    conv = _opened_by(visitor.player.pk, brand.pk)
    known = sessions.start("aurora", token(name="Sanne"), old_session=visitor.session)
    assert known.player.pk == visitor.player.pk
    row = Player.objects.get(pk=known.player.pk)
    assert (row.sub, row.name) == ("p-1", "Sanne")
    assert Conversation.objects.get(pk=conv.pk).player_id == known.player.pk
    assert Note.objects.filter(conversation=conv, kind="flag").count() == 1


def test_a_player_known_before_takes_over_what_the_visitor_began():
    brand, _ = casino()
    before = sessions.start("aurora", token())
    visitor = sessions.start("aurora")
    conv = _opened_by(visitor.player.pk, brand.pk)
    known = sessions.start("aurora", token(), old_session=visitor.session)
    assert known.player.pk == before.player.pk != visitor.player.pk
    assert Conversation.objects.get(pk=conv.pk).player_id == known.player.pk
    authors = set(Event.objects.filter(conversation=conv).values_list("author", flat=True))
    assert f"p:{visitor.player.pk}" not in authors
    # The live socket of the old session is the same person's now, so `auth` is granted.
    assert sessions.player_of(sessions.hashed(visitor.session)) == known.player.pk


def test_the_anonymous_secret_does_not_outlive_the_upgrade_for_long():
    casino()
    visitor = sessions.start("aurora")
    sessions.start("aurora", token(), old_session=visitor.session)
    facts = sessions.find(visitor.session)
    assert facts is not None
    assert facts.authenticated
    assert facts.expires_ts <= clock.now_ms() + sessions.CHANGEOVER_MS


def test_an_upgraded_session_is_not_upgraded_again():
    brand, _ = casino()
    visitor = sessions.start("aurora")
    first = sessions.start("aurora", token(sub="p-1"), old_session=visitor.session)
    conv = _opened_by(first.player.pk, brand.pk)
    second = sessions.start("aurora", token(sub="p-2"), old_session=visitor.session)
    assert second.player.pk != first.player.pk
    assert Conversation.objects.get(pk=conv.pk).player_id == first.player.pk


def test_a_session_of_another_brand_is_not_carried_over():
    casino()
    casino("northlight")
    visitor = sessions.start("northlight")
    known = sessions.start("aurora", token(), old_session=visitor.session)
    assert known.player.pk != visitor.player.pk
    facts = sessions.find(visitor.session)
    assert facts is not None
    assert not facts.authenticated


def test_a_visitor_may_renew_but_a_known_player_needs_a_token():
    casino()
    visitor = sessions.start("aurora")
    again = sessions.start("aurora", old_session=visitor.session)
    assert again.player.pk == visitor.player.pk
    known = sessions.start("aurora", token())
    stranger = sessions.start("aurora", old_session=known.session)
    assert stranger.player.pk != known.player.pk


def test_many_pages_at_once_make_one_player():
    casino()
    given = token()
    found: list[str] = []
    barrier = threading.Barrier(4)

    def page() -> None:
        try:
            barrier.wait()
            found.append(sessions.start("aurora", given).player.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=page) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_the_brand_is_shown_in_the_players_language():
    brand, _ = casino()
    brand.greetings = {"nl": "Hallo!"}
    told = service(brand, "nl", "", clock.now_ms())
    shown = sessions.brand_view(brand, "nl", told)
    assert shown["greeting"] == "Hallo!"
    assert sessions.brand_view(brand, "en", told)["greeting"]
    assert [topic["id"] for topic in shown["topics"]].count("stop_gambling") == 1
    assert len(shown["topics"]) == 10
    assert shown["help"] is None
    assert set(shown) == {
        *("slug", "name", "colour", "languages", "default_lang", "anonymous", "previews"),
        *("topics", "greeting", "help", "service"),
    }
    assert shown["service"] == structs.asdict(told)


def test_a_visitor_who_left_a_message_can_come_back_for_the_answer():
    casino()
    started = sessions.start("aurora")
    sessions.keep_for_answer(sessions.hashed(started.session))
    kept = PlayerSession.objects.get()
    assert kept.expires_ts >= clock.now_ms() + sessions.ANSWER_MS - 60_000
    # Whatever his browser thinks of the old one, the next is his too, and lasts as long.
    again = sessions.start("aurora", old_session=started.session)
    assert again.player.pk == started.player.pk
    assert again.expires_ts == kept.expires_ts


def test_a_known_players_session_is_not_kept_for_an_answer():
    casino()
    started = sessions.start("aurora", token())
    sessions.keep_for_answer(sessions.hashed(started.session))
    assert PlayerSession.objects.get().expires_ts == started.expires_ts
    assert started.expires_ts <= clock.now_ms() + sessions.LIFETIME_MS


def test_an_ended_session_is_not_brought_back_by_an_answer():
    casino()
    started = sessions.start("aurora")
    sessions.end(started.session)
    sessions.keep_for_answer(sessions.hashed(started.session))
    assert sessions.find(started.session) is None
    assert PlayerSession.objects.get().expires_ts == started.expires_ts
