"""What a reader of the original does not see is read, marked hidden, and by default not indexed: each format."""

from __future__ import annotations

import io
import struct
import zipfile
from email.message import EmailMessage

import pytest

from holdfast.domain.documents import Document
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, pptx_file, xlsx_file, zip_file
from holdfast.testing.odf_files import odp_file, ods_file, odt_file
from holdfast.testing.old_office_files import (
    DocParagraph,
    DocStyle,
    biff,
    doc_file,
    msg_file,
    ppt_file,
    xls_file,
)

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def parsed(kind, data):
    return judge(collect(read_here(kind, data, ReadingLimits())), ended=None)


def seen_and_unseen(kind, data):
    document = parsed(kind, data)
    texts = {True: [], False: []}
    for section in document.sections:
        texts[section.hidden].append(document.text[section.start : section.end].strip())
    whole = Document(source="s", path="p", digest="", text=document.text, sections=document.sections)
    indexed = " ".join(chunk.text for chunk in SectionChunker(ChunkingSettings()).chunk(whole))
    for text in texts[True]:
        assert text not in indexed
    return " ".join(texts[False]), " ".join(texts[True])


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def test_word():
    styles = (
        f'<w:styles {WORD}><w:style w:type="character" w:styleId="Ghost"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="Ghoul"><w:basedOn w:val="Ghost"/></w:style></w:styles>'
    )
    white, ghost = '<w:color w:val="FFFFFF"/>', '<w:rStyle w:val="Ghoul"/>'
    off, shade = '<w:vanish w:val="0"/>', '<w:shd w:fill="1F3864"/>'
    cell = f"<w:tc><w:p>{run('Shown', white)}{run('cellghost', '<w:vanish/>')}</w:p></w:tc><w:tc><w:p>{run('b')}</w:p></w:tc>"
    body = [
        f"<w:p>{run('seen')}{run('vanished', '<w:vanish/>')}{run('white', white)}</w:p>",
        f"<w:p>{run('ghoul', ghost)}{run('off', off)}</w:p>",
        f"<w:p>{run('dark', white + shade)}<w:del><w:r><w:delText>struck</w:delText></w:r></w:del></w:p>",
        f"<w:tbl><w:tr>{cell}</w:tr><w:tr>{cell}</w:tr><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p>{run('lostrow')}</w:p></w:tc></w:tr></w:tbl>",
    ]
    comments = (
        f'<w:comments {WORD}><w:comment w:author="Ana"><w:p>{run("why?")}</w:p></w:comment></w:comments>'
    )
    parts = {"word/comments.xml": comments, "word/styles.xml": styles}
    seen, unseen = seen_and_unseen(Kind.DOCX, docx_file(body, parts=parts))
    assert seen == "seen off dark Shown | b\nShown | b"
    for text in ("vanished", "white", "ghoul", "struck", "cellghost", "lostrow", "Ana: why?"):
        assert text in unseen


def test_word_before_2007():
    hidden, white, shaded = b"\x3c\x08\x01", b"\x70\x68\xff\xff\xff\x00", b"\x66\x48\x00\x00"
    data = doc_file(
        [
            DocParagraph(text="seen"),
            DocParagraph(text="vanished", letters=hidden),
            DocParagraph(text="white", letters=white),
            DocParagraph(text="dark", letters=white + shaded),
            DocParagraph(text="deleted", letters=b"\x00\x08\x01"),
            DocParagraph(text="styled", letters=b"\x30\x4a\x02\x00"),
            DocParagraph(text="shown all the same", letters=b"\x30\x4a\x02\x00\x3c\x08\x00"),
            DocParagraph(text="cell", end="\x07", letters=white, properties=b"\x16\x24\x01"),
        ],
        comments="why?\r",
        styles=[DocStyle(), DocStyle(kind=2, properties=hidden), DocStyle(kind=2, base=1)],
    )
    shown, unseen = seen_and_unseen(Kind.OLE, data)
    assert shown.split() == ["seen", "dark", "shown", "all", "the", "same", "cell"]
    assert unseen.split() == ["vanished", "white", "deleted", "styled", "why?"]


def worksheet(rows, *, columns=""):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}">{columns}<sheetData>{rows}</sheetData></worksheet>'


