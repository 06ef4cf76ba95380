"""Small real files of Office before 2007 and of Outlook, made with nothing but the standard library."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT_MARK, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def ole_file(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file; `/` in a path parts storages from what is in them."""
    return _Ole(streams).build()


def xls_file(
    cells: Sequence[Sequence[str | float | None]],
    *,
    name: str = "Sheet1",
    hidden: bool = False,
    more: bytes = b"",
    globals_: bytes = b"",
) -> bytes:
    """Return a workbook of one sheet; `more` are further records of the sheet, `globals_` of the book."""
    body = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 6)) + more
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            if isinstance(value, str):
                text = struct.pack("<HHHHB", row, column, 0, len(value), 1) + value.encode("utf-16-le")
                body += biff(0x0204, text)
            elif value is not None:
                body += biff(0x0203, struct.pack("<HHHd", row, column, 0, value))
    body += biff(0x000A, b"")
    head = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 6)) + globals_
    bound = struct.pack("<BBBB", int(hidden), 0, len(name), 1) + name.encode("utf-16-le")
    place = len(head) + 4 + 4 + len(bound) + 4
    book = head + biff(0x0085, struct.pack("<I", place) + bound) + biff(0x000A, b"") + body
    return ole_file({"Workbook": book})


def biff(kind: int, data: bytes) -> bytes:
    """Return one record of a workbook."""
    return struct.pack("<HH", kind, len(data)) + data


def msg_file(
    properties: Mapping[int, str | bytes], *, attachments: Mapping[str, bytes] | None = None
) -> bytes:
    """Return an Outlook message; a property given as bytes is binary. Attachments by their names."""
    return ole_file(msg_streams(properties, attachments=attachments))


def msg_streams(
    properties: Mapping[int, str | bytes],
    *,
    prefix: str = "",
    attachments: Mapping[str, bytes | Mapping[str, bytes]] | None = None,
) -> dict[str, bytes]:
    """Return the streams of a message; an attachment given as streams is a message itself."""
    streams = {f"{prefix}__properties_version1.0": bytes(24 if prefix else 32)}
    for number, value in properties.items():
        kind, data = ("001F", value.encode("utf-16-le")) if isinstance(value, str) else ("0102", value)
        streams[f"{prefix}__substg1.0_{number:04X}{kind}"] = data
    for place, (name, content) in enumerate((attachments or {}).items()):
        here = f"{prefix}__attach_version1.0_#{place:08X}/"
        method = 1 if isinstance(content, bytes) else 5
        streams[f"{here}__properties_version1.0"] = bytes(8) + struct.pack("<HHIII", 3, 0x3705, 6, method, 0)
        streams[f"{here}__substg1.0_3707001F"] = name.encode("utf-16-le")
        if isinstance(content, bytes):
            streams[f"{here}__substg1.0_37010102"] = content
        else:
            inner = f"{here}__substg1.0_3701000D/"
            streams |= {f"{inner}{path}": data for path, data in content.items()}
    return streams


