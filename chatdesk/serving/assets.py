"""Static files as they go over the wire: collected once a release, compressed copies beside them.

What players load is committed as it was built (static/bundle.mjs); the pages of staff need no build step.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

COMPLETE = ".complete"


def prepare() -> None:
    """Makes the copies of this release unless they are there; those of other releases go."""
    root = Path(settings.STATIC_ROOT)
    if (root / COMPLETE).exists():
        return
    if root.parent.is_dir():
        for old in root.parent.iterdir():
            shutil.rmtree(old, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    # Last, so that a start that was cut off begins anew.
    (root / COMPLETE).touch()
