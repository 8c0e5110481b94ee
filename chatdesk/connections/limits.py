"""The limits in force, read once from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes or code points, times in seconds, counts per window of ``rate_seconds``."""

    frame_bytes: int
    frame_close_bytes: int
    body_chars: int
    hello_seconds: int
    rate_seconds: int
    player_frames: int
    staff_frames: int
    player_sockets: int
    staff_sockets: int
    unconfirmed_bytes: int
    unconfirmed_seconds: int
    resume_events: int

    @classmethod
    def in_force(cls) -> Limits:
        given: dict[str, int] = settings.CHATDESK_LIMITS
        return cls(**{name: given[name] for name in cls.__slots__})