def ppt_file(
    slides: Sequence[tuple[Sequence[tuple[int, str]], bool]],
    *,
    comments: Sequence[tuple[str, str]] = (),
    footer: str = "",
    styles: Mapping[str, bytes] | None = None,
    numbers: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a deck; a slide is ((text type, text)..., is hidden); comments are the first one's.

    `styles` holds the style record of a text, `numbers` the one that numbers its paragraphs.
    """
    kept = _PptStyles(styles=styles or {}, numbers=numbers or {})
    stream, places = b"", {}
    for number, (texts, hidden) in enumerate(slides, 2):
        places[number] = len(stream)
        stream += _ppt_slide(texts, kept, hidden=hidden, comments=comments if number == 2 else ())  # noqa: PLR2004
    persists = b"".join(
        _atom(0x03F3, struct.pack("<IIIII", number, 0, 0, 255 + number, 0)) for number in places
    )
    places[1] = len(stream)
    foot = _atom(0x0FDA, struct.pack("<HH", 0, 0x20)) + _atom(0x0FBA, footer.encode("utf-16-le"), instance=2)
    stream += _box(0x03E8, _box(0x0FF0, persists) + (_box(0x0FD9, foot, instance=3) if footer else b""))
    directory = len(stream)
    entries = b"".join(struct.pack("<I", places[number]) for number in sorted(places))
    stream += _atom(0x1772, struct.pack("<I", 1 | len(places) << 20) + entries)
    edit = len(stream)
    stream += _atom(0x0FF5, struct.pack("<IIIIIII", 0, 0, 0, directory, 1, 0, 0))
    user = _atom(0x0FF6, struct.pack("<III", 20, 0xE391C05F, edit) + bytes(8))
    return ole_file({"PowerPoint Document": stream, "Current User": user})


@dataclass(frozen=True, slots=True, kw_only=True)
class _PptStyles:
    styles: Mapping[str, bytes]
    numbers: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocParagraph:
    """A paragraph of a DOC file: its text, how it ends, its style and properties."""

    text: str
    end: str = "\r"
    style: int = 0
    properties: bytes = b""
    letters: bytes = b""
    """Properties of its letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocLevel:
    """A level of a list of a DOC file; in its text the character 0 stands for the first level's number."""

    text: str
    form: int = 0
    start: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DocStyle:
    """A style of a DOC file: kind 1 for paragraphs, 2 for letters."""

    kind: int = 1
    base: int = 0x0FFF
    own_number: int = 0x0FFE
    properties: bytes = b""


def doc_file(
    paragraphs: Sequence[DocParagraph],
    *,
    comments: str = "",
    lists: Sequence[tuple[Sequence[DocLevel], int | None]] = (),
    styles: Sequence[DocStyle] = (),
    data: bytes = b"",
) -> bytes:
    """Return a Word file of these paragraphs; a list is its levels, and where it starts if not as they say.

    Lists of equal levels have one shape. `data` is what forms say of their fields.
    """
    start = 0x600
    body = "".join(paragraph.text + paragraph.end for paragraph in paragraphs)
    text = (body + comments).encode("utf-16-le")
    begins = [start]
    for paragraph in paragraphs:
        begins.append(begins[-1] + 2 * len(paragraph.text + paragraph.end))
    page_at = -(-(start + len(text)) // _SECTOR)
    paragraph_page = _doc_page(
        begins,
        [struct.pack("<H", paragraph.style) + paragraph.properties for paragraph in paragraphs],
        width=13,
    )
    letter_page = _doc_page(begins, [paragraph.letters for paragraph in paragraphs], width=1)
    table = bytes(16)
    pieces = struct.pack("<II", 0, len(body + comments)) + struct.pack("<HIH", 0, start, 0)
    clx_at, clx = len(table), b"\x02" + struct.pack("<I", len(pieces)) + pieces
    table += clx
    papx_at, papx = len(table), struct.pack("<III", start, begins[-1], page_at)
    table += papx
    chpx_at, chpx = len(table), struct.pack("<III", start, begins[-1], page_at + 1)
    table += chpx
    head = bytearray(start)
    for place, (held, behind) in {0x00A2: (_doc_styles(styles), b""), **_doc_lists(lists)}.items():
        struct.pack_into("<II", head, place, len(table), len(held))
        table += held + behind
    struct.pack_into("<HH", head, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", head, 10, 0x0200)
    struct.pack_into("<8I", head, 0x4C, len(body), 0, 0, 0, len(comments), 0, 0, 0)
    struct.pack_into("<II", head, 0x01A2, clx_at, len(clx))
    struct.pack_into("<II", head, 0x0102, papx_at, len(papx))
    struct.pack_into("<II", head, 0x00FA, chpx_at, len(chpx))
    stream = (bytes(head) + text).ljust(page_at * _SECTOR, b"\0") + paragraph_page + letter_page
    streams = {"WordDocument": stream, "1Table": table.ljust(_CUTOFF, b"\0")}
    return ole_file(streams | ({"Data": data.ljust(_CUTOFF, b"\0")} if data else {}))


# --- compound files


@dataclass(slots=True)
class _Node:
    name: str
    data: bytes | None = None
    inner: dict[str, _Node] = field(default_factory=dict)
    number: int = 0
    start: int = _END


class _Ole:
    def __init__(self, streams: Mapping[str, bytes]) -> None:
        self.root = _Node("Root Entry")
        for path, data in streams.items():
            node = self.root
            for part in path.split("/"):
                node = node.inner.setdefault(part, _Node(part))
            node.data = data
        self.nodes = [self.root]
        self._number(self.root)
        self.sectors: list[bytes] = []
        self.fat: list[int] = []

    def _number(self, node: _Node) -> None:
        ordered = sorted(node.inner.items(), key=lambda item: (len(item[0]), item[0].upper()))
        node.inner = dict(ordered)
        for inner in node.inner.values():
            inner.number = len(self.nodes)
            self.nodes.append(inner)
            self._number(inner)

    def build(self) -> bytes:
        """Return the file: streams, the small ones' stream, its table, the directory, the FAT."""
        mini, mini_fat = b"", list[int]()
        for node in self.nodes:
            if node.data is None or not node.data:
                continue
            if len(node.data) >= _CUTOFF:
                node.start = self._put(node.data)
                continue
            node.start = len(mini) // _MINI
            count = -(-len(node.data) // _MINI)
            mini += node.data.ljust(count * _MINI, b"\0")
            mini_fat += [*range(node.start + 1, node.start + count), _END]
        self.root.start = self._put(mini) if mini else _END
        table = self._put(struct.pack(f"<{len(mini_fat)}I", *mini_fat), pad=b"\xff") if mini_fat else _END
        directory = self._put(b"".join(self._entry(node, len(mini)) for node in self.nodes))
        return self._header(directory, table, len(mini_fat)) + b"".join(self.sectors)

    def _put(self, data: bytes, pad: bytes = b"\0") -> int:
        start, count = len(self.sectors), -(-len(data) // _SECTOR)
        padded = data.ljust(count * _SECTOR, pad)
        self.sectors += [padded[at : at + _SECTOR] for at in range(0, len(padded), _SECTOR)]
        self.fat += [*range(start + 1, start + count), _END]
        return start

    def _entry(self, node: _Node, mini: int) -> bytes:
        name = node.name.encode("utf-16-le") + b"\0\0"
        kind = 5 if node is self.root else 1 if node.data is None else 2
        first = min((inner.number for inner in node.inner.values()), default=_NONE)
        right = self._right_of(node)
        size = mini if node is self.root else len(node.data or b"")
        return (
            name.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(name), kind, 1, _NONE, right, first)
            + bytes(36)
            + struct.pack("<IQ", node.start if kind != 1 else 0, size)
        )

    def _right_of(self, node: _Node) -> int:
        for outer in self.nodes:
            siblings = [inner.number for inner in outer.inner.values()]
            if node.number in siblings:
                place = siblings.index(node.number)
                return siblings[place + 1] if place + 1 < len(siblings) else _NONE
        return _NONE

    def _header(self, directory: int, table: int, mini_count: int) -> bytes:
        entries = _SECTOR // 4
        count = 1
        while count * entries < len(self.fat) + count:
            count += 1
        fat = self.fat + [_FAT_MARK] * count
        fat += [_FREE] * (count * entries - len(fat))
        places = list(range(len(self.sectors), len(self.sectors) + count))
        packed = struct.pack(f"<{len(fat)}I", *fat)
        self.sectors += [packed[at : at + _SECTOR] for at in range(0, len(packed), _SECTOR)]
        listed = (places + [_FREE] * 109)[:109]
        mini_sectors = -(-mini_count * 4 // _SECTOR)
        return (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
            + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
            + struct.pack("<III", 0, count, directory)
            + struct.pack("<IIIIII", 0, _CUTOFF, table, mini_sectors, _END, 0)
            + struct.pack("<109I", *listed)
        )  # fmt: skip


# --- PowerPoint and Word


def _atom(kind: int, data: bytes, *, instance: int = 0, version: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(data)) + data


def _box(kind: int, data: bytes, *, instance: int = 0) -> bytes:
    return _atom(kind, data, instance=instance, version=0xF)


def _ppt_numbers(data: bytes) -> bytes:
    name = _atom(0x0FBA, "___PPT9".encode("utf-16-le"))
    return _box(0xF011, _box(0x1388, _box(0x138A, name + _atom(0x138B, _atom(0x0FAC, data)))))


def _ppt_slide(
    texts: Sequence[tuple[int, str]],
    kept: _PptStyles,
    *,
    hidden: bool,
    comments: Sequence[tuple[str, str]],
) -> bytes:
    shapes = b"".join(
        _box(
            0xF004,
            _box(
                0xF00D,
                _atom(0x0F9F, struct.pack("<I", kind))
                + _atom(0x0FA0, text.encode("utf-16-le"))
                + (_atom(0x0FA1, kept.styles[text]) if text in kept.styles else b""),
            )
            + (_ppt_numbers(kept.numbers[text]) if text in kept.numbers else b""),
        )
        for kind, text in texts
    )
    show = _atom(0x03F9, bytes(10) + struct.pack("<H", 4 if hidden else 0) + bytes(4))
    said = b"".join(
        _box(
            0x2EE0,
            _atom(0x0FBA, author.encode("utf-16-le")) + _atom(0x0FBA, text.encode("utf-16-le"), instance=1),
        )
        for author, text in comments
    )
    return _box(0x03EE, _box(0x040C, _box(0xF002, _box(0xF003, shapes))) + show + said)


def _doc_page(begins: Sequence[int], properties: Sequence[bytes], *, width: int) -> bytes:
    """Return a page that says which properties hold between which places of the file."""
    page = bytearray(_SECTOR)
    count = len(properties)
    struct.pack_into(f"<{count + 1}I", page, 0, *begins)
    end = _SECTOR - 2
    for number, held in enumerate(properties):
        if not held:
            continue
        packed = bytes([len(held)]) + held if width == 1 else _counted(held)
        end = (end - len(packed)) // 2 * 2
        page[end : end + len(packed)] = packed
        page[4 * (count + 1) + width * number] = end // 2
    page[-1] = count
    return bytes(page)


def _counted(held: bytes) -> bytes:
    padded = held if len(held) % 2 else held + b"\0"
    return bytes([(len(padded) + 1) // 2]) + padded


def _doc_styles(styles: Sequence[DocStyle]) -> bytes:
    packed = struct.pack("<HHH", 4, len(styles), 10)
    for number, style in enumerate(styles):
        own = (struct.pack("<H", number) if style.kind == 1 else b"") + style.properties
        body = struct.pack("<HHHHH", style.own_number, style.base << 4 | style.kind, 1, 0, 0)
        body += struct.pack("<H", 1) + "S\0".encode("utf-16-le") + struct.pack("<H", len(own)) + own
        packed += struct.pack("<H", len(body)) + body + bytes(len(body) % 2)
    return packed


def _doc_lists(
    lists: Sequence[tuple[Sequence[DocLevel], int | None]],
) -> dict[int, tuple[bytes, bytes]]:
    """Return what stands where the header names the shapes, and the lists."""
    shapes = list(dict.fromkeys(tuple(levels) for levels, _ in lists))
    heads, levels = struct.pack("<H", len(shapes)), b""
    for number, shape in enumerate(shapes, 100):
        heads += struct.pack("<Ii9HBB", number, 0, *[0x0FFF] * 9, len(shape) == 1, 0)
        for level in (*shape, *[DocLevel(text="")] * (8 if len(shape) > 1 else 0))[: 9 if shape[1:] else 1]:
            places = [at for at, char in enumerate(level.text, 1) if ord(char) < 9]  # noqa: PLR2004 - levels
            levels += struct.pack("<iBB9B", level.start, level.form, 0, *(*places, *bytes(9))[:9])
            levels += bytes(9) + bytes([0, 0, 0, 0])
            levels += struct.pack("<H", len(level.text)) + level.text.encode("utf-16-le")
    named, changes = struct.pack("<I", len(lists)), b""
    for one, start in lists:
        named += struct.pack("<III4B", 100 + shapes.index(tuple(one)), 0, 0, start is not None, 0, 0, 0)
        changes += struct.pack("<I", 0xFFFFFFFF)
        changes += b"" if start is None else struct.pack("<iI", start, 0x10)
    return {0x02E2: (heads, levels), 0x02EA: (named + changes, b"")} if lists else {}
