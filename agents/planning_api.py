"""What supervisors read of shifts: where nobody is planned, and how the work was shared out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import identity
from agents.api import StaffView
from agents.rosters_api import Zone
from chatdesk.conversations import access, clock
from chatdesk.conversations.models import Seat
from chatdesk.dispatch import fairness
from chatdesk.rest import RefusalSerializer
from chatdesk.shifts.coverage import Coverage, coverage

MOST_DAYS = 31
_REFUSALS = dict.fromkeys((400, 401, 403), RefusalSerializer)


class CoverageQuery(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=7)
    from_ts = serializers.IntegerField(min_value=0, max_value=2**42, required=False)
    zone = Zone(max_length=64, default="UTC")


class CoverageLine(serializers.Serializer[Any]):
    lang = serializers.CharField()
    skill = serializers.CharField(allow_blank=True, help_text="Empty is whoever speaks it")
    planned = serializers.ListField(
        child=serializers.IntegerField(), help_text="One number an hour, of people for all of it"
    )


class HolePart(serializers.Serializer[Any]):
    lang = serializers.CharField()
    skill = serializers.CharField(allow_blank=True)
    from_ts = serializers.IntegerField()
    to_ts = serializers.IntegerField()


class ExpiringPart(serializers.Serializer[Any]):
    agent = serializers.CharField()
    alias = serializers.CharField()
    skill = serializers.CharField()
    ts = serializers.IntegerField()


class CoverageBody(serializers.Serializer[Any]):
    from_ts = serializers.IntegerField()
    hours = serializers.IntegerField()
    zone = serializers.CharField(help_text="As it was asked for; the hours are those of UTC")
    lines = CoverageLine(many=True)
    holes = HolePart(many=True)
    expiring = ExpiringPart(many=True)


class CoverageView(StaffView):
    @extend_schema(
        operation_id="staff_coverage",
        summary="Supervisors: how many are planned for each hour, and the hours in which nobody is",
        parameters=[CoverageQuery],
        responses={200: CoverageBody, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        actor = identity.actor(self.agent(request))
        access.require(actor, "coverage")
        asked = CoverageQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = coverage(
            asked.validated_data.get("from_ts", clock.now_ms()),
            asked.validated_data["days"] * 24,
            [code for code, _ in settings.LANGUAGES],
            brands=actor.brands,
        )
        return Response({**_told(found), "zone": asked.validated_data["zone"]})


def _told(found: Coverage) -> dict[str, Any]:
    seats = Seat.objects.filter(pk__in=[agent_id for agent_id, _, _ in found.expiring])
    aliases = dict(seats.values_list("pk", "alias"))
    return {
        "from_ts": found.from_ts,
        "hours": found.hours,
        "lines": [
            {"lang": lang, "skill": skill, "planned": planned}
            for (lang, skill), planned in found.planned.items()
        ],
        "holes": [
            {
                "lang": hole.lang,
                "skill": hole.skill,
                "from_ts": hole.from_ts,
                "to_ts": hole.to_ts,
            }
            for hole in found.holes
        ],
        "expiring": [
            {"agent": str(agent_id), "alias": aliases[agent_id], "skill": skill, "ts": ts}
            for agent_id, skill, ts in found.expiring
        ],
    }


class ShareQuery(serializers.Serializer[Any]):
    from_ts = serializers.IntegerField(min_value=0, max_value=2**53, required=False)
    to_ts = serializers.IntegerField(min_value=0, max_value=2**53, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        from_ts, to_ts = attrs.get("from_ts"), attrs.get("to_ts")
        if from_ts is not None:
            to_ts = to_ts if to_ts is not None else clock.now_ms()
            if not 0 < to_ts - from_ts <= fairness.LONGEST_MS:
                raise serializers.ValidationError({"from_ts": "Up to 31 days before to_ts"})
        return attrs


class ShareLine(serializers.Serializer[Any]):
    id = serializers.CharField()
    alias = serializers.CharField()
    available_min = serializers.FloatField(allow_null=True, help_text="Null: not known")
    offers = serializers.IntegerField()
    accepted = serializers.IntegerField()
    declined = serializers.IntegerField()
    missed = serializers.IntegerField()
    claimed = serializers.IntegerField()
    forced = serializers.IntegerField()
    returned = serializers.DictField(child=serializers.IntegerField())
    handled = serializers.IntegerField(help_text="Conversations that he had for some time")
    place_min = serializers.FloatField(help_text="Places times minutes")
    share = serializers.FloatField(allow_null=True, help_text="Of all place minutes, 0 to 1")


class ShareBody(serializers.Serializer[Any]):
    from_ts = serializers.IntegerField()
    to_ts = serializers.IntegerField()
    agents = ShareLine(many=True)
    gini = serializers.FloatField(allow_null=True, help_text="0: all the same; near 1: one has all")


class FairShare(StaffView):
    @extend_schema(
        operation_id="staff_fair_share",
        summary="Supervisors: how the work was shared out; without a span the last eight hours",
        parameters=[ShareQuery],
        responses={200: ShareBody, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        actor = identity.actor(self.agent(request))
        asked = ShareQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        return Response(fairness.fair_share(actor, given.get("from_ts"), given.get("to_ts")))
