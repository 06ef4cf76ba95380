"""How often an answer out of another year than the asked one is noticed, and how often a right one is held for such.

    HOLDFAST_DATA=... python bench/years.py

Questions that name a year are put to the very report that answers them (tatqa, aitqa: tables over columns of years;
clapnq: prose), and the best sentence or row is held against the year: whatever is noticed then is a *false alarm*. Then
every year of the question is moved behind the last one of the report: whatever is not noticed then is *missed*.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.domain.prompts import Passage
from holdfast.text.relevance import rank_sentences
from holdfast.text.years import asked_years, other_years

DATA = Path(os.environ.get("HOLDFAST_DATA", ""))
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
Pair = tuple[str, str]
"""A question, and the text that answers it."""


def main() -> None:
    """Print a line per set."""
    print("set      with a year   false alarms   moved   noticed")
    for name, pairs in (("tatqa", tatqa()), ("aitqa", aitqa()), ("clapnq", clapnq())):
        dated = [(question, text) for question, text in pairs if asked_years(question)]
        false = sum(map(is_noticed, dated))
        apart = [pair for pair in map(moved, dated) if asked_years(pair[0])]
        print(f"{name:8} {len(dated):11} {false:14} {len(apart):7} {sum(map(is_noticed, apart)):9}")


def is_noticed(pair: Pair) -> bool:
    """Return whether the best sentence is found to be of another year."""
    question, text = pair
    passage = Passage(n=1, document="report.md", text=text, start=0, end=len(text), chunk_id=1)
    best = rank_sentences(question, (passage,))[:1]
    return any(other_years(question, [(one.passage, one.sentence.start)]) for one in best)


def moved(pair: Pair) -> Pair:
    """Return the question for years that lie behind every one of the text."""
    question, text = pair
    by = max(map(int, YEAR.findall(text)), default=2019) + 2 - min(asked_years(question))
    return YEAR.sub(lambda found: str(int(found[0]) + by), question), text


def tatqa() -> Iterator[Pair]:
    """Yield the questions with their table and paragraphs."""
    for context in lines("tatqa/dev/contexts.jsonl"):
        text = "\n\n".join([rows(context["table"]["table"]), *(one["text"] for one in context["paragraphs"])])
        yield from ((one["question"], text) for one in context["questions"])


def aitqa() -> Iterator[Pair]:
    """Yield the questions with their table, its headers of several rows joined."""
    tables = {one["id"]: one for one in lines("aitqa/tables.jsonl")}
    for one in lines("aitqa/dev/questions.jsonl"):
        table = tables[one["table_id"]]
        names = [[" ".join(name)] for name in table["row_header"]] or [[] for _ in table["data"]]
        header = [
            *([""] if table["row_header"] else []),
            *(" ".join(name) for name in table["column_header"]),
        ]
        body = [[*name, *row] for name, row in zip(names, table["data"], strict=False)]
        yield one["question"], rows([header, ["---"] * len(header), *body])


def clapnq() -> Iterator[Pair]:
    """Yield the questions with the document that answers them."""
    for one in lines("answering/clapnq/questions.jsonl"):
        if one["answerable"]:
            yield one["question"], (DATA / "answering/clapnq/documents" / one["document"]).read_text("utf-8")


def lines(path: str) -> list[dict[str, Any]]:
    """Return the records of a JSONL file of the data sets."""
    return [json.loads(line) for line in (DATA / path).read_text("utf-8").splitlines()]


def rows(table: list[list[Any]]) -> str:
    """Return a table as lines of cells."""
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in table)


if __name__ == "__main__":
    main()
