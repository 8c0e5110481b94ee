"""Setting up brands and their keys from the command line."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from chatdesk.conversations.models import Brand, BrandKey
from players import identity
from tests.players.signing import SECRET, ec_key, pem, rsa_key, token

pytestmark = pytest.mark.django_db


def test_a_brand_is_made_with_its_key(capsys):
    call_command(
        *("create_brand", "aurora", "--secret", SECRET, "--no-anonymous"),
        *("--origin", "https://casino.example", "--origin", "http://127.0.0.1:8001"),
    )
    printed = json.loads(capsys.readouterr().out)
    brand, key = Brand.objects.get(), BrandKey.objects.get()
    assert printed["kid"] == key.kid
    assert SECRET not in json.dumps(printed)
    assert brand.origins == ["https://casino.example", "http://127.0.0.1:8001"]
    assert not brand.anonymous_allowed
    assert identity.verify("aurora", token(kid=key.kid)).sub == "p-1"


def test_a_secret_can_be_made_up(capsys):
    call_command("create_brand", "aurora")
    assert json.loads(capsys.readouterr().out)["secret"] == BrandKey.objects.get().material


def test_a_short_secret_is_warned_of(capsys):
    call_command("create_brand", "aurora", "--secret", "short")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["kid"]
    assert "32 bytes" in captured.err
    assert identity.verify("aurora", token(key="short")).sub == "p-1"


@pytest.mark.parametrize(
    "args",
    [
        ("Aurora",),
        ("-aurora",),
        ("a" * 41,),
        ("a/b",),
        ("aurora", "--secret", ""),
        ("aurora", "--secret", "-----BEGIN PUBLIC KEY-----"),
        ("aurora", "--colour", "red"),
        ("aurora", "--lang", "de"),
        *(
            ("aurora", "--origin", origin)
            for origin in (
                *("*", "null", "casino.example", "https://", "https://casino.example/"),
                *("https://casino.example/x", "https://u:p@casino.example", "ftp://casino.example"),
                *("https://casino.example:443", "http://casino.example:80", "https://a.b:99999"),
                *("https://*.casino.example", "https://Casino.example", "https://a b", "http://[x"),
                *("https://a.example;script-src", "https://a.example\nhttps://b.example"),
            )
        ),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(args):
    with pytest.raises(CommandError):
        call_command("create_brand", *args)
    assert not Brand.objects.exists()


def test_a_slug_is_taken_once():
    call_command("create_brand", "aurora", "--secret", SECRET)
    with pytest.raises(CommandError, match="already"):
        call_command("create_brand", "aurora", "--secret", SECRET)


def _key(*args: str) -> None:
    call_command("brand_key", "aurora", *args)


def test_keys_are_added_and_revoked(tmp_path, capsys):
    call_command("create_brand", "aurora", "--secret", SECRET)
    path = tmp_path / "key.pem"
    for kid, private, algorithm in (("r", rsa_key(), "RS256"), ("e", ec_key(), "ES256")):
        path.write_text(pem(private), encoding="ascii")
        _key("add", "--kid", kid, "--public-key", str(path))
        assert identity.verify("aurora", token(key=private, algorithm=algorithm, kid=kid))
    _key("add", "--kid", "second", "--secret", SECRET[::-1])
    capsys.readouterr()
    _key("revoke", "--kid", "aurora-1")
    assert json.loads(capsys.readouterr().out) == {
        "brand": "aurora",
        "kid": "aurora-1",
        "algorithm": "HS256",
        "revoked": True,
    }
    with pytest.raises(identity.BadToken):
        identity.verify("aurora", token())
    assert identity.verify("aurora", token(key=SECRET[::-1], kid="second"))


def test_bad_keys_are_refused(tmp_path):
    call_command("create_brand", "aurora", "--secret", SECRET)
    path = tmp_path / "key.pem"
    path.write_text("nonsense", encoding="ascii")
    small = tmp_path / "small.pem"
    small.write_text(pem(rsa_key(1024)), encoding="ascii")
    for args in (
        ("add", "--kid", "k"),
        ("add", "--kid", "aurora-1", "--secret", SECRET),
        ("add", "--kid", "a b", "--secret", SECRET),
        ("add", "--kid", "k", "--secret", ""),
        ("add", "--kid", "k", "--public-key", str(path)),
        ("add", "--kid", "k", "--public-key", str(small)),
        ("add", "--kid", "k", "--public-key", str(tmp_path / "nothing")),
        ("add", "--kid", "k", "--public-key", str(path), "--secret", SECRET),
        ("revoke", "--kid", "nobody"),
        ("revoke", "--kid", "aurora-1", "--secret", SECRET),
        ("rotate", "--kid", "k"),
    ):
        with pytest.raises(CommandError):
            _key(*args)
    assert BrandKey.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("brand_key", "nowhere", "revoke", "--kid", "k")


def test_a_player_token_is_printed_alone_and_verifies(capsys):
    call_command("create_brand", "aurora", "--secret", SECRET)
    capsys.readouterr()
    call_command(
        *("player_token", "--brand", "aurora", "--sub", "p-7", "--claim", "name=Sanne = x"),
        *("--claim", "verified=true", "--claim", "lang=nl"),
    )
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    found = identity.verify("aurora", printed.strip())
    assert (found.sub, found.name, found.verified) == ("p-7", "Sanne = x", True)


def test_a_player_token_needs_a_brand_and_a_secret():
    for args in (("nowhere",), ("aurora", "--claim", "x"), ("aurora", "--claim", "exp=soon")):
        if args[0] == "aurora" and not Brand.objects.exists():
            call_command("create_brand", "aurora", "--secret", SECRET)
        with pytest.raises(CommandError):
            call_command("player_token", "--sub", "p-1", "--brand", *args)
    call_command("brand_key", "aurora", "revoke", "--kid", "aurora-1")
    with pytest.raises(CommandError, match="no valid shared secret"):
        call_command("player_token", "--brand", "aurora", "--sub", "p-1")


HOURS = {"": {"tz": "Europe/Helsinki", "week": {"mon": [["09:00", "23:00"]]}}}


def test_hours_are_set_from_a_file_and_printed(tmp_path, capsys):
    call_command("create_brand", "aurora", "--secret", SECRET)
    path = tmp_path / "hours.json"
    path.write_text(json.dumps(HOURS), encoding="utf-8")
    capsys.readouterr()
    call_command("brand_hours", "aurora", "--file", str(path))
    assert json.loads(capsys.readouterr().out) == {"brand": "aurora", "hours": HOURS}
    assert Brand.objects.get().hours == HOURS
    call_command("brand_hours", "aurora")
    assert json.loads(capsys.readouterr().out)["hours"] == HOURS


def test_bad_hours_are_refused_and_change_nothing(tmp_path):
    call_command("create_brand", "aurora", "--secret", SECRET)
    Brand.objects.update(hours=HOURS)
    path = tmp_path / "hours.json"
    for written in ("nonsense", "[]", '{"": {"tz": "Nowhere", "week": {}}}', '{"": {"tz": "UTC"}}'):
        path.write_text(written, encoding="utf-8")
        with pytest.raises(CommandError):
            call_command("brand_hours", "aurora", "--file", str(path))
    for args in (("nowhere",), ("aurora", "--file", str(tmp_path / "nothing"))):
        with pytest.raises(CommandError):
            call_command("brand_hours", *args)
    assert Brand.objects.get().hours == HOURS
