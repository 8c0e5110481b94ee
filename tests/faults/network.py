"""A network that can be cut in silence: namespaces, each behind a router that may swallow everything.

A cut sends no RST, no ICMP, no carrier loss: whoever is at either end hears nothing at all, as when a phone
leaves the house. For that there must be somebody in between: a second namespace routes, and a cut is
two blackhole routes in it. Between processes of this machine there is nobody: there a rule of the packet
filter swallows what goes to or from one port. Needs root and Debian's packages iproute2 and nftables;
nothing leaves the machine.
"""

from __future__ import annotations

import ctypes
import os
import random
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

_NETNS = Path("/var/run/netns")
_CLONE_NEWNET = 0x40000000
_PREFIX = "cd"


class NoNetwork(RuntimeError):
    """Namespaces cannot be made here; the message says what is needed."""


def require() -> None:
    """Raises NoNetwork where namespaces cannot be made."""
    if shutil.which("ip") is None:
        raise NoNetwork("There is no ip: install Debian's package iproute2.")
    if os.geteuid() != 0:
        raise NoNetwork(
            "Network namespaces need root: run this as root, or in a container as root."
        )
    probe = f"{_PREFIX}{os.getpid()}probe"
    try:
        _ip("netns", "add", probe)
        _ip("netns", "delete", probe)
    except subprocess.CalledProcessError as error:
        raise NoNetwork(
            f"Network namespaces cannot be made ({error.stderr.strip()}): "
            "the container needs CAP_SYS_ADMIN and CAP_NET_ADMIN."
        ) from error


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=True)
    return done.stdout


def _names_in_use() -> list[str]:
    return [path.name for path in _NETNS.iterdir()] if _NETNS.is_dir() else []


def sweep() -> None:
    """Removes what a harness left that was killed: its namespaces and filters bear its process id."""
    for name in _names_in_use():
        found = re.fullmatch(rf"{_PREFIX}(\d+)[a-z]+\d*", name)
        if found and not Path(f"/proc/{found[1]}").exists():
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    if shutil.which("nft") is None:
        return
    said = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=False)
    for table, pid in re.findall(rf"table inet ({_PREFIX}(\d+)port\d+)", said.stdout):
        if not Path(f"/proc/{pid}").exists():
            subprocess.run(["nft", "delete", "table", "inet", table], check=False)


def _free_block() -> str:
    """Three bytes of a /24 that nobody on this machine uses."""
    taken = _ip("-o", "-4", "address") + _ip("-o", "-4", "route")
    while True:
        block = f"10.213.{random.randrange(256)}"
        if f"{block}." not in taken:
            return block


class Place:
    """Somewhere else: a namespace, the router before it, and what one can do from there.

    ``here`` is the address of this side as the place sees it, ``there`` the address of the place.
    """

    _made = 0

    def __init__(self) -> None:
        Place._made += 1
        mark = f"{os.getpid()}{{}}{Place._made}"
        self.name = f"{_PREFIX}{mark.format('far')}"
        self._router = f"{_PREFIX}{mark.format('way')}"
        self._link = f"{_PREFIX}{Place._made}x{os.getpid()}"
        self._inside: ThreadPoolExecutor | None = None
        self.cut_now = False
        self.here = self.there = ""

    def __enter__(self) -> Self:
        require()
        sweep()
        block = _free_block()
        self.here, self.there = f"{block}.1", f"{block}.6"
        try:
            self._build(block)
        except BaseException:
            self.remove()
            raise
        self._inside = ThreadPoolExecutor(1, thread_name_prefix=self.name, initializer=self._enter)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def _build(self, block: str) -> None:
        far, way, link = self.name, self._router, self._link
        _ip("netns", "add", far)
        _ip("netns", "add", way)
        _ip("link", "add", link, "type", "veth", "peer", "name", "near", "netns", way)
        _ip("-n", way, "link", "add", "away", "type", "veth", "peer", "name", "out", "netns", far)
        _ip("address", "add", f"{block}.1/30", "dev", link)
        _ip("-n", way, "address", "add", f"{block}.2/30", "dev", "near")
        _ip("-n", way, "address", "add", f"{block}.5/30", "dev", "away")
        _ip("-n", far, "address", "add", f"{block}.6/30", "dev", "out")
        _ip("link", "set", link, "up")
        for namespace, device in ((way, "near"), (way, "away"), (far, "out"), (far, "lo")):
            _ip("-n", namespace, "link", "set", device, "up")
        _ip("route", "add", f"{block}.4/30", "via", f"{block}.2")
        _ip("-n", far, "route", "add", "default", "via", f"{block}.5")
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
        _ip("netns", "exec", way, "sh", "-c", forward)

    def remove(self) -> None:
        """Takes it away, whatever there is of it."""
        if self._inside is not None:
            self._inside.shutdown(wait=True)
            self._inside = None
        for words in (
            ("link", "delete", self._link),
            ("netns", "delete", self._router),
            ("netns", "delete", self.name),
        ):
            subprocess.run(["ip", *words], capture_output=True, check=False)

    # --- being there ---------------------------------------------------------------------------

    def _enter(self) -> None:
        """Moves the one thread of the pool; a thread of its own, because it never comes back."""
        libc = ctypes.CDLL(None, use_errno=True)
        file = os.open(_NETNS / self.name, os.O_RDONLY)
        try:
            if libc.setns(file, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns {self.name}")
        finally:
            os.close(file)

    def socket(self) -> socket.socket:
        """A TCP socket of the place; a socket stays where it was made, so it may be used anywhere."""
        assert self._inside is not None
        return self._inside.submit(socket.socket, socket.AF_INET, socket.SOCK_STREAM).result()

    def command(self, argv: Sequence[str]) -> list[str]:
        """The same command, to be run there."""
        return ["ip", "netns", "exec", self.name, *argv]

    # --- the cut -------------------------------------------------------------------------------

    def cut(self) -> None:
        """From now on everything is swallowed on the way, in both directions."""
        for address in (self.here, self.there):
            _ip("-n", self._router, "route", "add", "blackhole", f"{address}/32")
        self.cut_now = True

    def heal(self) -> None:
        if not self.cut_now:
            return
        for address in (self.here, self.there):
            _ip("-n", self._router, "route", "delete", "blackhole", f"{address}/32")
        self.cut_now = False


@contextmanager
def places(number: int) -> Iterator[list[Place]]:
    """Several at once; all are taken away whatever happens."""
    found: list[Place] = []
    try:
        for _ in range(number):
            found.append(Place().__enter__())
        yield found
    finally:
        for place in found:
            place.remove()


class Port:
    """One TCP port of this machine whose packets, to it and from it, can be swallowed."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._table = f"{_PREFIX}{os.getpid()}port{number}"

    def cut(self) -> None:
        if shutil.which("nft") is None:
            raise NoNetwork("There is no nft: install Debian's package nftables.")
        number, table = self._number, self._table
        self._nft(
            f"add table inet {table}\n"
            f"add chain inet {table} way {{ type filter hook input priority 0; }}\n"
            f"add rule inet {table} way tcp dport {number} drop\n"
            f"add rule inet {table} way tcp sport {number} drop\n"
        )

    def heal(self) -> None:
        subprocess.run(
            ["nft", "delete", "table", "inet", self._table], capture_output=True, check=False
        )

    @staticmethod
    def _nft(rules: str) -> None:
        done = subprocess.run(
            ["nft", "-f", "-"], input=rules, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NoNetwork(
                f"The packet filter takes no rule ({done.stderr.strip()}): "
                "it needs root, CAP_NET_ADMIN, and a kernel with nf_tables."
            )
