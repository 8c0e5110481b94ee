"""Starts everything that the product is made of, and keeps it running."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import connection

from chatdesk.conversations.models import Brand
from chatdesk.demo.casino import CasinoServer, DemoBrand
from chatdesk.serving import assets, checks, valkey
from chatdesk.serving.children import Child, environment, python
from chatdesk.serving.restored import Witness

START_SECONDS = 40.0
END_SECONDS = 19.0
TICK_SECONDS = 0.2
WITNESS_SECONDS = 10.0
MIGRATION_LOCK = 7_061_002


class Command(BaseCommand):
    help = (
        "Serves the product: web processes, the dispatcher, and an embedded Valkey if none is set."
    )
    requires_migrations_checks = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="With demo brands, people and a demo casino"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._ending = False
        self._children: list[Child] = []
        self._casino: CasinoServer | None = None
        try:
            for sentence in checks.unknown_settings():
                self._say(self.stderr, sentence)
            checks.processes(settings.CHATDESK_PROCESSES, connection.vendor)
            checks.writable(settings.CHATDESK_DATA_DIR)
            listening = checks.listen(settings.CHATDESK_HOST, settings.CHATDESK_PORT)
            checks.database()
            self._migrate()
            self._witness = Witness(Path(settings.CHATDESK_DATA_DIR))
            self._witness.begin()
            assets.prepare()
            redis = self._redis_url()
        except (checks.Refused, valkey.NoValkey) as refused:
            raise CommandError(str(refused)) from refused
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_end)
        try:
            if options["demo"]:
                self._seed()
            self._start_web(listening.fileno(), redis)
            self._wait_until_ready()
            if options["demo"]:
                self._open_casino()
            self._announce(options["demo"])
            self._supervise()
        finally:
            self._end_all()
            # The interpreter gives up handlers of ours while it ends; a signal then would kill it.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)

    # --- starting ------------------------------------------------------------------------------

    def _migrate(self) -> None:
        """One process migrates; others that start at the same moment wait for it."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # A migration may take its time; who waits for it must not give up.
                cursor.execute("SET lock_timeout = 0")
                cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            try:
                call_command("migrate", interactive=False, verbosity=0)
            finally:
                if connection.vendor == "postgresql":
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])

    def _redis_url(self) -> str:
        given: str | None = settings.CHATDESK_REDIS_URL
        if given:
            return given
        child, url = valkey.embedded(Path(settings.CHATDESK_DATA_DIR) / "valkey")
        child.start()
        self._children.append(child)
        return url

    def _start_web(self, fd: int, redis: str) -> None:
        env = environment(CHATDESK_REDIS_URL=redis, DJANGO_SETTINGS_MODULE="chatdesk.settings")
        if connection.vendor != "sqlite":
            self._children.append(Child("dispatcher", python("-m", "chatdesk.dispatch"), env))
        web = python("-m", "chatdesk.serving.web", settings.CHATDESK_SERVER, str(fd))
        for number in range(settings.CHATDESK_PROCESSES):
            self._children.append(Child(f"web {number + 1}", web, env, fds=[fd]))
        connection.close()
        for child in self._children:
            if not child.alive():
                child.start()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self._ending:
            if self._ready():
                return
            if time.monotonic() > until:
                raise CommandError("The server did not become ready; its log says why.")
            self._look_after()
            time.sleep(TICK_SECONDS)

    def _ready(self) -> bool:
        host = settings.CHATDESK_HOST if settings.CHATDESK_HOST != "0.0.0.0" else "127.0.0.1"
        ask = http.client.HTTPConnection(host, settings.CHATDESK_PORT, timeout=3)
        try:
            ask.request("GET", "/readyz", headers={"Host": f"127.0.0.1:{settings.CHATDESK_PORT}"})
            return ask.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            ask.close()

    # --- the demo ------------------------------------------------------------------------------

    def _seed(self) -> None:
        if not Brand.objects.exists() or not self._demo_file().exists():
            call_command("seed_demo", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115

    def _demo_file(self) -> Path:
        return Path(settings.CHATDESK_DATA_DIR) / "demo.json"

    def _open_casino(self) -> None:
        known = json.loads(self._demo_file().read_text())
        brands = [
            DemoBrand(
                slug=brand["slug"],
                name=brand["name"],
                colour=brand["colour"],
                secret=brand["secret"],
                kid=brand["kid"],
            )
            for brand in known["brands"]
        ]
        port = settings.CHATDESK_PORT + 1
        try:
            self._casino = CasinoServer(port, settings.CHATDESK_PUBLIC_ORIGIN, brands)
        except OSError as error:
            raise CommandError(f"Port {port}, for the demo casino, is taken.") from error
        self._casino.start()

    # --- running -------------------------------------------------------------------------------

    def _announce(self, demo: bool) -> None:
        origin = settings.CHATDESK_PUBLIC_ORIGIN
        lines = [
            "",
            "chatdesk is ready.",
            f"  desk    {origin}/desk/",
            f"  wall    {origin}/wall/",
            f"  set-up  {origin}/admin/",
        ]
        if demo and self._casino is not None:
            lines.append(f"  casino  {self._casino.origin}/   (the widget in a demo page)")
            lines += ["", "Demo logins (user name, password):"]
            for login in json.loads(self._demo_file().read_text())["logins"]:
                lines.append(
                    f"  {login['role']:<10}  {login['username']:<10}  {login['password']}"
                    f"   appears as {login['alias']}"
                )
        lines += ["", "Ctrl-C ends it.", ""]
        self._say(self.stdout, "\n".join(lines))

    def _supervise(self) -> None:
        noted = time.monotonic()
        while not self._ending:
            self._look_after()
            time.sleep(TICK_SECONDS)
            if time.monotonic() - noted >= WITNESS_SECONDS:
                self._witness.note()
                noted = time.monotonic()

    def _look_after(self) -> None:
        for child in self._children:
            found = child.tick()
            if found is not None and not self._ending:
                self._say(self.stderr, found)

    def _say(self, to: OutputWrapper, text: str) -> None:
        """A full disk under the log is no reason to end."""
        with contextlib.suppress(OSError):
            to.write(text)
            to.flush()

    def _asked_to_end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True

    def _end_all(self) -> None:
        """Web processes drain first, then the dispatcher, Valkey last."""
        until = time.monotonic() + END_SECONDS
        if self._casino is not None:
            self._casino.stop()
        for prefix in ("web", "dispatcher", "valkey"):
            group = [child for child in self._children if child.name.startswith(prefix)]
            for child in group:
                child.ask_to_end()
            for child in group:
                child.end(until if prefix == "web" else until + 0.5)
        self._witness.note()
