"""Find personal data and secrets by pattern, each confirmed by its checksum where it has one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from holdfast.stages.guardrails.checksums import iban_length, is_card, is_german_tax_id, is_iban


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a text, and what stands there."""

    start: int
    end: int
    kind: str


def spans_of(kind: str, text: str) -> Iterator[Span]:
    """Yield the places of one kind of FINDERS; they may overlap those of other kinds."""
    return FINDERS[kind](kind, text)


def _emails(kind: str, text: str) -> Iterator[Span]:
    if "@" in text:
        yield from _matches(kind, _EMAIL, text)


def _cards(kind: str, text: str) -> Iterator[Span]:
    return _matches(kind, _CARD, text, confirm=is_card)


def _ibans(kind: str, text: str) -> Iterator[Span]:
    for start in _IBAN_START.finditer(text):
        value = _taken(text, start.start(), iban_length(start.group()[:2]))
        if value and is_iban(value):
            yield Span(start=start.start(), end=start.start() + len(value), kind=kind)


def _taken(text: str, start: int, length: int) -> str:
    """Return the text from start on that holds `length` letters or digits, single blanks between them."""
    end, count = start, 0
    while count < length and end < len(text):
        char = text[end]
        if char.isascii() and char.isalnum():
            count += 1
        elif not (char in " -" and text[end - 1] not in " -"):
            break
        end += 1
    is_whole = count == length > 0 and not (text[end : end + 1].isalnum())
    return text[start:end] if is_whole else ""


def _ssns(kind: str, text: str) -> Iterator[Span]:
    for span in _matches(kind, _SSN, text):
        if not is_reference(text, span.start):
            yield span
    yield from _matches(kind, _LABELLED_SSN, text, group=1)


def _german_tax_ids(kind: str, text: str) -> Iterator[Span]:
    return _matches(kind, _TAX_ID, text, confirm=is_german_tax_id)


def _ip_addresses(kind: str, text: str) -> Iterator[Span]:
    for span in _matches(kind, _IPV4, text, confirm=_is_ip):
        if not _VERSION_BEFORE.search(text, max(0, span.start - 12), span.start):
            yield span
    if "::" in text or text.count(":") >= 7:  # noqa: PLR2004 - eight groups, seven colons
        yield from _matches(kind, _IPV6, text, confirm=_is_ip)


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return any(char in "0123456789" for char in value)


def _urls(kind: str, text: str) -> Iterator[Span]:
    return _matches(kind, _URL, text)


def _urls_with_credentials(kind: str, text: str) -> Iterator[Span]:
    if "://" in text:
        yield from _matches(kind, _URL_CREDENTIALS, text)


def _secrets(kind: str, text: str) -> Iterator[Span]:
    yield from _matches(kind, _SECRET, text)
    yield from _matches(kind, _LABELLED_SECRET, text, group=1, confirm=_looks_random)
    if "PRIVATE KEY" in text:
        yield from _matches(kind, _PRIVATE_KEY, text)


def _looks_random(value: str) -> bool:
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value)


def is_reference(text: str, start: int) -> bool:
    """Return whether the words before say that a part, an order or the like is numbered here."""
    return _REFERENCE_BEFORE.search(text, max(0, start - 24), start) is not None


def _matches(
    kind: str,
    pattern: re.Pattern[str],
    text: str,
    *,
    group: int = 0,
    confirm: Callable[[str], bool] = lambda _: True,
) -> Iterator[Span]:
    for match in pattern.finditer(text):
        if confirm(match.group(group)):
            yield Span(start=match.start(group), end=match.end(group), kind=kind)


_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
_CARD = re.compile(
    r"(?<![\w.-])(?:[0-9]{12,19}|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?"
    r"|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})(?![\w-]|\.[0-9])"
)
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}(?=[ -]?[A-Za-z0-9]{4})")
_SSN = re.compile(r"(?<![\w.-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])")
_LABELLED_SSN = re.compile(
    r"(?i)\b(?:ssn|social security(?: number| no\.?)?)(?:\s{0,3}(?:is|was|[:=#])){0,2}\s{0,3}"
    r"((?!000|666|9)[0-9]{3}[ .-]?(?!00)[0-9]{2}[ .-]?(?!0000)[0-9]{4})(?![\w-])"
)
_TAX_ID = re.compile(r"(?<![\w.-])[1-9][0-9](?: ?[0-9]{3}){3}(?![\w-])")
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\w|\.[0-9])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?(?![\w:])"
)
_VERSION_BEFORE = re.compile(r"(?i)(?:version|release|firmware|section|chapter|\bv|\brev)\.?\s{0,2}$")
_URL = re.compile(r"(?i)(?<![\w.])(?:https?://|www\.)[^\s<>\"'\[\]]{3,2000}(?<![.,;:!?)])")
_URL_CREDENTIALS = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\[\]]{0,200}:[^\s/@\[\]]{1,200}@[^\s<>\"'\[\]]{1,2000}"
)
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|gh[opsru]_[A-Za-z0-9]{36,255}"
    r"|github_pat_[A-Za-z0-9_]{22,255}"
    r"|glpat-[A-Za-z0-9_-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,255}"
    r"|sk-[A-Za-z0-9_-]{20,255}"
    r"|[prs]k_(?:live|test)_[A-Za-z0-9]{16,255}"
    r"|AIza[A-Za-z0-9_-]{35}"
    r"|hf_[A-Za-z0-9]{30,64}"
    r"|npm_[A-Za-z0-9]{36}"
    r"|eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,4000}"
    r")(?![A-Za-z0-9])"
)
_LABELLED_SECRET = re.compile(
    r"(?i)(?<![a-z])(?:api[_ -]?key|access[_ -]?(?:key|token)|auth[_ -]?token|client[_ -]?secret"
    r"|secret[_ -]?key|bearer)"
    r"[\"']?\s{0,3}[:=]?\s{0,3}[\"']?([A-Za-z0-9._~+/=-]{20,4000})"
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)"
)
_REFERENCE_BEFORE = re.compile(
    r"(?i)\b(?:part|parts|p/n|pn|item|article|order|invoice|serial|s/n|sn|ticket|drawing|model|batch|lot|catalogue"
    r"|catalog|sku|bulletin)(?:\s{0,2}(?:number|numbers|no|nr|id|code|#|is|:|\.)){0,4}\s{0,2}$"
)

FINDERS: dict[str, Callable[[str, str], Iterator[Span]]] = {
    "url_credentials": _urls_with_credentials,
    "secret": _secrets,
    "email": _emails,
    "iban": _ibans,
    "credit_card": _cards,
    "us_ssn": _ssns,
    "de_tax_id": _german_tax_ids,
    "ip_address": _ip_addresses,
    "url": _urls,
}
"""Every kind that needs no library, by its name in the settings."""
