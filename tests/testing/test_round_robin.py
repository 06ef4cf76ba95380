from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from holdfast.testing.round_robin import RoundRobin


@contextmanager
def server(name: str) -> Iterator[str]:
    """Serve a name with what was sent; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"]))
            body = name.encode() + b" at " + self.headers["host"].encode() + b": " + sent
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.send_header("connection", "close")  # as it was asked to, and as servers say
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_port}"
    finally:
        served.shutdown()
        thread.join()
        served.server_close()


def test_requests_of_one_client_go_to_each_server_in_turn_as_they_are() -> None:
    with (
        server("one") as one,
        server("two") as two,
        RoundRobin([one, two]) as proxy,
        httpx2.Client(base_url=proxy.url) as client,
    ):
        told = [client.post("/x", content=f"{number}" * 100_000).text for number in range(4)]
    here = proxy.url.removeprefix("http://")
    assert told == [
        f"{name} at {here}: {number * 100_000}"
        for name, number in zip(["one", "two"] * 2, "0123", strict=True)
    ]


def test_a_server_that_is_not_there_ends_the_connection_and_the_next_request_is_served() -> None:
    with server("gone") as gone:
        pass
    with server("one") as one, RoundRobin([gone, one]) as proxy, httpx2.Client(base_url=proxy.url) as client:
        with pytest.raises(httpx2.TransportError):
            client.post("/x", content="a")
        assert client.post("/x", content="a").text.startswith("one at ")
