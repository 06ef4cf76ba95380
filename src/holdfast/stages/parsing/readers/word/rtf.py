"""RTF: headings by style, tables to rows, hidden and deleted text marked; damage ends the text early."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.symbols import sign, with_signs
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.texts.codepages import encoding_of
from holdfast.stages.parsing.readers.unseen import Unseen, unseen_blocks
from holdfast.stages.parsing.readers.word.rtf_labels import LABELS, list_label
from holdfast.stages.parsing.readers.word.rtf_tables import (
    charset_encoding,
    colours_of,
    fonts_of,
    headings_of,
    symbol_fonts_of,
)
from holdfast.stages.parsing.readers.word.rtf_tokens import SIGNS, SKIPPED, TOKEN
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Size, Unit

_LONGEST_HEADING = 250
_DEEPEST = 1000
_DEEPEST_LIST = 8
_BYTES_PER_TEXT_BYTE = 20
_PARTS = {
    "header": "page header", "headerl": "page header", "headerr": "page header", "headerf": "page header",
    "footer": "page footer", "footerl": "page footer", "footerr": "page footer", "footerf": "page footer",
    "footnote": "footnote", "annotation": "comment",
}  # fmt: skip
_TINY_HALF_POINTS = 2
_FILLS = ("cb", "highlight", "chcbpat", "chshdng")
_KNOWN_STARRED = ("shpinst", "shptxt", "htmltag")
_INFO = {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What holds inside the braces that are open."""

    skipped: bool = False
    hidden: bool = False
    deleted: bool = False
    tiny: bool = False
    """A point or less."""
    white: bool = False
    filled: bool = False
    """Something stands behind the letters."""
    in_label: bool = False
    """In what is shown before a list item."""
    part: str = ""
    info: str = ""
    encoding: str = "cp1252"
    signs: str = ""
    """The font whose letters are signs of their own."""
    fallback: int = 1
    """Bytes that follow a Unicode character for programs that know none."""


_Run = tuple[str, bool, bool]
"""Text, whether it is hidden, whether it was deleted."""


@dataclass(slots=True)
class _Paragraph:
    style: int = -1
    level: int = 0
    list_level: int = 0
    in_table: bool = False
    label: str = ""
    runs: list[_Run] = field(default_factory=list)


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then the text as one unit, then notes, comments and page headers."""
    document = _Document(data, limits.max_chars)
    document.run()
    yield Size(text_bytes=len(data) // _BYTES_PER_TEXT_BYTE)
    if document.properties:
        yield Properties(values=document.properties)
    yield Unit(key="text", blocks=tuple(document.blocks))
    yield Unit(key="notes", blocks=tuple(document.aside))


def read_part(data: bytes, *, part: str) -> Reading:
    """Yield the text of a message's body kept as RTF."""
    document = _Document(data, len(data))
    document.run()
    blocks = [replace(block, locator=replace(block.locator, part=part)) for block in document.blocks]
    yield Unit(key="text", blocks=tuple(blocks))


