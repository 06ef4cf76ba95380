"""Post JSON to an embeddings endpoint and read JSON back, within a total deadline.

The standard library's client in a thread: it honours the usual proxy and certificate variables, needs no
dependency, and takes 30 ms to import. Every request opens a connection of its own (a few round trips for
a query; nothing against the endpoint's work for a batch).
"""

from __future__ import annotations

import asyncio
import email.utils
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from holdfast.domain.calls import Deadline
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError, ProviderRejected, ProviderUnavailable

_BYTES_AT_MOST = 200_000_000
_PIECE_BYTES = 1 << 18
_SAID_BYTES = 2_000
_SAID_CHARS = 200
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429})
_TOO_MANY = 429
_SERVER_ERRORS = 500
_SPENT = ("insufficient_quota", "quota_exceeded", "billing")
_CHECK = "Check url, model and key_env under embedding.endpoint"


class TryLater(ProviderUnavailable):
    """The endpoint is busy; `after_s` is the wait it asked for, if any."""

    def __init__(self, what: str, *, after_s: float | None = None) -> None:
        super().__init__(
            what, stage=Stage.EMBEDDING, move="Check the endpoint's status; the next sync tries again"
        )
        self.after_s = after_s


async def post_json(url: str, body: Mapping[str, Any], *, key: str, deadline: Deadline) -> Any:
    """Return the parsed reply; raise TryLater or ProviderRejected, neither of which holds the key."""
    try:
        async with asyncio.timeout(deadline.left_s):
            return await asyncio.to_thread(_post, url, body, key, deadline)
    except TimeoutError:
        raise too_slow(url) from None


def too_slow(url: str) -> TryLater:
    """Return the error for a deadline that passed."""
    return TryLater(f"{host_of(url)} gave no vectors before the deadline")


def host_of(url: str) -> str:
    """Return the host, for messages."""
    return urlsplit(url).hostname or url


def _post(url: str, body: Mapping[str, Any], key: str, deadline: Deadline) -> Any:
    headers = {"content-type": "application/json", "accept": "application/json", "user-agent": "holdfast"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method="POST")  # noqa: S310 settings admit http(s) only
    try:
        with _opener(url).open(request, timeout=max(0.01, deadline.left_s)) as reply:
            return json.loads(_read(reply, deadline))
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(url, error, key) from None
    except TimeoutError:
        raise too_slow(url) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None)
        why = type(reason if isinstance(reason, Exception) else error).__name__
        raise TryLater(f"{host_of(url)} cannot be reached, or broke off ({why})") from None
    except ValueError:  # also UnicodeDecodeError: a proxy's page with status 200, say
        raise ProviderRejected(
            f"{host_of(url)} answers with something that is not JSON", stage=Stage.EMBEDDING, move=_CHECK
        ) from None


def _read(reply: Any, deadline: Deadline) -> bytes:
    """Return the whole reply; a server that sends a byte now and then does not hold the thread."""
    pieces: list[bytes] = []
    size = 0
    while piece := reply.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if deadline.is_over:
            raise TimeoutError
        if size > _BYTES_AT_MOST:
            raise http.client.HTTPException("too long")
    announced = reply.headers.get("content-length")
    if announced is not None and int(announced) != size:
        raise http.client.IncompleteRead(b"")
    return b"".join(pieces)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return an opener that follows no redirect (the key would travel along) and no proxy to this machine."""
    is_here = host_of(url) in ("localhost", "::1") or host_of(url).startswith("127.")
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({} if is_here else None))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return nothing, so that the redirect surfaces as the error it is."""


def _refused(url: str, error: urllib.error.HTTPError, key: str) -> ProviderError:
    said = _said(error, key)
    what = f"{host_of(url)} answers with status {error.code}{said and f' ({said})'}"
    is_spent = error.code == _TOO_MANY and any(word in said for word in _SPENT)
    if (error.code >= _SERVER_ERRORS or error.code in _WORTH_ANOTHER_TRY) and not is_spent:
        return TryLater(what, after_s=_wanted_wait(error.headers.get("retry-after", "")))
    return ProviderRejected(what, stage=Stage.EMBEDDING, move=_CHECK)


def _said(error: urllib.error.HTTPError, key: str) -> str:
    """Return the start of what the endpoint said, on one line and without the key."""
    try:
        text = error.read1(_SAID_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    if key:
        text = text.replace(key, "***")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_SAID_CHARS]


def _wanted_wait(header: str) -> float | None:
    """Return seconds from a Retry-After header, which holds seconds or a date."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
