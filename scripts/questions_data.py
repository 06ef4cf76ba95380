"""Read the development questions that the training scripts learn from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standin import Piece, cut

from holdfast.text.words import content_stems

DATA = Path(os.environ["HOLDFAST_DATA"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question with the documents that answer it (none: nothing does) and sentences of the answer."""

    set: str
    text: str
    gold: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    """Documents on its topic; those of `gold` where it has an answer."""
    evidence: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """What the answer states, each as it stands in a row."""

    @property
    def group(self) -> str:
        """Return what must stay together when data is split: the document, else the question."""
        return f"{self.set}:{min(self.about | self.gold, default=self.text)}"


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file."""
    with (DATA / path).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def clapnq() -> tuple[list[Piece], list[Asking]]:
    """Return encyclopedia passages; half of the questions have no answer in the passage on their topic."""
    pieces = []
    for path in sorted((DATA / "answering/clapnq/documents").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        title, _, body = text.partition("\n")
        pieces += cut(path.name, title.strip("# "), body.strip())
    askings = [
        Asking(
            set="clapnq",
            text=row["question"],
            gold=frozenset([row["document"]] if row["answerable"] else []),
            about=frozenset([row["document"]]),
            evidence=tuple({sentence for sentences in row["evidence"] for sentence in sentences}),
        )
        for row in lines("answering/clapnq/questions.jsonl")
    ]
    return pieces, askings


def product_docs() -> tuple[list[Piece], list[Asking]]:
    """Return product documentation, one document per page section."""
    pieces = [
        piece
        for row in lines("anthropic_docs_qa/corpus.jsonl")
        for piece in cut(row["doc_id"], row["title"], row["text"])
    ]
    askings = [
        Asking(
            set="product_docs",
            text=row["question"],
            gold=frozenset(row["correct_chunks"]),
            about=frozenset(row["correct_chunks"]),
        )
        for row in lines("anthropic_docs_qa/dev/questions.jsonl")
    ]
    return pieces, askings


def code() -> tuple[list[Piece], list[Asking]]:
    """Return source files, one document per chunk."""
    pieces = [
        piece for row in lines("codebase_ctx/chunks.jsonl") for piece in cut(row["chunk_id"], "", row["text"])
    ]
    askings = [
        Asking(
            set="code",
            text=row["query"],
            gold=frozenset(row["golden_chunks"]),
            about=frozenset(row["golden_docs"]),
        )
        for row in lines("codebase_ctx/dev/questions.jsonl")
    ]
    return pieces, askings


def turns() -> tuple[list[Piece], list[Asking]]:
    """Return the reference passages of conversations, and those questions that stand on their own."""
    texts: dict[str, str] = {}
    askings = []
    for row in lines("mtrag_un/dev/tasks.jsonl"):
        texts |= {context["document_id"]: context["text"] for context in row["contexts"]}
        question = row["input"][-1]["text"].strip()
        kind = row["answerability"][0]
        if kind == "UNDERSPECIFIED" or len(content_stems(question)) < 3:
            continue
        gold = frozenset(context["document_id"] for context in row["contexts"])
        if kind == "ANSWERABLE":
            askings.append(Asking(set="turns", text=question, gold=gold, about=gold))
        elif kind == "UNANSWERABLE":
            askings.append(Asking(set="turns", text=question))
    pieces = [piece for document, text in sorted(texts.items()) for piece in cut(document, "", text.strip())]
    return pieces, askings


def reports() -> tuple[list[Piece], list[Asking]]:
    """Return annual reports, a table and its paragraphs as one document, and questions on a row or a text."""
    pieces, askings = [], []
    for row in lines("tatqa/dev/contexts.jsonl"):
        name = row["table"]["uid"]
        rows = ("| " + " | ".join(cell.strip() for cell in cells) + " |" for cells in row["table"]["table"])
        paragraphs = (paragraph["text"] for paragraph in row["paragraphs"])
        pieces += cut(name, "", "\n\n".join(["\n".join(rows), *paragraphs]))
        for question in row["questions"]:
            if question["answer_type"] not in ("span", "multi-span"):
                continue
            in_text = question["answer_from"] == "text"
            told = tuple(str(answer) for answer in question["answer"] if in_text or is_value(str(answer)))
            if told:
                gold = frozenset([name])
                askings.append(
                    Asking(
                        set="report texts" if in_text else "report rows",
                        text=question["question"],
                        gold=gold,
                        about=gold,
                        values=told,
                    )
                )
    return pieces, askings


def is_value(answer: str) -> bool:
    """Return whether an answer is a figure of a row rather than a year or a label."""
    return any(character.isdigit() for character in answer) and not re.fullmatch(r"(?:19|20)\d\d", answer)


def bank() -> list[Piece]:
    """Return support articles of a bank: a corpus that other sets' questions are asked of."""
    return [
        piece
        for row in lines("tau2_banking/documents.jsonl")
        for piece in cut(row["id"], row["title"], row["content"])
    ]


def table_questions() -> Iterator[Asking]:
    """Yield questions about annual reports, to be asked of corpora that are about something else."""
    for row in lines("tatqa/dev/contexts.jsonl"):
        for question in row["questions"][:1]:
            yield Asking(set="tables", text=question["question"])
