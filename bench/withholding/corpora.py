"""Folders of documents with questions, and which documents hold the answer to each."""

from __future__ import annotations

import json
import random
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_sets import data_sets
from tables import ALL, WAYS, cells_of, published

from holdfast.domain.cases import Case
from holdfast.domain.items import WorkItem
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.text.words import content_stems

DATA = data_sets()
EXAMPLE = Path("examples/engineering-support")
HELD_OUT = "held-out"
CELLS, SEED = 120, 3
STAND_ALONE = 3
"""Content words that a turn of a conversation needs to be asked by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with the documents that hold its answer."""

    set: str
    item: WorkItem
    gold: frozenset[str]
    """Cited by a right answer."""
    hidden: frozenset[str]
    """Taken from the asker's sight: `gold`, and what would answer as well."""
    facts: tuple[str, ...] = ()
    """What a right answer states; empty where nobody wrote it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A folder that is opened, where its documents lie in it, and the questions."""

    folder: Path
    documents: Path
    asked: Sequence[Asked]


def encyclopedia(home: Path) -> Corpus:
    """Return clapnq: passages of an encyclopedia, a document each."""
    documents = home / "documents"
    shutil.copytree(DATA / "answering/clapnq/documents", documents, copy_function=shutil.copyfile)
    documents.chmod(0o755)
    rows = [row for row in lines("answering/clapnq/questions.jsonl") if row["answerable"]]
    asked = [_asked("encyclopedia", row["question"], [row["document"]]) for row in rows]
    return Corpus(folder=documents, documents=documents, asked=asked)


def product_docs(home: Path) -> Corpus:
    """Return anthropic_docs_qa: sections of product documentation, a document each."""
    rows = list(lines("anthropic_docs_qa/corpus.jsonl"))
    names = {row["doc_id"]: f"section-{n:03}.md" for n, row in enumerate(rows)}
    texts = {names[row["doc_id"]]: f"# {row['title']}\n\n{row['text']}" for row in rows}
    asked = [
        _asked("product documentation", row["question"], [names[one] for one in row["correct_chunks"]])
        for row in lines("anthropic_docs_qa/dev/questions.jsonl")
    ]
    return Corpus(folder=home, documents=_written(home, texts), asked=asked)


def conversations(home: Path) -> Corpus:
    """Return mtrag_un: the passages that conversations rest on, and the turns that stand on their own."""
    texts: dict[str, str] = {}
    asked = []
    for row in lines("mtrag_un/dev/tasks.jsonl"):
        named = {_file_name(one["document_id"]): one["text"].strip() for one in row["contexts"]}
        texts |= named
        question = row["input"][-1]["text"].strip()
        if row["answerability"][0] == "ANSWERABLE" and len(content_stems(question)) >= STAND_ALONE:
            asked.append(_asked("conversations", question, named))
    return Corpus(folder=home, documents=_written(home, texts), asked=asked)


def bank(home: Path) -> Corpus:
    """Return tau2_banking: articles whose title asks, and the cells of their tables.

    With an article all of its product's are hidden: they repeat each other. The other products' articles,
    which hold the same kinds of value, stay.
    """
    rows = list(lines("tau2_banking/documents.jsonl"))
    texts = {f"{row['id']}.md": f"# {row['title']}\n\n{row['content']}" for row in rows}
    families: dict[str, set[str]] = {}
    for row in rows:
        families.setdefault(_family(row["id"]), set()).add(f"{row['id']}.md")
    asked = []
    cells: list[Asked] = []
    for row in rows:
        name, hidden = f"{row['id']}.md", frozenset(families[_family(row["id"])])
        if row["title"].strip().endswith("?"):
            asked.append(_asked("bank titles", row["title"].replace(":", " -", 1), [name], hidden))
        product = row["title"].partition(":")[0]
        for label, text in _two_columns(row["content"]) if ":" in row["title"] else ():
            question = f"What is the {label[:1].lower()}{label[1:]} of the {product}?"
            cells.append(_asked("bank cells", question, hidden, hidden, facts=(text,)))
    random.Random(SEED).shuffle(cells)
    return Corpus(folder=home, documents=_written(home, texts), asked=[*asked, *cells[:CELLS]])


def example(home: Path) -> Corpus:
    """Return the worked example: its golden cases that are answered from papers, and cells of its tables."""
    shutil.copytree(EXAMPLE, home / "example")
    folder = home / "example"
    shutil.rmtree(folder / ".holdfast", ignore_errors=True)
    asked = [_of_case(case) for case in to_run(load_cases(folder)) if _rests_on_papers(case)]
    return Corpus(folder=folder, documents=folder / "documents", asked=asked)


def cells_asked(documents: Sequence[Any]) -> list[Asked]:
    """Return questions for cells of the example's tables, six ways of asking in turn."""
    cells = [(one.path, cell) for one in published(documents) for cell in cells_of(one)]
    random.Random(SEED).shuffle(cells)
    return [
        _asked("example cells", cell.asked(WAYS[n % len(WAYS)]), [path], facts=(cell.text,))
        for n, (path, cell) in enumerate(cells[:CELLS])
    ]


CORPORA: Mapping[str, Callable[[Path], Corpus]] = {
    "encyclopedia": encyclopedia,
    "product-docs": product_docs,
    "conversations": conversations,
    "bank": bank,
    "example": example,
}


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _asked(
    name: str,
    question: str,
    gold: Sequence[str] | Mapping[str, str] | frozenset[str],
    hidden: frozenset[str] = frozenset(),
    *,
    facts: tuple[str, ...] = (),
) -> Asked:
    item = WorkItem(id="bench", question=question, principal=ALL, origin="bench")
    return Asked(set=name, item=item, gold=frozenset(gold), hidden=hidden or frozenset(gold), facts=facts)


def _of_case(case: Case) -> Asked:
    gold = frozenset(one.document for one in case.expect.evidence)
    facts = tuple(fact.text or f"{fact.number:g} {fact.unit}".strip() for fact in case.expect.facts)
    name = "example cases held out" if HELD_OUT in case.tags else "example cases"
    return Asked(set=name, item=case.item(), gold=gold, hidden=gold, facts=facts)


def _rests_on_papers(case: Case) -> bool:
    evidence = case.expect.evidence
    return (
        case.expect.outcome == "answer" and bool(evidence) and all(one.is_in_a_document for one in evidence)
    )


def _written(home: Path, texts: Mapping[str, str]) -> Path:
    for name, text in texts.items():
        (home / name).write_text(text, encoding="utf-8")
    return home


def _family(article: str) -> str:
    return re.sub(r"_\d+$", "", article)


def _file_name(document: str) -> str:
    plain = re.sub(r"\W+", "-", document).strip("-")
    return f"{plain[:60]}-{zlib.crc32(document.encode()):08x}.md"


def _two_columns(text: str) -> Iterator[tuple[str, str]]:
    """Yield label and figure of the rows of a text's tables of two columns, header rows left out."""
    for line in text.splitlines():
        cells = [cell.strip(" *") for cell in line.strip().strip("|").split("|")]
        if (
            line.startswith("|")
            and len(cells) == 2
            and re.search(r"\d", cells[1])
            and not re.search(r"\d", cells[0])
        ):
            yield cells[0], cells[1]
