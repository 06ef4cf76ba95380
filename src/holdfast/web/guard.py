"""Turn away requests that no page of ours makes, before anything reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Scope = Mapping[str, Any]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_JSON = 2_000_000
"""Bytes of a body that is not an upload: a question of 1 MB with everything around it."""
MOST_UPLOAD = 26_000_000
"""Bytes of all attachments of one item together."""
LINGER_S = 1.0
"""Seconds in which the rest of a refused body is taken and thrown away, at most as much as would be read."""
ERRORS_FROM = 400
BODIES = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), clipboard-write=(self)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a request goes no further."""

    status: int
    what: str
    move: str


class TooLarge(Exception):
    """A body went on beyond its limit."""


class Guard:
    """ASGI middleware: hosts, origins, sizes, content types, security headers."""

    def __init__(self, app: Any, *, hosts: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        refused = refusal_of(scope["method"], headers, scheme=scope["scheme"], hosts=self._hosts)
        if refused is None and (b"%00" in scope["query_string"] or "\0" in scope["path"]):
            refused = Refused(status=400, what="the address holds a NUL", move="Leave it out.")
        body = _Body(receive, most_bytes(headers))
        if refused is not None:
            await _answer(send, refused, body)
            return
        started = 0

        async def send_guarded(message: dict[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = message["status"]
                message = {**message, "headers": with_headers(message["headers"])}
            elif started >= ERRORS_FROM and not message.get("more_body"):
                await send({**message, "more_body": True})
                await body.let_go()
                message = {"type": message["type"], "body": b""}
            await send(message)

        try:
            await self._app(scope, body.receive, send_guarded)
        except TooLarge:
            if not started:
                await _answer(send, _too_large(headers), body)


class _Body:
    """A request's body: what comes of it is counted, what is left at the end is let go."""

    def __init__(self, receive: Any, most: int) -> None:
        self._receive = receive
        self._most = most
        self._seen = 0
        self._is_over = False

    async def receive(self) -> dict[str, Any]:
        """Return what comes next; raise TooLarge beyond the limit."""
        message: dict[str, Any] = await self._receive()
        self._is_over = not message.get("more_body")
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            raise TooLarge
        return message

    async def let_go(self) -> None:
        """Read on for a moment and keep nothing: whoever still sends would not see the answer otherwise."""
        self._seen = 0
        with suppress(TimeoutError, TooLarge):
            async with asyncio.timeout(LINGER_S):
                while not self._is_over:
                    await self.receive()


def refusal_of(
    method: str, headers: Mapping[str, str], *, scheme: str, hosts: frozenset[str]
) -> Refused | None:
    """Return why this request is turned away, or None.

    A foreign Host is a name that was pointed at us (DNS rebinding); a foreign Origin is another site's
    page that uses our reader's browser.
    """
    host = headers.get("host", "")
    if not _is_ours(host, hosts):
        return Refused(status=421, what=f"{host!r} is not this server", move="Open the URL it printed.")
    if method in SAFE:
        return None
    origin = headers.get("origin")
    is_foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if is_foreign or (origin is not None and origin != f"{scheme}://{host}"):
        return Refused(
            status=403, what="the request comes from another site's page", move="Use our own page."
        )
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and kind not in BODIES:
        return Refused(
            status=415, what=f"the content type {kind or 'none'!r} is not read", move=f"Send {BODIES[0]}."
        )
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most_bytes(headers):
        return _too_large(headers)
    return None


def most_bytes(headers: Mapping[str, str]) -> int:
    """Return how long the body may be."""
    is_upload = headers.get("content-type", "").startswith("multipart/form-data")
    return MOST_UPLOAD if is_upload else MOST_JSON


def with_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers with ours, except those that the answer sets itself."""
    own = list(headers)
    named = {name.lower() for name, _ in own}
    return own + [(name, value) for name, value in HEADERS if name not in named]


def _is_ours(host: str, hosts: frozenset[str]) -> bool:
    if hosts:
        return host in hosts
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in LOOPBACK


def _too_large(headers: Mapping[str, str]) -> Refused:
    most = most_bytes(headers) / 1e6
    return Refused(status=413, what=f"at most {most:,.0f} MB are read", move="Send less.")


async def _answer(send: Any, refused: Refused, body: _Body) -> None:
    told = json.dumps({"v": 1, "error": refused.what, "stage": "web", "move": refused.move}).encode()
    headers = with_headers([(b"content-type", b"application/json"), (b"connection", b"close")])
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": told, "more_body": True})
    await body.let_go()
    await send({"type": "http.response.body", "body": b""})
