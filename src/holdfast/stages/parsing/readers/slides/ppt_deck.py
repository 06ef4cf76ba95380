"""The slides of a PowerPoint stream in their order, with notes, comments, and whether they are shown."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.slides.ppt_records import Atom, atom_at, atoms
from holdfast.stages.parsing.readers.slides.ppt_shapes import (
    Shape,
    fixed_texts,
    has_picture,
    shapes_of,
    texts_of,
)
from holdfast.stages.parsing.units import Unreadable

_DOCUMENT, _SLIDE, _NOTES = 0x03E8, 0x03EE, 0x03F0
_SLIDE_LIST, _PERSIST, _SLIDE_ATOM, _NOTES_ATOM, _SHOW_INFO = 0x0FF0, 0x03F3, 0x03EF, 0x03F1, 0x03F9
_USER_EDIT, _DIRECTORY, _CRYPT = 0x0FF5, 0x1772, 0x2F14
_COMMENT, _STRING = 0x2EE0, 0x0FBA
_FOOT, _FOOT_SHOWN = 0x0FD9, 0x0FDA
_OF_SLIDES, _HAS_FOOTER, _FOOTER = 3, 0x20, 2
_HIDDEN = 0x0004
_ENCRYPTED_TOKEN = 0xF3D1C4DF
_MOST_EDITS = 1000
_SLIDES_INSTANCE, _MASTERS_INSTANCE, _NOTES_INSTANCE = 0, 1, 2
_MASTER, _SHOWS_MASTER = 0x03F8, 0x0001


Note: TypeAlias = tuple[str, str, bool]
"""Part, text, and whether it is hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """What one slide holds."""

    shapes: tuple[Shape, ...]
    hidden: bool
    has_picture: bool
    notes: tuple[Note, ...] = ()
    comments: tuple[Note, ...] = ()
    footer: str = ""
    """What stands at its foot, from its own record or the deck's."""
    fixed: tuple[str, ...] = ()
    """What it shows of its master."""


