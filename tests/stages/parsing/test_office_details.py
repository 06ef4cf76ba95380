"""What Word and Excel files show in unusual places is read in its place."""

from __future__ import annotations

import time

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.sheets import xlsx
from holdfast.stages.parsing.readers.sheets.number_formats import is_unshown, shown
from holdfast.stages.parsing.readers.word import docx
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
WORD = 'xmlns:w="w" xmlns:m="m" xmlns:r="r" xmlns:mc="mc" xmlns:c="c"'


def related(*parts: tuple[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="{kind}" Type="{OFFICE}/{kind}" Target="{path}"/>' for kind, path in parts
    )
    return f'<Relationships xmlns="{RELATIONS}">{links}</Relationships>'


def told(document: ParsedDocument) -> list[tuple[str, str, bool]]:
    spans = document.sections
    return [(document.text[s.start : s.end].strip("\n"), str(s.locator), s.hidden) for s in spans]


def word(body: str, **parts: str) -> list[tuple[str, str, bool]]:
    members = {f"word/{name}.xml": f"<w:{name} {WORD}>{held}</w:{name}>" for name, held in parts.items()}
    data = zip_file(
        {
            "[Content_Types].xml": "<Types>wordprocessingml</Types>",
            "word/document.xml": f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": related(*[(name, f"{name}.xml") for name in parts]),
            **members,
        }
    )
    return told(judge(collect(docx.read(data, ReadingLimits())), ended=None))


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def cell(text: str, more: str = "") -> str:
    return f"<w:tc>{paragraph(text)}{more}</w:tc>"


def test_formulas_and_choices_outside_of_paragraphs_are_read() -> None:
    body = f"<m:oMathPara><m:oMath><m:r><m:t>x=2</m:t></m:r></m:oMath></m:oMathPara><mc:AlternateContent><mc:Choice>{paragraph('new')}</mc:Choice><mc:Fallback>{paragraph('old')}</mc:Fallback></mc:AlternateContent>"
    assert [text for text, _, _ in word(body)] == ["x=2\n\nnew"]


def test_a_row_that_begins_further_right_keeps_its_columns() -> None:
    skipped = '<w:trPr><w:gridBefore w:val="1"/></w:trPr>'
    assert (
        word(table(cell("A") + cell("B"), skipped + cell("b"), cell("a") + cell("b")))[0][0]
        == "A | B\n | b\na | b"
    )


def test_a_chart_in_a_cell_is_read_behind_the_table() -> None:
    holder = '<w:p><w:r><w:drawing><c:chart r:id="chart"/></w:drawing></w:r></w:p>'
    chart = "<c:cat><c:strCache><c:pt><c:v>North</c:v></c:pt></c:strCache></c:cat>"
    found = word(table(cell("A") + cell("B"), cell("a") + cell("b", holder)), chart=chart)
    assert [text for text, _, _ in found] == ["A | B\na | b", "North"]


def test_tables_in_notes_and_comments_are_read() -> None:
    held = table(cell("A") + cell("B"), cell("a") + cell("b"))
    notes = f'<w:footnote w:id="2">{paragraph("See")}{held}</w:footnote>'
    comments = f'<w:comment w:author="Bo">{held}</w:comment>'
    assert word(paragraph("x"), footnotes=notes, comments=comments)[1:] == [
        ("[2] See A | B\na | b", "footnote", False),
        ("Bo: A | B\na | b", "comment", True),
    ]


@pytest.mark.parametrize(
    ("instruction", "result", "text"),
    [
        ('SYMBOL 177 \\f "Symbol"', "", "±"),
        ("EQ \\f(F,A)", "", "F/A"),
        ("EQ \\f(F,A)", "as it was", "as it was"),
        ("PAGE", "", ""),
    ],
)
def test_what_fields_without_a_result_draw_is_read(instruction: str, result: str, text: str) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    said = f"<w:r><w:t>{result}</w:t></w:r>"
    field = f"{mark('begin')}<w:r><w:instrText>{instruction}</w:instrText></w:r>{mark('separate')}{said}{mark('end')}"
    assert word(f"<w:p><w:r><w:t>Is</w:t></w:r>{field}</w:p>")[0][0] == f"Is{text}"


@pytest.mark.parametrize(
    "run", ['<w:fldChar w:fldCharType="begin"/>', "<w:instrText>EQ</w:instrText>", "<w:t>a</w:t>"]
)
def test_a_paragraph_of_any_number_of_runs_takes_little_time(run: str) -> None:
    started = time.process_time()
    word(f"<w:p>{f'<w:r>{run}</w:r>' * 20_000}</w:p>")
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (-5, "[Red][<0]-0;0", "-5"),
        (-5, "[<0]0;0", "-5"),
        (-5, "[<0](0);0", "(5)"),
        (50, '[>100]"big";"small"', "small"),
        (150, '[>100]"big";"small"', "big"),
        (7, '[<5]"low";[<10]"middle";"high"', "middle"),
        (70, '[<5]"low";[<10]"middle";"high"', "high"),
        (-5, "0;(0)", "(5)"),
        (0.00123, "mm:ss.0", "01:46.3"),
        (0.5, "hh:mm:ss.00", "12:00:00.00"),
        (0.5, "hh:mm:ss", "12:00:00"),
    ],
)
def test_a_number_is_shown_by_the_part_of_its_format_that_applies(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text
    assert not is_unshown(value, code)


def test_a_format_leaves_out_what_it_says() -> None:
    assert is_unshown(0, "0;-0;;@")
    assert not is_unshown(1, "0;-0;;@")
    assert is_unshown(5, ';;;"t "@')
    assert is_unshown(-1, "0;")
    assert not is_unshown(0, "0")


def sheet(rows: str, more: str = "", formats: str = "") -> list[tuple[str, str, bool]]:
    data = zip_file(
        {
            "[Content_Types].xml": "<Types>spreadsheetml</Types>",
            "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="S" r:id="worksheet"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": related(("worksheet", "s.xml"), ("styles", "styles.xml")),
            "xl/s.xml": f"<worksheet><sheetData>{rows}</sheetData>{more}</worksheet>",
            "xl/styles.xml": f'<styleSheet><numFmts><numFmt numFmtId="200" formatCode="{formats}"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs></styleSheet>',
        }
    )
    return told(judge(collect(xlsx.read(data, ReadingLimits())), ended=None))


def test_a_formula_that_was_never_computed_is_read_as_it_is_written() -> None:
    rows = '<row r="1"><c r="A1"><f>B1*2</f></c><c r="B1"><f>1+1</f><v>2</v></c><c r="C1" t="str"><f>""</f><v></v></c></row>'
    assert sheet(rows) == [("=B1*2 | 2", "sheet S", False)]


def test_numbers_that_a_format_leaves_out_are_hidden() -> None:
    row = '<row r="1"><c r="A1" s="1"><v>0</v></c><c r="B1" s="1"><v>7</v></c></row>'
    assert sheet(row, formats="0;-0;;@") == [("7", "sheet S, B1", False), ("0", "sheet S, A1", True)]


def test_what_a_cell_asks_when_it_is_chosen_is_read_as_its_comment() -> None:
    rule = '<dataValidation type="list" promptTitle="Oil" prompt="Litres &amp;amp; kind" sqref="B2:B9 C1"/>'
    row = '<row r="1"><c r="A1"><v>7</v></c></row>'
    asked = ("Oil: Litres &amp; kind", "sheet S, B2:B9, comment", True)
    assert sheet(row, f"<dataValidations>{rule * 2}</dataValidations>")[1:] == [asked]
    started = time.process_time()
    sheet(row, f"<dataValidations>{'<dataValidation ' * 100_000}</dataValidations>")
    sheet(row, f"<dataValidations>{rule * 30_000}</dataValidations>")
    assert time.process_time() - started < 4
