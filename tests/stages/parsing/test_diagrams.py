"""Charts and SmartArt of a text are read where they stand, with their values."""

from __future__ import annotations

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.word import docx
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file

LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPACES = f'xmlns:w="{W}" xmlns:r="{LINK}" xmlns:a="a" xmlns:c="c" xmlns:dgm="dgm" xmlns:mc="mc"'
CHART = (
    f"<c:chartSpace {SPACES}><c:title><c:tx><c:rich><a:p><a:r><a:t>Leaks by month</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    "<c:ser><c:tx><c:strRef><c:strCache><c:pt><c:v>HX-200</c:v></c:pt></c:strCache></c:strRef></c:tx>"
    "<c:cat><c:strRef><c:strCache><c:pt><c:v>May</c:v></c:pt><c:pt><c:v>June</c:v></c:pt></c:strCache></c:strRef></c:cat>"
    "<c:val><c:numRef><c:numCache><c:pt><c:v>7</c:v></c:pt><c:pt><c:v>2</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:chartSpace>"
)
ART = f"<dgm:dataModel {SPACES}><a:p><a:r><a:t>Drain</a:t></a:r></a:p><a:p><a:r><a:t>Refill</a:t></a:r></a:p></dgm:dataModel>"


def paragraph(text: str = "", drawn: str = "") -> str:
    words = f"<w:r><w:t>{text}</w:t></w:r>" if text else ""
    return f"<w:p>{words}<w:r>{drawn}</w:r></w:p>"


def read(*paragraphs: str) -> list[tuple[str, Locator, bool]]:
    links = "".join(
        f'<Relationship Id="{name}" Type="{LINK}/{kind}" Target="{target}"/>'
        for name, kind, target in (("c", "chart", "c.xml"), ("m", "diagramData", "m.xml"))
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    data = zip_file(
        {
            "[Content_Types].xml": "<Types>wordprocessingml</Types>",
            "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(paragraphs)}</w:body></w:document>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{space}">{links}</Relationships>',
            "word/c.xml": CHART,
            "word/m.xml": ART,
        }
    )
    document = judge(collect(docx.read(data, ReadingLimits())), ended=None)
    return [
        (document.text[one.start : one.end].strip(), one.locator, one.hidden) for one in document.sections
    ]


def test_a_chart_of_a_text_is_read_where_it_stands() -> None:
    chart = '<w:drawing><c:chart r:id="c"/></w:drawing>'
    assert read(paragraph("Before", chart), paragraph("After")) == [
        ("Before", Locator(), False),
        ("Leaks by month\nHX-200\nMay | June\n7 | 2", Locator(part="chart"), False),
        ("After", Locator(), False),
    ]


def test_smartart_is_read_once_and_not_from_what_older_programs_show() -> None:
    art = '<w:drawing><dgm:relIds r:dm="m"/></w:drawing>'
    both = f"<mc:AlternateContent><mc:Choice>{art}</mc:Choice><mc:Fallback>{art}</mc:Fallback></mc:AlternateContent>"
    assert read(paragraph(drawn=both)) == [("Drain\nRefill", Locator(part="diagram"), False)]


def test_a_diagram_whose_part_is_missing_costs_nothing_else() -> None:
    gone = '<w:drawing><c:chart r:id="x"/></w:drawing>'
    assert read(paragraph("Before", gone)) == [("Before", Locator(), False)]
