"""Small real files of the formats that are read, made with nothing but the standard library.

For tests of parsers and sources: no office program, no library, the same bytes each time.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_EPOCH = (2024, 1, 1, 0, 0, 0)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument"

_PICTURE = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"

Table = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfLine:
    """A line of text on a PDF page; the origin is the lower left, a page is 595 by 842 points."""

    text: str
    x: float = 60
    y: float = 780
    size: float = 10
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfPage:
    """A page: lines of text, and ruled tables drawn with their top left corner at (x, y)."""

    lines: Sequence[PdfLine] = ()
    tables: Sequence[tuple[float, float, Table]] = ()
    picture: bool = False
    content: str = ""
    """Further operators of the page's content."""
    resources: str = ""
    entries: str = ""
    """Further entries of the page's resources, and of the page."""


def zip_file(parts: Mapping[str, str | bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as package:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = compression
            package.writestr(entry, content)
    return buffer.getvalue()


def docx_file(
    body: Sequence[tuple[str, str] | Table | str], *, parts: Mapping[str, str] | None = None, title: str = ""
) -> bytes:
    """Return a Word file: (style, text) paragraphs, tables as rows of cells, or raw body XML."""
    content = "".join(map(_docx_block, body))
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in range(1, 5)
    )
    more = parts or {}
    links = [("styles", "styles.xml")]
    links += [
        (name.split("/")[-1].removesuffix(".xml").rstrip("0123456789"), name.split("/")[-1]) for name in more
    ]
    return zip_file(
        {
            "[Content_Types].xml": _content_types(
                {"/word/document.xml": f"{_MAIN_TYPE}.wordprocessingml.document.main+xml"}
            ),
            "_rels/.rels": _relationships([("officeDocument", "word/document.xml")]),
            "docProps/core.xml": _core(title),
            "word/_rels/document.xml.rels": _relationships(links),
            "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
            "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{content}</w:body></w:document>',
            **more,
        }
    )


def xlsx_file(
    sheets: Mapping[str, Sequence[Sequence[str | float | tuple[float, str] | None]]],
    *,
    hidden: Sequence[str] = (),
) -> bytes:
    """Return a workbook; a cell is text, a number, (number, format code), or None for no cell."""
    formats: list[str] = ["General"]
    parts: dict[str, str | bytes] = {}
    entries = []
    for number, (name, rows) in enumerate(sheets.items(), 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = _worksheet(rows, formats)
        state = ' state="hidden"' if name in hidden else ""
        entries.append(f'<sheet name={quoteattr(name)} sheetId="{number}"{state} r:id="rId{number}"/>')
    links = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    codes = "".join(
        f'<numFmt numFmtId="{164 + n}" formatCode={quoteattr(c)}/>' for n, c in enumerate(formats)
    )
    records = "".join(f'<xf numFmtId="{164 + number}"/>' for number in range(len(formats)))
    return zip_file(
        {
            "[Content_Types].xml": _content_types(
                {"/xl/workbook.xml": f"{_MAIN_TYPE}.spreadsheetml.sheet.main+xml"}
            ),
            "_rels/.rels": _relationships([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">'
            f"<sheets>{''.join(entries)}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _relationships([*links, ("styles", "styles.xml")]),
            "xl/styles.xml": f'<styleSheet xmlns="{_SHEET}"><numFmts>{codes}</numFmts>'
            f"<cellXfs>{records}</cellXfs></styleSheet>",
            **parts,
        }
    )


def pptx_file(slides: Sequence[tuple[str, Sequence[str | Table], str]]) -> bytes:
    """Return a deck; a slide is (title, texts and tables, speaker's notes)."""
    parts: dict[str, str | bytes] = {}
    for number, (title, contents, notes) in enumerate(slides, 1):
        shapes = _shape(title, '<p:ph type="title"/>') + "".join(map(_slide_content, contents))
        parts[f"ppt/slides/slide{number}.xml"] = _slide("sld", shapes)
        if notes:
            parts[f"ppt/notesSlides/notes{number}.xml"] = _slide(
                "notes", _shape(notes, '<p:ph type="body"/>')
            )
            parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = _relationships(
                [("notesSlide", f"../notesSlides/notes{number}.xml")]
            )
    count = len(slides)
    listed = "".join(f'<p:sldId id="{255 + number}" r:id="rId{number}"/>' for number in range(1, count + 1))
    return zip_file(
        {
            "[Content_Types].xml": _content_types(
                {"/ppt/presentation.xml": f"{_MAIN_TYPE}.presentationml.presentation.main+xml"}
            ),
            "_rels/.rels": _relationships([("officeDocument", "ppt/presentation.xml")]),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{_SLIDE}" xmlns:r="{_OFFICE}">'
            f"<p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": _relationships(
                [("slide", f"slides/slide{number}.xml") for number in range(1, count + 1)]
            ),
            **parts,
        }
    )


def pdf_file(
    pages: Sequence[PdfPage | str], *, title: str = "", catalog: str = "", objects: Sequence[bytes] = ()
) -> bytes:
    """Return a PDF; a page given as text is set line by line from the top.

    `catalog`: further entries of the catalogue; `objects`: further ones, numbered from 6 + 2 * pages.
    """
    made = [_page_of_text(page) if isinstance(page, str) else page for page in pages]
    kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(len(made)))
    parts = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(made)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        _stream(b"\x80", _PICTURE),
    ]
    for page in made:
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(parts) + 2} 0 R "
            f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> /XObject << /I1 5 0 R >> {page.resources} >> "
            f"{page.entries} >>".encode()
        )
        parts.append(_stream(_page_content(page)))
    parts += objects
    parts.append(f"<< /Title ({_pdf_text(title)}) /CreationDate (D:20240301120000Z) >>".encode("cp1252"))
    return _pdf(parts)


