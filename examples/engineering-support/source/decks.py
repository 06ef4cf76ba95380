"""Render a paper as a slide deck: every level 1 heading is a slide."""

from __future__ import annotations

import io

from pptx import Presentation
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Inches, Pt

from source.archives import stable_archive
from source.blocks import Block, Bullets, Heading, Paper, Paragraph, Table

NOTE = "Note: "


def deck_bytes(paper: Paper) -> bytes:
    """The PPTX of one paper; the same paper gives the same bytes."""
    deck = Presentation()
    deck.core_properties.title = paper.info["title"]
    deck.core_properties.author = "Tarnmoor Pumps & Hydraulics"
    add_title(deck, paper)
    for heading, blocks in slides(paper.blocks):
        add_slide(deck, heading, blocks)
    buffer = io.BytesIO()
    deck.save(buffer)
    return stable_archive(buffer.getvalue())


def slides(blocks: list[Block]) -> list[tuple[str, list[Block]]]:
    """Part the blocks by heading."""
    parted: list[tuple[str, list[Block]]] = []
    for block in blocks:
        if isinstance(block, Heading):
            parted.append((block.text, []))
        else:
            parted[-1][1].append(block)
    return parted


def add_title(deck: Deck, paper: Paper) -> None:
    """The first slide: title and heading block."""
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = paper.info["title"]
    lines = [f"{name}: {value}" for name, value in paper.info["block"].items()]
    slide.placeholders[1].text = "\n".join(lines)


def add_slide(deck: Deck, heading: str, blocks: list[Block]) -> None:
    """One slide with its bullets, table and speaker note."""
    has_table = any(isinstance(block, Table) for block in blocks)
    slide = deck.slides.add_slide(deck.slide_layouts[5 if has_table else 1])
    slide.shapes.title.text = heading
    for block in blocks:
        match block:
            case Table(rows):
                add_table(slide, rows)
            case Bullets(items):
                slide.placeholders[1].text = "\n".join(items)
            case Paragraph(text) if text.startswith(NOTE):
                slide.notes_slide.notes_text_frame.text = text.removeprefix(NOTE)


def add_table(slide: Slide, rows: list[list[str]]) -> None:
    """A table below the slide's title."""
    frame = slide.shapes.add_table(
        len(rows), len(rows[0]), Inches(0.6), Inches(1.7), Inches(8.8), Inches(0.4 * len(rows))
    )
    for row, cells in zip(frame.table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
            cell.text_frame.paragraphs[0].runs[0].font.size = Pt(16)
