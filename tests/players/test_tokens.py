"""A token proves a player, or it proves nothing and nobody learns why."""

from __future__ import annotations

import base64
import json
import time
import warnings

import jwt
import pytest

from players import brands, identity
from tests.players.signing import GONE, SECRET, casino, claims, ec_key, pem, rsa_key, token

pytestmark = pytest.mark.django_db
URL = "/api/v1/player/sessions"
NOW = int(time.time())


def _b64(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unsigned(algorithm: str) -> str:
    return f"{_b64({'alg': algorithm, 'typ': 'JWT', 'kid': 'aurora-1'})}.{_b64(claims())}."


def _hs_with_public_key(public_pem: str, kid: str) -> str:
    """What the confusion of algorithms would need: the public key used as a shared secret."""
    import hashlib
    import hmac

    signed = f"{_b64({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{_b64(claims())}"
    mac = hmac.new(public_pem.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_b64(mac)}"


WRONG_CLAIMS = {
    "other brand": {"aud": "chatdesk:northlight"},
    "list of audiences": {"aud": ["chatdesk:aurora"]},
    "no audience": {"aud": GONE},
    "audience of another kind": {"aud": 1},
    "no sub": {"sub": GONE},
    "empty sub": {"sub": ""},
    "long sub": {"sub": "x" * 201},
    "number as sub": {"sub": 7},
    "object as sub": {"sub": {"$ne": None}},
    "sub with a NUL": {"sub": "p\x00"},
    "sub with a lone surrogate": {"sub": "\ud800"},
    "no iat": {"iat": GONE},
    "text as iat": {"iat": str(NOW)},
    "true as iat": {"iat": True},
    "iat to come": {"iat": NOW + 3600, "exp": NOW + 3700},
    "no exp": {"exp": GONE},
    "expired": {"iat": NOW - 700, "exp": NOW - 120},
    "text as exp": {"exp": str(NOW + 60)},
    "ten years": {"exp": NOW + 315_360_000},
    "eleven minutes": {"exp": NOW + 660},
    "exp before iat": {"iat": NOW + 20, "exp": NOW + 10},
    "infinite exp": {"exp": float("inf")},
    "exp that is no number": {"exp": float("nan")},
    "nbf to come": {"nbf": NOW + 600},
    "no jti": {"jti": GONE},
    "number as jti": {"jti": 5},
    "empty jti": {"jti": ""},
    "list as name": {"name": ["x"]},
    "control character in the name": {"name": "a\x1bb"},
    "lang that is none": {"lang": "nl; DROP"},
    "market that is none": {"market": "N L"},
    "long tier": {"tier": "x" * 41},
    "unknown age band": {"age_band": "17"},
    "unknown rg state": {"rg_state": "fine"},
    "text as verified": {"verified": "true"},
}


def _refused(client, given: object) -> bytes:
    answer = client.post(URL, {"brand": "aurora", "token": given}, "application/json")
    assert answer.status_code == 401, answer.content
    return answer.content


def test_whatever_is_wrong_the_answer_is_the_same(client, settings):
    settings.CHATDESK_LIMITS = {
        **settings.CHATDESK_LIMITS,
        "sessions_per_minute": 999,
        "bad_tokens_per_minute": 999,
    }
    brand, _ = casino()
    casino("northlight")
    private, curve = rsa_key(), ec_key()
    brands.add_key(brand, "rsa", public_key=pem(private))
    brands.add_key(brand, "old", secret="retired-secret-retired-secret-retired")
    brands.revoke_key(brand, "old")
    bad = {what: token(**wrong) for what, wrong in WRONG_CLAIMS.items()}
    bad |= {f"alg {name}": _unsigned(name) for name in ("none", "None", "nOnE", "", "HS256")}
    bad |= {
        "other secret": token(key=SECRET[::-1]),
        "HS384": token(algorithm="HS384"),
        "HS512": token(algorithm="HS512"),
        "revoked key": token(key="retired-secret-retired-secret-retired", kid="old"),
        "unknown kid": token(kid="nobody"),
        "path as kid": token(kid="../../etc/passwd"),
        "empty kid": token(kid=""),
        "long kid": token(kid="k" * 65),
        "public key as secret": _hs_with_public_key(pem(private), "rsa"),
        "key of another algorithm": token(key=curve, algorithm="ES256", kid="rsa"),
        "RS384": token(key=private, algorithm="RS384", kid="rsa"),
        "shared secret under the public key's kid": token(kid="rsa"),
        "key of another casino": token("aurora", kid="northlight-1"),
        "crit": token(headers={"crit": ["b64"], "b64": False}),
        "unknown crit": token(headers={"crit": ["x"], "x": 1}),
        "empty": "",
        "no token": "nonsense",
        "two dots": "..",
        "not ascii": "é.é.é",
        "too long": "a" * 8193,
        "control characters": "a\x00.b\n.c",
        "cut": token()[:-3],
        "payload that is a list": f"{_b64({'alg': 'HS256'})}.{_b64([1])}.{_b64(b'x')}",
        "payload too deep": f"{_b64({'alg': 'HS256'})}.{_b64(b'[' * 4000)}.{_b64(b'x')}",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = {what: _refused(client, given) for what, given in bad.items()}
    one = set(answers.values())
    assert len(one) == 1, answers
    assert json.loads(one.pop())["error"]["code"] == "bad_token"


def test_jku_and_jwk_in_the_header_are_never_looked_at(client):
    casino()
    evil = rsa_key()
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(evil.public_key()))
    forged = token(
        key=evil, algorithm="RS256", headers={"jwk": public, "jku": "http://127.0.0.1:9/keys"}
    )
    _refused(client, forged)


def test_a_good_token_gives_the_claims():
    casino()
    found = identity.verify(
        "aurora",
        token(
            name="Sanne",
            lang="nl",
            market="NL",
            tier="gold",
            age_band="18-23",
            rg_state="limits",
            verified=True,
        ),
    )
    assert found == identity.Claims(
        sub="p-1",
        name="Sanne",
        lang="nl",
        market="NL",
        tier="gold",
        age_band="18-23",
        rg_state="limits",
        verified=True,
    )


def test_unknown_claims_are_not_our_business():
    casino()
    assert identity.verify("aurora", token(balance=12, iss="casino")).sub == "p-1"


def test_a_token_may_come_again_until_it_expires():
    casino()
    same = token()
    assert identity.verify("aurora", same) == identity.verify("aurora", same)


def test_a_small_difference_of_clocks_is_forgiven():
    casino()
    now = int(time.time())
    identity.verify("aurora", token(iat=now + 20, exp=now + 320))
    identity.verify("aurora", token(iat=now - 320, exp=now - 10))


def test_public_keys_verify_with_their_own_algorithm():
    brand, _ = casino()
    private, curve = rsa_key(), ec_key()
    assert brands.add_key(brand, "rsa", public_key=pem(private)).algorithm == "RS256"
    assert brands.add_key(brand, "ec", public_key=pem(curve)).algorithm == "ES256"
    assert identity.verify("aurora", token(key=private, algorithm="RS256", kid="rsa")).sub == "p-1"
    assert identity.verify("aurora", token(key=curve, algorithm="ES256", kid="ec")).sub == "p-1"


def test_in_a_rotation_both_keys_hold_and_no_kid_means_the_current_one():
    brand, _ = casino()
    second = "the-second-secret-of-more-than-32-bytes"
    identity.verify("aurora", token(kid=None))
    brands.add_key(brand, "second", secret=second)
    identity.verify("aurora", token())
    identity.verify("aurora", token(key=second, kid="second"))
    identity.verify("aurora", token(key=second, kid=None))
    with pytest.raises(identity.BadToken):
        identity.verify("aurora", token(kid=None))
    brands.revoke_key(brand, "second")
    identity.verify("aurora", token(kid=None))
    with pytest.raises(identity.BadToken):
        identity.verify("aurora", token(key=second, kid="second"))


def test_invisible_characters_leave_a_name_and_it_is_cut():
    assert identity.presentable("  A\u202eb\u200b  c ") == "Ab c"
    assert identity.presentable("\u200b\u202e") is None
    assert len(identity.presentable("x" * 200) or "") == 80
