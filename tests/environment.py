"""Loaded before Django's settings: tests never touch the data of whoever runs them, nor each other's."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

_OURS = "CHATDESK_DATA_DIR" not in os.environ
if _OURS:
    os.environ["CHATDESK_DATA_DIR"] = tempfile.mkdtemp(prefix="chatdesk-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _OURS:
        shutil.rmtree(os.environ["CHATDESK_DATA_DIR"], ignore_errors=True)
