import pytest

from chatdesk import rates


@pytest.fixture(autouse=True)
def _own_counts(settings):
    """Each test counts from nothing, and in this process."""
    settings.CHATDESK_REDIS_URL = None
    rates.clear()
    yield
    rates.clear()
