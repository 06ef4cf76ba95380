"""A citation is told by the place of the words it quotes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.checks import Citation
from holdfast.storage.places import placed

PAPER = """# Warranty terms

## Model A10

The warranty for the A10 lasts 24 months.

## Model B20

The warranty for the B20 lasts 36 months.
"""


def test_a_quote_of_the_second_section_of_a_passage_is_told_by_its_own_heading(tmp_path: Path) -> None:
    (tmp_path / "warranty.md").write_text(PAPER)
    quote = "The warranty for the B20 lasts 36 months."
    with holdfast.open(tmp_path) as flow:
        flow.sync()
        [hit] = flow.search("warranty B20", principal=Principal(user="ana")).hits
        start = hit.start + hit.text.index(quote)
        of_passage = Citation(
            n=1, document=hit.document, title="", quote=quote, start=start, end=start + len(quote),
            locator=hit.locator,
        )  # fmt: skip
        elsewhere = replace(of_passage, quote="some words that stand elsewhere")
        with flow._flow.wiring.database.read() as connection:
            told, kept = placed(connection, [of_passage, elsewhere])
    assert of_passage.locator.heading[-1] == "Model A10"
    assert told.locator.heading[-1] == "Model B20"
    assert kept == elsewhere
