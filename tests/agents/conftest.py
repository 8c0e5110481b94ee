import pytest

from chatdesk import rates


@pytest.fixture(autouse=True)
def _own_counts(settings):
    """Each test counts from nothing, and in this process."""
    settings.CHATDESK_REDIS_URL = None
    # A hash that is slow on purpose would make the tests slow for nothing.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    rates.clear()
    yield
    rates.clear()
