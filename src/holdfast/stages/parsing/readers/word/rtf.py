"""RTF: headings by style, tables to rows, hidden and deleted text marked; damage ends the text early."""

from __future__ import annotations

import re
from dataclasses import replace

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION
from holdfast.stages.parsing.readers.left_out import LeftOut, clipped
from holdfast.stages.parsing.readers.symbols import sign, with_signs
from holdfast.stages.parsing.readers.texts.codepages import encoding_of
from holdfast.stages.parsing.readers.word.rtf_blocks import RtfBlocks
from holdfast.stages.parsing.readers.word.rtf_fields import ENTRY, FIELD, INSTRUCTION, RtfFields
from holdfast.stages.parsing.readers.word.rtf_held import ENDED, HELD, OBJECT, Held
from holdfast.stages.parsing.readers.word.rtf_labels import LABELS, list_label
from holdfast.stages.parsing.readers.word.rtf_math import MATH, RtfMath
from holdfast.stages.parsing.readers.word.rtf_runs import Run, joined, unseen_runs
from holdfast.stages.parsing.readers.word.rtf_state import LETTERS, State
from holdfast.stages.parsing.readers.word.rtf_tables import (
    charset_encoding,
    colours_of,
    fonts_of,
    headings_of,
    symbol_fonts_of,
)
from holdfast.stages.parsing.readers.word.rtf_tokens import (
    PARTS,
    SAID_AGAIN,
    SAYS_AGAIN,
    SIGNS,
    SKIPPED,
    TOKEN,
)
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Size, Unit

_DEEPEST = 1000
_DEEPEST_LIST = 8
_BYTES_PER_TEXT_BYTE = 20
_AUTHOR = "atnauthor"
_KNOWN_STARRED = (
    "shpinst",
    "shptxt",
    "do",
    "company",
    "htmltag",
    "moMathPara",
    MATH,
    INSTRUCTION,
    ENTRY,
    _AUTHOR,
    *SAYS_AGAIN,
    *HELD,
)
_INFO = {
    "title": "title", "author": "author", "subject": "subject", "keywords": "keywords",
    "company": "company", "manager": "manager", "category": "category", "doccomm": "description",
}  # fmt: skip


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then the text as one unit, then notes, comments and page headers."""
    document = _Document(data, limits.max_chars)
    document.run()
    yield Size(text_bytes=len(data) // _BYTES_PER_TEXT_BYTE)
    if document.properties:
        yield Properties(values=document.properties)
    yield Unit(key="text", blocks=tuple(document.blocks))
    yield Unit(key="notes", blocks=tuple(document.aside))
    yield from document.left_out.verdict()
    yield from document.files(limits)


def read_part(data: bytes, *, part: str) -> Reading:
    """Yield the text of a message's body kept as RTF."""
    document = _Document(data, len(data))
    document.run()
    blocks = [replace(block, locator=replace(block.locator, part=part)) for block in document.blocks]
    yield Unit(key="text", blocks=tuple(blocks))


