"""The text of a Word paragraph, what a reader does not see told from what he sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.symbols import TICKED, UNTICKED, is_symbol_font, sign, with_signs
from holdfast.stages.parsing.readers.word.equations import deleted_of, line_of
from holdfast.stages.parsing.readers.word.field_words import drawn_by
from holdfast.stages.parsing.readers.xml import attribute, child, local, whole_number

_SKIPPED = frozenset(
    {"pPr", "rPr", "txbxContent", "Fallback", "instrText", "fldData", "sdtPr", "annotationRef", "rt"}
)
_DELETED = frozenset({"del", "moveFrom"})
_MARKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "", "ptab": "\t"}
_OFF = ("0", "false", "off")
_HEX = re.compile(r"[0-9A-Fa-f]{1,4}")
_TINY_HALF_POINTS = 2
_WHITE = "FFFFFF"
_NO_FILL = ("", "AUTO", _WHITE)


Hides = Callable[[Element], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a paragraph."""

    text: str
    hidden: bool = False
    """Hidden font, or deleted under tracked changes."""
    deleted: bool = False


class Fields:
    """The fields of a paragraph that are open, for those that keep no result and are drawn all the same."""

    def __init__(self) -> None:
        self._open: list[tuple[list[str], list[str]]] = []
        """Instruction and result of each, the innermost last."""
        self._parted: list[bool] = []
        """Of each, whether its instruction is over."""
        self._asking = 0
        """How many instructions are not."""

    @property
    def in_instruction(self) -> bool:
        """Return whether the letters that come next are part of what a field does, not of what it shows."""
        return self._asking > 0

    def said(self, text: str, *, is_instruction: bool = False) -> None:
        """Take a piece of text."""
        for instruction, result in self._open[-1:]:
            (instruction if is_instruction else result).append(text)

    def drawn(self, mark: Element) -> str:
        """Take the mark where a field begins or ends; return what it draws where it ends."""
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            self._open.append(([], []))
            self._parted.append(False)
            self._asking += 1
        if kind == "separate" and self._parted:
            self._asking -= not self._parted[-1]
            self._parted[-1] = True
        if kind != "end" or not self._open:
            return ""
        instruction, result = self._open.pop()
        self._asking -= not self._parted.pop()
        self.said("".join(result))
        return "" if "".join(result).strip() else drawn_by("".join(instruction))


def runs_of(
    paragraph: Element,
    *,
    hides: Hides,
    hidden: bool = False,
    deleted: bool = False,
    fields: Fields | None = None,
) -> Iterator[Run]:
    """Yield the text of a paragraph in order; text boxes anchored in it are not part of it.

    `hides` says of a run whether its letters are not shown.
    """
    fields = fields or Fields()
    for element in paragraph:
        name = local(element)
        if name == "instrText":
            fields.said(element.text or "", is_instruction=True)
        if name in _SKIPPED:
            continue
        if name in ("t", "delText"):
            gone = deleted or name == "delText"
            fields.said(text := _letters(element, paragraph))
            yield Run(text=text, hidden=hidden or gone or fields.in_instruction, deleted=gone)
        elif name in ("sym", "fldChar", "textpath"):
            fields.said(text := _drawn(element) + (fields.drawn(element) if name == "fldChar" else ""))
            yield Run(text=text, hidden=hidden, deleted=deleted)
        elif name in _MARKS:
            yield Run(text=_MARKS[name], hidden=hidden, deleted=deleted)
        elif name in ("footnoteReference", "endnoteReference"):
            yield Run(text=f"[{attribute(element, 'id')}]", hidden=hidden, deleted=deleted)
        elif name == "oMath":
            yield Run(text=line_of(element), hidden=hidden, deleted=deleted)
            yield Run(text=deleted_of(element), hidden=True, deleted=True)
        else:
            gone = deleted or name in _DELETED
            unseen = hidden or gone or (name == "r" and hides(element))
            yield from runs_of(element, hides=hides, hidden=unseen, deleted=gone, fields=fields)


def _letters(element: Element, run: Element) -> str:
    text = element.text or ""
    if not any(letter >= "\uf000" for letter in text):
        return text
    fonts = child(run, "rPr", "rFonts")
    names = [attribute(fonts, kind) for kind in ("ascii", "hAnsi", "cs")] if fonts is not None else []
    return with_signs(text, next(filter(is_symbol_font, names), ""))


def _drawn(element: Element) -> str:
    """Return what is drawn in the place of letters: a symbol, a watermark, a form's box or choice."""
    if local(element) == "textpath":
        return attribute(element, "string")
    if local(element) == "sym":
        code = attribute(element, "char")
        return sign(int(code, 16), attribute(element, "font")) if _HEX.fullmatch(code) else ""
    box, choice = child(element, "ffData", "checkBox"), child(element, "ffData", "ddList")
    if box is not None:
        state = child(box, "checked")
        state = state if state is not None else child(box, "default")
        return TICKED if state is not None and attribute(state, "val") not in _OFF else UNTICKED
    if choice is None:
        return ""
    entries = [attribute(entry, "val") for entry in choice if local(entry) == "listEntry"]
    chosen = child(choice, "result")
    place = whole_number(attribute(chosen, "val"), 0) if chosen is not None else 0
    return entries[place] if place < len(entries) else ""


def is_vanished(properties: Element | None) -> bool | None:
    """Return whether run properties hide their letters, None when they do not say."""
    vanish = child(properties, "vanish") if properties is not None else None
    return None if vanish is None else attribute(vanish, "val") not in _OFF


def is_tiny(properties: Element | None) -> bool | None:
    """Return whether run properties make letters a point or less, None when they do not say."""
    size = child(properties, "sz") if properties is not None else None
    halves = attribute(size, "val") if size is not None else ""
    return int(halves) <= _TINY_HALF_POINTS if halves.isdecimal() else None


def is_white(properties: Element | None) -> bool:
    """Return whether run properties make letters white without anything behind them."""
    colour = child(properties, "color") if properties is not None else None
    if properties is None or colour is None or attribute(colour, "val").upper() != _WHITE:
        return False
    return not is_shaded(properties) and child(properties, "highlight") is None


def is_shaded(properties: Element | None) -> bool:
    """Return whether properties put a colour other than white behind the letters."""
    shade = child(properties, "shd") if properties is not None else None
    return shade is not None and attribute(shade, "fill").upper() not in _NO_FILL