class _Document:
    """Goes through the tokens once; braces cost a stack entry, never a call."""

    def __init__(self, data: bytes, max_chars: int) -> None:
        self.blocks: list[Block] = []
        self.aside: list[Block] = []
        self.properties: dict[str, str] = {}
        self._data = data
        self._left = max_chars
        self._path = HeadingPath()
        page = re.search(rb"\\ansicpg(\d{1,5})", data[:4096])
        self._encoding = encoding_of(int(page[1])) if page else "cp1252"
        self._fonts = fonts_of(data)
        self._symbol_fonts = symbol_fonts_of(data)
        self._whites = colours_of(data)
        self._headings = headings_of(data)
        self._state = _State(encoding=self._encoding)
        self._stack: list[_State] = []
        self._paragraph = _Paragraph()
        self._asides: list[tuple[str, list[_Run]]] = []
        self._label: list[str] = []
        self._info: dict[str, list[str]] = {}
        self._bytes = bytearray()
        self._to_skip = 0
        self._row: list[str] = []
        self._cell: list[str] = []
        self._rows: list[list[str]] = []
        self._starred = False

    def run(self) -> None:
        """Read to the end, or until there is more text than allowed."""
        at = 0
        while at < len(self._data) and self._left > 0:
            match = TOKEN.match(self._data, at)
            if match is None:
                break
            word, number, code, sign, brace, plain = match.groups()
            at = match.end()
            if code is not None:
                self._byte(bytes.fromhex(code.decode()))
            elif plain is not None:
                self._plain(plain)
            elif brace is not None:
                self._brace(brace)
            elif word is not None:
                at = self._word(word.decode(), int(number) if number is not None else None, at)
            elif sign is not None:
                self._sign(sign.decode("latin-1"))
        self._end_paragraph()
        self._end_table()
        self._keep_info()

    # --- tokens

    def _brace(self, brace: bytes) -> None:
        self._flush_bytes()
        self._to_skip = 0
        if brace == b"{":
            if len(self._stack) < _DEEPEST:
                self._stack.append(self._state)
            return
        before, self._state = self._state, self._stack.pop() if self._stack else self._state
        if before.in_label and not self._state.in_label:
            self._end_label()
        if before.part and not self._state.part:
            self._end_aside()

    def _word(self, word: str, number: int | None, at: int) -> int:
        self._flush_bytes()
        starred, self._starred = self._starred, False
        if word == "bin":
            return at + max(0, number or 0)
        if word in SKIPPED or (starred and word not in _PARTS and word not in _KNOWN_STARRED):
            self._state = replace(self._state, skipped=True)
        elif word in LABELS and not self._state.skipped:
            self._state = replace(self._state, skipped=True, in_label=True)
        elif word in _PARTS:
            self._begin_aside(_PARTS[word])
        elif word == "info":
            self._state = replace(self._state, info="info", skipped=True)
        elif self._state.info and word in _INFO:
            self._state = replace(self._state, info=_INFO[word], skipped=False)
        elif word == "u" and number is not None:
            self._put(with_signs(chr(number & 0xFFFF), self._state.signs))
            self._to_skip = self._state.fallback
        elif word in SIGNS:
            self._sign_word(word)
        else:
            self._property(word, number)
        return at

    def _sign(self, sign: str) -> None:
        self._flush_bytes()
        if sign == "*":
            self._starred = True
        elif sign in "{}\\":
            self._put(sign)
        elif sign in SIGNS:
            self._put(SIGNS[sign])
        elif sign in "\r\n":
            self._sign_word("par")

    def _sign_word(self, word: str) -> None:
        if (
            word == "par"
            and not self._state.skipped
            and not self._state.part
            and not self._paragraph.in_table
        ):
            self._end_paragraph()
        else:
            self._put(SIGNS[word])

    def _property(self, word: str, number: int | None) -> None:
        """Take the control words that change how text is read."""
        state, is_on = self._state, number != 0
        if word == "plain":
            self._state = replace(
                state,
                hidden=False,
                deleted=False,
                tiny=False,
                white=False,
                filled=False,
                encoding=self._encoding,
                signs="",
            )
        elif word == "v":
            self._state = replace(state, hidden=is_on)
        elif word == "deleted":
            self._state = replace(state, deleted=is_on)
        elif word == "fs":
            self._state = replace(state, tiny=number is not None and number <= _TINY_HALF_POINTS)
        elif word == "cf":
            self._state = replace(state, white=(number or 0) in self._whites)
        elif word in _FILLS:
            self._state = replace(state, filled=is_on and number is not None)
        elif word == "f" and number in self._fonts:
            encoding = charset_encoding(self._fonts[number])
            self._state = replace(
                state, encoding=encoding or self._encoding, signs=self._symbol_fonts.get(number, "")
            )
        elif word == "uc":
            self._state = replace(state, fallback=min(max(number or 0, 0), 10))
        elif not state.skipped and not state.part:
            self._layout(word, number)

    def _layout(self, word: str, number: int | None) -> None:
        if word == "pard":
            self._paragraph.style, self._paragraph.level, self._paragraph.in_table = -1, 0, False
            self._paragraph.list_level = 0
        elif word == "s":
            self._paragraph.style = number or 0
        elif word == "outlinelevel":
            self._paragraph.level = (number or 0) + 1
        elif word == "ilvl":
            self._paragraph.list_level = min(max(number or 0, 0), _DEEPEST_LIST)
        elif word == "intbl":
            self._paragraph.in_table = True
        elif word in ("cell", "nestcell"):
            self._end_cell()
        elif word == "row":
            self._rows.append(self._row)
            self._row = []

    def _plain(self, text: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            text = text[skipped:]
        self._bytes += text

    def _byte(self, byte: bytes) -> None:
        if self._to_skip:
            self._to_skip -= 1
        else:
            self._bytes += byte

    def _flush_bytes(self) -> None:
        if self._bytes:
            state = self._state
            if state.signs and not state.in_label:
                text = "".join(sign(code, state.signs) for code in self._bytes)
            else:
                text = self._bytes.decode(state.encoding, errors="replace")
            self._bytes.clear()
            self._put(text)

    # --- text

    def _put(self, text: str) -> None:
        state = self._state
        if state.info and state.info != "info":
            self._info.setdefault(state.info, []).append(text)
            return
        if state.in_label:
            self._label.append(text)
        if state.skipped:
            return
        unseen = state.hidden or state.tiny or state.deleted
        if state.part:
            self._asides[-1][1].append((text, unseen, state.deleted))
        else:
            self._left -= len(text)
            white = state.white and not state.filled and not self._paragraph.in_table
            self._paragraph.runs.append((text, unseen or white, state.deleted))

    def _end_label(self) -> None:
        label = list_label(_joined(self._label))
        self._label.clear()
        if label and not self._state.skipped:
            self._put(f"{label} ")
            self._paragraph.label = label

    def _begin_aside(self, part: str) -> None:
        if not self._state.part and not self._state.skipped:
            self._asides.append((part, []))
            self._state = replace(self._state, part=part)

    def _end_aside(self) -> None:
        part, runs = self._asides.pop()
        is_comment = part == "comment"
        shown = _joined([text for text, hidden, _ in runs if is_comment or not hidden])
        text = "\n".join(line for line in shown.split("\n") if line.strip()).strip()
        if text:
            self.aside.append(Block(text=text, locator=Locator(part=part), hidden=is_comment))
        if not is_comment:
            self.aside.extend(_unseen(runs, Locator(part=part)))

    def _shown(self) -> str:
        return _joined([text for text, hidden, _ in self._paragraph.runs if not hidden])

    def _end_cell(self) -> None:
        self._flush_bytes()
        text = " ".join(self._shown().split())
        # The number of an empty item is all that its cell shows.
        self._row.append("" if text == self._paragraph.label == "-" else text)
        self._end_runs()

    def _end_paragraph(self) -> None:
        self._flush_bytes()
        text, label = self._shown().strip(), self._paragraph.label
        if text and text != label:
            self._end_table()
            level = self._paragraph.level or self._headings.get(self._paragraph.style, 0)
            if level and len(text) <= _LONGEST_HEADING:
                self._path.enter(level, text)
            elif label:
                text = "  " * self._paragraph.list_level + text
            self.blocks.append(Block(text=text, locator=self._here()))
        self._end_runs()

    def _end_runs(self) -> None:
        self.blocks.extend(_unseen(self._paragraph.runs, self._here()))
        self._paragraph.runs, self._paragraph.label = [], ""

    def _end_table(self) -> None:
        if self._row:
            self._rows.append(self._row)
        if self._rows:
            self.blocks.extend(table_blocks(self._rows, locator=self._here()))
        self._rows, self._row = [], []

    def _here(self) -> Locator:
        return Locator(heading=self._path.path)

    def _keep_info(self) -> None:
        for key, pieces in self._info.items():
            if text := " ".join(_joined(pieces).split())[:500]:
                self.properties[key] = text


def _unseen(runs: list[_Run], here: Locator) -> Iterator[Block]:
    for deleted in (False, True):
        text = _joined([text for text, hidden, gone in runs if hidden and gone is deleted])
        yield from unseen_blocks([Unseen(text=text, deleted=deleted)], here)


def _joined(pieces: list[str]) -> str:
    """Return the pieces as one text; characters beyond 16 bits come in two halves."""
    text = "".join(pieces)
    if text.isascii():
        return text
    return text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
