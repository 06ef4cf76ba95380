"""Measure tables of PDFs: exact rows and regions on the ICDAR 2013 files, tables made of prose elsewhere.

    HOLDFAST_DATA=... python bench/pdf_tables.py [--half tune|check] [--documents] [--prose]

A *row* is the ordered list of the texts of its filled cells, a merged cell counting once where it begins;
texts are compared without white space, with one kind of hyphen and without marks that NFKC folds. Rows are
compared as multisets by document, so that a row counts once whatever table of the document it stands in.
A *region* is found when a table of ours and one of theirs on the page share half of their joint area, and
found loosely when half of the smaller one lies in the other (a table cut in two, two drawn as one).
The halves are told apart by a hash of the document's name: rules are written looking at `tune` only.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_sets import data_sets

from holdfast.stages.parsing.readers.pdf.page import Box, Page
from holdfast.stages.parsing.readers.pdf.pdfium import Pdf
from holdfast.stages.parsing.units import Unreadable

DATA = data_sets()
ICDAR = DATA / "icdar2013_tables/dev"
PROSE = (DATA / "docling_parse", DATA / "unstructured_docs", DATA / "markitdown_docs")
_HYPHENS = re.compile("[\u00ad\u2010-\u2015\u2212]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the truth or of ours: page, place, rows of filled cells."""

    page: int
    box: Box
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of one document or of several."""

    true_rows: int = 0
    our_rows: int = 0
    same_rows: int = 0
    true_tables: int = 0
    our_tables: int = 0
    found: int = 0
    right: int = 0
    found_loosely: int = 0
    right_loosely: int = 0

    def __add__(self, other: Score) -> Score:
        names = Score.__dataclass_fields__
        return Score(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def __str__(self) -> str:
        return (
            f"rows {self.same_rows}/{self.true_rows} = {share(self.same_rows, self.true_rows)} recall, "
            f"{share(self.same_rows, self.our_rows)} precision; "
            f"regions {share(self.found, self.true_tables)} recall, {share(self.right, self.our_tables)} precision "
            f"(loosely {share(self.found_loosely, self.true_tables)}, {share(self.right_loosely, self.our_tables)}; "
            f"{self.true_tables} theirs, {self.our_tables} ours)"
        )


def main() -> None:
    """Score and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--half", choices=("tune", "check"))
    options.add_argument("--documents", action="store_true", help="a line for each document")
    options.add_argument("--prose", action="store_true", help="only list the tables made of other PDFs")
    chosen = options.parse_args()
    if not chosen.prose:
        show_icdar(chosen.half, documents=chosen.documents)
    show_prose()


def show_icdar(only: str | None, *, documents: bool) -> None:
    """Print the scores of each half, and of all."""
    totals = {"tune": Score(), "check": Score()}
    means: dict[str, list[float]] = {"tune": [], "check": []}
    started = time.process_time()
    pages = 0
    for path in sorted(ICDAR.glob("*/*.pdf")):
        half = half_of(path)
        if only not in (None, half):
            continue
        read = list(pages_of(path))
        pages += len(read)
        score = compare(list(truth(path)), [table for page in read for table in tables_of(page)])
        totals[half] += score
        means[half].append(score.same_rows / (score.true_rows or 1))
        if documents:
            print(f"{path.stem} ({half}): {score}")
    took = time.process_time() - started
    for half, score in totals.items():
        if score.true_rows:
            print(f"{half}: {score}; mean of documents {sum(means[half]) / len(means[half]):.3f}")
    print(f"all: {totals['tune'] + totals['check']}")
    print(f"{pages} pages in {took:.1f} CPU s: {pages / took:.0f} pages a second")


def show_prose() -> None:
    """Print how many tables come of PDFs of all kinds: those of prose are to be none."""
    for folder in PROSE:
        for path in sorted(folder.rglob("*.pdf")):
            read = list(pages_of(path))
            tables = [table for page in read for table in page.tables]
            if tables:
                sizes = ", ".join(f"{len(table.rows)}x{max(map(len, table.rows))}" for table in tables[:12])
                print(f"{path.name}: {len(read)} pages, {len(tables)} tables ({sizes})")


