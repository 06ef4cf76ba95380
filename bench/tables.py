"""How often the extractive answerer reads the right cell of a table, however it is asked.

    python bench/tables.py [examples/engineering-support] [cells, 60 if not given]

Questions are made from the approved documents' own tables, not written: for a cell that holds a figure, its row's
first cell and its column's name are put into six ways of asking. Right: an answer that holds the cell's text; wrong:
another answer; the rest is a refusal or a question back. Principals may see everything.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.documents import Document, Status
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, kind_of
from holdfast.session import Flow
from holdfast.storage.documents import published_documents
from holdfast.text.identifiers import identifiers

WAYS = (
    "What is the {column} of the {row}{of}?",
    "What {column} does the {row}{of} need?",
    "Which {column} for the {row}{of}?",
    "{row}{of}: {column}?",
    "Tell me the {column} for {row}{of}.",
    "What {column} do I have to use for the {row}{of}?",
)
ALL = Principal(user="bench", groups=frozenset({"service", "commercial"}))
LONGEST_ROW, LONGEST_CELL, SEED = 40, 30, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of a table, with what it is the figure of."""

    column: str
    row: str
    of: str
    text: str

    def asked(self, way: str) -> str:
        """Return the question for it."""
        return way.format(column=self.column, row=self.row, of=self.of)


async def main() -> None:
    """Print for each way of asking how many cells were read right, then what became of the others."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/engineering-support")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    async with holdfast.open(folder) as flow:
        await flow.sync()
        with flow.wiring.database.read() as connection:
            documents = [one.document for one in published_documents(connection)]
        cells = [cell for one in published(documents) for cell in cells_of(one)]
        random.Random(SEED).shuffle(cells)
        ended: Counter[str] = Counter()
        for way in WAYS:
            found = Counter([await _ended(flow, cell, way) for cell in cells[:count]])
            print(f"{found['right']:4} of {found.total()}  {way}")
            ended += found
    print(", ".join(f"{name} {number}" for name, number in ended.most_common()))


async def _ended(flow: Flow, cell: Cell, way: str) -> str:
    item = WorkItem(id="bench", question=cell.asked(way), principal=ALL, origin="bench")
    outcome = (await flow.ask(item)).outcome
    if not isinstance(outcome, Answer):
        return kind_of(outcome)
    return "right" if cell.text in outcome.text else "wrong"


def published(documents: Sequence[Document]) -> list[Document]:
    """Return the approved ones by path: which cells are drawn must not hang on the order of a sync."""
    approved = (one for one in documents if one.metadata.status is Status.APPROVED)
    return sorted(approved, key=lambda one: one.path)


def cells_of(document: Document) -> Iterator[Cell]:
    """Yield the cells with a figure; a row that is as wide as the first one of its table belongs to it."""
    product = next((one.text for one in identifiers(document.metadata.title)), "")
    of, header = (f" of the {product}" if product else ""), list[str]()
    for line in document.text.splitlines():
        cells = [cell.strip(" *") for cell in line.strip().strip("|").split("|")]
        if len(cells) == 1:
            header = []
        elif set(line) <= set("|-: "):
            continue
        elif len(header) != len(cells):
            header = cells
        elif _is_name(cells[0]) and len(cells[0]) <= LONGEST_ROW:
            row = cells[0] if cells[0][1:2].isupper() else cells[0][:1].lower() + cells[0][1:]
            for name, text in zip(header[1:], cells[1:], strict=True):
                if _is_name(name) and re.search(r"\d", text) and len(text) <= LONGEST_CELL:
                    yield Cell(column=name.replace("_", " ").lower(), row=row, of=of, text=text)


def _is_name(text: str) -> bool:
    return re.search(r"[A-Za-z]{3}", text) is not None


if __name__ == "__main__":
    asyncio.run(main())
