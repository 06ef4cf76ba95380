"""Render a paper as a Word document with headings, lists and tables."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as WordDocument

from source.archives import stable_archive
from source.blocks import Block, Bullets, Heading, PageBreak, Paper, Paragraph, Table

COMPANY = "Tarnmoor Pumps & Hydraulics"


def word_bytes(paper: Paper) -> bytes:
    """The DOCX of one paper; the same paper gives the same bytes."""
    document = Document()
    document.core_properties.title = paper.info["title"]
    document.core_properties.author = COMPANY
    document.sections[0].header.paragraphs[0].text = COMPANY
    document.sections[0].footer.paragraphs[0].text = str(paper.info.get("footer", COMPANY))
    document.add_heading(paper.info["title"], 1)
    for name, value in paper.info.get("block", {}).items():
        document.add_paragraph(f"{name}: {value}")
    for block in paper.blocks:
        add_block(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return stable_archive(buffer.getvalue())


def add_block(document: WordDocument, block: Block) -> None:
    """Append one block; the title is the only heading of level 1."""
    match block:
        case Heading(level, text):
            document.add_heading(text, level + 1)
        case Paragraph(text):
            document.add_paragraph(text)
        case Bullets(items, numbered):
            for item in items:
                document.add_paragraph(item, "List Number" if numbered else "List Bullet")
        case Table(rows):
            add_table(document, rows)
        case PageBreak():
            document.add_page_break()


def add_table(document: WordDocument, rows: list[list[str]]) -> None:
    """Append a ruled table and an empty paragraph after it."""
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    document.add_paragraph()
