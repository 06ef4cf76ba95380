"""A PDF's pages to units, one after another: text that goes on from page to page is one text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION
from holdfast.stages.parsing.readers.pdf.asides import FOOTER, FOOTNOTE, HEADER, Aside, Told
from holdfast.stages.parsing.readers.pdf.blocks import LineBlocks
from holdfast.stages.parsing.readers.pdf.captions import captions
from holdfast.stages.parsing.readers.pdf.footnotes import footnotes
from holdfast.stages.parsing.readers.pdf.joining import cuts_word, goes_on, joined_word, paragraph_end
from holdfast.stages.parsing.readers.pdf.layout import Layout
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line, Page
from holdfast.stages.parsing.units import Block, Unit

_NUMBER = re.compile(r"\d+(?:[-.\u2013]\d+)*")
"""A number, or one of several parts as pages of a chapter have: 3-12."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A page that was sent: its running text, and what stands behind it."""

    page: Page
    lines: tuple[Line, ...]
    """Those of the running text."""
    body: tuple[Block, ...]
    behind: tuple[Block, ...]
    """Notes and the like, which wait for the end of a sentence that goes on overleaf."""
    reaches: int
    """The last page that was sent: pages with nothing on them part no sentence."""


class PageBlocks:
    """Turns pages into units one after another; knows what was shown before."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._blocks = LineBlocks(layout)
        self._seen: dict[str, tuple[str, ...]] = {}
        self._before: _Sent | None = None

    @staticmethod
    def plain(page: Page) -> Unit:
        """Return a page's text without any judgement of its layout."""
        text = "\n".join(line.text.replace(HYPHEN, "-") for line in page.lines)
        shown = Block(text=text, locator=Locator(page=page.number))
        return Unit(key=_key(page), blocks=(shown, *_at_end(page)))

    def units(self, page: Page) -> Iterator[Unit]:
        """Yield a page in blocks; in front of it the page before once more, if that goes on here."""
        before = self._before
        if before is not None and not page.lines and not _at_end(page):
            self._before = replace(before, reaches=page.number)
            yield Unit(key=_key(page), blocks=())
            return
        told = self._told(page)
        if before is not None and self._goes_on_from(before, told.lines, page):
            body, told = self._with_cut_word(before, told)
            sent = self._sent(page, told, before.behind, goes_on=True)
            yield Unit(key=_key(before.page), blocks=body)
        else:
            sent = self._sent(page, told, (), goes_on=False)
        self._before = sent
        yield Unit(key=_key(page), blocks=(*sent.body, *sent.behind))

    def _goes_on_from(self, before: _Sent, lines: Sequence[Line], page: Page) -> bool:
        return (
            bool(lines and before.lines)
            and before.reaches == page.number - 1
            and self._blocks.is_text(before.lines[-1], before.page)
            and self._blocks.is_text(lines[0], page)
            and goes_on(before.lines[-1], lines[0], before.lines)
        )

    def _with_cut_word(self, before: _Sent, told: Told) -> tuple[tuple[Block, ...], Told]:
        """Return the page before with the whole of its last word, and this one without the rest of it."""
        last, first = before.lines[-1], told.lines[0]
        if not cuts_word(last.text, first.text):
            return before.body, told
        text, _, line = before.body[-1].text.rpartition("\n")
        whole, rest = joined_word(line, first.text)
        line = self._layout.unhyphenated(whole)
        block = replace(before.body[-1], text=f"{text}\n{line}" if text else line)
        return (*before.body[:-1], block), told.after_cut_word(rest)

    def _sent(self, page: Page, told: Told, carried: Sequence[Block], *, goes_on: bool) -> _Sent:
        """Return a page in blocks; what the page before left stands behind the sentence that goes on here."""
        lines = told.lines
        first = self._first_end(lines, page) if goes_on and lines else 0
        placed: list[tuple[int, Aside | Block]] = [(first, block) for block in carried]
        placed += [(max(first, each.at), each) for each in told.asides]
        body = list(self._blocks.blocks(page, lines, placed))
        if goes_on and body:
            body[0] = replace(body[0], continues=True)
        behind = [self._blocks.aside(each, page) for at, each in placed if at >= len(lines)]
        return _Sent(
            page=page,
            lines=lines,
            body=tuple(body),
            behind=(*behind, *_at_end(page)),
            reaches=page.number,
        )

    def _first_end(self, lines: Sequence[Line], page: Page) -> int:
        return paragraph_end(lines, 0, self._layout.paragraph_gap, self._is_text(lines, page))

    def _is_text(self, lines: Sequence[Line], page: Page) -> Callable[[int], bool]:
        return lambda number: self._blocks.is_text(lines[number], page)

    def _told(self, page: Page) -> Told:
        """Return the running text of a page and what stands beside it."""
        shown: list[Line] = []
        kept: list[Line] = []
        for line in page.lines:
            if not self._layout.running.is_running(line, page):
                shown.append(line)
            elif not (self._layout.drops_repeated and self._was_shown(line)):
                kept.append(line)
        above = tuple(line for line in kept if line.box.middle[1] > page.height / 2)
        below = tuple(line for line in kept if line.box.middle[1] <= page.height / 2)
        notes = footnotes(page, [line for line in shown if not line.area], self._layout.body_size)
        noted = {word.order for note in notes for line in note for word in line.words}
        shown = [line for line in shown if not any(word.order in noted for word in line.words)]
        captioned = self._captions([line for line in shown if not line.area], page)
        in_captions = {id(line) for _, lines in captioned for line in lines}
        shown = [line for line in shown if id(line) not in in_captions]
        body = [line for line in shown if not line.area]
        asides = [Aside(lines=above, part=HEADER, at=0)] if above else []
        asides += [Aside(lines=lines, part="", at=self._unparted(at, body, page)) for at, lines in captioned]
        asides += self._areas(shown, body, page)
        asides += [Aside(lines=note, part=FOOTNOTE, at=len(body)) for note in notes]
        asides += [Aside(lines=below, part=FOOTER, at=len(body))] if below else []
        return Told(lines=tuple(body), asides=tuple(asides))

    def _captions(self, lines: Sequence[Line], page: Page) -> list[tuple[int, tuple[Line, ...]]]:
        """Return captions that part a sentence, and in front of which line of the others each stands."""
        before = self._before
        last = before.lines[-1] if before and before.lines and before.reaches == page.number - 1 else None
        found: list[tuple[int, tuple[Line, ...]]] = []
        taken = 0
        for first, end in captions(lines, last, self._layout.paragraph_gap, self._is_text(lines, page)):
            found.append((first - taken, tuple(lines[first:end])))
            taken += end - first
        return found

    def _areas(self, shown: Sequence[Line], body: Sequence[Line], page: Page) -> Iterator[Aside]:
        """Yield what stands in areas beside the text, each behind the paragraph that it was written in."""
        for area in dict.fromkeys(line.area for line in shown if line.area):
            first = next(number for number, line in enumerate(shown) if line.area == area)
            at = sum(not line.area for line in shown[:first])
            lines = tuple(line for line in shown if line.area == area)
            yield Aside(lines=lines, part="", at=self._unparted(at, body, page))

    def _unparted(self, at: int, body: Sequence[Line], page: Page) -> int:
        """Return the number of a line, or where the paragraph ends that the line stands in."""
        around = body[max(0, at - 1) : at + 1]
        if at == 0 or len(around) < 2 or not all(self._blocks.is_text(line, page) for line in around):  # noqa: PLR2004
            return at
        return at - 1 + self._first_end(body[at - 1 :], page)

    def _was_shown(self, line: Line) -> bool:
        """Tell whether a repeated line of the margins was kept where it stood first.

        One that differs from it by more than one number says more than its page: figures of a table.
        """
        key = _NUMBER.sub("", line.text)
        numbers = tuple(_NUMBER.findall(line.text))
        if key not in self._seen:
            self._seen[key] = numbers
            return False
        changed = {pair for pair in zip(self._seen[key], numbers, strict=False) if pair[0] != pair[1]}
        return len(changed) <= 1


def _key(page: Page) -> str:
    return f"page {page.number}"


def _at_end(page: Page) -> tuple[Block, ...]:
    """Return what is said on a page beside its print, then what a reader of it does not see."""
    text = "\n".join(line.text.replace(HYPHEN, "-") for line in page.hidden)
    here, comment = Locator(page=page.number), Locator(page=page.number, part="comment")
    of_figures = Locator(page=page.number, part=DESCRIPTION)
    return (
        *(Block(text=said, locator=here) for said in page.typed),
        *(Block(text=said, locator=of_figures) for said in page.descriptions),
        *((Block(text=text, locator=here, hidden=True),) if text else ()),
        *(Block(text=said, locator=comment, hidden=True) for said in page.comments),
    )