class _Document:
    """Goes through the tokens once; braces cost a stack entry, never a call."""

    def __init__(self, data: bytes, max_chars: int) -> None:
        self.aside: list[Block] = []
        self.properties: dict[str, str] = {}
        self.left_out = LeftOut()
        self._data = data
        self._left = max_chars
        page = re.search(rb"\\ansicpg(\d{1,5})", data[:4096])
        self._encoding = encoding_of(int(page[1])) if page else "cp1252"
        self._fonts = fonts_of(data)
        self._symbol_fonts = symbol_fonts_of(data)
        self._whites = colours_of(data)
        self._blocks = RtfBlocks(headings_of(data))
        self._state = State(encoding=self._encoding)
        self._stack: list[State] = []
        self._paragraph = self._blocks.paragraph
        self._asides: list[tuple[str, list[Run]]] = []
        self._label: list[str] = []
        self._info: dict[str, list[str]] = {}
        self._bytes = bytearray()
        self._to_skip = 0
        self._starred = False
        self._fields = RtfFields()
        self._math: RtfMath | None = None
        self._notes = 0
        self._author = ""
        self._held = Held()

    @property
    def blocks(self) -> list[Block]:
        """The text, after `run`."""
        return self._blocks.done

    def files(self, limits: ReadingLimits) -> Reading:
        """Yield the files in its objects."""
        return self._held.files(limits)

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
        if self._left <= 0 and at < len(self._data):
            self.left_out.add("what follows the characters that parsing.max_chars allows")
        self._close_all()
        self._blocks.end_paragraph()
        self._blocks.end_table()
        self._keep_info()

    def _close_all(self) -> None:
        """End what the file left open."""
        self._flush_bytes()
        fields, self._state = self._state.field, State(encoding=self._encoding)
        self._end_math()
        for _ in range(fields):
            self._put(self._fields.closed())
        while self._asides:
            self._end_aside()

    # --- tokens

    def _brace(self, brace: bytes) -> None:
        self._flush_bytes()
        self._to_skip = 0
        if brace == b"{":
            if self._math is not None:
                self._math.opened()
            if len(self._stack) < _DEEPEST:
                self._stack.append(self._state)
            return
        before, self._state = self._state, self._stack.pop() if self._stack else self._state
        if self._math is not None:
            self._math.closed()
        if before.in_math and not self._state.in_math:
            self._end_math()
        for _ in range(before.field - self._state.field):
            self._put(self._fields.closed())
        if before.within in ENDED and before.within != self._state.within:
            self._end_held(before.within)
        if before.in_label and not self._state.in_label:
            self._end_label()
        if before.part and not self._state.part:
            self._end_aside()

    def _word(self, word: str, number: int | None, at: int) -> int:
        self._flush_bytes()
        starred, self._starred = self._starred, False
        if word == "bin":
            end = at + max(0, number or 0)
            self._held.said(
                self._state.within, self._data[at:end].hex() if self._state.within == OBJECT else ""
            )
            return end
        if self._math is not None:
            self._math.named(word)
        if self._state.field:
            self._fields.told(word, number)
        if not self._group_word(word, starred=starred):
            self._text_word(word, number)
        return at

    def _group_word(self, word: str, *, starred: bool) -> bool:
        """Take a word that says what its group is; return whether it is one."""
        state = self._state
        if word in SKIPPED or (starred and word not in PARTS and word not in _KNOWN_STARRED):
            self._state = replace(state, skipped=True)
        elif word in HELD:
            self._state = replace(state, skipped=True, within=state.within or word)
            self._held.began(word)
        elif word in (INSTRUCTION, ENTRY, _AUTHOR):
            self._state = replace(state, skipped=True, within=word)
            self._author *= word != _AUTHOR
        elif word in SAID_AGAIN:
            self._state = replace(state, skipped=True, resumes=not state.skipped)
        elif word in SAYS_AGAIN:
            self._state = replace(state, skipped=state.skipped and not state.resumes, resumes=False)
        elif word in LABELS and not state.skipped:
            self._state = replace(state, skipped=True, in_label=True)
        elif word in PARTS:
            self._begin_aside(PARTS[word])
        elif word == "info":
            self._state = replace(state, info="info", skipped=True)
        elif state.info and word in _INFO:
            self._state = replace(state, info=_INFO[word], skipped=False)
        else:
            return self._shown_group_word(word)
        return True

    def _shown_group_word(self, word: str) -> bool:
        if word not in (MATH, FIELD):
            return False
        if word == MATH and not self._state.skipped and self._math is None:
            self._state, self._math = replace(self._state, in_math=True), RtfMath()
        elif word == FIELD and not self._state.skipped:
            self._state = replace(self._state, field=self._state.field + 1)
            self._fields.opened()
        return True

    def _text_word(self, word: str, number: int | None) -> None:
        if word == "u" and number is not None:
            self._put(with_signs(chr(number & 0xFFFF), self._state.signs))
            self._to_skip = self._state.fallback
        elif word in SIGNS:
            self._sign_word(word)
        elif word == "chftn":
            self._notes += not (self._state.part or self._state.skipped)
            self._put(f"[{self._notes}]")
        else:
            self._property(word, number)

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
        is_apart = self._state.skipped or self._state.part or self._paragraph.in_table
        if word == "par" and not is_apart:
            self._blocks.end_paragraph()
        else:
            self._put(SIGNS[word])

    def _property(self, word: str, number: int | None) -> None:
        """Take the control words that change how text is read."""
        state = self._state
        if word == "plain":
            self._state = state.plain(self._encoding)
        elif word in LETTERS:
            self._state = state.told(word, number)
        elif word == "cf":
            self._state = replace(state, white=(number or 0) in self._whites)
        elif word == "f" and number in self._fonts:
            encoding = charset_encoding(self._fonts[number])
            self._state = replace(
                state, encoding=encoding or self._encoding, signs=self._symbol_fonts.get(number, "")
            )
        elif not state.skipped and not state.part:
            self._layout(word, number)

    def _layout(self, word: str, number: int | None) -> None:
        if word == "pard":
            self._paragraph.reset()
        elif word == "s":
            self._paragraph.style = number or 0
        elif word == "outlinelevel":
            self._paragraph.level = (number or 0) + 1
        elif word == "ilvl":
            self._paragraph.list_level = min(max(number or 0, 0), _DEEPEST_LIST)
        elif word == "intbl":
            self._paragraph.in_table = True
        elif word == "nestcell":
            self._put(" ")  # the table of a cell is text of that cell
        elif word == "cell":
            self._flush_bytes()
            self._blocks.end_cell()
        elif word == "row":
            self._blocks.end_row()

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
        if state.field:
            self._fields.said(text, state.within)
        if state.within == _AUTHOR:
            self._author += text
        elif state.within in HELD:
            self._held.said(state.within, text)
        if state.skipped:
            return
        if self._math is not None and state.in_math:
            self._math.said(text)
            return
        unseen = state.hidden or state.tiny or state.deleted
        if state.part:
            self._asides[-1][1].append((text, unseen, state.deleted))
        else:
            self._left -= len(text)
            white = state.white and not state.filled and not self._paragraph.in_table
            self._paragraph.runs.append((text, unseen or white, state.deleted))

    def _end_math(self) -> None:
        if self._math is not None:
            line, self._math = self._math.line, None
            self._put(line)

    def _end_label(self) -> None:
        label = list_label(joined(self._label))
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
        shown = joined([text for text, hidden, _ in runs if is_comment or not hidden])
        text = "\n".join(line for line in shown.split("\n") if line.strip()).strip()
        if text:
            text = f"{self._author.strip()}: {text}" if is_comment and self._author else text
            self.aside.append(Block(text=text, locator=Locator(part=part), hidden=is_comment))
        if not is_comment:
            self.aside.extend(unseen_runs(runs, Locator(part=part)))

    def _end_held(self, word: str) -> None:
        self._held.end(word, self.properties)
        if text := self._held.description(word):
            hidden = self._state.hidden or self._state.deleted
            block = Block(text=text, locator=Locator(part=DESCRIPTION), hidden=hidden)
            if self._state.part:
                self.aside += [block] if self.aside[-1:] != [block] else []
            else:
                self._blocks.described(text, hidden=hidden)

    def _keep_info(self) -> None:
        for key, pieces in self._info.items():
            if text := clipped(joined(pieces)):
                self.properties[key] = text
