"""Zip packages (Office, OpenDocument, EPUB): bounded before anything is unpacked."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.readers.xml import parse
from holdfast.stages.parsing.units import ReadingLimits, Unreadable, malformed

_MOST_ENTRIES = 20_000
_SMALL_BYTES = 20 * 1024 * 1024
"""Below this a package may be packed as tightly as it likes."""
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STRICT_RELATIONSHIPS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_MAIN_TYPES = (
    ("wordprocessingml", Kind.DOCX),
    ("spreadsheetml", Kind.XLSX),
    ("ms-excel.sheet.macro", Kind.XLSX),
    ("ms-word.document.macro", Kind.DOCX),
    ("presentationml", Kind.PPTX),
    ("ms-powerpoint", Kind.PPTX),
)
_ODF_TYPES = (("text", Kind.ODT), ("spreadsheet", Kind.ODS), ("presentation", Kind.ODP))


class Package:
    """An opened package whose unpacked size was found to be within the limits."""

    def __init__(self, data: bytes, limits: ReadingLimits, *, may_be_locked: bool = False) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, NotImplementedError) as error:
            raise malformed("the package is cut off or damaged") from error
        self._check(entries, len(data), limits)
        if not may_be_locked and any(entry.flag_bits & 1 for entry in entries):
            raise Unreadable(ParseStatus.ENCRYPTED, "the package is encrypted. Save it without a password")
        self._names = {entry.filename.lower(): entry for entry in entries}

    def _check(self, entries: list[zipfile.ZipInfo], packed: int, limits: ReadingLimits) -> None:
        """Judge by the sizes that the package declares; unpacking stops at these, so lying is no use."""
        if len(entries) > _MOST_ENTRIES:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                f"the package holds {len(entries):,} files (limit {_MOST_ENTRIES:,}). Split it",
            )
        unpacked = sum(entry.file_size for entry in entries)
        allowed = min(limits.max_expanded_bytes, max(_SMALL_BYTES, packed * limits.max_expansion))
        if unpacked > allowed:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                f"it unpacks to {unpacked / 1e6:,.1f} MB, the limit here is {allowed / 1e6:,.0f} MB. "
                "If it is genuine, raise parsing.max_expanded_bytes or parsing.max_expansion",
            )

    def has(self, name: str) -> bool:
        """Return whether the package holds this part."""
        return name.lower().lstrip("/") in self._names

    def names(self) -> list[str]:
        """Return the names of all parts."""
        return [entry.filename for entry in self._names.values()]

    def size(self, name: str) -> int:
        """Return a part's unpacked size, 0 when there is no such part."""
        entry = self._names.get(name.lower().lstrip("/"))
        return entry.file_size if entry else 0

    def read(self, name: str) -> bytes:
        """Return a part's bytes; raise Unreadable when it is missing or damaged."""
        entry = self._names.get(name.lower().lstrip("/"))
        if entry is None:
            raise malformed(f"its part {posixpath.basename(name)} is missing")
        return self.read_entry(entry)

    def entries(self) -> list[zipfile.ZipInfo]:
        """Return all entries, also those of one name, in the order of the package's directory."""
        return self._zip.infolist()

    def read_entry(self, entry: zipfile.ZipInfo) -> bytes:
        """Return an entry's bytes; raise Unreadable when it is damaged or locked."""
        name = entry.filename
        if entry.flag_bits & 1:
            raise Unreadable(ParseStatus.ENCRYPTED, "the package is encrypted. Save it without a password")
        try:
            # `ZipFile.read` unpacks a gigabyte that is declared as a kilobyte before it cuts it
            with self._zip.open(entry) as part:
                return part.read(entry.file_size)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise malformed(f"its part {posixpath.basename(name)} is damaged") from error

    def xml(self, name: str) -> Element:
        """Return a part's XML tree; raise Unreadable."""
        return parse(self.read(name), posixpath.basename(name))

    def optional_xml(self, name: str) -> Element | None:
        """Return a part's XML tree, None when it is missing or damaged: the text does not depend on it."""
        if not name or not self.has(name):
            return None
        try:
            return self.xml(name)
        except Unreadable:
            return None

    def related(self, name: str) -> Mapping[str, tuple[str, str]]:
        """Return a part's relationships: id -> (last word of the type, name of the other part)."""
        folder, base = posixpath.split(name.lstrip("/"))
        tree = self.optional_xml(f"{folder}/_rels/{base}.rels".lstrip("/"))
        if tree is None:
            return {}
        found = {}
        for relation in tree.iter(_RELATIONSHIP):
            target = relation.get("Target", "")
            if relation.get("TargetMode") == "External" or not target:
                continue
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            found[relation.get("Id", "")] = (relation.get("Type", "").rsplit("/", 1)[-1], path.lstrip("/"))
        return found

    def first_related(self, name: str, kind: str) -> str:
        """Return the name of the first related part of this kind, empty when there is none."""
        return next((path for type_, path in self.related(name).values() if type_ == kind), "")

    def main_part(self, fallback: str) -> str:
        """Return the name of the document part."""
        return self.first_related("", "officeDocument") or fallback


def kind_of(data: bytes, limits: ReadingLimits) -> Kind:
    """Return which kind of package it is, ZIP when none that is known; raise Unreadable."""
    package = Package(data, limits, may_be_locked=True)
    if package.has("[Content_Types].xml"):
        types = package.read("[Content_Types].xml").decode("utf-8", errors="ignore")
        main = [mark for mark in types.split('"') if mark.endswith("main+xml")] or [types]
        for mark, kind in _MAIN_TYPES:
            if any(mark in type_ for type_ in main):
                return kind
    for folder, kind in (
        ("word/document.xml", Kind.DOCX),
        ("xl/workbook.xml", Kind.XLSX),
        ("ppt/presentation.xml", Kind.PPTX),
    ):
        if package.has(folder):
            return kind
    if package.has("mimetype"):
        return _kind_by_mimetype(package)
    return Kind.ZIP


def _kind_by_mimetype(package: Package) -> Kind:
    mimetype = package.read("mimetype")[:200].decode("ascii", errors="ignore").strip()
    if mimetype == Kind.EPUB:
        return Kind.EPUB
    if package.has("META-INF/manifest.xml") and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise Unreadable(ParseStatus.ENCRYPTED, "the file is encrypted. Save it without a password")
    name = mimetype.removeprefix("application/vnd.oasis.opendocument.")
    return next((kind for mark, kind in _ODF_TYPES if name.startswith(mark)), Kind.ZIP)
