"""``python -m bench.limits.echo PORT``: a picows server that sends each text frame back, and nothing else.

No ASGI, no HTTP framework: what WebSocket frames cost a process of Python when the rest is C.
"""

from __future__ import annotations

import asyncio
import sys

import picows
import uvloop


class Echo(picows.WSListener):
    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            transport.send(picows.WSMsgType.TEXT, frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()


async def serve(port: int) -> None:
    """On the loopback, until it is cancelled."""
    server: asyncio.Server = await picows.ws_create_server(
        lambda request: Echo(), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
