"""Turn what pydantic-ai and its clients raise into our errors."""

from __future__ import annotations

from holdfast.errors import ProviderError
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint
from holdfast.stages.generation.provider_words import Wrong, error_of, message_of

try:
    from pydantic_ai import exceptions as raised
except ImportError as error:
    raise ImportError("model providers need an extra: pip install 'holdfast[providers]'") from error

_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Wrong], ...] = (
    (raised.ModelContextWindowExceededError, Wrong.TOO_LONG),
    (raised.ModelAuthenticationError, Wrong.KEY),
    (raised.ModelNotFoundError, Wrong.NO_MODEL),
    (raised.ModelQuotaExceededError, Wrong.QUOTA),
    ((raised.ModelRequestRejectedError, raised.UserError), Wrong.REJECTED),
    (raised.ModelRateLimitError, Wrong.RATE),
    (raised.ModelConnectionError, Wrong.CONNECTION),
    (raised.ModelHTTPError, Wrong.STATUS),
    # What is not known to be final counts as unavailable, so that the next rung is tried: an HTML page
    # with status 200 surfaces as a decoding error, `choices: []` as an IndexError.
    (Exception, Wrong.MALFORMED),
)


def translated(error: Exception, endpoint: Endpoint, key: Key | None) -> ProviderError:
    """Return our error for one that a client raised."""
    said = message_of(getattr(error, "body", None)) or getattr(error, "message", "") or type(error).__name__
    return error_of(
        next(wrong for kind, wrong in _MEANINGS if isinstance(error, kind)),
        endpoint,
        key,
        said=said,
        status=getattr(error, "status_code", None),
        retry_after_s=getattr(error, "retry_after", None),
        may_be_paid=_came_from_a_model(error),
    )


def _came_from_a_model(error: Exception) -> bool:
    """Return whether an envelope came: `choices: []`, or a stream without its end."""
    return isinstance(error, IndexError) or type(error) is raised.ModelAPIError
