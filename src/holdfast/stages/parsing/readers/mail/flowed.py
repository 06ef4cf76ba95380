"""Lines of a message that its program broke, put together again (RFC 3676)."""

from __future__ import annotations

import re

_QUOTES = re.compile(r">*")
_SIGNATURE = "-- "


def unflowed(text: str, *, joins_words: bool) -> str:
    """Return a text of the form `flowed` with its paragraphs in a line each.

    `joins_words` says that the space at a line's end was put there with the break.
    """
    lines: list[str] = []
    open_quotes: str | None = None
    """The marks of a paragraph that goes on in the next line."""
    for line in text.replace("\r\n", "\n").split("\n"):
        quotes = _QUOTES.match(line)[0]  # type: ignore[index]
        said = line[len(quotes) :].removeprefix(" ")
        goes_on = said.endswith(" ") and said != _SIGNATURE
        kept = said[:-1] if goes_on and joins_words else said
        if open_quotes == quotes and said != _SIGNATURE:
            lines[-1] += kept
        else:
            lines.append(f"{quotes} {kept}" if quotes else kept)
        open_quotes = quotes if goes_on else None
    return "\n".join(lines)
