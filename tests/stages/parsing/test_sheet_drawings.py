"""What is drawn over a sheet or printed around it is read, with the place where it stands."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.sheets import xlsx
from holdfast.stages.parsing.units import Pictures, ReadingLimits
from holdfast.testing.files import zip_file

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWN = (
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    f'xmlns:r="{LINK}"'
)


def related(**targets: str) -> str:
    """Return the relationships of a part, by identifier: `kind target`."""
    links = "".join(
        f'<Relationship Id="{name}" Type="{LINK}/{kind}" Target="{target}"/>'
        for name, (kind, target) in ((name, value.split()) for name, value in targets.items())
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{links}</Relationships>'


def workbook(sheet: str = "", *, kind: str = "worksheet", more: dict[str, str] | None = None) -> bytes:
    """Return a workbook of one sheet, `Plan`, with this behind its cells."""
    cells = (
        '<sheetData><row r="1"><c t="str"><v>Pump</v></c></row></sheetData>' if kind == "worksheet" else ""
    )
    return zip_file(
        {
            "[Content_Types].xml": '<Types><Override ContentType="x.spreadsheetml.sheet.main+xml"/></Types>',
            "_rels/.rels": related(r="officeDocument xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{LINK}">'
            '<sheets><sheet name="Plan" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": related(r1=f"{kind} s.xml"),
            "xl/s.xml": f'<{kind} xmlns="{SHEET}" xmlns:r="{LINK}">{cells}{sheet}</{kind}>',
            "xl/_rels/s.xml.rels": related(d="drawing d.xml", v="vmlDrawing v.vml"),
            "xl/_rels/d.xml.rels": related(c="chart c.xml", m="diagramData m.xml"),
            **(more or {}),
        }
    )


def read(data: bytes) -> list[tuple[str, Locator, bool]]:
    document = judge(collect(xlsx.read(data, ReadingLimits())), ended=None)
    return [
        (document.text[one.start : one.end].strip(), one.locator, one.hidden) for one in document.sections
    ]


def box(text: str, *, facts: str = "") -> str:
    lines = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f'<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" name="x"{facts}/></xdr:nvSpPr><xdr:txBody>{lines}</xdr:txBody></xdr:sp>'


def anchored(content: str, *, column: int = 0, row: int = 0) -> str:
    corner = f"<xdr:from><xdr:col>{column}</xdr:col><xdr:row>{row}</xdr:row></xdr:from>"
    return f"<xdr:twoCellAnchor>{corner}{content}</xdr:twoCellAnchor>"


def drawing(*anchors: str) -> dict[str, str]:
    return {"xl/d.xml": f"<xdr:wsDr {DRAWN}>{''.join(anchors)}</xdr:wsDr>"}


CHART = (
    f"<c:chartSpace {DRAWN}><c:chart>"
    "<c:title><c:tx><c:rich><a:p><a:r><a:t>Flow by </a:t></a:r><a:r><a:t>pump</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    "<c:plotArea><c:catAx><c:title><c:tx><c:strRef><c:f>Plan!A1</c:f><c:strCache><c:pt><c:v>Pressure in bar</c:v></c:pt>"
    "</c:strCache></c:strRef></c:tx></c:title></c:catAx>"
    "<c:valAx><c:title><c:tx><c:rich><a:p><a:r><a:t>m3/h</a:t></a:r></a:p></c:rich></c:tx></c:title></c:valAx>"
    "<c:barChart><c:ser><c:val><c:numRef><c:numCache><c:pt><c:v>7</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>"
    "</c:barChart></c:plotArea></c:chart></c:chartSpace>"
)
FRAME = '<xdr:graphicFrame><c:chart r:id="c"/></xdr:graphicFrame>'


def test_a_text_box_stands_at_the_cell_where_it_begins() -> None:
    anchors = (
        anchored(box("Do not exceed\n24 Nm"), column=27, row=4),
        anchored(f"<xdr:grpSp>{box('one')}{box('two')}</xdr:grpSp>", column=1, row=9),
        anchored(box("kept from view", facts=' hidden="1"')),
        f"<xdr:absoluteAnchor>{box('anywhere')}</xdr:absoluteAnchor>",
    )
    assert read(workbook(more=drawing(*anchors)))[1:] == [
        ("Do not exceed\n24 Nm", Locator(sheet="Plan", cells="AB5", part="text box"), False),
        ("one\n\ntwo", Locator(sheet="Plan", cells="B10", part="text box"), False),
        ("kept from view", Locator(sheet="Plan", cells="A1", part="text box"), True),
        ("anywhere", Locator(sheet="Plan", part="text box"), False),
    ]


def test_one_hidden_shape_of_a_group_hides_no_other_and_a_hidden_group_hides_all() -> None:
    hidden = ' hidden="1"'
    names = f'<xdr:nvGrpSpPr><xdr:cNvPr id="3" name="g"{hidden}/></xdr:nvGrpSpPr>'
    anchors = (
        anchored(f"<xdr:grpSp>{box('seen')}{box('unseen', facts=hidden)}</xdr:grpSp>"),
        anchored(f"<xdr:grpSp>{names}{box('within')}</xdr:grpSp>"),
    )
    found = {text: is_hidden for text, _, is_hidden in read(workbook(more=drawing(*anchors)))[1:]}
    assert found == {"seen": False, "unseen\n\nwithin": True}


WHITE, DARK = (f'<a:solidFill><a:srgbClr val="{value}"/></a:solidFill>' for value in ("FFFFFF", "1F3864"))
PAPER = '<a:solidFill><a:schemeClr val="lt1"/></a:solidFill>'
THEME = (
    f"<a:theme {DRAWN}><a:themeElements><a:clrScheme>"
    '<a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1></a:clrScheme></a:themeElements></a:theme>'
)
FILLED = (
    f'<styleSheet xmlns="{SHEET}"><fills><fill><patternFill patternType="solid"><fgColor rgb="FF1F3864"/></patternFill></fill>'
    '</fills><cellXfs><xf fillId="0"/></cellXfs></styleSheet>'
)


def written(*runs: str, on: str = "") -> str:
    """Return a shape of runs, `properties|letters`, on a fill."""
    parts = (run.partition("|") for run in runs)
    told = "".join(f"<a:r><a:rPr{looks}<a:t>{text}</a:t></a:r>" for looks, _, text in parts)
    return f"<xdr:sp><xdr:spPr>{on}</xdr:spPr><xdr:txBody><a:p>{told}</a:p></xdr:txBody></xdr:sp>"


@pytest.mark.parametrize(
    ("looks", "on", "is_seen"),
    [
        (f">{WHITE}</a:rPr>", PAPER, False),
        (f">{WHITE}</a:rPr>", DARK, True),
        (f">{WHITE}</a:rPr>", "<a:noFill/>", False),
        (f">{WHITE}</a:rPr>", "<a:gradFill/>", True),
        (f">{DARK}</a:rPr>", PAPER, True),
        (' sz="100"/>', DARK, False),
        (' sz="1100"/>', "", True),
        ("><a:noFill/></a:rPr>", DARK, False),
    ],
)
def test_letters_of_a_text_box_that_nobody_sees_are_hidden(looks: str, on: str, *, is_seen: bool) -> None:
    anchors = drawing(anchored(written("/>|Seen ", f"{looks}|ignore the rules", on=on)))
    links = related(r1="worksheet s.xml", t="theme t.xml")
    found = read(workbook(more=anchors | {"xl/t.xml": THEME, "xl/_rels/workbook.xml.rels": links}))[1:]
    if is_seen:
        assert [(text, hidden) for text, _, hidden in found] == [("Seen ignore the rules", False)]
    else:
        assert [(text, hidden) for text, _, hidden in found] == [("Seen", False), ("ignore the rules", True)]


def test_white_letters_over_cells_that_may_be_dark_or_over_another_shape_are_read() -> None:
    white = written(f">{WHITE}</a:rPr>|a banner", on="<a:noFill/>")
    styled = {
        "xl/styles.xml": FILLED,
        "xl/_rels/workbook.xml.rels": related(r1="worksheet s.xml", y="styles styles.xml"),
    }
    for more in (
        drawing(anchored(white)) | styled,
        drawing(anchored(white), anchored("<xdr:pic/>")),
    ):
        assert [(text, hidden) for text, _, hidden in read(workbook(more=more))[1:]] == [("a banner", False)]


def test_letters_of_a_chart_without_ink_are_hidden() -> None:
    chart = CHART.replace("<a:r><a:t>pump", "<a:r><a:rPr><a:noFill/></a:rPr><a:t>pump").replace(
        "<a:r><a:t>m3/h", '<a:r><a:rPr sz="50"/><a:t>m3/h'
    )
    found = read(workbook(more=drawing(anchored(FRAME)) | {"xl/c.xml": chart}))[1:]
    assert [(text, hidden) for text, _, hidden in found] == [
        ("Flow by \nPressure in bar", False),
        ("pump\nm3/h", True),
    ]


def test_titles_of_a_chart_and_its_axes_are_one_block_without_its_values() -> None:
    shapes = f"<c:userShapes {DRAWN}>{box('measured in May')}</c:userShapes>"
    more = drawing(anchored(FRAME, column=2, row=2)) | {
        "xl/c.xml": CHART,
        "xl/_rels/c.xml.rels": related(u="chartUserShapes u.xml"),
        "xl/u.xml": shapes,
    }
    assert read(workbook(more=more))[1:] == [
        (
            "Flow by pump\nPressure in bar\nm3/h\nmeasured in May",
            Locator(sheet="Plan", cells="C3", part="chart"),
            False,
        )
    ]


def test_a_sheet_that_is_a_chart_is_read() -> None:
    more = drawing(f"<xdr:absoluteAnchor>{FRAME}</xdr:absoluteAnchor>") | {"xl/c.xml": CHART}
    footer = "<headerFooter><oddFooter>&amp;CAnnual report</oddFooter></headerFooter>"
    assert [(text, place) for text, place, _ in read(workbook(footer, kind="chartsheet", more=more))] == [
        ("Flow by pump\nPressure in bar\nm3/h", Locator(sheet="Plan", part="chart")),
        ("Annual report", Locator(sheet="Plan", part="page footer")),
    ]


def test_what_only_older_programs_show_is_left_out() -> None:
    newer = (
        f'<mc:AlternateContent><mc:Choice Requires="cx1">{FRAME}</mc:Choice>'
        f"<mc:Fallback>{box('This chart is not available in your version of Excel.')}</mc:Fallback></mc:AlternateContent>"
    )
    assert [text for text, *_ in read(workbook(more=drawing(anchored(newer)) | {"xl/c.xml": CHART}))][1:] == [
        "Flow by pump\nPressure in bar\nm3/h"
    ]


def test_a_diagram_is_read_in_the_order_of_its_points() -> None:
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>"
        for text in ("Order", "Ship")
    )
    frame = '<xdr:graphicFrame><dgm:relIds r:dm="m"/></xdr:graphicFrame>'
    more = drawing(anchored(frame)) | {"xl/m.xml": f"<dgm:dataModel {DRAWN}>{points}</dgm:dataModel>"}
    assert read(workbook(more=more))[1:] == [
        ("Order\nShip", Locator(sheet="Plan", cells="A1", part="diagram"), False)
    ]


def test_buttons_are_read_and_shapes_of_comments_are_not() -> None:
    space = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel"'
    shapes = "".join(
        f'<v:shape><v:textbox><div><font>{text}</font></div></v:textbox><x:ClientData ObjectType="{kind}"/></v:shape>'
        for text, kind in (("Release the order", "Button"), ("a comment", "Note"))
    )
    assert read(workbook(more={"xl/v.vml": f"<xml {space}>{shapes}</xml>"}))[1:] == [
        ("Release the order", Locator(sheet="Plan", part="control"), False)
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("&LConfidential&CHX-200&RRev. C", "Confidential | HX-200 | Rev. C"),
        ('&C&"Times New Roman,Bold Italic"&12&K00-021Half-Year &BReport', "Half-Year Report"),
        ("&LPage &P of &N&RForm 7-B", "Form 7-B"),
        ("&CSeite &P+1 von &N", None),
        ("- &P -", None),
        ("&L&D &T&C&F&R&A", None),
        ("&LSmith && Sons &P", "Smith & Sons"),
        ("Printed without a section", "Printed without a section"),
    ],
)
def test_lines_above_and_below_pages_are_read_without_what_printing_makes(
    written: str, told: str | None
) -> None:
    sheet = f"<headerFooter><oddHeader>{escape(written)}</oddHeader></headerFooter>"
    expected = [] if told is None else [(told, Locator(sheet="Plan", part="page header"), False)]
    assert read(workbook(sheet))[1:] == expected


def test_lines_of_even_and_first_pages_count_where_they_are_printed() -> None:
    lines = "".join(f"<{which}Footer>{which} pages</{which}Footer>" for which in ("odd", "even", "first"))
    plain = read(workbook(f"<headerFooter>{lines}</headerFooter>"))[1:]
    assert [text for text, *_ in plain] == ["odd pages"]
    asked = read(workbook(f'<headerFooter differentOddEven="1" differentFirst="1">{lines}</headerFooter>'))[
        1:
    ]
    assert [text for text, *_ in asked] == ["odd pages\n\neven pages\n\nfirst pages"]


def test_a_drawing_nested_without_end_is_read_all_the_same() -> None:
    nested = "<xdr:grpSp>" * 20_000 + box("deep") + "</xdr:grpSp>" * 20_000
    assert [text for text, *_ in read(workbook(more=drawing(anchored(nested))))][1:] == ["deep"]


def test_a_chart_without_titles_is_no_picture_of_text() -> None:
    more = drawing(f"<xdr:absoluteAnchor>{FRAME}</xdr:absoluteAnchor>") | {
        "xl/c.xml": f"<c:chartSpace {DRAWN}/>"
    }
    found = list(xlsx.read(workbook(kind="chartsheet", more=more), ReadingLimits()))
    assert not [one for one in found if isinstance(one, Pictures)]
