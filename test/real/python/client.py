"""A WebSocket client made with the library `websockets`, steered by lines of JSON.

python client.py URL SUBPROTOCOL [ORIGINATOR]

Each line of standard input is {"send": PRIMITIVE}, sent as a text frame; {"ping": true}; or {"close": CODE}.
Each line of standard output is an event: open, message, pinged (by the server), ponged (our ping was answered), closed.
"""

import asyncio
import json
import logging
import sys

import websockets
from websockets.asyncio.client import connect


def tell(event, **what):
    print(json.dumps({"event": event, **what}), flush=True)


class PingsReceived(logging.Handler):
    """The library answers pings by itself and shows them in its debug log alone."""

    def emit(self, record):
        if record.getMessage().startswith("< PING"):
            tell("pinged")


async def obey(connection):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        order = json.loads(line)
        if "send" in order:
            await connection.send(json.dumps(order["send"]))
        elif "ping" in order:
            await (await connection.ping())
            tell("ponged")
        elif "close" in order:
            await connection.close(order["close"])


async def main(url, subprotocol, originator=None):
    log = logging.getLogger("websockets.client")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(PingsReceived())
    headers = {} if originator is None else {"X-M2M-Origin": originator}
    async with connect(
        url,
        subprotocols=[subprotocol],
        additional_headers=headers,
        ping_interval=None,
        proxy=None,
    ) as connection:
        tell("open", subprotocol=connection.subprotocol)
        orders = asyncio.create_task(obey(connection))
        try:
            async for message in connection:
                tell("message", text=isinstance(message, str), primitive=json.loads(message))
        except websockets.ConnectionClosed:
            pass
        orders.cancel()
        tell("closed", code=connection.close_code)


asyncio.run(main(*sys.argv[1:]))
