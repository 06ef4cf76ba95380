"""Charts, formulas, sheets and fields within OpenDocument files are read where they are shown."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.odf import package
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.odf_files import odp_file, ods_file, odt_file

SPACES = 'xmlns:o="o" xmlns:c="c" xmlns:t="t" xmlns:b="b"'
CHART = (
    f"<o:d {SPACES}><c:chart><c:title><t:p>Flow</t:p></c:title><c:axis><c:title><t:p>Year</t:p></c:title></c:axis>"
    "<b:table><b:table-header-rows><b:table-row><b:table-cell/><b:table-cell><t:p>North</t:p></b:table-cell>"
    "</b:table-row></b:table-header-rows><b:table-row><b:table-cell><t:p>2023</t:p></b:table-cell>"
    "<b:table-cell><t:p>18</t:p></b:table-cell></b:table-row></b:table></c:chart></o:d>"
)
FORMULA = (
    "<math><semantics><mfrac><mi>F</mi><mn>2</mn></mfrac><annotation>F over 2</annotation></semantics></math>"
)
SHEET = f"<o:d {SPACES}><b:table-row><b:table-cell><t:p>Bolt</t:p></b:table-cell></b:table-row><t:p>below</t:p></o:d>"
FRAME = '<draw:frame><draw:object xlink:href="./Object 1" xmlns:xlink="x"/></draw:frame>'


def holding(data: bytes, held: str, name: str = "Object 1/content.xml") -> bytes:
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, held)
    return buffer.getvalue()


def text_of(body: str, held: str = CHART) -> ParsedDocument:
    data = holding(odt_file(body), held)
    return judge(collect(package.read_text(data, ReadingLimits())), ended=None)


def told(document: ParsedDocument) -> list[tuple[str, str | None, bool]]:
    spans = document.sections
    return [(document.text[s.start : s.end].strip(), s.locator.part, s.hidden) for s in spans]


WORDS = "Flow\nYear\n | North\n2023 | 18"


def test_a_chart_in_a_text_is_read_behind_its_paragraph_and_once() -> None:
    assert told(text_of(f"<text:p>before {FRAME} after</text:p><text:p>{FRAME}</text:p>")) == [
        ("before  after", None, False),
        (WORDS, "chart", False),
    ]


def test_a_chart_on_a_slide_and_in_a_cell_is_read() -> None:
    data = holding(odp_file(f"<draw:page>{FRAME}</draw:page>"), CHART)
    slide = judge(collect(package.read_slides(data, ReadingLimits())), ended=None)
    assert told(slide) == [(WORDS, "chart", False)]
    cell = f"<table:table><table:table-row><table:table-cell><text:p>a{FRAME}</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table>"
    assert told(text_of(cell)) == [("a | b", None, False), (WORDS, "chart", False)]


def test_a_formula_stands_in_its_line() -> None:
    assert text_of(f"<text:p>Is {FRAME} large</text:p>", FORMULA).text == "Is F/2 large"
    slide = holding(odp_file(f"<draw:page>{FRAME}</draw:page>"), FORMULA)
    assert judge(collect(package.read_slides(slide, ReadingLimits())), ended=None).text == "F/2"


def test_a_sheet_in_a_text_is_read() -> None:
    assert told(text_of(f"<text:p>{FRAME}</text:p>", SHEET)) == [("Bolt\nbelow", "object", False)]


@pytest.mark.parametrize(
    ("control", "text"),
    [
        ('<form:checkbox form:id="c" form:label="Dry" form:current-state="checked"/>', "☒ Dry"),
        ('<form:checkbox form:id="c" form:label="Dry"/>', "☐ Dry"),
        ('<form:radio form:id="c" form:label="Dry" form:current-selected="true"/>', "☒ Dry"),
        ('<form:text form:id="c" form:current-value="18 Nm" form:value="old"/>', "18 Nm"),
        ('<form:listbox form:id="c"><form:option form:label="A"/><form:option form:label="B" form:current-selected="true"/></form:listbox>', "B"),
        ('<form:button form:id="c" form:label="Send"/>', "Send"),
        ('<form:text form:id="other"/>', ""),
    ],
)  # fmt: skip
def test_fields_of_forms_are_read(control: str, text: str) -> None:
    body = f'<office:forms><form:form xmlns:form="f">{control}</form:form></office:forms>'
    assert text_of(f'{body}<text:p>Is <draw:control draw:control="c"/></text:p>').text == f"Is {text}".strip()


def test_what_a_condition_hides_is_marked() -> None:
    body = (
        '<text:section text:display="condition" text:is-hidden="true"><text:p>gone</text:p></text:section>'
        '<text:p>seen<text:variable-set text:display="none">unseen</text:variable-set></text:p>'
    )
    assert told(text_of(body)) == [("gone", None, True), ("seen", None, False), ("unseen", None, True)]


def test_headers_of_first_pages_and_those_switched_off_are_read() -> None:
    page = '<style:master-page><style:header-first><text:p>First</text:p></style:header-first><style:footer style:display="false"><text:p>Off</text:p></style:footer></style:master-page>'
    space = 'xmlns:style="s" xmlns:text="t"'
    data = holding(odt_file("<text:p>x</text:p>"), f"<all {space}>{page}</all>", "styles.xml")
    document = judge(collect(package.read_text(data, ReadingLimits())), ended=None)
    assert told(document)[1:] == [("First", "page header", False), ("Off", "page footer", True)]


def test_the_foot_of_slides_is_read_once() -> None:
    pages = '<presentation:footer-decl presentation:name="f">Holdings</presentation:footer-decl>' + (
        '<draw:page presentation:use-footer-name="f"/>' * 2
    )
    document = judge(collect(package.read_slides(odp_file(pages), ReadingLimits())), ended=None)
    assert told(document) == [("Holdings", "footer", False)]


def test_a_cell_of_a_program_that_writes_values_only_is_read() -> None:
    row = '<table:table-row><table:table-cell office:value-type="float" office:value="18"/></table:table-row>'
    data = ods_file(f'<table:table table:name="S">{row}</table:table>')
    assert judge(collect(package.read_sheets(data, ReadingLimits())), ended=None).text == "18"


def test_any_number_of_objects_takes_little_time() -> None:
    started = time.process_time()
    text_of(f"<text:p>{FRAME}</text:p>" * 10_000)
    text_of(f"<text:p>{FRAME}</text:p>" * 10_000, f"<math>{'<mi>x</mi>' * 10_000}</math>")
    text_of(f"<text:p>{FRAME}</text:p>", "<math>" + "<mrow>" * 3000 + "</mrow>" * 3000 + "</math>")
    assert time.process_time() - started < 6
