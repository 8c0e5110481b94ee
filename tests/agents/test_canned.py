"""Prepared answers: variables, languages, scopes that the database holds, and reading a file."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from agents.canned import filling, importing
from agents.models import CannedResponse, CannedText
from chatdesk.demo import seeding
from tests import builders
from tests.agents.people import hire


def test_variables_are_found_once_each_in_order():
    body = "{{b}} {{ a }} {{b}} {c} {{ d e }} {{}}"
    assert filling.variables(body) == ["b", "a"]
    assert filling.unfilled("Dear {{player_name}}") == ["player_name"]
    assert filling.unfilled("Dear Sanne") == []


def test_what_has_no_value_stays_to_be_seen():
    assert filling.fill("{{a}}, {{ b }}, {{c}}", {"a": "1", "c": ""}) == "1, {{ b }}, {{c}}"


def test_values_are_never_filled_again():
    assert filling.fill("{{a}}", {"a": "{{b}}", "b": "secret"}) == "{{b}}"


@pytest.mark.parametrize("body", ["{{a", "a}}", "{{a b}}", "{{}}", "{{{{a}}}}", "{{a}} }}"])
def test_stray_braces_are_no_good_form(body):
    assert not filling.is_well_formed(body)


def test_the_language_falls_back_in_order():
    texts = {lang: CannedText(lang=lang) for lang in ("ru", "en", "sv")}

    def chosen(lang: str, default: str) -> str | None:
        found = filling.in_language(texts, lang, default)
        return found.lang if found is not None else None

    assert chosen("sv", "ru") == "sv"
    assert chosen("sv-FI", "ru") == "sv"
    assert chosen("nl", "ru") == "ru"
    assert chosen("nl", "fi") == "en"
    del texts["en"]
    assert chosen("nl", "fi") == "ru"
    assert filling.in_language({}, "nl", "en") is None


@pytest.mark.django_db
def test_a_shortcut_is_unique_within_each_scope_only():
    brand, agent = builders.brand(), hire()
    scopes = [{}, {"brand": brand}, {"owner": agent}]
    for scope in scopes:
        CannedResponse.objects.create(shortcut="hello", **scope)
    for scope in scopes:
        with pytest.raises(IntegrityError), transaction.atomic():
            CannedResponse.objects.create(shortcut="hello", **scope)
    with pytest.raises(IntegrityError), transaction.atomic():
        CannedResponse.objects.create(shortcut="both", brand=brand, owner=agent)


def _entry(**more):
    texts = {"en": {"title": "Hello", "body": "Hi {{player_name}}"}}
    return {"shortcut": "/hello", "texts": texts, **more}


@pytest.mark.django_db
def test_a_file_can_be_read_again_and_changes_only_what_differs():
    assert importing.read([_entry()]) == importing.Imported(1, 0, 0)
    assert CannedResponse.objects.get().shortcut == "hello"
    assert importing.read([_entry()]) == importing.Imported(0, 0, 1)
    nl = {"nl": {"title": "Hallo", "body": "Hallo {{player_name}}"}}
    assert importing.read([_entry(texts=nl)]) == importing.Imported(0, 1, 0)
    assert list(CannedText.objects.values_list("lang", "title")) == [("nl", "Hallo")]


@pytest.mark.django_db
def test_a_brands_response_stands_beside_everybodys():
    builders.brand("aurora")
    importing.read([_entry(), _entry(brand="aurora")])
    assert sorted(row.scope for row in CannedResponse.objects.all()) == ["brand", "everyone"]


TEXT = {"title": "x", "body": "x"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ({}, "a list"),
        ([5], "entry 1: must be an object"),
        ([{}], "entry 1: shortcut"),
        ([_entry(shortcut="Hello you")], "entry 1 (Hello you): shortcut"),
        ([_entry(shortcut=5)], "shortcut"),
        ([_entry(colour="red")], "unknown field 'colour'"),
        ([_entry(brand="nowhere")], "no brand 'nowhere'"),
        ([_entry(topic=5)], "topic"),
        ([_entry(texts={})], "at least one language"),
        ([_entry(texts={"de": TEXT})], "texts.de: the language is unknown"),
        ([_entry(texts={"en": {"title": "x"}})], "title and body"),
        ([_entry(texts={"en": {"title": "x" * 121, "body": "x"}})], "texts.en: title"),
        ([_entry(texts={"en": {"title": "x", "body": " "}})], "texts.en: body"),
        ([_entry(texts={"en": {"title": "x", "body": "x" * 4001}})], "texts.en: body"),
        ([_entry(texts={"en": {"title": "x", "body": "a\x00"}})], "control characters"),
        ([_entry(texts={"en": {"title": "x", "body": "{{a"}})], "braces"),
        (
            [_entry(texts={"en": {"title": "x", "body": "{{a}}"}, "nl": TEXT})],
            "texts.nl: variables of the other languages are missing: a",
        ),
        ([_entry(), _entry()], "entry 2 (/hello): the shortcut is already used"),
    ],
)
def test_a_faulty_file_changes_nothing_and_says_where(document, fault):
    good = {"shortcut": "good", "texts": {"en": TEXT}}
    whole = [*document, good] if isinstance(document, list) else document
    with pytest.raises(importing.BadImport) as caught:
        importing.read(whole)
    assert fault in str(caught.value)
    assert not CannedResponse.objects.exists()


@pytest.mark.django_db
def test_the_command_reads_a_file(tmp_path, capsys):
    path = tmp_path / "canned.json"
    path.write_text(json.dumps([_entry()]), encoding="utf-8")
    call_command("import_canned", str(path))
    assert json.loads(capsys.readouterr().out) == {"created": 1, "changed": 0, "unchanged": 0}
    for content in ("{", "[" * 100_000, '["x"]'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(CommandError):
            call_command("import_canned", str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(CommandError):
        call_command("import_canned", str(path))
    with pytest.raises(CommandError):
        call_command("import_canned", str(tmp_path / "nothing.json"))


@pytest.mark.django_db
def test_the_starter_set_is_whole():
    document = json.loads(seeding.STARTER.read_text(encoding="utf-8"))
    assert importing.read(document) == importing.Imported(30, 0, 0)
    assert importing.read(document) == importing.Imported(0, 0, 30)
    languages = [code for code, _ in settings.LANGUAGES]
    assert CannedText.objects.count() == 30 * len(languages)
