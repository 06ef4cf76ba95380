"""Write the example's papers and its orders database.

Run it from anywhere, in an environment with reportlab, python-docx, openpyxl,
python-pptx and PyYAML:

    python examples/engineering-support/make_documents.py

Papers in PDF, DOCX, PPTX and EML are rendered from source/texts/, where each
file is named after the paper it becomes. Workbooks come from
source/workbook_contents.py. Markdown, HTML, CSV and TXT papers are written by
hand under documents/ and are left alone. Running the script again writes the
same bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from source.blocks import Paper, parse_paper
from source.decks import deck_bytes
from source.mails import mail_bytes
from source.pdf_papers import pdf_bytes
from source.word_papers import word_bytes
from source.workbook_contents import WORKBOOKS
from source.workbooks import workbook_bytes

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "source" / "texts"
DOCUMENTS = HERE / "documents"
ATTACHMENTS = TEXTS / "attachments"


def rendered_attachment(name: str) -> bytes:
    """The bytes of one mail attachment, rendered if it is a PDF."""
    if name.endswith(".pdf"):
        return pdf_bytes(parse_paper((ATTACHMENTS / f"{name}.md").read_text("utf-8")))
    return (ATTACHMENTS / name).read_bytes()


def rendered_mail(paper: Paper) -> bytes:
    """The bytes of one mail with its attachments."""
    names = paper.info.get("attachments", [])
    return mail_bytes(paper, {name: rendered_attachment(name) for name in names})


RENDERERS: dict[str, Callable[[Paper], bytes]] = {
    ".pdf": pdf_bytes,
    ".docx": word_bytes,
    ".pptx": deck_bytes,
    ".eml": rendered_mail,
}


def write(target: Path, content: bytes) -> None:
    """Write one file, making its folder first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def write_texts() -> int:
    """Render every file below source/texts/ except the attachments."""
    sources = sorted(p for p in TEXTS.rglob("*.md") if ATTACHMENTS not in p.parents)
    for source in sources:
        target = DOCUMENTS / source.relative_to(TEXTS).with_suffix("")
        paper = parse_paper(source.read_text("utf-8"))
        write(target, RENDERERS[target.suffix](paper))
    return len(sources)


def write_workbooks() -> int:
    """Write every workbook of the contents module."""
    for path, sheets in WORKBOOKS.items():
        write(DOCUMENTS / path, workbook_bytes(sheets))
    return len(WORKBOOKS)


def write_orders() -> int:
    """Build orders.sqlite from orders.sql and return the number of orders."""
    database = HERE / "orders.sqlite"
    database.unlink(missing_ok=True)
    connection = sqlite3.connect(database)
    try:
        connection.executescript((HERE / "orders.sql").read_text("utf-8"))
        count = connection.execute("SELECT count(*) FROM orders").fetchone()[0]
        connection.commit()
    finally:
        connection.close()
    return int(count)


def main() -> None:
    """Write everything and say how much it was."""
    papers = write_texts() + write_workbooks()
    orders = write_orders()
    print(f"{papers} papers rendered, {orders} orders in orders.sqlite")


if __name__ == "__main__":
    main()
