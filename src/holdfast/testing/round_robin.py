"""A round-robin proxy on this machine: each request goes to the next of several servers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from urllib.parse import urlsplit

from holdfast.testing.loopback import LoopbackServer

_HEAD_AT_MOST = 256 * 1024
_AT_ONCE = 64 * 1024


class RoundRobin(LoopbackServer):
    """Passes HTTP/1.1 requests on as they are, one a connection, so that no client stays with one server.

    A client that closes its connection closes the one behind it, too.
    """

    def __init__(self, servers: Sequence[str], *, port: int = 0) -> None:
        """Take the addresses of the servers (`http://127.0.0.1:PORT`)."""
        super().__init__(port=port)
        self._next = itertools.cycle([urlsplit(one) for one in servers])

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        server = next(self._next)
        back, forth = await asyncio.open_connection(server.hostname, server.port, limit=_HEAD_AT_MOST)
        passing = [
            asyncio.create_task(_passed_on(reader, forth, first=_closing(head))),
            asyncio.create_task(_passed_on(back, writer)),
        ]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
            forth.close()


def _closing(head: bytes) -> bytes:
    """Return a request's head that asks the server to close the connection after its answer."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"connection: close", *lines[1:]])


async def _passed_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, first: bytes = b""
) -> None:
    writer.write(first)
    while data := await reader.read(_AT_ONCE):
        writer.write(data)
        await writer.drain()
