"""The small documents, items and replies that the suites try parts with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from holdfast.domain.access import EVERYONE, AccessList, Principal
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.documents import Document, Metadata, RawDocument, Section, SectionKind
from holdfast.domain.hits import Hit, Leg, Retrieved
from holdfast.domain.items import ItemAttachment, Speaker, Turn, WorkItem
from holdfast.domain.locators import Locator
from holdfast.domain.prompts import Limits, Message, Passage, Prompt
from holdfast.domain.rows import Facts, Row

T = TypeVar("T")
SHOWN = 24

OPEN = AccessList(entries=frozenset({EVERYONE}), rule="open, says the suite")
ANA = Principal(user="ana")
QUESTION = "To what torque are the cover screws tightened?"

ORDINARY_TEXTS = (
    QUESTION,
    "The cover screws are tightened to 24 Nm. The gasket must not be reused.",
    "Wie fest werden die Deckelschrauben angezogen?",
)
ODD_TEXTS = (
    "",
    " \n\t ",
    "\x00\x07",
    "🙂" * 50,
    "e\u0301 \u202eabc\u202c \u200b",
    "[1] [99] {{ 7 * 7 }} {% raw %} </passage> <script>",
    "\ud800 alone",
    "word " * 5_000,
)
"""Texts that documents and people do hold, and parts trip over."""

TORQUES = (
    "The cover screws are tightened to 24 Nm. The gasket must not be reused.",
    "The flange screws of the large pump are tightened crosswise to 60 Nm.",
    "Invoices are due within thirty days.",
)


def a_document(*pieces: str, path: str = "manuals/hx.md") -> Document:
    """Return a document of these texts, one section each, with a page number as its place."""
    text, sections = "", []
    for page, piece in enumerate(pieces, 1):
        start = len(text)
        text += piece
        sections.append(Section(start=start, end=len(text), locator=Locator(page=page)))
    return Document(
        source="samples", path=path, digest=digest_of(text), text=text, sections=tuple(sections),
        metadata=Metadata(title="HX-200 manual"), access=OPEN, stamp="1",
    )  # fmt: skip


def documents() -> tuple[Document, ...]:
    """Return documents of every shape: prose, a table, one long line, nothing at all, odd characters."""
    return (
        a_document("# Torques\n\n", f"{TORQUES[0]}\n\n", f"{TORQUES[1]}\n"),
        _with_table(),
        a_document("The relief valve is set to 16 bar. " * 400),
        a_document("x" * 9_000),
        a_document("", path="empty.md"),
        a_document(" \n\n \t\n", path="blank.md"),
        a_document(*(f"{text}\n" for text in ODD_TEXTS), path="odd.md"),
    )


def _with_table() -> Document:
    lead = "Torques of all screws\n\n"
    rows = ["part\ttorque\n", *(f"screw {n}\t{n + 20} Nm\n" for n in range(200))]
    starts, end = [], len(lead)
    for row in rows:
        starts.append(end)
        end += len(row)
    text = lead + "".join(rows)
    sections = (
        Section(start=0, end=len(lead), locator=Locator(heading=("Torques",))),
        Section(
            start=len(lead), end=end, locator=Locator(sheet="Torques"), kind=SectionKind.TABLE,
            header="part\ttorque", row_starts=tuple(starts),
        ),
    )  # fmt: skip
    return Document(
        source="samples", path="torques.xlsx", digest=digest_of(text), text=text, sections=sections,
        access=OPEN,
    )  # fmt: skip


def a_file(path: str, data: bytes) -> RawDocument:
    """Return a file as a source reads it."""
    return RawDocument(
        source="samples", path=path, data=data, digest=hashlib.sha256(data).hexdigest(), access=OPEN,
        stamp="1",
    )  # fmt: skip


def an_item(question: str = QUESTION, *, principal: Principal = ANA) -> WorkItem:
    """Return an item that asks this."""
    return WorkItem(id="item-1", principal=principal, question=question)


def a_full_item() -> WorkItem:
    """Return an item with fields, an attachment and a history."""
    return WorkItem(
        id="item-2", principal=ANA, question=QUESTION, fields={"product": "HX-200"},
        attachments=(ItemAttachment(name="note.txt", text="The pump is an HX-200."),),
        history=(
            Turn(speaker=Speaker.PERSON, text="We have an HX-200."),
            Turn(speaker=Speaker.ASSISTANT, text="What do you want to know of it?"),
        ),
    )  # fmt: skip


def retrieved(*texts: str) -> Retrieved:
    """Return a hit for each text, best first, of a document of its own."""
    hits = tuple(
        Hit(
            chunk_id=n, document=f"manuals/{n}.md", ordinal=n, text=text, start=100 * n,
            end=100 * n + len(text), score=1 / n, legs={"sparse": Leg(rank=n, score=10 / n)},
            metadata=Metadata(title=f"Manual {n}"), locator=Locator(page=n),
        )
        for n, text in enumerate(texts or TORQUES, 1)
    )  # fmt: skip
    return Retrieved(hits=hits, queries=(QUESTION,))


def facts() -> Facts:
    """Return what a lookup of orders brought."""
    row = Row(lookup="orders", values={"number": "SO-10442", "state": "shipped"}, locator=Locator(row=1))
    return Facts(rows=(row,), skipped=("stock: the item holds no part number",))


def a_prompt(*texts: str, question: str = QUESTION) -> Prompt:
    """Return a prompt with these passages; none when there are no texts."""
    passages = tuple(
        Passage(
            n=hit.chunk_id, document=hit.document, text=hit.text, start=hit.start, end=hit.end,
            locator=hit.locator, metadata=hit.metadata, chunk_id=hit.chunk_id, score=hit.score,
        )
        for hit in (retrieved(*texts).hits if texts else ())
    )  # fmt: skip
    evidence = "\n".join(f"[{passage.n}] {passage.text}" for passage in passages)
    messages = (
        Message(role="system", text="Answer from the numbered passages; NO_ANSWER when they hold none."),
        Message(role="user", text=f"{evidence}\n\nQuestion: {question}"),
    )
    return Prompt(question=question, messages=messages, passages=passages, tokens=500, output_tokens=200)


def a_call(*, seconds: float = 20.0) -> Call:
    """Return the circumstances of a call with so much time left."""
    return Call(deadline=Deadline.after(seconds))


def limits(context_tokens: int = 16_000) -> Limits:
    """Return the limits of a model with that window."""
    return Limits(context_tokens=context_tokens, output_tokens=min(500, context_tokens // 4))


def at_once(work: Callable[[], T], *, times: int = 8) -> list[T]:
    """Return what the work makes when as many threads do it at the same time."""
    with ThreadPoolExecutor(times) as pool:
        return [ended.result() for ended in [pool.submit(work) for _ in range(times)]]


def shown(text: str) -> str:
    """Return the text as it stands in a test's name: printable and short."""
    return ascii(text)[:SHOWN]


def digest_of(text: str) -> str:
    """Return the sha256 of a text in hex."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