def text_cell(place, text, style=0):
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t>{text}</t></is></c>'


def repacked(data, changes):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    return zip_file(parts | changes)


def test_excel():
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rows = (
        f"<row r='1'>{text_cell('A1', 'Pump')}{text_cell('B1', 'Margin')}{text_cell('C1', 'Nm')}</row>"
        f"<row r='2'>{text_cell('A2', 'HX')}{text_cell('B2', 'secret')}{text_cell('C2', 'ghost', 1)}</row>"
        f"<row r='3' hidden='1'>{text_cell('A3', 'rowghost')}</row>"
        f"<row r='4'>{text_cell('A4', 'HY')}{text_cell('C4', 'banded', 2)}<c r='D4' s='3'><v>7</v></c></row>"
    )
    fonts = '<fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts>'
    fills = '<fills><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF1F3864"/></patternFill></fill></fills>'
    records = '<cellXfs><xf fontId="0" fillId="0"/><xf fontId="1" fillId="0"/><xf fontId="1" fillId="1"/><xf numFmtId="170"/></cellXfs>'
    changes = {
        "xl/worksheets/sheet1.xml": worksheet(rows, columns='<cols><col min="2" max="2" hidden="1"/></cols>'),
        "xl/styles.xml": f'<styleSheet xmlns="{space}"><numFmts><numFmt numFmtId="170" formatCode=";;;"/></numFmts>{fonts}{fills}{records}</styleSheet>',
        "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="c" Type="{link}/comments" Target="../comments1.xml"/></Relationships>',
        "xl/comments1.xml": f'<comments xmlns="{space}"><commentList><comment ref="A2"><text><r><t>why?</t></r></text></comment></commentList></comments>',
    }
    data = repacked(xlsx_file({"Prices": [["x"]], "Costs": [["sheetghost"]]}, hidden=["Costs"]), changes)
    seen, unseen = seen_and_unseen(Kind.ZIP, data)
    assert seen == "Pump |  | Nm\nHX\nHY |  | banded"
    assert unseen.split() == ["Margin", "secret", "|", "ghost", "rowghost", "7", "why?", "sheetghost"]


def test_excel_before_2007():
    hidden_row = struct.pack("<HHHHHHBBH", 1, 0, 2, 0, 0, 0, 0x20, 0, 0)
    hidden_column = struct.pack("<HHHHH", 2, 2, 0, 0, 1)
    more = biff(0x0208, hidden_row) + biff(0x007D, hidden_column)
    more += biff(0x005D, struct.pack("<HHHHH", 0x15, 18, 0x19, 7, 0) + bytes(12))
    more += biff(0x01B6, bytes(10) + struct.pack("<HH", 4, 16) + bytes(4)) + biff(0x003C, b"\0why?")
    more += biff(0x001C, struct.pack("<HHHH", 0, 0, 0, 7))
    data = xls_file([["Pump", "Nm", "Margin"], ["rowghost"], ["HX", 18.0, "secret"]], more=more)
    assert seen_and_unseen(Kind.OLE, data) == ("Pump | Nm\nHX | 18", "Margin rowghost secret why?")
    ghost = xls_file([["sheetghost"]], hidden=True)
    assert seen_and_unseen(Kind.OLE, ghost) == ("", "sheetghost")


def test_powerpoint():
    data = pptx_file([("Seen", ["words"], ""), ("Ghost", ["slideghost"], "")])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        second = package.read("ppt/slides/slide2.xml").decode()
        first = package.read("ppt/slides/slide1.xml").decode()
    link = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    shape = '<p:sp><p:nvSpPr><p:cNvPr id="9" name="x" hidden="1"/><p:nvPr/></p:nvSpPr><p:txBody><a:p><a:r><a:t>shapeghost</a:t></a:r></a:p></p:txBody></p:sp>'
    changes = {
        "ppt/slides/slide1.xml": first.replace("</p:spTree>", f"{shape}</p:spTree>"),
        "ppt/slides/slide2.xml": second.replace("<p:sld ", '<p:sld show="0" '),
        "ppt/slides/_rels/slide1.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="c" Type="{link}/comments" Target="../comments/c1.xml"/></Relationships>',
        "ppt/comments/c1.xml": '<p:cmLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:cm authorId="0"><p:text>why?</p:text></p:cm></p:cmLst>',
    }
    seen, unseen = seen_and_unseen(Kind.ZIP, repacked(data, changes))
    assert seen == "Seen\n\nwords"
    assert unseen.split() == ["shapeghost", "why?", "Ghost", "slideghost"]


