"""What the desk and the wall ask over HTTP: tickets for sockets, prepared answers, the roster."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from agents import identity
from agents.canned import listing
from agents.models import Agent
from agents.roster import roster
from chatdesk.conversations import access
from chatdesk.conversations.models import Offer, Seat
from chatdesk.dispatch import explaining
from chatdesk.refusals import Refused
from chatdesk.rest import RefusalSerializer, Strict, View

CONV_CHARS = 64


class TokenHeader(BaseAuthentication):
    """``Authorization: Token <key>``; ``request.auth`` is the key's hash."""

    def authenticate(self, request: Request) -> tuple[Agent, str] | None:
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "token":
            return None
        found = identity.authenticate_token(key.strip())
        if found is None:
            raise AuthenticationFailed
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class BrowserLogin(SessionAuthentication):
    """The signed-in browser, whose unsafe requests must carry the CSRF token."""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "agents.api.TokenHeader"
    name = "staffToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <key>`",
        }


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "agents.api.BrowserLogin"
    name = "staffBrowser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The cookie of `/login/`; unsafe methods also need `X-CSRFToken`.",
        }


class StaffView(View):
    authentication_classes = [TokenHeader, BrowserLogin]
    permission_classes = [IsAuthenticated]

    def agent(self, request: Request) -> Agent:
        """Who asks. Without a seat nobody works here, whatever else he administers."""
        agent = request.user
        assert isinstance(agent, Agent)
        if not Seat.objects.filter(pk=agent.pk).exists():
            raise Refused("forbidden")
        return agent


def _conv(request: Request) -> str:
    conv = request.query_params.get("conv", "")
    if not conv or len(conv) > CONV_CHARS or not conv.isprintable():
        raise Refused("bad_field", fields={"conv": "required" if not conv else "invalid"})
    return conv


class TicketBody(Strict):
    """No fields: a ticket is for whoever asks."""


class Ticket(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="For one `hello` on `/ws/staff`.")
    expires_ts = serializers.IntegerField(help_text="Milliseconds since 1970 UTC.")


class Tickets(StaffView):
    @extend_schema(
        operation_id="issue_staff_ticket",
        summary="A ticket for one staff socket: single use, 30 seconds",
        request=TicketBody,
        responses={
            201: Ticket,
            **dict.fromkeys((400, 401, 403, 413, 503), RefusalSerializer),
        },
    )
    def post(self, request: Request) -> Response:
        agent = self.agent(request)
        TicketBody(data=request.data).is_valid(raise_exception=True)
        if isinstance(request.auth, str):
            ticket, expires_ts = identity.issue_ticket(agent, token_hash=request.auth)
        else:
            key = request._request.session.session_key
            ticket, expires_ts = identity.issue_ticket(agent, browser_session=key or "")
        return Response({"ticket": ticket, "expires_ts": expires_ts}, status=201)


class ResponsePart(serializers.Serializer[Any]):
    id = serializers.CharField()
    shortcut = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    lang = serializers.CharField()
    scope = serializers.ChoiceField(["everyone", "brand", "own"])
    variables = serializers.ListField(child=serializers.CharField())


class CannedList(serializers.Serializer[Any]):
    responses = ResponsePart(many=True)
    values = serializers.DictField(child=serializers.CharField())


class Canned(StaffView):
    @extend_schema(
        operation_id="list_canned_responses",
        summary="Prepared answers in a conversation's language, and the values that fill them in",
        parameters=[OpenApiParameter("conv", str, required=True)],
        responses={200: CannedList, **dict.fromkeys((400, 401, 403, 404), RefusalSerializer)},
    )
    def get(self, request: Request) -> Response:
        agent = self.agent(request)
        return Response(listing.for_conversation(identity.actor(agent), _conv(request)))


class RosterAgent(serializers.Serializer[Any]):
    id = serializers.CharField()
    alias = serializers.CharField()
    role = serializers.ChoiceField(Agent.Role.values)
    languages = serializers.ListField(child=serializers.CharField())
    skills = serializers.ListField(child=serializers.CharField())


class RosterBrand(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class RosterBody(serializers.Serializer[Any]):
    agents = RosterAgent(many=True)
    skills = serializers.ListField(child=serializers.CharField())
    brands = RosterBrand(many=True)


class Roster(StaffView):
    @extend_schema(
        operation_id="staff_roster",
        summary="To whom a conversation can be given",
        responses={200: RosterBody, **dict.fromkeys((401, 403), RefusalSerializer)},
    )
    def get(self, request: Request) -> Response:
        actor = identity.actor(self.agent(request))
        access.require(actor, "roster")
        return Response(roster(actor))


class Named(serializers.Serializer[Any]):
    id = serializers.CharField()
    alias = serializers.CharField()


class Excluded(serializers.Serializer[Any]):
    reason = serializers.CharField(
        help_text="`brand` `language` `skill` `team` `asked` `full` `away` `offline` `lost` `draining`"
    )
    agents = Named(many=True)


class Considered(serializers.Serializer[Any]):
    free = Named(many=True)
    excluded = Excluded(many=True)


class Decision(Considered):
    offer = serializers.CharField()
    agent = Named()
    state = serializers.ChoiceField(Offer.State.values)
    reason = serializers.CharField()
    offered_ts = serializers.IntegerField()
    ended_ts = serializers.IntegerField(allow_null=True)
    why = serializers.DictField()


class RoutingBody(serializers.Serializer[Any]):
    conv = serializers.CharField()
    state = serializers.ChoiceField(["queued", "active", "closed"])
    waiting = Considered(allow_null=True)
    decisions = Decision(many=True)


class Routing(StaffView):
    @extend_schema(
        operation_id="staff_routing",
        summary="Supervisors: why a conversation was rung where it was, and what it waits for",
        parameters=[OpenApiParameter("conv", str, required=True)],
        responses={200: RoutingBody, **dict.fromkeys((400, 401, 403, 404), RefusalSerializer)},
    )
    def get(self, request: Request) -> Response:
        actor = identity.actor(self.agent(request))
        return Response(explaining.routing(actor, _conv(request)))
