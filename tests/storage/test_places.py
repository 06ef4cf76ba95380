"""A citation is told by the place of the words it quotes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import holdfast
from holdfast.domain.checks import Citation
from holdfast.domain.locators import Locator
from holdfast.storage.documents import published_documents
from holdfast.storage.places import placed

DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: ., access: [everyone]}]\n"
PAPER = """# Warranty terms

## Model A10

The warranty for the A10 lasts 24 months.

## Model B20

The warranty for the B20 lasts 36 months.
"""


def test_a_quote_of_the_second_section_of_a_passage_is_told_by_its_own_heading(tmp_path: Path) -> None:
    (tmp_path / "warranty.md").write_text(PAPER)
    (tmp_path / "workflow.yaml").write_text(DECLARATION)
    quote = "The warranty for the B20 lasts 36 months."
    with holdfast.open(tmp_path) as flow:
        flow.sync()
        with flow._flow.wiring.database.read() as connection:
            [kept] = published_documents(connection)
            start = kept.document.text.index(quote)
            of_passage = Citation(
                n=1, document="warranty.md", title="", quote=quote, start=start, end=start + len(quote),
                locator=Locator(heading=("Warranty terms", "Model A10")),
            )  # fmt: skip
            elsewhere = replace(of_passage, quote="some words that stand elsewhere")
            told, same = placed(connection, [of_passage, elsewhere])
    assert told.locator.heading == ("Warranty terms", "Model B20")
    assert same == elsewhere
