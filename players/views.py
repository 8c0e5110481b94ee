"""The two addresses that a casino's page loads: the loader script and the widget's frame."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from chatdesk import texts
from chatdesk.connections import origins
from chatdesk.conversations.models import Brand
from players import sessions

LOADER_SECONDS = 300


@cache
def _loader() -> tuple[bytes, bytes, str]:
    """The loader, the same compressed, and the ETag of both. It has no release in its address, because
    casinos write that down."""
    content = (settings.BASE_DIR / "static" / "built" / "w.js").read_bytes()
    etag = f'W/"{hashlib.blake2b(content, digest_size=8).hexdigest()}"'
    return content, gzip.compress(content, 9), etag


@require_safe
def loader(request: HttpRequest) -> HttpResponseBase:
    try:
        content, compressed, etag = _loader()
    except FileNotFoundError as error:
        raise Http404 from error
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        small = "gzip" in request.headers.get("Accept-Encoding", "")
        response = HttpResponse(
            compressed if small else content, content_type="text/javascript; charset=utf-8"
        )
        if small:
            response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={LOADER_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.shared = True  # type: ignore[attr-defined]
    return response


@require_safe
def widget(request: HttpRequest, slug: str) -> HttpResponse:
    """The page in the frame. It sets no cookie and knows no player: those come over its socket."""
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        raise Http404
    lang = sessions.language(request.GET.get("lang"), brand.default_lang)
    page = {
        "lang": lang,
        "brand": brand.slug,
        "brand_name": brand.name,
        "colour": brand.colour,
        "session_url": "/api/v1/player/sessions",
        "ws": "/ws/player",
        "origins": list(brand.origins),
        "languages": list(sessions.LANGUAGES),
        # Also for somebody whom no session is given.
        "help": brand.help_line,
    }
    with translation.override(lang):
        response = render(
            request,
            "players/widget.html",
            {"page": page, "texts": texts.catalogue(lang, "widget"), "brand": brand},
        )
    response.headers["Content-Language"] = lang
    # A policy cannot name an IPv6 address; browsers complain of one.
    own = sorted(origin for origin in origins.own() if "[" not in origin)
    response.embedders = ["'self'", *own, *brand.origins]  # type: ignore[attr-defined]
    return response