A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
THEME = (
    f"<a:theme {A}><a:themeElements><a:clrScheme><a:dk1><a:sysClr lastClr='000000'/></a:dk1>"
    "<a:lt1><a:srgbClr val='FFFFFF'/></a:lt1><a:dk2><a:srgbClr val='1F3864'/></a:dk2></a:clrScheme>"
    "<a:fmtScheme><a:bgFillStyleLst><a:solidFill><a:schemeClr val='phClr'/></a:solidFill><a:gradFill/>"
    "</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
)


def fill(colour):
    kind = "srgbClr" if len(colour) == 6 else "schemeClr"
    return f'<a:solidFill><a:{kind} val="{colour}"/></a:solidFill>'


def slide_shape(text, letters="", look="", place="", placeholder=""):
    at = f'<a:xfrm><a:off x="{place}" y="0"/><a:ext cx="100" cy="100"/></a:xfrm>' if place != "" else ""
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr id='9' name='x'/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr>{at}{look}</p:spPr>"
        f"<p:txBody><a:p><a:r><a:rPr>{letters}</a:rPr><a:t>{text}</a:t></a:r><a:r><a:t>, and what all can read.</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def deck(
    shapes,
    *,
    background="",
    master='<p:bg><p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef></p:bg>',
    layout="",
):
    """A deck of one slide with its layout, its master and a theme."""
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def links(kind, target):
        return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="{types}/{kind}" Target="{target}"/></Relationships>'

    def part(name, bg, tree, more=""):
        return f"<p:{name} {A} {P}><p:cSld>{bg}<p:spTree>{tree}</p:spTree></p:cSld>{more}</p:{name}>"

    return repacked(
        pptx_file([("T", [], "")]),
        {
            "ppt/slides/slide1.xml": part("sld", background, shapes),
            "ppt/slides/_rels/slide1.xml.rels": links("slideLayout", "../slideLayouts/l.xml"),
            "ppt/slideLayouts/l.xml": part("sldLayout", "", layout),
            "ppt/slideLayouts/_rels/l.xml.rels": links("slideMaster", "../slideMasters/m.xml"),
            "ppt/slideMasters/m.xml": part("sldMaster", master, "", '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2"/>'),
            "ppt/slideMasters/_rels/m.xml.rels": links("theme", "../theme/t.xml"),
            "ppt/theme/t.xml": THEME,
        },
    )  # fmt: skip


DARK = '<p:bg><p:bgPr><a:solidFill><a:schemeClr val="tx2"/></a:solidFill></p:bgPr></p:bg>'
PICTURE = '<p:pic><p:nvPicPr/><p:spPr><a:xfrm><a:off x="{}" y="0"/><a:ext cx="100" cy="100"/></a:xfrm></p:spPr></p:pic>'


@pytest.mark.parametrize(
    "data",
    [
        deck(slide_shape("ghost", fill("FFFFFF"))),
        deck(slide_shape("ghost", fill("F5F5F5"))),
        deck(slide_shape("ghost", fill("bg1"))),
        deck(slide_shape("ghost", fill("tx2")), background=DARK),
        deck(slide_shape("ghost", fill("1F3864")), background=DARK),
        deck(slide_shape("ghost", fill("lt1"), fill("FFFFFF")), background=DARK),
        deck(slide_shape("ghost", "<a:noFill/>"), background=DARK),
        deck(slide_shape("ghost", '<a:solidFill><a:srgbClr val="FF0000"><a:alpha val="0"/></a:srgbClr></a:solidFill>')),
        deck(slide_shape("ghost", '<a:solidFill><a:schemeClr val="tx1"><a:lumMod val="5000"/><a:lumOff val="95000"/></a:schemeClr></a:solidFill>')),
        deck(slide_shape("ghost", fill("FFFFFF"), place=500) + PICTURE.format(0)),
        deck(slide_shape("ghost", fill("FFFFFF"), placeholder='<p:ph type="title"/>')),
    ],
)  # fmt: skip
def test_letters_in_the_colour_of_their_slide_are_hidden(data):
    assert seen_and_unseen(Kind.ZIP, data) == (", and what all can read.", "ghost")