# --- Office parts


def _content_types(types: Mapping[str, str]) -> str:
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{type_}"/>' for name, type_ in types.items()
    )
    return f'<Types xmlns="{_PACKAGE}/content-types">{overrides}</Types>'


def _relationships(links: Sequence[tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(links, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _core(title: str) -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>'
    )


def _docx_block(block: tuple[str, str] | Table | str) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, tuple):
        style, text = block
        marked = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f'<w:p>{marked}<w:r><w:t xml:space="preserve">{escape(str(text))}</w:t></w:r></w:p>'
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc>{_docx_block(('', cell))}</w:tc>" for cell in row) + "</w:tr>"
        for row in block
    )
    return f"<w:tbl>{rows}</w:tbl>"


def _worksheet(rows: Sequence[Sequence[object]], formats: list[str]) -> str:
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            _cell(f"{chr(65 + column)}{number}", value, formats) for column, value in enumerate(row)
        )
        lines.append(f'<row r="{number}">{cells}</row>' if cells else "")
    return f'<worksheet xmlns="{_SHEET}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(reference: str, value: object, formats: list[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    number, code = value if isinstance(value, tuple) else (value, "General")
    if code not in formats:
        formats.append(code)
    return f'<c r="{reference}" s="{formats.index(code)}"><v>{number}</v></c>'


def _slide(root: str, shapes: str) -> str:
    spaces = f'xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}"'
    return f"<p:{root} {spaces}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{root}>"


def _slide_content(content: str | Table) -> str:
    if isinstance(content, str):
        return _shape(content, "")
    rows = "".join(
        "<a:tr>" + "".join(f"<a:tc>{_text_body('a:txBody', cell)}</a:tc>" for cell in row) + "</a:tr>"
        for row in content
    )
    table = f"<a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic>"
    return f"<p:graphicFrame>{table}</p:graphicFrame>"


def _shape(text: str, placeholder: str) -> str:
    return f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>{_text_body('p:txBody', text)}</p:sp>"


def _text_body(tag: str, text: str) -> str:
    paragraphs = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<{tag}>{paragraphs}</{tag}>"


# --- PDF objects


def _page_of_text(text: str) -> PdfPage:
    return PdfPage(
        lines=[PdfLine(text=line, y=780 - 14 * number) for number, line in enumerate(text.split("\n"))]
    )


def _page_content(page: PdfPage) -> bytes:
    """Return what draws the page, from top to bottom, as word processors write it."""
    drawn = [(line.y, [_shown(line)]) for line in page.lines]
    drawn += [(y, _ruled(x, y, rows)) for x, y, rows in page.tables]
    pieces = [piece for _, each in sorted(drawn, key=lambda item: -item[0]) for piece in each]
    if page.picture:
        pieces.append("q 400 0 0 600 90 120 cm /I1 Do Q")
    if page.content:
        pieces.append(page.content)
    return "\n".join(pieces).encode("cp1252")


def _ruled(x: float, y: float, rows: Table) -> list[str]:
    width, height = 120, 18
    columns = max(map(len, rows))
    right, bottom = x + width * columns, y - height * len(rows)
    pieces = [
        f"{x} {y - height * number} m {right} {y - height * number} l S" for number in range(len(rows) + 1)
    ]
    pieces += [
        f"{x + width * number} {y} m {x + width * number} {bottom} l S" for number in range(columns + 1)
    ]
    for number, row in enumerate(rows):
        pieces += [
            _shown(PdfLine(text=cell, x=x + 4 + width * column, y=y - height * number - 13))
            for column, cell in enumerate(row)
        ]
    return pieces


def _shown(line: PdfLine) -> str:
    font = "F2" if line.bold else "F1"
    return f"BT /{font} {line.size} Tf {line.x} {line.y} Td ({_pdf_text(line.text)}) Tj ET"


def _pdf_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(content: bytes, entries: str = "") -> bytes:
    return f"<< {entries} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _pdf(objects: Sequence[bytes]) -> bytes:
    """Return the file: objects numbered from 1, the catalogue first, the properties last."""
    body = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    body_end = len(body)
    body += f"xref\n0 {size}\n0000000000 65535 f \n{table}".encode()
    trailer = f"<< /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>"
    body += f"trailer\n{trailer}\nstartxref\n{body_end}\n%%EOF\n".encode()
    return bytes(body)
