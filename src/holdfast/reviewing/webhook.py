"""Post a notice to a webhook, signed."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from typing import IO, Any
from urllib.parse import urlsplit

from holdfast.declaring.review import HERE, WebhookSettings
from holdfast.errors import ProviderUnavailable
from holdfast.reviewing.secrets import secret
from holdfast.reviewing.signing import HEADER, sign

STAGE = "review"
_READ_AT_MOST = 10_000


def post(settings: WebhookSettings, told: Mapping[str, Any], *, key: str) -> None:
    """Post one notice; raise ProviderUnavailable unless the receiver answers with a status 2xx.

    The same key means the same notice: a receiver that has seen it may drop it.
    """
    body = json.dumps(told, ensure_ascii=True, sort_keys=True).encode()
    headers = {"content-type": "application/json", "Idempotency-Key": key, "user-agent": "holdfast"}
    if settings.secret_env:
        signing = secret(settings.secret_env, wanted_by="review.notify.webhook.secret_env")
        headers[HEADER] = sign(signing, body, at=time.time())
    request = urllib.request.Request(settings.url, data=body, headers=headers, method="POST")  # noqa: S310 -- settings admit https, or http to this machine
    try:
        with _opener(settings.url).open(request, timeout=settings.timeout_s) as reply:
            reply.read(_READ_AT_MOST)
    except urllib.error.HTTPError as error:
        with error:
            raise _unavailable(settings, f"answers with status {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unavailable(settings, f"cannot be reached ({type(error).__name__})") from None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return an opener that follows no redirect: a signed notice is for one receiver."""
    is_here = (urlsplit(url).hostname or "") in HERE
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({} if is_here else None))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return nothing, so that the redirect surfaces as the error it is."""


def _unavailable(settings: WebhookSettings, what: str) -> ProviderUnavailable:
    """Return the failure by the receiver's host alone: the rest of its address may be a secret."""
    host = urlsplit(settings.url).hostname
    return ProviderUnavailable(
        f"the webhook at {host} {what}", stage=STAGE, move="It is tried again; see review.notify.webhook."
    )
