"""The demo casino over real HTTP on a free port."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import jwt
import pytest

from chatdesk.demo.casino import CasinoServer, DemoBrand

CHAT = "http://127.0.0.1:8000"
AURORA = DemoBrand("aurora", "Aurora Casino", "#0B6B66", "a" * 40, "aurora-1")
NORTHLIGHT = DemoBrand("northlight", "North & light", "#22557E", "b" * 40, "northlight-1")


@pytest.fixture(scope="module")
def casino() -> Iterator[CasinoServer]:
    with CasinoServer(0, CHAT, [AURORA, NORTHLIGHT]) as running:
        yield running


def _get(casino: CasinoServer, path: str) -> tuple[str, http.client.HTTPMessage]:
    with urlopen(casino.origin + path, timeout=5) as answer:
        return answer.read().decode(), answer.headers


def _claims(token: str, brand: DemoBrand) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        token, brand.secret, algorithms=["HS256"], audience=f"chatdesk:{brand.slug}"
    )
    return claims


def test_lobby_embeds_the_loader_as_a_customer_would(casino: CasinoServer) -> None:
    page, _ = _get(casino, "/")
    assert (
        f'<script async src="{CHAT}/w.js" data-brand="aurora" data-colour="#0B6B66"></script>'
        in page
    )
    assert "Quiet evening, good tables" in page


def test_second_brand_has_its_own_page_and_its_name_is_escaped(casino: CasinoServer) -> None:
    page, _ = _get(casino, "/northlight")
    assert 'data-brand="northlight"' in page
    assert "North &amp; light" in page
    assert "North & light" not in page


def test_every_page_keeps_a_strict_policy(casino: CasinoServer) -> None:
    for path in ("/", "/northlight", "/casino.js", "/casino.css", "/brand/aurora.css"):
        body, headers = _get(casino, path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert f"script-src 'self' {CHAT}; frame-src {CHAT};" in policy
        assert "unsafe" not in policy
        assert "style=" not in body
        assert "<script>" not in body
        assert "onclick" not in body


def test_token_is_signed_by_the_key_of_the_brand(casino: CasinoServer) -> None:
    body, headers = _get(casino, "/token?brand=aurora&sub=p-4102")
    token = json.loads(body)["token"]
    assert headers["Cache-Control"] == "no-store"
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "aurora-1", "typ": "JWT"}
    claims = _claims(token, AURORA)
    assert isinstance(claims["iat"], int)
    assert claims["exp"] == claims["iat"] + 300
    assert (claims["sub"], claims["name"], claims["lang"]) == ("p-4102", "Sanne", "nl")
    assert {"market", "tier", "age_band", "rg_state", "verified", "jti"} <= set(claims)
    with pytest.raises(jwt.InvalidTokenError):
        _claims(token, NORTHLIGHT)


def test_two_tokens_never_share_an_id(casino: CasinoServer) -> None:
    ids = {
        _claims(json.loads(_get(casino, "/token?brand=aurora&sub=p-4390")[0])["token"], AURORA)[
            "jti"
        ]
        for _ in range(3)
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/token?brand=aurora&sub=nobody",
        "/token?brand=other&sub=p-4102",
        "/token",
        "/brand/other.css",
        "/../server.py",
        "/site/lobby.html",
        "/nothing",
    ],
)
def test_what_does_not_exist_is_not_found(casino: CasinoServer, path: str) -> None:
    with pytest.raises(HTTPError) as refusal:
        _get(casino, path)
    assert refusal.value.code == 404
    refusal.value.close()


def test_head_has_the_length_but_no_body(casino: CasinoServer) -> None:
    with urlopen(Request(casino.origin + "/", method="HEAD"), timeout=5) as answer:
        assert int(answer.headers["Content-Length"]) > 1000
        assert answer.read() == b""


def test_stop_frees_the_port() -> None:
    first = CasinoServer(0, CHAT, [AURORA])
    first.start()
    port = first.port
    first.stop()
    first.stop()
    with CasinoServer(port, CHAT, [AURORA]) as second:
        assert second.port == port


@pytest.mark.parametrize(("slug", "colour"), [("A b", "#0B6B66"), ("aurora", "red;}")])
def test_brand_that_could_break_the_page_is_refused(slug: str, colour: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        DemoBrand(slug, "Aurora", colour, "s" * 32, "k")
