"""What an Office package says of itself: title, author, dates, company, and what people added."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, local

_NAMES = {"creator": "author", "lastmodifiedby": "modified by", "contentstatus": "status"}
_OF_PROGRAM = ("Company", "Manager")
"""Of the properties that programs keep, those that people write."""
_FOR_PROGRAMS = ("_", "MSIP_Label_", "ContentTypeId")
"""How names begin that programs give to what they add for themselves."""


def office_properties(package: Package) -> dict[str, str]:
    """Return the properties with lower-case keys; those of the format come before added ones of a name."""
    found: dict[str, str] = {}
    for key, value in (*_core(package), *_of_program(package), *_added(package)):
        if text := clipped(value):
            found.setdefault(key, text)
    return found


def _core(package: Package) -> Iterator[tuple[str, str]]:
    tree = package.optional_xml(package.first_related("", "core-properties") or "docProps/core.xml")
    for element in tree if tree is not None else ():
        key = local(element).lower()
        yield _NAMES.get(key, key), element.text or ""


def _of_program(package: Package) -> Iterator[tuple[str, str]]:
    tree = package.optional_xml(package.first_related("", "extended-properties") or "docProps/app.xml")
    for element in tree if tree is not None else ():
        if local(element) in _OF_PROGRAM:
            yield local(element).lower(), element.text or ""


def _added(package: Package) -> Iterator[tuple[str, str]]:
    tree = package.optional_xml(package.first_related("", "custom-properties") or "docProps/custom.xml")
    for element in tree if tree is not None else ():
        name = attribute(element, "name").strip()
        if name and not name.startswith(_FOR_PROGRAMS):
            yield name.lower(), " ".join(element.itertext())
