"""Real local receivers of notices: a webhook's server, a mail server that keeps what it takes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True, kw_only=True)
class Posted:
    """One request that a webhook's server took."""

    path: str
    headers: dict[str, str]
    """By name in small letters."""
    body: bytes


@dataclass(slots=True, kw_only=True)
class WebhookReceiver:
    """What was posted, and how the server answers: with the next of the statuses, then with 204."""

    url: str = ""
    taken: list[Posted] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def webhook_receiver(statuses: Sequence[int] = ()) -> Iterator[WebhookReceiver]:
    """Yield a server on this machine that takes posts."""
    receiver = WebhookReceiver(statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.taken.append(Posted(path=self.path, headers=headers, body=self.rfile.read(length)))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    with _served(server):
        yield receiver


@dataclass(slots=True, kw_only=True)
class MailReceiver:
    """What was mailed; addresses in `refused` are not taken."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    """The addresses of each mail's envelope."""
    refused: set[str] = field(default_factory=set)
    busy: int = 0
    """How many mails are put off with status 451 before one is taken."""


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """Yield an SMTP server (RFC 5321, without extensions) on this machine that keeps what it takes."""
    receiver = MailReceiver()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _Conversation(receiver, self.rfile, self.wfile).hold()

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    with _served(server):
        yield receiver


class _Conversation:
    """One client's commands, answered in order."""

    def __init__(self, receiver: MailReceiver, lines: Any, replies: Any) -> None:
        self._receiver, self._lines, self._replies = receiver, lines, replies
        self._to: list[str] = []

    def hold(self) -> None:
        self._say(220, "here")
        while line := self._lines.readline():
            command, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            if not self._answer(command.upper(), rest):
                return

    def _answer(self, command: str, rest: str) -> bool:
        match command:
            case "QUIT":
                self._say(221, "bye")
                return False
            case "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                if address in self._receiver.refused:
                    self._say(550, "no such mailbox")
                else:
                    self._to.append(address)
                    self._say(250, "ok")
            case "DATA":
                self._take()
            case "RSET":
                self._to = []
                self._say(250, "ok")
            case "EHLO" | "HELO" | "MAIL" | "NOOP":
                self._say(250, "ok")
            case _:
                self._say(502, "not here")
        return True

    def _take(self) -> None:
        self._say(354, "go on")
        data = b""
        while (line := self._lines.readline()) not in (b".\r\n", b""):
            data += line.removeprefix(b".")
        if self._receiver.busy > 0:
            self._receiver.busy -= 1
            self._say(451, "later")
            return
        message = BytesParser(policy=default).parsebytes(data)
        self._receiver.taken.append(message)
        self._receiver.recipients.append(self._to)
        self._to = []
        self._say(250, "taken")

    def _say(self, code: int, words: str) -> None:
        self._replies.write(f"{code} {words}\r\n".encode())


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
