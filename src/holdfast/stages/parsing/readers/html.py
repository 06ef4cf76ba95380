"""HTML: headings to heading paths, tables to rows, what a reader does not see marked as hidden."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.decoding import decode
from holdfast.stages.parsing.readers.headings import HeadingPath
from holdfast.stages.parsing.readers.html_tables import HtmlTable
from holdfast.stages.parsing.readers.tables import table_blocks
from holdfast.stages.parsing.units import Block, Properties, Reading, ReadingLimits, Unit

_DROPPED = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "canvas"})
_VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    }
)
_TABLE_TAGS = frozenset({"table", "tr", "td", "th"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKS = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "nav",
        "aside",
        "ul",
        "ol",
        "dl",
        "dd",
        "dt",
    }
    | {
        "blockquote",
        "figure",
        "figcaption",
        "form",
        "fieldset",
        "address",
        "details",
        "summary",
        "body",
        "html",
    }
    | {"pre", "hr", "li", "table", "tr", "option", "select", "caption", "title", *_HEADINGS}
)
_INVISIBLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)|opacity\s*:\s*0\s*(?:;|$)",
    re.IGNORECASE,
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_KEPT_META = {
    "author": "author",
    "description": "description",
    "keywords": "keywords",
    "date": "created",
    "dcterms.created": "created",
    "dcterms.modified": "modified",
    "article:published_time": "created",
    "article:modified_time": "modified",
    "last-modified": "modified",
    "status": "status",
    "version": "version",
}
_BULLET = re.compile(r"^ *(?:-|\d+\.) $")
_DEEPEST = 1000
"""Open elements that are followed; a file of 200,000 nested `div` is text like any other."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield title and meta data as properties, then the whole text as one unit."""
    del limits
    declared = _CHARSET.search(data[:4096])
    yield from read_text(decode(data, declared=declared[1].decode("ascii") if declared else ""))


def read_text(text: str, *, part: str | None = None) -> Reading:
    """Yield what a page holds that is decoded already; `part` names the part of a message it is."""
    page = _Page(part)
    page.feed(text)
    page.close()
    page.finish()
    if page.properties:
        yield Properties(values=page.properties)
    yield Unit(key="text", blocks=tuple(page.blocks))


class _Page(HTMLParser):
    """Collects blocks while the tags go by; no tree is built, so depth costs nothing."""

    def __init__(self, part: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.properties: dict[str, str] = {}
        self._part = part
        self._path = HeadingPath()
        self._open: list[tuple[str, bool]] = []
        """Open elements, each with whether what is in it is hidden."""
        self._text: list[str] = []
        self._dropped = 0
        self._tables: list[HtmlTable] = []
        self._lists: list[int] = []
        self._preformatted = 0
        self._heading = 0

    # --- tags

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in _DROPPED:
            self._dropped += 1
        if self._dropped:
            return
        if tag in _BREAKS:
            self._break()
        if tag not in _VOID:
            self._push(tag, attributes)
        self._begin(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            return
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropped = max(0, self._dropped - 1)
            return
        if self._dropped:
            return
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr" and self._tables:
            self._end_cell()
            self._tables[-1].close_row()
        elif tag == "table":
            self._end_table()
        elif tag in _HEADINGS:
            self._end_heading()
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._break()
        elif tag in _BREAKS:
            self._break()
        if tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        self._pop(tag)

    def handle_data(self, data: str) -> None:
        if self._dropped:
            return
        self._text.append(data if self._preformatted else re.sub(r"[ \t\r\n\f]+", " ", data))

    # --- what the tags do

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self._text.append("\n")
        elif tag == "img" and attributes.get("alt"):
            self._text.append(f" {attributes['alt']} ")
        elif tag == "meta":
            self._keep_meta(attributes)
        elif tag in _TABLE_TAGS:
            self._begin_in_table(tag, attributes)
        elif tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._text.append(self._bullet())
        elif tag == "pre":
            self._preformatted += 1

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
        if name in _KEPT_META and content:
            self.properties.setdefault(_KEPT_META[name], content[:500])

    def _bullet(self) -> str:
        indent = "  " * max(0, len(self._lists) - 1)
        if not self._lists or self._lists[-1] < 0:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1]}. "

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

    def _end_heading(self) -> None:
        title = " ".join("".join(self._text).split())
        if self._heading and title and not self._in_cell() and not self._hidden():
            self._path.enter(self._heading, title)
        self._heading = 0
        self._break()

    # --- text to blocks

    def _break(self) -> None:
        if self._in_cell():
            self._text.append(" ")
        elif not self._lists:
            self._flush()
        elif self._text and not _BULLET.match(self._text[-1]):  # `<li><p>`: the bullet keeps its text
            self._text.append("\n")

    def _flush(self) -> None:
        lines = ("".join(self._text)).split("\n")
        self._text = []
        kept = [line.rstrip() if self._preformatted else _tidy(line) for line in lines]
        text = "\n".join(line for line in kept if line.strip())
        if not text:
            return
        if self._open and self._open[-1][0] == "title" and not self._in_body():
            self.properties.setdefault("title", text.strip())
            return
        self.blocks.append(Block(text=text, locator=self._locator(), hidden=self._hidden()))

    def finish(self) -> None:
        """Close what the file left open."""
        while self._tables:
            self._end_table()
        self._flush()

    def _locator(self) -> Locator:
        return Locator(heading=self._path.path, part=self._part)

    def _in_cell(self) -> bool:
        return bool(self._tables) and self._tables[-1].in_cell

    def _in_body(self) -> bool:
        return any(tag == "body" for tag, _ in self._open[:10])

    # --- open elements

    def _push(self, tag: str, attributes: dict[str, str | None]) -> None:
        hidden = (
            self._hidden() or "hidden" in attributes or bool(_INVISIBLE.search(attributes.get("style") or ""))
        )
        if hidden != self._hidden() and not self._in_cell():
            self._flush()
        if len(self._open) < _DEEPEST:
            self._open.append((tag, hidden))

    def _pop(self, tag: str) -> None:
        for number in range(len(self._open) - 1, max(-1, len(self._open) - 30), -1):
            if self._open[number][0] == tag:
                if self._open[number][1] and not self._in_cell():
                    self._flush()
                del self._open[number:]
                return

    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def _tidy(line: str) -> str:
    indent = len(line) - len(line.lstrip(" ")) if line.lstrip().startswith("- ") else 0
    return " " * min(indent, 8) + " ".join(line.split())
