"""Who is planned between two times: each person with the days of the shifts that concern him."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from chatdesk.conversations.models import Persona, Seat
from chatdesk.shifts import roster
from chatdesk.shifts.models import Shift
from chatdesk.shifts.roster import Span

Day = tuple[Span, Shift]


def by_seat(
    from_ts: int, to_ts: int, brands: Collection[int] | None = None
) -> Iterator[tuple[Seat, list[Day]]]:
    """Everybody who still works here and serves one of the brands, in the order of the aliases."""
    of_seat: dict[int, list[Day]] = defaultdict(list)
    of_team: dict[int, list[Day]] = defaultdict(list)
    for shift in Shift.objects.all():
        days = [(span, shift) for span in roster.spans(shift, from_ts, to_ts)]
        if shift.seat_id is not None:
            of_seat[shift.seat_id] += days
        elif shift.team_id is not None:
            of_team[shift.team_id] += days
    served: dict[int, set[int]] = defaultdict(set)
    for seat_id, brand_id in Persona.objects.values_list("seat_id", "brand_id"):
        served[seat_id].add(brand_id)
    seats = Seat.objects.filter(agent__is_active=True).select_related("team")
    for seat in seats.order_by("alias", "pk"):
        if brands is not None and served[seat.pk] and not served[seat.pk] & set(brands):
            continue
        days = [*of_seat[seat.pk], *(of_team[seat.team_id] if seat.team_id is not None else ())]
        yield seat, sorted(days, key=lambda day: (day[0], day[1].pk))