@pytest.mark.parametrize(
    "data",
    [
        deck(slide_shape("seen", fill("FFFFFF")), background=DARK),
        deck(slide_shape("seen", fill("FFFFFF"), fill("1F3864"))),
        deck(slide_shape("seen", fill("FFFFFF"), "<a:gradFill/>")),
        deck(slide_shape("seen", fill("FFFFFF"), place=0) + PICTURE.format(50)),
        deck(slide_shape("seen", fill("FFFFFF")), layout=PICTURE.format(0)),
        deck(slide_shape("seen", fill("FFFFFF")), master='<p:bg><p:bgRef idx="1002"><a:schemeClr val="bg1"/></p:bgRef></p:bg>'),
        deck(slide_shape("seen", fill("FFFFFF")), master="<p:bg><p:bgPr><a:blipFill/></p:bgPr></p:bg>"),
        deck(slide_shape("seen", fill("FFFFFF"), placeholder='<p:ph type="title"/>'), layout=slide_shape("", "", fill("1F3864"), placeholder='<p:ph type="title"/>')),
        deck(slide_shape("seen", fill("FFFFFF")) + slide_shape("", "", fill("1F3864"))),
        deck(slide_shape("seen", fill("C00000"))),
        deck(slide_shape("seen", fill("accent9"))),
        deck(slide_shape("seen")),
    ],
)  # fmt: skip
def test_letters_on_what_is_dark_or_cannot_be_told_are_seen(data):
    seen, unseen = seen_and_unseen(Kind.ZIP, data)
    assert seen.startswith("seen, and")
    assert unseen == ""


def test_powerpoint_before_2007():
    slides = [(((0, "Seen"), (1, "words")), False), (((0, "Ghost"),), True)]
    data = ppt_file(slides, comments=[("Ana", "why?")])
    assert seen_and_unseen(Kind.OLE, data) == ("Seen\n\nwords", "Ana: why? Ghost")


def test_opendocument_text():
    data = odt_file(
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>struck</text:p></text:deletion></text:changed-region></text:tracked-changes>"
        '<text:p>seen<text:span text:style-name="ghost">vanished</text:span><office:annotation><text:p>why?</text:p></office:annotation></text:p>'
        '<text:section text:display="none"><text:p>sectionghost</text:p></text:section>'
        '<text:p text:style-name="pale">white</text:p><text:p text:style-name="dark">banded</text:p>'
        '<text:p>byfield<text:hidden-paragraph text:is-hidden="true"/></text:p>',
        styles='<style:style style:family="text" style:name="ghost"><style:text-properties text:display="none"/></style:style>'
        '<style:style style:family="paragraph" style:name="pale"><style:text-properties fo:color="#ffffff"/></style:style>'
        '<style:style style:family="paragraph" style:name="dark"><style:paragraph-properties fo:background-color="#000080"/><style:text-properties fo:color="#ffffff"/></style:style>',
    )
    seen, unseen = seen_and_unseen(Kind.ODT, data)
    assert seen == "seen banded"
    assert unseen.split() == ["struck", "vanished", "why?", "sectionghost", "white", "byfield"]


def test_opendocument_spreadsheet():
    data = ods_file(
        '<table:table table:name="S"><table:table-column/><table:table-column table:visibility="collapse"/>'
        "<table:table-row><table:table-cell><text:p>Pump</text:p><office:annotation><text:p>why?</text:p></office:annotation></table:table-cell>"
        "<table:table-cell><text:p>secret</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:visibility="filter"><table:table-cell><text:p>rowghost</text:p></table:table-cell></table:table-row></table:table>'
        '<table:table table:name="T" table:style-name="off"><table:table-row><table:table-cell><text:p>sheetghost</text:p></table:table-cell></table:table-row></table:table>',
        styles='<style:style style:family="table" style:name="off"><style:table-properties table:display="false"/></style:style>',
    )
    seen, unseen = seen_and_unseen(Kind.ODS, data)
    assert seen == "Pump"
    assert unseen.split() == ["secret", "rowghost", "why?", "sheetghost"]


