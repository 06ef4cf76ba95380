"""A real provider on this machine, with faults by script, for tests of everything that calls one.

    with ProviderServer([Scripted(status=503), Scripted(text="24 Nm [1].")]) as server:
        ...  # call server.openai_url, server.anthropic_url or server.rerank_url

It speaks OpenAI's chat completions and Anthropic's messages, streaming and not, the batch interfaces of both,
OpenAI's embeddings, lists of models, and a Cohere/Jina-style rerank endpoint, over HTTP on the loopback
interface; no client has to be replaced. `server.account` says what it sent; `GET /account` says the same to
other processes.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

from holdfast.testing.loopback import LoopbackServer
from holdfast.testing.provider_account import Account, Sent
from holdfast.testing.provider_batches import Batches, BatchScript
from holdfast.testing.provider_http import Served, read_request, until_closed, whole_bytes
from holdfast.testing.provider_others import dialect_of
from holdfast.testing.provider_script import Fault, Mix, Scripted
from holdfast.testing.provider_sending import Sender

__all__ = ["Account", "BatchScript", "Fault", "Mix", "ProviderServer", "Scripted", "Sent", "Served"]

ACCOUNT_PATH = "/account"

_BATCHES = BatchScript()
Script = Sequence[Scripted] | Callable[[Served], Scripted]


class ProviderServer(LoopbackServer):
    """Serves scripted replies until the `with` block ends.

    A sequence answers one request each, the last one all further ones; a function, such as a Mix, answers by
    request.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        port: int = 0,
        keeps_requests: bool = True,
        batches: BatchScript | None = _BATCHES,
    ) -> None:
        """Take what to answer, a port (0: any that is free), and how batches go; None: it takes none."""
        super().__init__(port=port)
        self.requests: list[Served] = []
        """What came, if `keeps_requests`."""
        self.most_at_once = 0
        """Requests that were being answered at the same time, at most."""
        self._script = script or (Scripted(),)
        self._keeps = keeps_requests
        self._sent: list[Sent] = []
        self._at_once = 0
        self._sender = Sender()
        self._batches = None if batches is None else Batches(batches, self._drawn)

    @property
    def rerank_url(self) -> str:
        """Return the address of the rerank endpoint."""
        return f"{self.url}/v1/rerank"

    @property
    def account(self) -> Account:
        """Return what was sent so far."""
        return Account(sent=tuple(map(copy.copy, self._sent)))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            if request.path == ACCOUNT_PATH:
                writer.write(whole_bytes(HTTPStatus.OK, json.dumps(self.account.as_json())))
                continue
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            try:
                if not await self._answer(request, reader, writer):
                    return
            finally:
                self._at_once -= 1

    async def _answer(
        self, request: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; return whether the connection can be used again."""
        if self._keeps:
            self.requests.append(request)
        if self._batches is not None and (told := self._batches.answer(request)) is not None:
            writer.write(told)
            return True
        scripted, sent = self._drawn(request)
        await asyncio.sleep(scripted.delay_s)
        if scripted.fault is Fault.STALL:
            await until_closed(reader)
            return False
        if scripted.fault is Fault.RESET:
            writer.transport.abort()
            return False
        dialect = dialect_of(request.path, request.headers)
        if dialect is None or not request.is_json:
            sent.status = HTTPStatus.BAD_REQUEST if dialect else HTTPStatus.NOT_FOUND
            what = "the body is no JSON object" if dialect else "no such path"
            writer.write(whole_bytes(sent.status, json.dumps({"error": {"message": what}})))
            return True
        return await self._sender.send(request, dialect, scripted, sent, reader, writer)

    def _drawn(self, request: Served) -> tuple[Scripted, Sent]:
        """Return what to answer, and where to put down what was sent."""
        scripted = self._next(request)
        model = scripted.model or str(request.body.get("model", ""))
        sent = Sent(path=request.path, model=model, fault=scripted.fault)
        self._sent.append(sent)
        return scripted, sent

    def _next(self, request: Served) -> Scripted:
        if callable(self._script):
            return self._script(request)
        return self._script[min(len(self._sent), len(self._script) - 1)]
