"""Composition root: what is installed, and where each part finds the other."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

import structlog

from chatdesk import configuration

BASE_DIR = Path(__file__).resolve().parent.parent
_environ = os.environ

CHATDESK_DATA_DIR = (BASE_DIR / configuration.text(_environ, "CHATDESK_DATA_DIR")).resolve()
CHATDESK_HOST = configuration.text(_environ, "CHATDESK_HOST")
CHATDESK_PORT = configuration.number(_environ, "CHATDESK_PORT")
CHATDESK_PROCESSES = configuration.number(_environ, "CHATDESK_PROCESSES")
CHATDESK_SERVER = configuration.text(_environ, "CHATDESK_SERVER")
CHATDESK_REDIS_URL = configuration.text(_environ, "CHATDESK_REDIS_URL") or None
CHATDESK_PUBLIC_ORIGIN = (
    configuration.text(_environ, "CHATDESK_PUBLIC_ORIGIN").rstrip("/")
    or f"http://{CHATDESK_HOST}:{CHATDESK_PORT}"
)
CHATDESK_LIMITS: dict[str, int] = {
    name.removeprefix("CHATDESK_LIMIT_").lower(): configuration.number(_environ, name)
    for name in configuration.KNOWN
    if name.startswith("CHATDESK_LIMIT_")
}
CHATDESK_PING_SECONDS = {
    "player": configuration.number(_environ, "CHATDESK_PING_PLAYER_SECONDS"),
    "staff": configuration.number(_environ, "CHATDESK_PING_STAFF_SECONDS"),
}


def _kept_secret_key() -> str:
    """The key in the data directory, made on first use and readable by its owner only."""
    path = CHATDESK_DATA_DIR / "secret_key"
    try:
        CHATDESK_DATA_DIR.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(file, "w") as new:
                new.write(secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise configuration.ConfigurationError(
            f"CHATDESK_DATA_DIR: the data directory cannot be written: {error.strerror}."
        ) from error


SECRET_KEY = configuration.text(_environ, "CHATDESK_SECRET_KEY") or _kept_secret_key()
DEBUG = False
_public_host = CHATDESK_PUBLIC_ORIGIN.split("://", 1)[-1].rsplit(":", 1)[0]
ALLOWED_HOSTS = [
    _public_host,
    "127.0.0.1",
    "localhost",
    "[::1]",
    *configuration.names(_environ, "CHATDESK_ALLOWED_HOSTS"),
]
_https = CHATDESK_PUBLIC_ORIGIN.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [CHATDESK_PUBLIC_ORIGIN] if "://" in CHATDESK_PUBLIC_ORIGIN else []
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "chatdesk.conversations",
    "chatdesk.shifts",
    "chatdesk.dispatch",
    "players",
    "agents",
    "chatdesk.demo",
    "chatdesk.serving",
]
MIDDLEWARE = [
    "chatdesk.headers.SecurityHeaders",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "chatdesk.urls"
ASGI_APPLICATION = "chatdesk.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_USER_MODEL = "agents.Agent"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/desk/"

DATABASES = {
    "default": configuration.database(
        configuration.text(_environ, "CHATDESK_DATABASE_URL"),
        str(CHATDESK_DATA_DIR / "chatdesk.sqlite3"),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The one channel a process has; sockets have none (see delivery/bridge.py).
CHANNEL_LAYERS = (
    {
        "bridge": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [
                    {
                        "address": CHATDESK_REDIS_URL,
                        "socket_timeout": 5,
                        "socket_connect_timeout": 2,
                        "socket_keepalive": True,
                    }
                ],
                "prefix": "chatdesk",
            },
        }
    }
    if CHATDESK_REDIS_URL
    else {}
)

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("nl", "Nederlands"),
    ("sv", "Svenska"),
    ("ru", "Русский"),
    ("fi", "Suomi"),
    ("en", "English"),
]
LOCALE_PATHS = [BASE_DIR / "chatdesk" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"


def _static_release() -> str:
    """Names the static files by their content, so that they may be cached for ever."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted((BASE_DIR / "static").rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(BASE_DIR).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


_release = _static_release()
STATIC_URL = f"/static/{_release}/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# `serve` puts compressed copies there (serving/assets.py); without them files are served as they are.
STATIC_ROOT = CHATDESK_DATA_DIR / "static" / _release
SERVESTATIC_USE_FINDERS = not (STATIC_ROOT / ".complete").exists()
SERVESTATIC_USE_ZSTD = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedStaticFilesStorage"},
}
SERVESTATIC_AUTOREFRESH = False
SERVESTATIC_MAX_AGE = 31_536_000

DATA_UPLOAD_MAX_MEMORY_SIZE = CHATDESK_LIMITS["http_body_bytes"]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "chatdesk.refusals.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "chatdesk",
    "DESCRIPTION": "The HTTP side of chat.v1. The socket side is described by docs/asyncapi.json.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": configuration.text(_environ, "CHATDESK_LOG_LEVEL")},
    "loggers": {
        # Request lines hold addresses of people; refusals are counted elsewhere.
        "django.request": {"level": "ERROR"},
        "django.channels.server": {"level": "ERROR"},
        # It tells each failed try with its whole trace; the bridge says the same in a line.
        "channels_redis": {"level": "CRITICAL"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
