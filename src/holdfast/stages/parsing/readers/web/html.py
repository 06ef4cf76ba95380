"""HTML: headings to heading paths, tables to rows, what a reader does not see marked as hidden."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.web import names
from holdfast.stages.parsing.readers.web.elements import OUTSIDE, Element, opened
from holdfast.stages.parsing.readers.web.hiding import StyleSheet, look_of
from holdfast.stages.parsing.readers.web.labels import Labels
from holdfast.stages.parsing.readers.web.lists import HtmlList
from holdfast.stages.parsing.readers.web.markup import closed, declared_charset, remark, tidy
from holdfast.stages.parsing.readers.web.mathml import Formula
from holdfast.stages.parsing.readers.web.tables import HtmlTable
from holdfast.stages.parsing.units import (
    Block,
    Properties,
    Reading,
    ReadingLimits,
    Unit,
    Verdict,
)

_BULLET = re.compile(r"^ *(?:-|(?:-?\d+|[a-zA-Z]|[ivxlcdm]+|[IVXLCDM]+)\.) $")
_FED_AT_ONCE, _SENT_AT_ONCE = 1 << 18, 1_000_000
_DEEPEST = 1000
"""Open elements that are followed; a file of 200,000 nested `div` is text like any other."""
_DEEPEST_FRAME = 3


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield title and meta data as properties, then the whole text as one unit."""
    text = decode(data, declared=declared_charset(data))
    yield from read_text(text, max_chars=limits.max_chars)


