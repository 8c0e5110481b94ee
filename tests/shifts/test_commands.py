"""Planning from the command line and on the admin site: what is taken, and each refusal."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agents.admin import SeatForm
from agents.models import Agent
from chatdesk.conversations.models import Seat, Team
from chatdesk.shifts.admin import ShiftForm
from chatdesk.shifts.models import Shift
from tests import builders

pytestmark = pytest.mark.django_db

NINE = ("--tz", "Europe/Amsterdam", "--starts", "2026-03-02T09:00", "--minutes", "480")


def _said(*argv: str) -> str:
    out = StringIO()
    call_command(*argv, stdout=out)
    return out.getvalue()


def _username() -> str:
    vera = builders.agent("Vera", languages=("nl",), skills=("player_safety",))
    return Agent.objects.get(pk=vera.agent_id).username


def test_a_shift_is_added_for_a_person_and_for_a_team() -> None:
    told = json.loads(_said("add_shift", "--agent", _username(), *NINE))
    assert Shift.objects.get(pk=told["shift"]).seat is not None
    _said("add_shift", "--team", "night", *NINE)
    assert Team.objects.get().slug == "night"


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--agent", "nobody", *NINE), "nobody called"),
        (("--team", "night", *NINE, "--recurrence", "sometimes"), "no recurrence"),
        (("--team", "night", *NINE, "--until", "never"), "no date"),
        (("--team", "night", *NINE, "--drain", "999"), "at most as long"),
        (("--team", "night shift!", *NINE), "no name of a team"),
        (("--team", "night", *NINE, "--recurrence", "FREQ=DAILY;INTERVAL=0"), "no recurrence"),
    ],
)
def test_a_shift_that_cannot_be_planned_is_refused(argv: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        _said("add_shift", *argv)
    assert not Shift.objects.exists()
    assert not Team.objects.exists()


def test_whoever_has_no_seat_has_no_shift() -> None:
    Agent.objects.create(username="root", role="admin")
    with pytest.raises(CommandError, match="has no seat"):
        _said("add_shift", "--agent", "root", *NINE)


def test_coverage_is_printed_with_its_holes() -> None:
    _said("add_shift", "--agent", _username(), *NINE, "--recurrence", "FREQ=DAILY")
    printed = _said("coverage", "--days", "1", "--zone", "Europe/Amsterdam")
    assert "Nobody is planned:" in printed
    assert "fi, player_safety:" in printed


@pytest.mark.parametrize(
    ("argv", "says"), [(("--days", "0"), "1 to 31"), (("--zone", "Mars"), "no time zone")]
)
def test_coverage_refuses(argv: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        _said("coverage", *argv)


def test_the_admin_form_says_what_is_wrong() -> None:
    vera = builders.agent("Vera")
    facts = {
        "seat": vera.agent_id,
        "tz": "Europe/Amsterdam",
        "starts": "2026-03-02T09:00",
        "minutes": 480,
        "drain_minutes": 15,
        "except_dates": "[]",
    }
    assert ShiftForm(facts).is_valid()
    wrong = ShiftForm({**facts, "tz": "Mars"})
    assert "no time zone" in str(wrong.errors)
    never_ends = ShiftForm({**facts, "recurrence": "FREQ=DAILY;INTERVAL=0"})
    assert "no recurrence" in str(never_ends.errors)
    assert "one of the two" in str(ShiftForm({**facts, "seat": ""}).errors)
    assert "list of dates" in str(ShiftForm({**facts, "except_dates": '{"a": 1}'}).errors)


def test_certificates_are_read_from_the_seats_form() -> None:
    vera = builders.agent("Vera", skills=("general",))
    seat = Seat.objects.get(pk=vera.agent_id)
    facts = {"alias": "Vera", "languages": ["en"], "capacity": 3, "channel_caps": "{}"}
    form = SeatForm({**facts, "skills": "general, kyc until 2027-01-31"}, instance=seat)
    assert form.is_valid(), form.errors
    saved = form.save()
    assert saved.skills == ["general", "kyc"]
    assert saved.skills_until == {"kyc": 1_801_353_600_000}
    assert SeatForm(instance=saved).initial["skills"] == "general, kyc until 2027-01-31"
    assert not SeatForm({**facts, "skills": "kyc until spring"}, instance=seat).is_valid()
    wrong = SeatForm({**facts, "skills": "", "channel_caps": '{"fax": 1}'}, instance=seat)
    assert "Channel to 0 to 8" in str(wrong.errors)