class Deck:
    """Finds the slides by the directory that each save appended to."""

    def __init__(self, stream: bytes, current_user: bytes) -> None:
        self.lost = 0
        self._stream = stream
        self._footer = ""
        self._masters: dict[int, tuple[str, ...]] = {}
        """What each master shows on slides, by its number."""
        if len(current_user) >= 20 and int.from_bytes(current_user[12:16], "little") == _ENCRYPTED_TOKEN:  # noqa: PLR2004 - up to the offset
            raise Unreadable(
                ParseStatus.ENCRYPTED, "the file needs a password. Save it without one and sync again"
            )
        newest = int.from_bytes(current_user[16:20], "little") if len(current_user) >= 20 else 0  # noqa: PLR2004
        self._places = dict(self._directory(newest))

    def slides(self) -> list[Slide]:
        """Return the slides in the deck's order; those that cannot be found are counted in `lost`."""
        document = self._document()
        if document is None:
            return [self._slide(atom, (), ()) for atom in self._loose(_SLIDE)]
        notes = dict(self._notes(document))
        self._footer = _footer(document, of=_OF_SLIDES) or ""
        self._masters = dict(self._fixed(document))
        slides = []
        for place, identifier, outline in self._listed(document, _SLIDES_INSTANCE):
            atom = atom_at(self._stream, self._places.get(place, -1))
            if atom is None or atom.kind != _SLIDE:
                self.lost += 1
                continue
            slides.append(self._slide(atom, outline, notes.get(identifier, ())))
        return slides

    def _slide(self, atom: Atom, outline: tuple[Shape, ...], notes: tuple[Note, ...]) -> Slide:
        info = atom.first(_SHOW_INFO)
        flags = info.data[10:12] if info is not None else b""
        hidden = bool(int.from_bytes(flags, "little") & _HIDDEN)
        shapes = tuple(shapes_of(atom, outline))
        shown = {shape.plain for shape in shapes}
        shown |= {shape.unseen for shape in shapes if not shape.plain}
        rest = tuple(shape for shape in outline if (shape.plain or shape.unseen) not in shown)
        return Slide(
            shapes=shapes + rest,
            hidden=hidden,
            has_picture=has_picture(atom),
            fixed=self._masters.get(_master_of(atom), ()),
            footer=self._footer if (own := _footer(atom)) is None else own,
            notes=notes,
            comments=tuple(("comment", text, True) for text in _comments(atom)),
        )

    def _directory(self, newest: int) -> Iterator[tuple[int, int]]:
        """Yield number and offset of each stored object; those of older saves first."""
        edits: list[int] = []
        at, seen = newest, set[int]()
        while at and at not in seen and len(edits) < _MOST_EDITS:
            seen.add(at)
            edit = atom_at(self._stream, at)
            if edit is None or edit.kind != _USER_EDIT or len(edit.data) < 16:  # noqa: PLR2004 - up to the directory
                break
            at, directory = struct.unpack_from("<II", edit.data, 8)
            edits.append(directory)
        for directory in reversed(edits):
            table = atom_at(self._stream, directory)
            if table is not None and table.kind == _DIRECTORY:
                yield from _entries(table.data)

    def _document(self) -> Atom | None:
        found = (atom_at(self._stream, place) for place in self._places.values())
        listed = next((atom for atom in found if atom is not None and atom.kind == _DOCUMENT), None)
        return listed or next(iter(self._loose(_DOCUMENT)), None)

    def _loose(self, kind: int) -> list[Atom]:
        """Return the records of a kind in the order in which they lie in the stream."""
        return [atom for atom in atoms(self._stream, 0, len(self._stream)) if atom.kind == kind]

    def _listed(self, document: Atom, instance: int) -> Iterator[tuple[int, int, tuple[Shape, ...]]]:
        """Yield place, number and outline texts of each slide (or notes page) that a list names."""
        lists = [a for a in document.children() if a.kind == _SLIDE_LIST and a.instance == instance]
        for entry in lists:
            head: tuple[int, int] | None = None
            inner: list[Atom] = []
            for atom in entry.children():
                if atom.kind == _PERSIST and len(atom.data) >= 16:  # noqa: PLR2004 - up to the slide's number
                    if head is not None:
                        yield *head, tuple(texts_of(iter(inner)))
                    place, _, _, identifier = struct.unpack_from("<IIII", atom.data)
                    head, inner = (place, identifier), []
                else:
                    inner.append(atom)
            if head is not None:
                yield *head, tuple(texts_of(iter(inner)))

    def _fixed(self, document: Atom) -> Iterator[tuple[int, tuple[str, ...]]]:
        for place, identifier, _ in self._listed(document, _MASTERS_INSTANCE):
            atom = atom_at(self._stream, self._places.get(place, -1))
            if atom is not None and atom.kind in (_MASTER, _SLIDE):
                yield identifier, tuple(fixed_texts(atom))

    def _notes(self, document: Atom) -> Iterator[tuple[int, tuple[Note, ...]]]:
        """Yield the number of a slide and what stands on its notes page."""
        for place, _, outline in self._listed(document, _NOTES_INSTANCE):
            atom = atom_at(self._stream, self._places.get(place, -1))
            head = atom.first(_NOTES_ATOM) if atom is not None and atom.kind == _NOTES else None
            if atom is None or head is None or len(head.data) < 4:  # noqa: PLR2004 - the slide's number
                continue
            shapes = list(shapes_of(atom, outline))
            shown = "\n".join(shape.text for shape in shapes if shape.text.strip())
            unseen = "\n".join(shape.unseen for shape in shapes if shape.unseen)
            notes = (("notes", shown, False), ("notes", unseen, True))
            yield struct.unpack_from("<I", head.data)[0], tuple(note for note in notes if note[1])


def _entries(data: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at <= len(data) - 4:
        packed = struct.unpack_from("<I", data, at)[0]
        first, count = packed & 0xFFFFF, packed >> 20
        at += 4
        for number in range(min(count, (len(data) - at) // 4)):
            yield first + number, struct.unpack_from("<I", data, at + 4 * number)[0]
        at += 4 * count


def _master_of(slide: Atom) -> int:
    """Return the number of the master whose shapes a slide shows, 0 where it shows none."""
    head = slide.first(_SLIDE_ATOM)
    if head is None or head.end - head.start < 22:  # noqa: PLR2004 - up to its flags
        return 0
    master, flags = struct.unpack_from("<12xI4xH", head.data)
    return int(master) if flags & _SHOWS_MASTER else 0


def _footer(holder: Atom, *, of: int | None = None) -> str | None:
    """Return what a slide, or the deck, says of its foot; None when it says nothing."""
    for atom in holder.children():
        if atom.kind != _FOOT or (of is not None and atom.instance != of):
            continue
        shown = atom.first(_FOOT_SHOWN)
        flags = int.from_bytes(shown.data[2:4], "little") if shown is not None else 0
        texts = (a for a in atom.children() if a.kind == _STRING and a.instance == _FOOTER)
        text = next((a.data.decode("utf-16-le", errors="replace").strip() for a in texts), "")
        return text if flags & _HAS_FOOTER else ""
    return None


def _comments(slide: Atom) -> Iterator[str]:
    for atom in slide.all():
        if atom.kind != _COMMENT:
            continue
        strings = {
            inner.instance: inner.data.decode("utf-16-le", errors="replace")
            for inner in atom.children()
            if inner.kind == _STRING
        }
        if text := strings.get(1, "").strip():
            yield f"{strings[0]}: {text}" if strings.get(0) else text
