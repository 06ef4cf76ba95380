"""Change one value in a YAML file that people wrote, and nothing else."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.util import load_yaml_guess_indent

from holdfast.declaring.mistakes import Mistake, Unreadable
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.declaring.yaml_whole import PARSER_FAILURES
from holdfast.errors import StorageError

WIDEST = 1_000_000
"""Lines are never wrapped anew."""


def edited(data: bytes, key: str, value: Any, *, name: str) -> str:
    """Return the text with `key` (`generation.rungs.0.model`) set; sections that lack are added.

    Raises Unreadable when the file cannot be read, or when a part of the key is no section.
    """
    parse_yaml(data, name=name)  # says what is wrong in our words, with its line
    text = data.decode("utf-8-sig")
    yaml = _round_trip(text)
    try:
        root = yaml.load(text)
        root = {} if root is None else root
        _set(root, key.split("."), value, name)
        out = io.StringIO(newline="")
        yaml.dump(root, out)
    except PARSER_FAILURES as error:
        what = f"cannot be changed by a tool ({type(error).__name__})"
        raise Unreadable(Mistake(file=name, what=what, move=f"write {key} by hand")) from error
    return out.getvalue()


def replace_text(file: Path, text: str) -> None:
    """Put a text in the place of a file in one step; its rights stay, links stay links."""
    target = file.resolve()
    try:
        mode = target.stat().st_mode & 0o777
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(descriptor, "wb") as new:
                new.write(text.encode())
                new.flush()
                os.fsync(new.fileno())
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written ({error.strerror}); it is as it was",
            move="Free space or correct its rights",
        ) from error


def _round_trip(text: str) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDEST
    try:
        _, sequence, offset = load_yaml_guess_indent(text)
    except PARSER_FAILURES:
        sequence, offset = None, None
    mapping = _mapping_indent(text)
    yaml.indent(mapping=mapping, sequence=sequence or mapping, offset=offset or 0)
    return yaml


def _mapping_indent(text: str) -> int:
    """Return the blanks in front of the first indented key, 2 when there is none."""
    for line in text.splitlines():
        bare = line.lstrip(" ")
        if bare != line and bare and not bare.startswith(("#", "-")):
            return len(line) - len(bare)
    return 2


def _set(root: Any, parts: list[str], value: Any, name: str) -> None:
    section = root
    for position, part in enumerate(parts[:-1]):
        place = _index(section, part, parts, name)
        if isinstance(section, dict) and section.get(place) is None:
            section[place] = {}
        section = section[place]
        if not isinstance(section, (dict, list)):
            raise _no_section(".".join(parts[: position + 1]), parts, name)
    section[_index(section, parts[-1], parts, name)] = value


def _index(section: Any, part: str, parts: list[str], name: str) -> str | int:
    if isinstance(section, dict):
        return part
    if part.isdecimal() and int(part) < len(section):
        return int(part)
    raise _no_section(part, parts, name)


def _no_section(part: str, parts: list[str], name: str) -> Unreadable:
    what = f"has no entry {part} to set {'.'.join(parts)} in"
    return Unreadable(Mistake(file=name, what=what, move="write that entry first"))
