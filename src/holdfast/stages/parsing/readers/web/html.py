"""HTML: headings to heading paths, tables to rows, what a reader does not see marked as hidden."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from html.parser import HTMLParser

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.web.elements import OUTSIDE, Element, opened
from holdfast.stages.parsing.readers.web.hiding import StyleSheet, look_of
from holdfast.stages.parsing.readers.web.lists import HtmlList
from holdfast.stages.parsing.readers.web.mathml import Formula
from holdfast.stages.parsing.readers.web.names import (
    BREAKS,
    DROPPED,
    ENDS_OF,
    HEADINGS,
    KEPT_META,
    TABLE_TAGS,
    VOID,
    shown_by,
)
from holdfast.stages.parsing.readers.web.tables import HtmlTable
from holdfast.stages.parsing.units import (
    Block,
    Properties,
    Reading,
    ReadingLimits,
    Unit,
    Verdict,
)

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_NO_TAG = re.compile(r"<(?![A-Za-z/!?])")
_BULLET = re.compile(r"^ *(?:-|(?:-?\d+|[a-zA-Z]|[ivxlcdm]+|[IVXLCDM]+)\.) $")
_FED_AT_ONCE, _SENT_AT_ONCE = 1 << 18, 1_000_000
_DEEPEST = 1000
"""Open elements that are followed; a file of 200,000 nested `div` is text like any other."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield title and meta data as properties, then the whole text as one unit."""
    declared = _CHARSET.search(data[:4096])
    text = decode(data, declared=declared[1].decode("ascii") if declared else "")
    yield from read_text(text, max_chars=limits.max_chars)


def read_text(text: str, *, part: str | None = None, max_chars: int = sys.maxsize) -> Reading:
    """Yield what a page holds that is decoded already; `part` names the part of a message it is."""
    page = _Page(part)
    text = _closed(text)
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
        if tag in DROPPED:
            self._dropped += 1
            self._css = [] if tag == "style" else None
        if self._dropped:
            return
        if self._formula is not None:
            self._formula.begin(tag, attributes)
            return
        if tag == "math":
            self._formula = Formula(attributes)
            return
        if tag in BREAKS:
            self._break()
        if tag not in VOID:
            self._push(tag, attributes)
        self._begin(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED:
            return
        self.handle_starttag(tag, attrs)
        if tag not in VOID or self._formula is not None:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED:
            self._end_dropped()
        elif self._formula is not None and not self._dropped:
            self._end_in_formula(tag)
        elif not self._dropped:
            self._end(tag)

    def _end(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr" and self._tables:
            self._end_cell()
            self._tables[-1].close_row()
        elif tag == "table":
            self._end_table()
        elif tag in HEADINGS:
            self._end_heading()
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._break()
        elif tag in BREAKS:
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
        text = " ".join(data.split())
        if self._dropped or not text or text.startswith("[") or "<" in text:
            return
        if self._in_cell():
            self._unseen.append(text)
        else:
            self._flush()
            self.blocks.append(Block(text=text, locator=self._locator("comment"), hidden=True))

    # --- what the tags do

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self._put("\n")
        elif shown := shown_by(tag, attributes):
            self._put_shown(tag, attributes, shown)
        elif tag == "link" and "stylesheet" in (attributes.get("rel") or "").lower():
            self._sheet.paints = True
        elif tag == "meta":
            self._keep_meta(attributes)
        elif tag in TABLE_TAGS:
            self._begin_in_table(tag, attributes)
        elif tag in HEADINGS:
            self._heading = HEADINGS[tag]
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

    def _put_shown(self, tag: str, attributes: Mapping[str, str | None], text: str) -> None:
        """Take what an element shows by itself, hidden where the element is."""
        look = look_of(tag, attributes, self._here.look, self._sheet)
        if look.hidden and not self._hidden():
            (self._unseen if self._in_cell() else self._aside).append(f" {text} ")
        else:
            self._put(f" {text} ")

    def _begin_in_table(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "table":
            self._tables.append(HtmlTable())
        elif not self._tables:
            return
        elif tag == "tr":
            self._end_cell()
            self._tables[-1].open_row()
        else:
            self._begin_cell(tag, attributes)

    def _keep_meta(self, attributes: dict[str, str | None]) -> None:
        name = (
            attributes.get("name") or attributes.get("property") or attributes.get("http-equiv") or ""
        ).lower()
        content = (attributes.get("content") or "").strip()
        if name in KEPT_META and content:
            self.properties.setdefault(KEPT_META[name], content[:500])

    def _bullet(self, attributes: dict[str, str | None]) -> str:
        label = self._lists[-1].label(attributes) if self._lists else "-"
        return f"{'  ' * max(0, len(self._lists) - 1)}{label} "

    def _begin_cell(self, tag: str, attributes: dict[str, str | None]) -> None:
        self._end_cell()
        table = self._tables[-1]
        table.in_cell = True
        table.headed = table.headed or (tag == "th" and len(table.rows) == 1)
        table.set_span(attributes.get("colspan"), attributes.get("rowspan"))
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
            self._text = [" ".join(" ".join(row) for row in table.rows)]
            return
        self._flush()
        self.blocks.extend(
            table_blocks(
                table.rows, has_header=table.headed or None, locator=self._locator(), hidden=self._hidden()
            )
        )
        unseen = " ".join("".join(self._unseen).split())
        self._unseen = []
        if unseen:
            self.blocks.append(Block(text=unseen, locator=self._locator(), hidden=True))

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
        unseen, self._aside = " ".join("".join(self._aside).split()), []
        if unseen:
            self.blocks.append(Block(text=unseen, locator=self._locator(), hidden=True))

    def _flush_seen(self) -> None:
        lines = ("".join(self._text)).split("\n")
        self._text = []
        kept = [line.rstrip() if self._preformatted else _tidy(line) for line in lines]
        text = "\n".join(line for line in kept if line.strip())
        if not text:
            return
        if self._here.tag == "title" and not self._in_body():
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
        ended = ENDS_OF.get(tag)
        while ended and self._here.tag in ended:
            self._pop(self._here.tag)
        element = opened(tag, attributes, self._here, self._sheet, in_mail=self._part is not None)
        if element.parts != self._here.parts and not self._in_cell():
            self._flush()
        if len(self._open) < _DEEPEST:
            self._open.append(element)
            self._here = element

    def _pop(self, tag: str) -> None:
        for number in range(len(self._open) - 1, max(-1, len(self._open) - 30), -1):
            if self._open[number].tag == tag:
                outer = self._open[number - 1] if number else OUTSIDE
                if outer.parts != self._here.parts and not self._in_cell():
                    self._flush()
                del self._open[number:]
                self._here = outer
                return

    def _hidden(self) -> bool:
        return self._here.look.hidden


def _closed(text: str) -> str:
    """Return the page with every `<` that begins no tag written out.

    `html.parser` looks at the rest of the page again for each tag or comment that is never closed: 400 kB
    of them took it minutes.
    """
    last_comment = text.rfind("-->")
    if (place := text.find("<!--", max(0, last_comment))) >= 0:
        text = text[:place] + text[place:].replace("<!--", "&lt;!--")
    last_tag = text.rfind(">") + 1
    text = text[:last_tag] + text[last_tag:].replace("<", "&lt;")
    return _NO_TAG.sub("&lt;", text)


def _tidy(line: str) -> str:
    indent = len(line) - len(line.lstrip(" ")) if line.lstrip().startswith("- ") else 0
    return " " * min(indent, 8) + " ".join(line.split())
