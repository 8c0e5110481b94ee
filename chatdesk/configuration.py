"""Every setting an operator can give, read from the environment.

A setting is a name ``CHATDESK_*``, a default, and one sentence that the documentation repeats. A name
that nobody knows is reported, never ignored: a misspelt limit must not pass for a set one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

Kind = Literal["text", "int", "choice", "list"]
PREFIX = "CHATDESK_"


class ConfigurationError(ValueError):
    """A setting that cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Setting:
    default: str
    says: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    secret: bool = False


def _limit(default: int, says: str) -> Setting:
    return Setting(str(default), says, kind="int")


KNOWN: dict[str, Setting] = {
    "CHATDESK_DATA_DIR": Setting(".chatdesk", "Folder of the SQLite file, the keys and the logs."),
    "CHATDESK_DATABASE_URL": Setting(
        "",
        "postgres://user:password@host:port/name or sqlite:///path; empty: a SQLite file in the "
        "data directory.",
        secret=True,
    ),
    "CHATDESK_REDIS_URL": Setting(
        "", "redis://…; empty: an embedded Valkey is started with the server.", secret=True
    ),
    "CHATDESK_HOST": Setting("127.0.0.1", "Address to listen on."),
    "CHATDESK_PORT": Setting("8000", "Port to listen on.", kind="int"),
    "CHATDESK_PROCESSES": Setting(
        "1", "Web processes; more than one needs PostgreSQL.", kind="int"
    ),
    "CHATDESK_SERVER": Setting(
        "uvicorn", "The ASGI server.", kind="choice", choices=("uvicorn", "daphne")
    ),
    "CHATDESK_SECRET_KEY": Setting(
        "", "Signs sessions; empty: made once and kept in the data directory.", secret=True
    ),
    "CHATDESK_PUBLIC_ORIGIN": Setting(
        "", "Origin under which browsers reach the server; empty: http://HOST:PORT."
    ),
    "CHATDESK_ALLOWED_HOSTS": Setting(
        "", "Further host names that the server answers to, separated by commas.", kind="list"
    ),
    "CHATDESK_LOG_LEVEL": Setting(
        "INFO", "Least level that is logged.", kind="choice", choices=("DEBUG", "INFO", "WARNING")
    ),
    "CHATDESK_LIMIT_FRAME_BYTES": _limit(16_384, "Largest frame that is read, in bytes."),
    "CHATDESK_LIMIT_FRAME_CLOSE_BYTES": _limit(65_536, "A frame above this closes the socket."),
    "CHATDESK_LIMIT_BODY_CHARS": _limit(4_000, "Longest body of a message, in code points."),
    "CHATDESK_LIMIT_HTTP_BODY_BYTES": _limit(65_536, "Largest JSON body of a request, in bytes."),
    "CHATDESK_LIMIT_HELLO_SECONDS": _limit(10, "A socket that has not said hello by then closes."),
    "CHATDESK_LIMIT_RATE_SECONDS": _limit(10, "Window in which frames are counted, in seconds."),
    "CHATDESK_LIMIT_PLAYER_FRAMES": _limit(20, "Frames of one player in a window."),
    "CHATDESK_LIMIT_STAFF_FRAMES": _limit(60, "Frames of one staff member in a window."),
    "CHATDESK_LIMIT_PLAYER_SOCKETS": _limit(5, "Open sockets of one player session."),
    "CHATDESK_LIMIT_STAFF_SOCKETS": _limit(8, "Open sockets of one staff member."),
    "CHATDESK_LIMIT_UNCONFIRMED_BYTES": _limit(262_144, "Pushed and unconfirmed: then slow, 4002."),
    "CHATDESK_LIMIT_UNCONFIRMED_SECONDS": _limit(30, "Unconfirmed for so long: then slow, 4002."),
    "CHATDESK_LIMIT_SESSIONS_PER_MINUTE": _limit(120, "Player sessions started from an address."),
    "CHATDESK_LIMIT_BAD_TOKENS_PER_MINUTE": _limit(30, "Bad tokens from one address."),
    "CHATDESK_LIMIT_LOGINS_PER_MINUTE": _limit(20, "Failed sign-ins from one address."),
    "CHATDESK_LIMIT_RESUME_EVENTS": _limit(200, "More missing events than this: a snapshot."),
    "CHATDESK_PING_PLAYER_SECONDS": _limit(20, "Interval of pings to players, in seconds."),
    "CHATDESK_PING_STAFF_SECONDS": _limit(10, "Interval of pings to staff, in seconds."),
}


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Names that start with ``CHATDESK_`` and that nobody reads, sorted."""
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in KNOWN)


def text(environ: Mapping[str, str], name: str) -> str:
    setting = KNOWN[name]
    value = environ.get(name, "").strip() or setting.default
    if setting.kind == "choice" and value not in setting.choices:
        raise ConfigurationError(f"{name} must be one of {', '.join(setting.choices)}")
    return value


def number(environ: Mapping[str, str], name: str) -> int:
    value = text(environ, name)
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise ConfigurationError(f"{name} must be a whole number of 1 or more")
    return int(value)


def names(environ: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in text(environ, name).split(",") if part.strip()]


def database(url: str, sqlite_file: str) -> dict[str, Any]:
    """Django's DATABASES entry for a URL; an empty URL means the SQLite file."""
    if not url:
        return _sqlite(sqlite_file)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        if not parts.path.strip("/"):
            raise ConfigurationError("CHATDESK_DATABASE_URL: sqlite:/// needs a path")
        return _sqlite(unquote(parts.path[1:]) if parts.path.startswith("//") else parts.path)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigurationError(
            "CHATDESK_DATABASE_URL must start with postgres:// or sqlite:///, not "
            f"{parts.scheme or 'nothing'}"
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ConfigurationError("CHATDESK_DATABASE_URL names no database")
    try:
        port = parts.port
    except ValueError as error:
        raise ConfigurationError("CHATDESK_DATABASE_URL has a bad port") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # A link that was cut in silence ends in seconds, not when TCP gives up.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            # A connection attempt that failed is given up soon, so that the next caller tries anew.
            "pool": {"min_size": 2, "max_size": 16, "timeout": 3, "reconnect_timeout": 1},
            # An ack means durable: a cluster that was made lax is overruled here. Nobody waits long
            # for a lock: who is not the committer is refused and tries again. What nobody waits for ends.
            "options": "-c synchronous_commit=on -c lock_timeout=1s "
            "-c client_connection_check_interval=2s",
        },
    }


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # A file, as in earnest: an in-memory database is shared by its threads and locks differently.
        "TEST": {"NAME": f"{path}.test"},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