def half_of(path: Path) -> str:
    """Return the half that a document belongs to."""
    return "tune" if hashlib.sha256(path.stem.encode()).digest()[0] % 2 else "check"


def pages_of(path: Path) -> Iterator[Page]:
    """Yield the pages that can be read."""
    try:
        pdf = Pdf(path.read_bytes())
    except Unreadable:
        return
    for number in range(1, len(pdf) + 1):
        page = pdf.page(number, tables=True)
        if page is not None:
            yield page


def tables_of(page: Page) -> Iterator[Table]:
    """Yield our tables of a page."""
    for table in page.tables:
        rows = tuple(tuple(filter(None, map(plain, row))) for row in table.rows)
        yield Table(page=page.number, box=table.box, rows=tuple(filter(None, rows)))


def truth(path: Path) -> Iterator[Table]:
    """Yield the tables that the competition's files say are there, one for each page of a table."""
    for region in ET.parse(path.with_name(f"{path.stem}-str.xml")).iter("region"):
        cells, boxes = [], []
        for cell in region.iter("cell"):
            text = plain("".join(cell.find("content").itertext()))  # type: ignore[union-attr]
            if text:
                cells.append((int(cell.get("start-row", 0)), int(cell.get("start-col", 0)), text))
                boxes.append(cell.find("bounding-box"))
        if not cells:
            continue
        rows: dict[int, list[str]] = {}
        for row, _, text in sorted(cells, key=lambda cell: cell[:2]):
            rows.setdefault(row, []).append(text)
        edges = [[number(box.get(name)) for box in boxes] for name in ("x1", "y1", "x2", "y2")]
        box = Box(left=min(edges[0]), bottom=min(edges[1]), right=max(edges[2]), top=max(edges[3]))
        yield Table(page=int(region.get("page", 1)), box=box, rows=tuple(map(tuple, rows.values())))


def number(text: str) -> float:
    """Return a coordinate; one of the files has a letter for its last digit."""
    return float(re.sub(r"[^\d.-]", "0", text))


def plain(text: str) -> str:
    """Return a cell's text as it is compared."""
    text = _HYPHENS.sub("-", unicodedata.normalize("NFKC", text))
    return "".join(
        char for char in text.casefold() if not char.isspace() and unicodedata.category(char)[0] != "C"
    )


def compare(theirs: Sequence[Table], ours: Sequence[Table]) -> Score:
    """Return the counts of one document."""
    true_rows = Counter(row for table in theirs for row in table.rows)
    our_rows = Counter(row for table in ours for row in table.rows)
    return Score(
        true_rows=true_rows.total(),
        our_rows=our_rows.total(),
        same_rows=(true_rows & our_rows).total(),
        true_tables=len(theirs),
        our_tables=len(ours),
        found=sum(any(joint(one, other) >= 0.5 for other in ours) for one in theirs),
        right=sum(any(joint(one, other) >= 0.5 for other in theirs) for one in ours),
        found_loosely=sum(any(held(one, other) >= 0.5 for other in ours) for one in theirs),
        right_loosely=sum(any(held(one, other) >= 0.5 for other in theirs) for one in ours),
    )


def joint(one: Table, other: Table) -> float:
    """Return the shared area for the joint area (intersection over union)."""
    both = shared(one, other)
    return both / (area(one.box) + area(other.box) - both or 1)


def held(one: Table, other: Table) -> float:
    """Return the shared area for that of the smaller."""
    return shared(one, other) / (min(area(one.box), area(other.box)) or 1)


def shared(one: Table, other: Table) -> float:
    """Return the area that both cover, 0 on different pages."""
    if one.page != other.page:
        return 0.0
    width = min(one.box.right, other.box.right) - max(one.box.left, other.box.left)
    height = min(one.box.top, other.box.top) - max(one.box.bottom, other.box.bottom)
    return max(0.0, width) * max(0.0, height)


def area(box: Box) -> float:
    """Return a box's area."""
    return max(0.0, box.right - box.left) * max(0.0, box.top - box.bottom)


def share(part: int, whole: int) -> str:
    """Return a share with three digits."""
    return f"{part / (whole or 1):.3f}"


if __name__ == "__main__":
    main()
