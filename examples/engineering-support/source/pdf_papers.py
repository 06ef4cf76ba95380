"""Render a paper as a PDF with page headers, footers, headings and tables."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Spacer
from reportlab.platypus import PageBreak as PdfPageBreak
from reportlab.platypus import Paragraph as PdfParagraph
from reportlab.platypus import Table as PdfTable

from source.blocks import Block, Bullets, Heading, PageBreak, Paper, Paragraph, Table

COMPANY = "Tarnmoor Pumps & Hydraulics"
WIDTH = A4[0] - 40 * mm
BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13.5, spaceAfter=6)
ITEM = ParagraphStyle("item", parent=BODY, leftIndent=14, bulletIndent=2, spaceAfter=3)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=9, leading=11.5, spaceAfter=0)
HEAD = ParagraphStyle("head", parent=CELL, fontName="Helvetica-Bold")
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=20, leading=25, spaceAfter=10)
HEADINGS = {
    level: ParagraphStyle(
        f"heading{level}",
        fontName="Helvetica-Bold",
        fontSize=size,
        leading=size + 4,
        spaceBefore=10,
        spaceAfter=5,
        keepWithNext=1,
    )
    for level, size in ((1, 15), (2, 12), (3, 10.5))
}
GRID = [
    ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def pdf_bytes(paper: Paper) -> bytes:
    """The PDF of one paper; the same paper gives the same bytes."""
    buffer = io.BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=25 * mm,
        bottomMargin=22 * mm,
        title=paper.info["title"],
        author=COMPANY,
        invariant=1,
    )
    frame = Frame(20 * mm, 22 * mm, WIDTH, A4[1] - 47 * mm, id="text")
    template.addPageTemplates(
        PageTemplate(id="page", frames=[frame], onPage=lambda canvas, doc: stamp(canvas, paper))
    )
    template.build(opening(paper) + [part for block in paper.blocks for part in flow(block)])
    return buffer.getvalue()


def stamp(canvas: Canvas, paper: Paper) -> None:
    """Draw the page header and footer."""
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.drawString(22 * mm, A4[1] - 15 * mm, f"{COMPANY} - {paper.info['title']}")
    canvas.drawString(22 * mm, 12 * mm, str(paper.info.get("footer", COMPANY)))
    canvas.drawRightString(A4[0] - 22 * mm, 12 * mm, f"Page {canvas.getPageNumber()}")
    canvas.restoreState()


def opening(paper: Paper) -> list[Flowable]:
    """The title and the heading block as lines of text."""
    lines = [
        PdfParagraph(escape(f"{name}: {value}"), BODY) for name, value in paper.info.get("block", {}).items()
    ]
    return [PdfParagraph(escape(paper.info["title"]), TITLE), *lines, Spacer(1, 6)]


def flow(block: Block) -> list[Flowable]:
    """The flowables of one block."""
    match block:
        case Heading(level, text):
            return [PdfParagraph(escape(text), HEADINGS[level])]
        case Paragraph(text):
            return [PdfParagraph(escape(text), BODY)]
        case Bullets(items, numbered):
            return [
                PdfParagraph(escape(item), ITEM, bulletText=f"{n}." if numbered else "-")
                for n, item in enumerate(items, 1)
            ]
        case Table(rows):
            return grid(rows)
        case PageBreak():
            return [PdfPageBreak()]


def grid(rows: list[list[str]]) -> list[Flowable]:
    """A ruled table with its header repeated on every page."""
    cells = [[PdfParagraph(escape(cell), CELL if n else HEAD) for cell in row] for n, row in enumerate(rows)]
    table = PdfTable(cells, colWidths=column_widths(rows), repeatRows=1, style=GRID)
    whole = table if len(rows) > 14 else KeepTogether([table])
    return [Spacer(1, 3), whole, Spacer(1, 9)]


def column_widths(rows: list[list[str]]) -> list[float]:
    """Widths in proportion to each column's longest cell, none too narrow."""
    longest = [min(60, max(12, *(len(row[n]) for row in rows))) for n in range(len(rows[0]))]
    return [WIDTH * 0.97 * length / sum(longest) for length in longest]
