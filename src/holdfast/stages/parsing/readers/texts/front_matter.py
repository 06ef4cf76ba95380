"""The block of `key: value` lines at the top of a Markdown file."""

from __future__ import annotations

import re

_OPENERS = {"---": ("---", "..."), "+++": ("+++",)}
_PAIR = re.compile(r"^([A-Za-z][\w .-]{0,60}?)[ \t]*[:=](?:[ \t]+(.*))?$")
_ITEM = re.compile(r"^[ \t]*-[ \t]+(.*)$")
_MOST_LINES = 200


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the front matter, keys in lower case, lists joined by commas, and the text after it.

    Read line by line, not as YAML: a parser of YAML costs .1 s to import and expands aliases, and front
    matter that matters is flat. What is nested is part of the value that it stands under, as it is written.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    closers = _OPENERS.get(lines[0].rstrip())
    if closers is None:
        return {}, text
    for number in range(1, min(len(lines), _MOST_LINES)):
        if lines[number].rstrip() in closers:
            values = _values(lines[1:number])
            return (values, "\n".join(lines[number + 1 :])) if values else ({}, text)
    return {}, text


def _values(lines: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    key = ""
    for line in lines:
        pair, item = _PAIR.match(line), _ITEM.match(line)
        if pair:
            key = pair[1].strip().lower()
            values[key] = _scalar(pair[2] or "")
        elif item and key:
            values[key] = ", ".join(filter(None, (values[key], _scalar(item[1]))))
        elif key and line[:1] in (" ", "\t"):
            values[key] = " ".join(filter(None, (values[key], line.strip())))
    return {key: value for key, value in values.items() if value}


def _scalar(value: str) -> str:
    value = value.strip()
    if value in ("|", ">", "|-", ">-", "|+", ">+", "null", "~"):
        return ""
    if value.startswith("[") and value.endswith("]"):
        return ", ".join(filter(None, (_scalar(item) for item in value[1:-1].split(","))))
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value.split(" #", 1)[0].rstrip()
