"""The tutorial's settings, with PostgreSQL and the layer that the environment names."""

import os
from urllib.parse import unquote, urlsplit

_database = urlsplit(os.environ["TUTORIAL_DATABASE_URL"])
_redis = os.environ["TUTORIAL_REDIS_URL"]

SECRET_KEY = "only for measurements on one machine"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "daphne",
    "chat",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tutorial.urls"
ASGI_APPLICATION = "tutorial.asgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path.lstrip("/"),
        "USER": unquote(_database.username or ""),
        "PASSWORD": unquote(_database.password or ""),
        "HOST": _database.hostname,
        "PORT": _database.port,
        # All queries of consumers run in one thread: its connection is kept, not made for each.
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c synchronous_commit=on"},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "core": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # The capacity of 100 counts for a whole process and drops what is above it in silence.
            "CONFIG": {"hosts": [_redis], "capacity": 10_000},
        },
        "pubsub": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [_redis]},
        },
    }[os.environ["TUTORIAL_LAYER"]]
}
