"""What supervisors read of the roster: who is planned for the days to come, by the alias."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import identity
from agents.api import StaffView
from chatdesk.conversations import access, clock
from chatdesk.conversations.access import Actor
from chatdesk.conversations.models import Seat
from chatdesk.rest import RefusalSerializer
from chatdesk.shifts import planned
from chatdesk.shifts.models import Duty

DAY_MS = 24 * 3600_000
MOST_DAYS = 31
_REFUSALS = dict.fromkeys((400, 401, 403), RefusalSerializer)


class Zone(serializers.CharField):
    """An IANA name; only told back: all times are milliseconds of UTC."""

    default_error_messages = {"zone": "No time zone."}

    def to_internal_value(self, data: Any) -> str:
        name = str(super().to_internal_value(data))
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            self.fail("zone")
        return name


class WeekQuery(serializers.Serializer[Any]):
    from_ts = serializers.IntegerField(min_value=0, max_value=2**42, required=False)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=7)
    zone = Zone(max_length=64, default="UTC")


class DutyPart(serializers.Serializer[Any]):
    starts_ts = serializers.IntegerField()
    ends_ts = serializers.IntegerField()
    tz = serializers.CharField(help_text="By whose clock it is planned")
    state = serializers.ChoiceField(Duty.State.values)


class PersonPart(serializers.Serializer[Any]):
    id = serializers.CharField()
    alias = serializers.CharField()
    team = serializers.CharField(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField())
    skills = serializers.ListField(child=serializers.CharField())
    skills_until = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    duties = DutyPart(many=True)


class WeekBody(serializers.Serializer[Any]):
    from_ts = serializers.IntegerField()
    days = serializers.IntegerField()
    zone = serializers.CharField()
    zones = serializers.ListField(
        child=serializers.CharField(), help_text="By whose clocks these days are planned"
    )
    people = PersonPart(many=True)


class RosterWeek(StaffView):
    @extend_schema(
        operation_id="staff_roster_week",
        summary="Supervisors: who is planned, and whose duty runs or drains",
        parameters=[WeekQuery],
        responses={200: WeekBody, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        actor = identity.actor(self.agent(request))
        access.require(actor, "coverage")
        asked = WeekQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        from_ts = given.get("from_ts", clock.now_ms())
        people = _people(actor, from_ts, from_ts + given["days"] * DAY_MS)
        zones = {duty["tz"] for person in people for duty in person["duties"]}
        return Response(
            {
                "from_ts": from_ts,
                "days": given["days"],
                "zone": given["zone"],
                "zones": sorted(zones),
                "people": people,
            }
        )


def _people(actor: Actor, from_ts: int, to_ts: int) -> list[dict[str, Any]]:
    known = Duty.objects.filter(ends_ts__gt=from_ts, starts_ts__lt=to_ts)
    states = {
        (shift_id, seat_id, starts_ts): state
        for shift_id, seat_id, starts_ts, state in known.values_list(
            "shift_id", "seat_id", "starts_ts", "state"
        )
    }
    return [
        _person(seat, days, states)
        for seat, days in planned.by_seat(from_ts, to_ts, actor.brands)
        if days
    ]


def _person(
    seat: Seat, days: list[planned.Day], states: dict[tuple[int, int, int], str]
) -> dict[str, Any]:
    return {
        "id": str(seat.pk),
        "alias": seat.alias,
        "team": seat.team.name if seat.team is not None else None,
        "languages": list(seat.languages),
        "skills": list(seat.skills),
        "skills_until": dict(seat.skills_until),
        "duties": [
            {
                "starts_ts": span.starts_ts,
                "ends_ts": span.ends_ts,
                "tz": shift.tz,
                "state": states.get((shift.pk, seat.pk, span.starts_ts), Duty.State.PLANNED),
            }
            for span, shift in days
        ],
    }
