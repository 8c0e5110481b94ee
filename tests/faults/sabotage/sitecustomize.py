"""Loaded by every Python that starts with this folder on its path; harmless unless ``SABOTAGE`` is set.

A web process and the dispatcher both import ``chatdesk.dispatch.dispatcher`` and nobody else does: when
that module has been executed, the core is there and nothing runs yet.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType

PLANTED_AFTER = "chatdesk.dispatch.dispatcher"


class _Then(importlib.abc.Loader):
    """The module's own loader, and then the planting."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        importlib.import_module("tests.faults.sabotage").plant()


class _Waiting(importlib.abc.MetaPathFinder):
    """Finds one module, once, as everybody else would, and puts the planting behind it."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != PLANTED_AFTER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Then(spec.loader)
        return spec


_names = os.environ.get("SABOTAGE", "").split()
if _names:
    sys.meta_path.insert(0, _Waiting())
if any(name.partition(":")[0] == "clock" for name in _names):
    # The working directory is not on the path yet, so early is this.
    import false_clock

    false_clock.begin()