def test_opendocument_presentation():
    frame = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    data = odp_file(
        f"<draw:page>{frame.format('seen')}<office:annotation><text:p>why?</text:p></office:annotation></draw:page>"
        f'<draw:page draw:style-name="off">{frame.format("slideghost")}</draw:page>',
        styles='<style:style style:family="drawing-page" style:name="off"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>',
    )
    assert seen_and_unseen(Kind.ODP, data) == ("seen", "why? slideghost")


WHITE = '<style:style style:family="text" style:name="w"><style:text-properties fo:color="#ffffff"/></style:style>'


def test_white_letters_on_opendocument_slides_and_in_cells_are_shown():
    words = '<text:p><text:span text:style-name="w">banner</text:span></text:p>'
    page = f"<draw:page><draw:frame><draw:text-box>{words}</draw:text-box></draw:frame></draw:page>"
    assert seen_and_unseen(Kind.ODP, odp_file(page, styles=WHITE)) == ("banner", "")
    cells = f"<table:table-row><table:table-cell>{words}</table:table-cell></table:table-row>"
    table = f'<table:table table:name="S">{cells}</table:table>'
    assert seen_and_unseen(Kind.ODS, ods_file(table, styles=WHITE)) == ("banner", "")
    assert seen_and_unseen(Kind.ODT, odt_file(table, styles=WHITE)) == ("banner", "")


def test_hidden_letters_and_comments_in_cells_of_an_opendocument_text_are_read_and_marked():
    ghost = '<text:span text:style-name="ghost">vanished</text:span>'
    comment = "<office:annotation><text:p>why?</text:p></office:annotation>"
    cells = f"<table:table-cell><text:p>a{ghost}</text:p></table:table-cell><table:table-cell><text:p>b{comment}</text:p></table:table-cell>"
    data = odt_file(
        f"<table:table><table:table-row>{cells}</table:table-row></table:table>",
        styles='<style:style style:family="text" style:name="ghost"><style:text-properties text:display="none"/></style:style>',
    )
    assert seen_and_unseen(Kind.ODT, data) == ("a | b", "vanished why?")


def test_hidden_letters_in_the_cells_of_a_sheet_are_read_and_marked():
    ghost = '<text:span text:style-name="ghost">{}</text:span>'
    cells = (
        f"<table:table-cell><text:p>a{ghost.format('vanished')}</text:p></table:table-cell>"
        f'<table:table-cell office:string-value="alone"><text:p>{ghost.format("alone")}</text:p></table:table-cell>'
    )
    data = ods_file(
        f'<table:table table:name="S"><table:table-row>{cells}</table:table-row></table:table>',
        styles='<style:style style:family="text" style:name="ghost"><style:text-properties text:display="none"/></style:style>',
    )
    assert seen_and_unseen(Kind.ODS, data) == ("a", "vanished alone")


def test_letters_too_small_to_be_seen_are_read_and_marked():
    styles = "".join(
        f'<style:style style:family="text" style:name="{name}"><style:text-properties fo:font-size="{size}"/></style:style>'
        for name, size in (("tiny", "0.5pt"), ("small", "6pt"), ("half", "50%"))
    )
    spans = "".join(
        f'<text:span text:style-name="{name}">{name} </text:span>' for name in ("tiny", "small", "half")
    )
    seen, unseen = seen_and_unseen(Kind.ODT, odt_file(f"<text:p>{spans}</text:p>", styles=styles))
    assert (seen.split(), unseen.split()) == (["small", "half"], ["tiny"])
    one, six = '<w:sz w:val="2"/>', '<w:sz w:val="12"/>'
    word = f"<w:p>{run('tiny', one)}{run(' small', six)}</w:p>"
    assert seen_and_unseen(Kind.DOCX, docx_file([word])) == ("small", "tiny")


