"""Taking on a member of staff: a login, and the seat with the alias under which he works."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from agents.models import Agent
from chatdesk.conversations.models import Brand, Persona, Seat

CAPACITY = range(1, 9)
_ALIAS_CHARS = 40
_SKILL_CHARS = 40


class BadStaff(ValueError):
    """What was given cannot be used; the text says why, for the operator."""


def create(
    username: str,
    password: str,
    *,
    alias: str,
    role: str,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
    brands: Sequence[str] = (),
    languages: Sequence[str] = ("en",),
    skills: Sequence[str] = (),
    capacity: int = 3,
) -> Agent:
    """A login with its seat. No brands means every brand."""
    check_username(username)
    check_alias(alias, username, email, first_name, last_name)
    if role not in Agent.Role.values:
        raise BadStaff(f"{role!r} is no role: {', '.join(Agent.Role.values)}")
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise BadStaff(f"{email!r} is no e-mail address") from error
    if not password:
        raise BadStaff("The password must not be empty")
    served = [_brand(slug) for slug in dict.fromkeys(brands)]
    check_languages(languages)
    check_skills(skills)
    check_capacity(capacity)
    try:
        with transaction.atomic():
            agent = Agent(
                username=username,
                email=email,
                first_name=first_name,
                last_name=last_name,
                role=role,
            )
            agent.set_password(password)
            agent.save(force_insert=True)
            seat = Seat.objects.create(
                agent=agent,
                alias=alias,
                capacity=capacity,
                languages=list(dict.fromkeys(languages)),
                skills=list(dict.fromkeys(skills)),
            )
            for brand in served:
                Persona.objects.create(seat=seat, brand=brand, alias=alias)
    except IntegrityError as error:
        raise BadStaff(f"The username {username!r} is taken") from error
    return agent


def check_username(username: str) -> None:
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise BadStaff(f"{username!r} is no username") from error
    if len(username) > 150:
        raise BadStaff("The username must have at most 150 characters")
    if Agent.objects.filter(username=username).exists():
        raise BadStaff(f"The username {username!r} is taken")


def check_alias(
    alias: str, username: str, email: str = "", first_name: str = "", last_name: str = ""
) -> None:
    """Refuses an alias that would tell a player who is behind it."""
    if not alias.strip() or alias != alias.strip() or len(alias) > _ALIAS_CHARS:
        raise BadStaff(f"The alias must be text of 1 to {_ALIAS_CHARS} characters")
    if any(unicodedata.category(sign)[0] == "C" for sign in alias):
        raise BadStaff("The alias must not hold control characters or invisible ones")
    private = {
        username,
        email,
        email.partition("@")[0],
        first_name,
        last_name,
        f"{first_name} {last_name}",
        f"{last_name} {first_name}",
    }
    if _folded(alias) in {_folded(name) for name in private if name.strip()}:
        raise BadStaff("The alias must differ from the username, the e-mail and the real names")


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_languages(languages: Sequence[str]) -> None:
    known = [code for code, _ in settings.LANGUAGES]
    for lang in languages:
        if lang not in known:
            raise BadStaff(f"{lang!r} is no language of this product: {', '.join(known)}")
    if not languages:
        raise BadStaff("At least one language is needed")


def check_skills(skills: Sequence[str]) -> None:
    for skill in skills:
        if not skill or len(skill) > _SKILL_CHARS or not skill.isprintable():
            raise BadStaff(f"{skill!r} is no skill: 1 to {_SKILL_CHARS} characters")


def check_capacity(capacity: int) -> None:
    if capacity not in CAPACITY:
        raise BadStaff(f"The capacity must be {CAPACITY[0]} to {CAPACITY[-1]}, not {capacity}")


def _brand(slug: str) -> Brand:
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        raise BadStaff(f"There is no brand {slug!r}")
    return brand
