"""Which documents hold text that a reader does not see, as the records tell it."""

from __future__ import annotations

from dataclasses import replace

from holdfast.domain.documents import Section
from holdfast.domain.hidden import HiddenText, Hiding
from holdfast.domain.locators import Locator
from holdfast.storage import knowledge
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.storage.hidden_texts import hidden_texts
from holdfast.testing.records import document


def entry_of(path: str, *hidden: tuple[Locator, int]) -> Entry:
    sections, at = [Section(start=0, end=4)], 4
    for locator, length in hidden:
        sections.append(Section(start=at, end=at + length, locator=locator, hidden=True))
        at += length
    made = replace(document(path, "x" * at, title='"hidden":{"letters":9}'), sections=tuple(sections))
    return Entry(
        document=made, parent="", skip_key="k", chunks=(), text_keys=(), vectors=None, fingerprint="e"
    )


def test_what_is_hidden_is_listed_by_kind_then_by_amount_while_it_is_there(database: Database) -> None:
    entries = [
        entry_of("plain.md"),
        entry_of("noted.md", (Locator(part="comment"), 900)),
        entry_of("few.docx", (Locator(), 3), (Locator(part="deleted"), 50)),
        entry_of("many.pdf", (Locator(page=2), 30), (Locator(page=3), 10)),
        entry_of("deck.pptx", (Locator(slide=2), 99)),
        entry_of("book.xlsx", (Locator(sheet="B", cells="A1"), 99)),
    ]
    with database.write() as connection:
        knowledge.write(connection, entries, version=1)
    with database.read() as connection:
        found = hidden_texts(connection)
    assert [one.document for one in found] == ["many.pdf", "few.docx", "deck.pptx", "book.xlsx", "noted.md"]
    assert found[0] == HiddenText(document="many.pdf", characters={Hiding.LETTERS: 40})
    assert str(found[1]) == "few.docx (letters 3, deleted 50 characters)"
    with database.write() as connection:
        knowledge.remove(connection, [(entries[3].document.source, "many.pdf")], version=2)
        knowledge.write(connection, [entry_of("few.docx")], version=2)
    with database.read() as connection:
        assert [one.document for one in hidden_texts(connection)] == ["deck.pptx", "book.xlsx", "noted.md"]
