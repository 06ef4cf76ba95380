"""Post JSON to an endpoint and read JSON back, within a total deadline.

The standard library's client in a thread: one small request an item does not need a client of its own
(httpx2 comes with the `providers` extra only, and takes .3 s to import).
"""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from holdfast.domain.calls import Deadline
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError, ProviderRejected, ProviderUnavailable

_BYTES_AT_MOST = 5_000_000
_PIECE_BYTES = 65_536
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429})
_SERVER_ERRORS = 500
_LATER = "The fused order is used; see the endpoint's status"


async def post_json(url: str, body: Mapping[str, Any], *, key: str, deadline: Deadline) -> Any:
    """Return the parsed reply; raise ProviderUnavailable or ProviderRejected."""
    try:
        async with asyncio.timeout(deadline.left_s):
            return await asyncio.to_thread(_post, url, body, key, deadline)
    except TimeoutError:
        raise _unavailable(f"{_host(url)} did not answer before the deadline") from None


def _post(url: str, body: Mapping[str, Any], key: str, deadline: Deadline) -> Any:
    headers = {"content-type": "application/json", "accept": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method="POST")  # noqa: S310 settings admit http(s) only
    try:
        with _opener(url).open(request, timeout=max(0.01, deadline.left_s)) as reply:
            return json.loads(_read(reply, deadline))
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(url, error.code) from None
    except (OSError, http.client.HTTPException) as error:
        raise _unavailable(f"{_host(url)} cannot be reached, or broke off ({type(error).__name__})") from None
    except ValueError:
        raise _unavailable(f"{_host(url)} answered with something that is not JSON") from None


def _read(reply: Any, deadline: Deadline) -> bytes:
    """Return the whole reply; a server that sends a byte now and then does not hold the thread."""
    pieces: list[bytes] = []
    size = 0
    while piece := reply.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if deadline.is_over or size > _BYTES_AT_MOST:
            raise TimeoutError
    data = b"".join(pieces)
    announced = reply.headers.get("content-length")
    if announced is not None and int(announced) != len(data):
        raise http.client.IncompleteRead(data)
    return data


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return an opener that follows no redirect (the key would travel along) and no proxy to this machine."""
    is_here = _host(url) in ("localhost", "::1") or _host(url).startswith("127.")
    proxies = urllib.request.ProxyHandler({} if is_here else None)
    return urllib.request.build_opener(_NoRedirect, proxies)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return nothing, so that the redirect surfaces as the error it is."""


def _refused(url: str, status: int) -> ProviderError:
    what = f"{_host(url)} answers with status {status}"
    if status >= _SERVER_ERRORS or status in _WORTH_ANOTHER_TRY:
        return _unavailable(what)
    return ProviderRejected(
        what, stage=Stage.RERANKING, move="Correct url, model or key_env in the section `reranking`"
    )


def _unavailable(what: str) -> ProviderUnavailable:
    return ProviderUnavailable(what, stage=Stage.RERANKING, move=_LATER)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