def read_text(text: str, *, part: str | None = None, max_chars: int = sys.maxsize) -> Reading:
    """Yield what a page holds that is decoded already; `part` names the part of a message it is."""
    page = _Page(part)
    text = closed(text)
    step = max(1000, min(_FED_AT_ONCE, max_chars // 10))
    fed = sent = 0
    while fed < len(text) and page.chars + step <= max_chars:
        page.feed(text[fed : fed + step])
        fed += step
        if part is None and page.chars > (sent + 1) * _SENT_AT_ONCE:
            sent += 1  # what was read so far is kept when a limit ends the rest
            yield Unit(key=f"part {sent}", blocks=page.taken())
    page.close()
    page.finish()
    if page.properties:
        yield Properties(values=page.properties)
    yield Unit(key=f"part {sent + 1}" if sent else "text", blocks=page.taken())
    if fed < len(text):
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason=f"only its first {page.chars:,} characters were read. "
            "Split it, or raise parsing.max_chars",
        )


class _Page(HTMLParser):
    """Collects blocks while the tags go by; no tree is built, so depth costs nothing."""

    def __init__(self, part: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.properties: dict[str, str] = {}
        self.chars = 0
        """Characters of text that went by."""
        self._part = part
        self._path = HeadingPath()
        self._sheet = StyleSheet()
        self._open: list[Element] = []
        self._here = OUTSIDE
        """The innermost open element."""
        self._text: list[str] = []
        self._unseen: list[str] = []
        """What the open table holds and does not show."""
        self._aside: list[str] = []
        """What a line holds and does not show."""
        self._css: list[str] | None = None
        self._dropped = 0
        self._frames = 0  # around the page
        self._labels = Labels()
        self._tables: list[HtmlTable] = []
        self._lists: list[HtmlList] = []
        self._preformatted = 0
        self._heading = 0
        self._formula: Formula | None = None

    def taken(self) -> tuple[Block, ...]:
        """Return the blocks since they were last asked for."""
        blocks, self.blocks = tuple(self.blocks), []
        return blocks

    # --- tags

    def updatepos(self, i: int, j: int) -> int:
        """Count no lines: nobody asks for them, and it is a tenth of the time."""
        del i
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in names.DROPPED:
            if tag == "iframe" and attributes.get("srcdoc") and not self._dropped:
                self._put_frame(attributes)
            self._dropped += 1
            self._css = [] if tag == "style" and not self._here.inert else None
        if self._dropped:
            return
        if self._formula is not None:
            self._formula.begin(tag, attributes)
            return
        if tag == "math":
            self._formula = Formula(attributes)
            return
        self._part_from_before(tag, attributes)
        if tag not in names.VOID:
            self._push(tag, attributes)
        self._begin(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in names.DROPPED:
            if tag == "iframe":
                self.handle_starttag(tag, attrs)
                self._end_dropped()
            return
        self.handle_starttag(tag, attrs)
        if tag not in names.VOID or self._formula is not None:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in names.DROPPED:
            self._end_dropped()
        elif self._formula is not None and not self._dropped:
            self._end_in_formula(tag)
        elif not self._dropped:
            self._end(tag)

    def _end(self, tag: str) -> None:
        if self._here.drawn and names.begins_words(tag, {}):
            self._put(" ")
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr" and self._tables:
            self._end_cell()
            self._tables[-1].close_row()
        elif tag == "table":
            self._end_table()
        elif tag in names.HEADINGS:
            self._end_heading()
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._break()
        elif tag in names.BREAKS:
            self._break()
        if tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        self._pop(tag)

    def handle_data(self, data: str) -> None:
        self.chars += len(data)
        if self._css is not None:
            self._css.append(data)
        if self._formula is not None and not self._dropped:
            self._formula.said(data)
        elif not self._dropped:
            self._put(data if self._preformatted else re.sub(r"[ \t\r\n\f]+", " ", data))

    def handle_comment(self, data: str) -> None:
        """Keep what an author wrote beside the page; not what only old programs read."""
        text = remark(data)
        if self._dropped or not text:
            return
        if self._in_cell():
            self._unseen.append(text)
        else:
            self._flush()
            self.blocks.append(Block(text=text, locator=self._locator("comment"), hidden=True))

    # --- what the tags do

    def _part_from_before(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if self._here.drawn and names.begins_words(tag, attributes):
            self._put(" ")
        elif tag in names.BREAKS and not self._here.drawn:
            self._break()

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self._put("\n")
        elif (shown := names.shown_by(tag, attributes)) and not (tag == "img" and self._here.inert):
            self._put_shown(tag, attributes, shown)
        elif tag == "link" and "stylesheet" in (attributes.get("rel") or "").lower():
            self._sheet.paints = True
        elif tag == "meta" and (said := names.said_of_page(attributes)):
            self.properties.setdefault(*said)
        elif tag in names.TABLE_TAGS:
            self._begin_in_table(tag, attributes)
        elif tag in names.HEADINGS:
            self._heading = names.HEADINGS[tag]
        elif tag in ("ul", "ol"):
            self._lists.append(HtmlList(tag, attributes))
        elif tag == "li":
            self._put(self._bullet(attributes))
        elif tag == "pre":
            self._preformatted += 1

    def _end_in_formula(self, tag: str) -> None:
        assert self._formula is not None
        if tag != "math":
            self._formula.end(tag)
            return
        formula, self._formula = self._formula, None
        if not self._here.spoken:
            self._put_shown(tag, formula.attributes, formula.line)

    def _put_frame(self, attributes: Mapping[str, str | None]) -> None:
        """Take the page that a frame holds in an attribute, under the headings around the frame."""
        held = attributes.get("srcdoc") or ""
        if self._frames >= _DEEPEST_FRAME:
            self._put(f" {held} ")
            return
        page = _Page(self._part)
        page._frames = self._frames + 1
        page.feed(closed(held))
        page.close()
        page.finish()
        self.chars += page.chars
        hides = look_of("iframe", attributes, self._here.look, self._sheet).hidden
        for block in page.blocks:
            text = "\n".join(block.rows) or block.text
            if self._in_cell():
                (self._unseen if hides or block.hidden else self._text).append(f" {text} ")
                continue
            self._flush()
            place = replace(block.locator, heading=self._path.path + block.locator.heading)
            self.blocks.append(replace(block, locator=place, hidden=hides or block.hidden))

    def _put_shown(self, tag: str, attributes: Mapping[str, str | None], text: str) -> None:
        """Take what an element shows by itself, hidden where the element is."""
        look = look_of(tag, attributes, self._here.look, self._sheet)
        if look.hidden and not self._hidden():
            (self._unseen if self._in_cell() else self._aside).append(f" {text} ")
        else:
            self._put(f" {text} ")

    def _begin_in_table(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "table":
            self._tables.append(HtmlTable(self._text if self._in_cell() else (), depth=len(self._tables)))
            self._text = [] if self._tables[-1].around else self._text
        elif not self._tables:
            return
        elif tag == "tr":
            self._end_cell()
            self._tables[-1].open_row()
        else:
            self._begin_cell(tag, attributes)

    def _bullet(self, attributes: dict[str, str | None]) -> str:
        label = self._lists[-1].label(attributes) if self._lists else "-"
        return f"{'  ' * max(0, len(self._lists) - 1)}{label} "

    def _begin_cell(self, tag: str, attributes: dict[str, str | None]) -> None:
        self._end_cell()
        table = self._tables[-1]
        table.headed = table.headed or (tag == "th" and len(table.rows) == 1)
        table.begin_cell(attributes.get("colspan"), attributes.get("rowspan"))
        self._text = []

    def _end_cell(self) -> None:
        if self._tables and self._tables[-1].in_cell:
            self._tables[-1].in_cell = False
            self._tables[-1].add("".join(self._text))
            self._text = []

    def _end_dropped(self) -> None:
        self._dropped = max(0, self._dropped - 1)
        if self._css:
            self._sheet.add("".join(self._css))
        self._css = None

    def _end_table(self) -> None:
        self._end_cell()
        if not self._tables:
            return
        table = self._tables.pop()
        if self._tables and self._tables[-1].in_cell:  # a table in a cell is text of that cell
            self._text = [*table.around, " ", " ".join(" ".join(row) for row in table.rows), " "]
            return
        self._flush()
        has_header, place = table.headed or None, self._locator()
        self.blocks += table_blocks(table.rows, has_header=has_header, locator=place, hidden=self._hidden())
        self._end_unseen(self._unseen)

    def _end_heading(self) -> None:
        title = " ".join("".join(self._text).split())
        if self._heading and title and not self._in_cell() and not self._hidden():
            self._path.enter(self._heading, title)
        self._heading = 0
        self._break()

    # --- text to blocks

    def _break(self) -> None:
        if self._in_cell() or self._here.aside:
            self._put(" ")
        elif not self._lists:
            self._flush()
        elif self._text and not _BULLET.match(self._text[-1]):  # `<li><p>`: the bullet keeps its text
            self._text.append("\n")

    def _flush(self) -> None:
        self._flush_seen()
        self._end_unseen(self._aside)

    def _end_unseen(self, pieces: list[str]) -> None:
        if unseen := " ".join("".join(pieces).split()):
            self.blocks.append(Block(text=unseen, locator=self._locator(), hidden=True))
        pieces.clear()

    def _flush_seen(self) -> None:
        lines = ("".join(self._text)).split("\n")
        self._text = []
        kept = [line.rstrip() if self._preformatted else tidy(line) for line in lines]
        text = "\n".join(line for line in kept if line.strip())
        if not text:
            return
        if self._here.tag == "title" and not self._here.drawn and not self._in_body():
            self.properties.setdefault("title", text.strip())
            return
        self.blocks.append(Block(text=text, locator=self._locator(), hidden=self._hidden()))

    def finish(self) -> None:
        """Close what the file left open."""
        if self._formula is not None:
            self._end_in_formula("math")
        while self._tables:
            self._end_table()
        self._flush()

    def _put(self, text: str) -> None:
        """Take text; what is hidden within a table is kept apart, since cells hold only what they show."""
        self._labels.said(text)
        if self._in_cell() and self._hidden():
            self._unseen.append(text)
        elif self._here.aside:
            self._aside.append(text)
        else:
            self._text.append(text)

    def _locator(self, part: str = "") -> Locator:
        own = "quoted" if self._part and self._here.quoted else self._part
        return Locator(heading=self._path.path, part=part or own)

    def _in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1].in_cell

    def _in_body(self) -> bool:
        return any(element.tag == "body" for element in self._open[:10])

    # --- open elements

    def _push(self, tag: str, attributes: dict[str, str | None]) -> None:
        ended = names.ENDS_OF.get(tag)
        while ended and self._here.tag in ended:
            self._pop(self._here.tag)
        element = opened(tag, attributes, self._here, self._sheet, in_mail=self._part is not None)
        if element.parts != self._here.parts and not self._in_cell():
            self._flush()
        if len(self._open) < _DEEPEST:
            self._labels.opened(len(self._open), attributes)
            self._open.append(element)
            self._here = element

    def _pop(self, tag: str) -> None:
        for number in range(len(self._open) - 1, max(-1, len(self._open) - 30), -1):
            if self._open[number].tag == tag:
                if label := self._labels.closed(number):
                    self._put(f" {label} ")
                outer = self._open[number - 1] if number else OUTSIDE
                if outer.parts != self._here.parts and not self._in_cell():
                    self._flush()
                del self._open[number:]
                self._here = outer
                return

    def _hidden(self) -> bool:
        return self._here.look.hidden
