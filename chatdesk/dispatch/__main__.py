"""``python -m chatdesk.dispatch``: the dispatcher as a process of its own (PostgreSQL)."""

from __future__ import annotations

import asyncio
import os
import signal

import django


async def _main() -> None:
    from chatdesk import consequences
    from chatdesk.connections.runtime import runtime
    from chatdesk.dispatch.dispatcher import Dispatcher

    consequences.install()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    runtime.with_part(Dispatcher)
    runtime.start()
    await ended.wait()
    await runtime.stop()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    django.setup()
    asyncio.run(_main())
