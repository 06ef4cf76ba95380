"""Read a declared SQL statement: is it one SELECT, and which parameters does it name."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    r"'(?:[^']|'')*'"  # text
    r'|"(?:[^"]|"")*"'  # quoted name
    r"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"  # PostgreSQL's dollar quotes
    r"|--[^\n]*"
    r"|/\*.*?\*/",
    re.DOTALL,
)
_PARAMETER = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")
_OPENING = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


def problem_with(sql: str) -> str:
    """Return in words why this is not one SELECT, or an empty text.

    This is the early, readable answer; what holds is the database's own read-only mode.
    """
    bare = _HIDDEN.sub(" ", sql)
    if not _OPENING.match(bare):
        return "must begin with SELECT or WITH"
    if ";" in bare.rstrip().removesuffix(";"):
        return "must be a single statement"
    if "'" in bare or "/*" in bare:
        return "has a quote or comment that does not end"
    return ""


def parameters_in(sql: str) -> set[str]:
    """Return the names of the `:name` parameters, those in quotes and comments not counted."""
    return set(_PARAMETER.findall(_HIDDEN.sub(" ", sql)))


def in_percent_style(sql: str) -> str:
    """Return the statement with `%(name)s` for `:name`, as PostgreSQL's client binds parameters."""
    pieces: list[str] = []
    end = 0
    for hidden in _HIDDEN.finditer(sql):
        pieces += [_percent(sql[end : hidden.start()]), hidden[0].replace("%", "%%")]
        end = hidden.end()
    pieces.append(_percent(sql[end:]))
    return "".join(pieces).rstrip().removesuffix(";")


def _percent(sql: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))
