"""How a page gets a player's session, and how it gives it back."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.response import Response

from chatdesk import rates
from chatdesk.conversations import clock
from chatdesk.delivery import audience
from chatdesk.delivery.hub import publish_close
from chatdesk.delivery.protocol.words import Close
from chatdesk.refusals import Refused
from chatdesk.rest import RefusalSerializer, Strict, Text, View
from players import identity, sessions
from players.service import service

SESSION_CHARS = 200


class StartBody(Strict):
    brand = Text(max_length=40)
    # Whatever is wrong with it is said in one way, so nothing but the type is looked at here.
    token = Text(
        with_controls=True,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="JWT signed by the casino; without it the player is an anonymous visitor.",
    )
    lang = Text(max_length=35, required=False, allow_null=True, allow_blank=True)


class PlayerPart(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    authenticated = serializers.BooleanField()
    lang = serializers.CharField()


class TopicPart(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="In the player's language."
    )


class HelpLinePart(serializers.Serializer[Any]):
    line = serializers.CharField()
    phone = serializers.CharField()
    url = serializers.CharField()


class ServicePart(serializers.Serializer[Any]):
    open = serializers.BooleanField()
    opens_ts = serializers.IntegerField(allow_null=True)
    closes_ts = serializers.IntegerField(allow_null=True)
    available = serializers.BooleanField(help_text="Somebody who speaks the language is free.")
    spoken = serializers.BooleanField(help_text="Somebody on duty speaks the language.")
    eta_s = serializers.IntegerField(
        allow_null=True, help_text="The wait of one who joins now; null when unknown."
    )
    capped = serializers.BooleanField(
        help_text="A chat would be refused; a message can be left instead."
    )
    hours = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="From and to of what is open in the next seven days; empty is always.",
    )


class BrandPart(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    colour = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    default_lang = serializers.CharField()
    anonymous = serializers.BooleanField()
    previews = serializers.BooleanField()
    topics = TopicPart(many=True)
    greeting = serializers.CharField()
    help = HelpLinePart(allow_null=True)
    service = ServicePart()


class Session(serializers.Serializer[Any]):
    session = serializers.CharField(help_text="For `hello`; told once.")
    expires_ts = serializers.IntegerField(help_text="Milliseconds since 1970 UTC.")
    player = PlayerPart()
    brand = BrandPart()


class SessionHeader(BaseAuthentication):
    """``Authorization: Session <session>``. It only names the session; the view looks at it."""

    def authenticate(self, request: Request) -> tuple[None, str] | None:
        secret = session_in(request)
        return (None, secret) if secret is not None else None

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "players.api.SessionHeader"
    name = "playerSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Session <session>`",
        }


def session_in(request: Request) -> str | None:
    """The session that the request's header names; refuses one that is not well formed."""
    scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
    if scheme.lower() != "session":
        return None
    secret = secret.strip()
    if not secret or len(secret) > SESSION_CHARS or not secret.isascii():
        raise Refused("not_authenticated")
    return secret


class Sessions(View):
    authentication_classes = [SessionHeader]

    @extend_schema(
        operation_id="start_player_session",
        summary="Start a session, or upgrade the anonymous one that the header names",
        auth=[{}, {"playerSession": []}],  # type: ignore[list-item]
        request=StartBody,
        responses={
            201: Session,
            **dict.fromkeys((400, 401, 403, 404, 413, 429, 503), RefusalSerializer),
        },
    )
    def post(self, request: Request) -> Response:
        address = rates.address(request)
        count, left = rates.add("session", address)
        if count > rates.limit("sessions_per_minute"):
            raise Refused("rate", retry_s=left)
        body = StartBody(data=request.data)
        body.is_valid(raise_exception=True)
        wanted: dict[str, str | None] = body.validated_data
        try:
            started = sessions.start(
                wanted["brand"] or "",
                # A token that is there but empty proves nothing; it is no anonymous visit.
                wanted.get("token"),
                wanted.get("lang") or None,
                session_in(request),
            )
        except identity.BadToken:
            count, left = rates.add("bad_token", address)
            if count > rates.limit("bad_tokens_per_minute"):
                raise Refused("rate", retry_s=left) from None
            raise Refused("bad_token") from None
        player = started.player
        return Response(
            {
                "session": started.session,
                "expires_ts": started.expires_ts,
                "player": {**sessions.me(player), "lang": player.lang},
                "brand": sessions.brand_view(
                    started.brand,
                    player.lang,
                    service(started.brand, player.lang, player.market, clock.now_ms()),
                ),
            },
            status=201,
        )


class CurrentSession(View):
    authentication_classes = [SessionHeader]

    @extend_schema(
        operation_id="end_player_session",
        summary="End a session; its sockets close with 4401",
        request=None,
        responses={
            204: OpenApiResponse(description="Ended."),
            **dict.fromkeys((401, 429, 503), RefusalSerializer),
        },
    )
    def delete(self, request: Request) -> Response:
        secret = session_in(request)
        session_hash = sessions.end(secret) if secret is not None else None
        if session_hash is None:
            raise Refused("not_authenticated")
        publish_close(audience.session(session_hash), Close.NOT_AUTHENTICATED)
        return Response(status=204)
