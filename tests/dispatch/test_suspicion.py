"""After a start and without Redis nobody is moved, and an alarm says so."""

from __future__ import annotations

import pytest

from chatdesk.conversations.models import Alarm
from chatdesk.delivery.presence import Sight
from chatdesk.dispatch import suspicion
from chatdesk.dispatch.suspicion import Suspicion

pytestmark = pytest.mark.django_db(transaction=True)

SEEN = Sight(frozenset({1}), complete=True)


def _standing() -> list[dict[str, str]]:
    return list(Alarm.objects.filter(cleared_ts__isnull=True).values_list("facts", flat=True))


def test_a_young_dispatcher_believes_no_absence() -> None:
    young = Suspicion()
    sight = young.doubt(SEEN)
    assert sight is not None
    assert (sight.agents, sight.complete) == (SEEN.agents, False)
    young.tell(sight)
    assert _standing() == [{"because": "start"}]


def test_an_old_one_believes_what_it_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "START_SECONDS", 0.0)
    old = Suspicion()
    old.tell(old.doubt(SEEN))
    assert _standing() == []


def test_without_redis_the_alarm_stands_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "START_SECONDS", 0.0)
    old = Suspicion()
    assert old.doubt(None) is None
    old.tell(None)
    old.tell(None)
    assert _standing() == [{"because": "redis"}]
    old.tell(SEEN)
    assert _standing() == []
