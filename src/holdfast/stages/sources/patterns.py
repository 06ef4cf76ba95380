"""Match paths against patterns as a .gitignore does.

A pattern without a `/` (other than a last one) matches a name at any depth, one with a `/` is anchored
at the root, a last `/` matches folders only. `*`, `?` and `[...]` stay within one name, `**` spans
folders. What matches a folder matches everything below it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

POSIX_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


class PatternError(ValueError):
    """A pattern can never match, or not what it seems to say."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled path pattern."""

    text: str
    regex: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """Return whether it matches the document at this path, or a folder the document lies in."""
        return self.regex.fullmatch(_normal(path)) is not None

    def matches_folder(self, path: str) -> bool:
        """Return whether it matches this folder, and so everything below it."""
        return self.regex.fullmatch(_normal(path) + "/") is not None


def compile_pattern(text: str) -> Pattern:
    """Return the pattern; raise PatternError, in words, for one that cannot match a path."""
    is_folder = text.endswith("/") and not text.endswith("\\/")
    body = text[:-1] if is_folder else text
    is_anchored = "/" in body
    parts = _normal(body.removeprefix("/")).split("/")
    _refuse_impossible(text, parts)
    if not is_anchored:
        parts = ["**", *parts]
    below = "/.*" if is_folder else "(?:/.*)?"
    return Pattern(text, re.compile(_path_regex(parts) + below, re.DOTALL))


def _normal(path: str) -> str:
    """Return one Unicode form: the same name typed on macOS and on Linux differs in bytes."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _refuse_impossible(text: str, parts: list[str]) -> None:
    if text.startswith("!"):
        raise PatternError("`!` is not known here: a later pattern decides over an earlier one")
    if parts == [""]:
        raise PatternError("the pattern is empty; `**` matches everything")
    if any(part in (".", "..") for part in parts):
        raise PatternError("`.` and `..` match nothing: patterns start at the source's root")
    if "" in parts:
        raise PatternError("`//` matches nothing")
    if "\\" in text and text.replace("\\\\", "").endswith("\\"):
        raise PatternError("a last `\\` matches nothing")


def _path_regex(parts: list[str]) -> str:
    """Join the parts; each run between two `**` takes its first place, which is always enough."""
    if set(parts) == {"**"}:
        return ".+"
    must_go_deeper = parts[-1] == "**"
    runs = _runs_between_stars(parts[:-1] if must_go_deeper else parts)
    regex = "/".join(map(_name_regex, runs[0]))
    for i, run in enumerate(runs[1:], start=1):
        names = "/".join(map(_name_regex, run))
        lead = "/" if regex else ""
        is_last = i == len(runs) - 1
        regex += f"{lead}(?:[^/]+/)*{names}" if is_last else f"{lead}(?>(?:[^/]+/)*?{names}(?=/))"
    return f"{regex}/.+" if must_go_deeper else regex


def _runs_between_stars(parts: list[str]) -> list[list[str]]:
    runs: list[list[str]] = [[]]
    for part in parts:
        if part != "**":
            runs[-1].append(part)
        elif runs[-1] or len(runs) == 1:
            runs.append([])
    return runs if runs[-1] or len(runs) == 1 else runs[:-1]


def _name_regex(name: str) -> str:
    """Translate one name; a star before the last takes its first place, so matching stays linear."""
    pieces = _pieces(name)
    if pieces == ["", ""]:
        return "[^/]+"
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(f"(?>[^/]*?{piece})" for piece in pieces[1:-1] if piece)
    return f"{pieces[0]}{middle}[^/]*{pieces[-1]}"


def _pieces(name: str) -> list[str]:
    """Return the regexes between the stars of a name; a run of stars counts as one."""
    pieces, i = [""], 0
    while i < len(name):
        char = name[i]
        if char == "*":
            pieces += [""] if pieces[-1] or len(pieces) == 1 else []
            i += 1
        elif char == "?":
            pieces[-1] += "[^/]"
            i += 1
        elif char == "[":
            regex, i = _bracket(name, i)
            pieces[-1] += regex
        elif char == "\\":
            pieces[-1] += re.escape(name[i + 1 : i + 2])
            i += 2
        else:
            pieces[-1] += re.escape(char)
            i += 1
    return pieces


def _bracket(name: str, at: int) -> tuple[str, int]:
    """Translate the `[...]` that starts here; return it with the offset behind it."""
    i = at + 1
    is_negated = name[i : i + 1] in ("!", "^")
    i += is_negated
    members, first = "", i
    while i < len(name) and (name[i] != "]" or i == first):
        if name.startswith("[:", i) and ":]" in name[i:]:
            end = name.index(":]", i)
            members += _posix_class(name[i + 2 : end])
            i = end + 2
            continue
        low, i = _member(name, i)
        if name[i : i + 1] == "-" and name[i + 1 : i + 2] not in ("]", ""):
            high, i = _member(name, i + 1)
            if high < low:
                raise PatternError(f"the range {low}-{high} is empty")
            members += f"{re.escape(low)}-{re.escape(high)}"
        else:
            members += re.escape(low)
    if i >= len(name):
        raise PatternError("`[` is never closed; write `\\[` for the character itself")
    return f"(?!/)[{'^' if is_negated else ''}{members}]", i + 1


def _member(name: str, at: int) -> tuple[str, int]:
    is_escaped = name[at] == "\\" and at + 1 < len(name)
    at += is_escaped
    return name[at], at + 1


def _posix_class(name: str) -> str:
    if name not in POSIX_CLASSES:
        raise PatternError(f"`[:{name}:]` is no known class of characters")
    return POSIX_CLASSES[name]
