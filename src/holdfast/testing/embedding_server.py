"""A real OpenAI-compatible embeddings endpoint on this machine, with faults by script.

    with EmbeddingServer([Fault(status=503, retry_after="0.01")]) as server:
        ...  # point embedding.endpoint.url at server.url

Faults are used up one request each, in order of arrival; then every request gets vectors, which are
derived from the texts alone.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np

_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one request goes wrong; the default is not at all."""

    status: int = _OK
    body: str | None = None
    """Sent instead of vectors."""
    retry_after: str = ""
    cut: bool = False
    """Close the connection in the middle of the reply."""
    hang_s: float = 0.0
    """Send nothing for so long, or until the server stops."""
    drip_s: float = 0.0
    """Send a byte at a time, so long apart."""
    location: str = ""
    """Where a redirect points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any]


class EmbeddingServer:
    """Serves vectors of a given length until the `with` block ends."""

    def __init__(
        self, faults: Sequence[Fault] = (), *, dimension: int = 8, refuses: str = "", counts: bool = True
    ) -> None:
        self.requests: list[Asked] = []
        self.most_at_once = 0
        self.counts = counts
        """Whether replies name the tokens that were read; here they are words."""
        self.dimension = dimension
        self.refuses = refuses
        """A request that holds this in any text is answered with 400."""
        self.faults = deque(faults)
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.at_once = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        _Handler.servers[self._http.server_port] = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Return the base URL."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()
        _Handler.servers.pop(self._http.server_port, None)


def vector_of(text: str, dimension: int) -> list[float]:
    """Return the vector the server sends for a text; not normalised, as many servers do not."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return [float(number) for number in 3 * np.random.default_rng(seed).standard_normal(dimension)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    servers: dict[int, EmbeddingServer] = {}  # noqa: RUF012 filled by the servers themselves

    def do_POST(self) -> None:
        """Answer one request by the script."""
        assert isinstance(self.server, ThreadingHTTPServer)
        owner = self.servers[self.server.server_port]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with owner.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            owner.requests.append(Asked(path=self.path, headers=headers, body=body))
            fault = owner.faults.popleft() if owner.faults else Fault()
            owner.at_once += 1
            owner.most_at_once = max(owner.most_at_once, owner.at_once)
        try:
            if owner.refuses and any(owner.refuses in text for text in body["input"]):
                fault = Fault(status=400, body='{"error": {"message": "a text was refused"}}')
            owner.stopped.wait(fault.hang_s)
            self._reply(fault, owner, body["input"])
        except OSError:  # the client has gone
            self.close_connection = True
        finally:
            with owner.lock:
                owner.at_once -= 1

    def _reply(self, fault: Fault, owner: EmbeddingServer, texts: Sequence[str]) -> None:
        data = (fault.body if fault.body is not None else _vectors(texts, owner)).encode()
        self.send_response(fault.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if fault.retry_after:
            self.send_header("retry-after", fault.retry_after)
        if fault.location:
            self.send_header("location", fault.location)
        self.end_headers()
        if fault.cut:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        elif fault.drip_s:
            for place in range(len(data)):
                self.wfile.write(data[place : place + 1])
                if owner.stopped.wait(fault.drip_s):
                    return
        else:
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is the base class's
        """Say nothing on stderr."""


def _vectors(texts: Sequence[str], owner: EmbeddingServer) -> str:
    """Return the reply with its rows in reverse, as the protocol allows: `index` says where each belongs."""
    rows = [
        {"object": "embedding", "index": place, "embedding": vector_of(text, owner.dimension)}
        for place, text in enumerate(texts)
    ]
    told: dict[str, Any] = {"object": "list", "data": rows[::-1], "model": "served"}
    if owner.counts:
        told["usage"] = {"total_tokens": sum(len(text.split()) for text in texts)}
    return json.dumps(told)
