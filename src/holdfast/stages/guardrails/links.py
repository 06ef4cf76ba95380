"""Tell where a Markdown link leads, and whether a reader may be sent there."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

_SAFE_SCHEMES = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"(?i)(?:https?:/*|//+)([^/?#]*)")
_SHOWN_WEB = re.compile(r"(?i)(?:https?:/+|//|\bwww\.)([^\s/?#]+)")
_SHOWN_NAME = re.compile(r"(?i)\s*((?:[\w-]+\.)+([a-z]{2,24}))\s*")
_FILE_ENDINGS = re.compile(
    r"(?i)docx?|xls[xm]?|pptx?|pdf|csv|txt|md|html?|xml|json|ya?ml|toml|eml|msg|zip|log|py|js|sh|sql"
)
"""Endings that make `manual.pdf` a file's name, not a host's."""


def fault_of(target: str, *, shown: str, allowed_hosts: Sequence[str]) -> str:
    """Return why the link must go, as a finding's kind, or empty.

    `link_scheme` runs code or opens local files, `link_host` leads where it must not, `link_text`
    shows another host than the one it leads to.
    """
    address = _as_browsers_read(target)
    scheme = _SCHEME.match(address)
    if scheme and scheme.group(1).casefold() not in _SAFE_SCHEMES:
        return "link_scheme"
    authority = _HOST.match(address)
    if authority is None:
        return ""
    host = _host(authority.group(1))
    if allowed_hosts and not any(_is_within(host, allowed.casefold()) for allowed in allowed_hosts):
        return "link_host"
    claimed = _claimed_host(shown)
    has_decoy = "@" in authority.group(1)
    return "link_text" if has_decoy or (claimed and not _is_within(host, claimed)) else ""


def is_web(target: str) -> bool:
    """Return whether the target leaves the page: a scheme or a host is named."""
    address = _as_browsers_read(target)
    return _SCHEME.match(address) is not None or _HOST.match(address) is not None


def _as_browsers_read(target: str) -> str:
    """Return the target as a browser resolves it: entities decoded, blanks dropped, slashes forward."""
    decoded = html.unescape(target.strip().strip("<>"))
    unescaped = re.sub(r"\\(?=[!-.:-@\[\]^-`{-~])", "", decoded)
    return "".join(char for char in unescaped if char > " " and char.isprintable()).replace("\\", "/")


def _host(authority: str) -> str:
    return authority.rsplit("@", 1)[-1].split(":", 1)[0].casefold().removeprefix("www.").rstrip(".")


def _claimed_host(shown: str) -> str:
    if web := _SHOWN_WEB.search(shown):
        return _host(web.group(1))
    name = _SHOWN_NAME.fullmatch(shown)
    return _host(name.group(1)) if name and not _FILE_ENDINGS.fullmatch(name.group(2)) else ""


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)
