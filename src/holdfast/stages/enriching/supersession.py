"""Tell across documents which one supersedes which."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import PurePosixPath

from holdfast.domain.documents import Metadata, Status

_BREAKS = re.compile(r"[-\s:,]+")
_WORDS = re.compile(r"[^\s,;()\[\]\"']+")


def resolve_supersession(
    documents: Mapping[str, Metadata], *, identified_by: Iterable[str] = ()
) -> dict[str, str]:
    """Return the path of every superseded document with the path of the one that supersedes it directly.

    `documents` are all current ones by path. Documents name each other by path, file name, title, by the
    number that title or file name begin with (`SB-2022-03 Relief valve`) where only one document's do,
    or by a value of a key in `identified_by` that stands in their own title or file name. A draft
    supersedes nothing yet. Two that claim to supersede each other are both left alone. Of several
    successors the newest is named.
    """
    names = _names(documents, tuple(identified_by))
    successors: dict[str, set[str]] = defaultdict(set)
    for path, metadata in documents.items():
        if metadata.status is not Status.DRAFT:
            for reference in metadata.supersedes:
                for older in _named(reference, names) - {path}:
                    successors[older].add(path)
        if metadata.superseded_by:
            successors[path] |= _named(metadata.superseded_by, names) - {path}
    return {
        path: max(others, key=lambda other: _age_key(other, documents[other]))
        for path in documents
        if (others := _uncontradicted(path, successors))
    }


def _names(documents: Mapping[str, Metadata], keys: tuple[str, ...]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = defaultdict(set)
    leading: dict[str, set[str]] = defaultdict(set)
    for path, metadata in documents.items():
        for name in _own_names(path, metadata, keys):
            names[_plain(name)].add(path)
        for number in _leading_numbers(path, metadata):
            leading[number].add(path)
    for number, paths in leading.items():
        if number not in names and len({PurePosixPath(path).stem for path in paths}) == 1:
            names[number] = paths
    names.pop("", None)
    return names


def _own_names(path: str, metadata: Metadata, keys: tuple[str, ...]) -> Iterator[str]:
    name = PurePosixPath(path)
    yield from (path, name.name, name.stem, metadata.title)
    about = f"{_plain(name.stem)} {_plain(metadata.title)}"
    for key in keys:
        for value in metadata.keys.get(key, ()):
            if _stands_in(_plain(value), about):
                yield value


def _leading_numbers(path: str, metadata: Metadata) -> Iterator[str]:
    """Yield every start of file name and title, up to a dash or blank, that reads like a number.

    `sb-2022-03-relief-valve` begins with `sb-2022-03`, and with `sb-2022`, which other documents do too.
    """
    for name in {_plain(PurePosixPath(path).stem), _plain(metadata.title)}:
        ends = (match.start() for match in _BREAKS.finditer(name))
        yield from {name[:end] for end in ends if _is_number(name[:end])}


def _is_number(name: str) -> bool:
    return " " not in name and any(map(str.isdigit, name)) and any(map(str.isalpha, name))


def _named(reference: str, names: Mapping[str, set[str]]) -> set[str]:
    """Return the documents of that name; else those that one word of the reference names."""
    if found := names.get(_plain(reference)):
        return set(found)
    words = (_plain(word) for word in _WORDS.findall(reference))
    return set().union(*(names.get(word, set()) for word in words if _is_number(word)))


def _uncontradicted(path: str, successors: Mapping[str, set[str]]) -> set[str]:
    return {other for other in successors.get(path, ()) if path not in successors.get(other, ())}


def _age_key(path: str, metadata: Metadata) -> tuple[date, str]:
    return metadata.effective or metadata.created or date.min, path


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split()).strip(" .\"'`")


def _stands_in(value: str, text: str) -> bool:
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
