"""Brings the catalogues up to date: collects what the sources say, compiles what is translated."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatdesk.serving import catalogues


class Command(BaseCommand):
    help = "Collects the texts of the sources into the catalogues and compiles them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; fail if anything is out of date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        faults: list[str] = []
        for lang in catalogues.LANGS:
            for domain in catalogues.DOMAINS:
                faults += self._one(lang, domain, check=options["check"])
        for fault in faults:
            self.stdout.write(fault)
        if options["check"] and faults:
            raise CommandError("The catalogues are out of date or incomplete.")

    def _one(self, lang: str, domain: str, *, check: bool) -> list[str]:
        catalogue = catalogues.collect(lang, domain)
        path = catalogues.po_path(lang, domain)
        files = {path: catalogues.po_bytes(catalogue)}
        if domain == "django":
            files[path.with_suffix(".mo")] = catalogues.mo_bytes(catalogue)
        else:
            for page in catalogues.PAGES:
                target = catalogues.LOCALE / lang / f"{page}.json"
                files[target] = catalogues.page_json(catalogue, page).encode()
        faults = [
            f"{lang} {domain}: not translated: {text}"
            for text in catalogues.untranslated(catalogue)
        ]
        for target, content in files.items():
            if target.exists() and target.read_bytes() == content:
                continue
            if check:
                faults.append(f"{lang} {domain}: {target.name} is out of date")
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        return faults