def test_rtf():
    data = (
        rb"{\rtf1\ansi{\colortbl;\red255\green255\blue255;\red0\green0\blue128;}"
        rb"seen {\v vanished}{\deleted struck}{\cf1 white}{\cf1\highlight2  banded}\par"
        rb"{\*\annotation why?}\trowd\intbl{\cf1 head}\cell b\cell\row}"
    )
    seen, unseen = seen_and_unseen(Kind.RTF, data)
    assert seen == "seen  banded head | b"
    assert unseen == "vanishedwhite struck why?"


HIDING = [
    '<span style="display:none">ghost</span>',
    '<span style="visibility: hidden">ghost</span>',
    '<span style="font-size:0px">ghost</span>',
    '<span style="opacity:0">ghost</span>',
    '<span style="text-indent:-9999px">ghost</span>',
    "<div hidden>ghost</div>",
    '<span style="color:#FFFFFF">ghost</span>',
    '<font color="white">ghost</font>',
    "<style>.x, td.y {display: none !important}</style><div class='a x'>ghost</div>",
    "<style>#gone{visibility:hidden}</style><p id=gone>ghost</p>",
    "<!-- ghost -->",
    "<table><tr><td>a<td>b</tr><tr style='display:none'><td>ghost</tr></table>",
    "<table><tr><td>a<span style='display:none'>ghost</span><td>b</tr></table>",
]


@pytest.mark.parametrize("page", HIDING)
def test_html(page):
    seen, unseen = seen_and_unseen(Kind.HTML, f"<p>seen</p>{page}<p>end</p>".encode())
    assert unseen == "ghost"
    assert "seen" in seen
    assert "end" in seen


@pytest.mark.parametrize(
    "page",
    [
        '<div style="background:#003366"><b style="color:white">shown</b></div>',
        '<table><tr bgcolor="navy"><td><font color="#fff">shown</font><td>b</tr></table>',
        '<style>.bar{background:red}</style><div class="bar"><b style="color:#fff">shown</b></div>',
        "<style>@media print{.x{display:none}}</style><p class=x>shown</p>",
        '<p style="font-size:0.8em;opacity:0.9">shown</p>',
    ],
)
def test_html_that_is_seen_is_not_taken_for_hidden(page):
    assert "shown" in seen_and_unseen(Kind.HTML, page.encode())[0]


def test_markdown():
    data = b"# Seen\n\nwords <!-- inline ghost --> more\n\n<!-- block\nghost -->\n\n```\n<!-- code -->\n```\n"
    seen, unseen = seen_and_unseen(Kind.MARKDOWN, data)
    assert seen == "# Seen\n\nwords  more\n\n\n\n```\n<!-- code -->\n```"
    assert unseen == "inline ghost\n\nblock\nghost"


def test_epub():
    page = "<html><body><h1>Seen</h1><p style='display:none'>ghost</p></body></html>"
    assert seen_and_unseen(Kind.ZIP, book({"one.xhtml": page})) == ("Seen", "ghost")


def book(pages, *, titles=""):
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    return zip_file(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": f"<package><metadata><title>Pumps</title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
            "OPS/toc.ncx": f"<ncx><navMap>{titles}</navMap></ncx>",
            **{f"OPS/{name}": text for name, text in pages.items()},
        }
    )


def test_mail_and_outlook_messages():
    page = "<p>seen</p><p style='display:none'>ghost</p>"
    mail = EmailMessage()
    mail["Subject"] = "S"
    mail.set_content(page, subtype="html")
    seen, unseen = seen_and_unseen(Kind.EML, bytes(mail))
    assert (seen, unseen) == ("Subject: S seen", "ghost")
    data = msg_file({0x0037: "S", 0x1013: page.encode()})
    assert seen_and_unseen(Kind.OLE, data) == ("Subject: S seen", "ghost")


def test_a_hidden_paragraph_or_row_ends_where_the_next_one_begins():
    page = b"<p style='display:none'>ghost<p>seen<ul><li hidden>ghoul<li>item</ul>"
    page += b"<table><tr><td>a<td>b<tr hidden><td>rowghost<tr><td>c<td>d</table>"
    assert seen_and_unseen(Kind.HTML, page) == ("seen - item a | b\nc | d", "ghost - ghoul rowghost")
