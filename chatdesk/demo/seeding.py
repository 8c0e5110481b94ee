"""The demo's casinos and staff: made when absent, left alone when present, told in ``demo.json``."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from agents import staff
from agents.canned import importing
from agents.models import Agent
from chatdesk.conversations.models import Brand, BrandKey
from players import brands

STARTER = Path(__file__).resolve().parent / "starter" / "canned.json"
FILE_NAME = "demo.json"


@dataclass(frozen=True, slots=True)
class DemoCasino:
    slug: str
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Username and alias have nothing in common, as in earnest."""

    username: str
    alias: str
    role: str
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ("general",)
    brands: tuple[str, ...] = ()
    capacity: int = 3


CASINOS = (
    DemoCasino("aurora", "Aurora Casino", "#0B6B66"),
    DemoCasino("northlight", "Northlight", "#22557E"),
)
HELP_LINE = {
    "line": "Demo helpline",
    "phone": "0800 000 0000",
    "url": "https://helpline.example/",
}
STAFF = (
    # Speaks everything, so that one person can try the whole demo.
    DemoStaff(
        "desk.01",
        "Vera",
        "agent",
        ("nl", "sv", "ru", "fi", "en"),
        ("general", "payments"),
        capacity=4,
    ),
    DemoStaff("desk.02", "Iris", "agent", ("sv", "en"), ("general", "kyc")),
    DemoStaff("desk.03", "Ilja", "agent", ("ru", "en"), ("general", "technical")),
    DemoStaff("desk.04", "Noor", "agent", ("nl", "fi", "en"), ("general", "player_safety")),
    DemoStaff("desk.05", "Aino", "agent", ("fi", "sv", "en"), ("general", "complaints")),
    DemoStaff("desk.06", "Milo", "agent", ("ru", "nl", "en"), ("general",), ("aurora",)),
    DemoStaff(
        "floor.01",
        "Marit",
        "supervisor",
        ("nl", "sv", "ru", "fi", "en"),
        ("general", "player_safety", "complaints"),
    ),
    DemoStaff("house.01", "Robin", "admin", ("en",)),
)


def origins(port: int) -> list[str]:
    """Where the demo casino is served: the port after the chat's, under both loopback names."""
    return [f"http://127.0.0.1:{port + 1}", f"http://localhost:{port + 1}"]


def seed() -> Path:
    """Makes what is missing and writes the file that tells the keys and logins (mode 0600)."""
    path = Path(settings.CHATDESK_DATA_DIR) / FILE_NAME
    told = {login["username"]: login["password"] for login in _told(path).get("logins", ())}
    facts = {
        "brands": [_brand(casino) for casino in CASINOS],
        "logins": [_login(one, told.get(one.username)) for one in STAFF],
    }
    importing.read(json.loads(STARTER.read_text(encoding="utf-8")))
    _write(path, facts)
    return path


def _brand(casino: DemoCasino) -> dict[str, str]:
    embedding = origins(settings.CHATDESK_PORT)
    brand = Brand.objects.filter(slug=casino.slug).first()
    if brand is None:
        brand, _ = brands.create(
            casino.slug,
            secrets.token_urlsafe(48),
            name=casino.name,
            origins=embedding,
            colour=casino.colour,
        )
        brand.help_line = HELP_LINE
        brand.save(update_fields=["help_line"])
    missing = [origin for origin in embedding if origin not in brand.origins]
    if missing:
        # Another port than last time.
        brand.origins = [*brand.origins, *missing]
        brand.save(update_fields=["origins"])
    key = _signing_key(brand)
    return {
        "slug": brand.slug,
        "name": brand.name,
        "colour": brand.colour,
        "secret": key.material,
        "kid": key.kid,
    }


def _signing_key(brand: Brand) -> BrandKey:
    key = (
        brand.keys.filter(algorithm=BrandKey.Algorithm.HS256, revoked_ts__isnull=True)
        .order_by("-created_ts", "-pk")
        .first()
    )
    kid = f"{brand.slug}-{secrets.token_hex(4)}"
    return key or brands.add_key(brand, kid, secret=secrets.token_urlsafe(48))


def _login(one: DemoStaff, password: str | None) -> dict[str, str]:
    """A password that nobody remembers any more is replaced; one that still works is kept."""
    agent = Agent.objects.filter(username=one.username).first()
    if agent is None:
        password = password or _password()
        staff.create(
            one.username,
            password,
            alias=one.alias,
            role=one.role,
            brands=one.brands,
            languages=one.languages,
            skills=one.skills,
            capacity=one.capacity,
        )
    elif password is None or not agent.check_password(password):
        password = _password()
        agent.set_password(password)
        agent.save(update_fields=["password"])
    return {
        "username": one.username,
        "password": password,
        "role": one.role,
        "alias": one.alias,
    }


def _password() -> str:
    """Easy to type from a terminal, made anew for every data directory."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(facts, file, ensure_ascii=False, indent=1)
        file.write("\n")
    os.replace(part, path)
