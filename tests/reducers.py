"""What a client knows: frames in, state out, as honest client code folds them.

No server code and no socket. A fresh client and one that was there all along use the same reducers, so
that their states can be compared; ``deaf_to`` makes a client that ignores kinds of frames, which the
comparison must catch. Left out of a state is only what depends on the moment or on the socket alone:

- ``queue.eta_s`` and ``wall.rev``: an estimate that moves with the clock, a count of frames of one process;
- ``offers[].player`` … nothing else: every other field of every frame is compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy
from typing import Any

Frame = dict[str, Any]
