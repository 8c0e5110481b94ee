"""The HTTP document is what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.json"


def test_the_committed_document_is_current_and_valid(tmp_path):
    made = tmp_path / "openapi.json"
    call_command(
        *("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json"),
        *("--file", str(made)),
    )
    assert json.loads(made.read_text()) == json.loads(COMMITTED.read_text()), (
        "run: python manage.py spectacular --format openapi-json --file docs/openapi.json"
    )


@pytest.mark.django_db
def test_the_document_is_served(client):
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert set(answer.json()["paths"]) == {
        "/api/v1/player/sessions",
        "/api/v1/player/sessions/current",
        "/api/v1/staff/tickets",
        "/api/v1/staff/canned",
        "/api/v1/staff/roster",
        "/api/v1/staff/routing",
        "/api/v1/staff/coverage",
        "/api/v1/staff/fair-share",
        "/api/v1/staff/roster-week",
    }
