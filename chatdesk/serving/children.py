"""A child process that never outlives its parent, and comes back when it dies."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

_PR_SET_PDEATHSIG = 1
# Where one process serves alone everybody waits for it: a longer pause would spare a little CPU only.
LONGEST_BACKOFF_SECONDS = 1.0
SETTLED_SECONDS = 3.0


def _die_with_parent(number: int) -> None:
    """Asks the kernel for a signal when the parent dies, however it dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


class Child:
    """One supervised process. ``tick`` starts it again after it died, each time a little later."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        fds: Sequence[int] = (),
        quiet: bool = False,
        orphan_signal: int = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._argv = list(argv)
        self._env = dict(env)
        self._fds = tuple(fds)
        self._quiet = quiet
        self._orphan_signal = orphan_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._backoff = 0.5
        self._again = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self._argv,
            env=self._env,
            pass_fds=self._fds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self._quiet else None,
            # Ctrl-C in the terminal is for the parent, which stops the children in order.
            start_new_session=True,
            preexec_fn=lambda: _die_with_parent(self._orphan_signal),
        )

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def tick(self) -> str | None:
        """Restarts a dead child when its time has come; returns a sentence when one was found dead."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._again:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            if now - self._started > SETTLED_SECONDS:
                self._backoff = 0.5
            return None
        self._process = None
        self._again = now + self._backoff
        wait, self._backoff = self._backoff, min(self._backoff * 2, LONGEST_BACKOFF_SECONDS)
        return f"{self.name} died ({_ending(code)}); starting it again in {wait:g} s"

    def ask_to_end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, until: float) -> None:
        """Waits until the given monotonic time, then kills."""
        if self._process is None:
            return
        try:
            self._process.wait(max(until - time.monotonic(), 0.05))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **more}
