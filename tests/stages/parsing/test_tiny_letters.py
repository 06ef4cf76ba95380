"""Letters of a point or less are read and marked hidden, whoever says how small they are."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import docx_file, pptx_file, zip_file
from holdfast.testing.odf_files import odt_file
from holdfast.testing.old_office_files import ppt_file

A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TINY, LARGE = '<a:defRPr sz="100"/>', '<a:defRPr sz="2400"/>'


def seen_and_unseen(kind, data):
    document = judge(collect(read_here(kind, data, ReadingLimits())), ended=None)
    words = {True: [], False: []}
    for section in document.sections:
        words[section.hidden] += document.text[section.start : section.end].split()
    return words[False], words[True]


def links(kind, target):
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}"><Relationship Id="r" Type="{TYPES}/{kind}" Target="{target}"/></Relationships>'


def style(size, level=1):
    return f"<a:lvl{level}pPr>{size}</a:lvl{level}pPr>"


def shape(text="", *, own="", styles="", placeholder="", level=0):
    words = (
        f'<a:p><a:pPr lvl="{level}"/><a:r><a:rPr{own}/><a:t>{text}</a:t></a:r></a:p>' if text else "<a:p/>"
    )
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>"
        f"<p:txBody><a:lstStyle>{styles}</a:lstStyle>{words}</p:txBody></p:sp>"
    )


def deck(shapes, *, layout="", master="", styles="", default=""):
    def part(name, tree, more=""):
        return f"<p:{name} {A} {P}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld>{more}</p:{name}>"

    with zipfile.ZipFile(io.BytesIO(pptx_file([("T", [], "")]))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    main = parts["ppt/presentation.xml"].decode()
    given = f"<p:defaultTextStyle {A}>{default}</p:defaultTextStyle></p:presentation>"
    parts |= {
        "ppt/presentation.xml": main.replace("</p:presentation>", given),
        "ppt/slides/slide1.xml": part("sld", shapes),
        "ppt/slides/_rels/slide1.xml.rels": links("slideLayout", "../slideLayouts/l.xml"),
        "ppt/slideLayouts/l.xml": part("sldLayout", layout),
        "ppt/slideLayouts/_rels/l.xml.rels": links("slideMaster", "../slideMasters/m.xml"),
        "ppt/slideMasters/m.xml": part("sldMaster", master, f"<p:txStyles>{styles}</p:txStyles>"),
    }
    return zip_file(parts)


BODY, TITLE, SECOND = '<p:ph idx="1"/>', '<p:ph type="ctrTitle"/>', '<p:ph type="body" idx="7"/>'
SEEN = shape("seen", own=' sz="1200"')


@pytest.mark.parametrize(
    "data",
    [
        deck(SEEN + shape("ghost", own=' sz="100"')),
        deck(SEEN + shape("ghost", styles=style(TINY))),
        deck(SEEN + shape("ghost", placeholder=BODY), layout=shape(placeholder=BODY, styles=style(TINY))),
        deck(SEEN + shape("ghost", placeholder=BODY), master=shape(placeholder='<p:ph type="body"/>', styles=style(TINY))),
        deck(SEEN + shape("ghost", placeholder=SECOND, level=2), styles=f"<p:bodyStyle>{style(TINY, 3)}</p:bodyStyle>"),
        deck(SEEN + shape("ghost", placeholder=TITLE), styles=f"<p:titleStyle>{style(TINY)}</p:titleStyle>"),
        deck(SEEN + shape("ghost"), default=style(TINY)),
    ],
)  # fmt: skip
def test_letters_of_slides_are_tiny_by_their_own_size_or_by_one_they_inherit(data):
    assert seen_and_unseen(Kind.ZIP, data) == (["seen"], ["ghost"])


@pytest.mark.parametrize(
    "data",
    [
        deck(shape("seen", own=' sz="101"')),
        deck(shape("seen", own=' sz="x"')),
        deck(shape("seen", own=' sz="900"'), default=style(TINY)),
        deck(shape("seen", placeholder=BODY), layout=shape(placeholder=BODY, styles=style(LARGE)), styles=f"<p:bodyStyle>{style(TINY)}</p:bodyStyle>"),
        deck(shape("seen", placeholder=BODY), layout=shape(placeholder=SECOND, styles=style(TINY))),
        deck(shape("seen", level=1), default=style(TINY)),
        deck(shape("seen"), styles=f"<p:bodyStyle>{style(TINY)}</p:bodyStyle>"),
    ],
)  # fmt: skip
def test_letters_of_slides_that_are_given_a_size_to_be_read_are_seen(data):
    assert seen_and_unseen(Kind.ZIP, data) == (["seen"], [])


def test_tiny_letters_in_the_cells_of_a_slide():
    cells = "".join(
        f'<a:tc><a:txBody><a:p><a:r><a:rPr sz="{size}"/><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>'
        for text, size in (("Pump", 1200), ("ghost", 50), ("Nm", 1200))
    )
    table = f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>{cells}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    assert seen_and_unseen(Kind.ZIP, deck(table)) == (["Pump", "|", "|", "Nm"], ["ghost"])


def test_tiny_letters_of_rtf_in_text_cells_and_page_headers():
    data = (
        rb"{\rtf1\ansi{\header Draft{\fs2 ghost1}{\v ghost2}}seen {\fs2 ghost3}{\fs1\plain words} \fs24 {\fs3 small}\par"
        rb"\trowd\intbl Pump{\fs0 ghost4}\cell 18\cell\row\pard{\footnote why{\deleted ghost5}}\par}"
    )
    assert seen_and_unseen(Kind.RTF, data) == (
        ["seen", "words", "small", "Pump", "|", "18", "Draft", "why"],
        ["ghost3", "ghost4", "ghost1ghost2", "ghost5"],
    )


def test_letters_of_word_are_tiny_by_a_style_unless_they_say_better():
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    styles = (
        f'<w:styles {word}><w:style w:styleId="Base"><w:rPr><w:sz w:val="1"/></w:rPr></w:style>'
        '<w:style w:styleId="Tiny"><w:basedOn w:val="Base"/></w:style>'
        '<w:style w:styleId="Large"><w:basedOn w:val="Base"/><w:rPr><w:sz w:val="24"/></w:rPr></w:style></w:styles>'
    )

    def paragraph(text, style, properties=""):
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>'

    body = [
        paragraph("ghost1", "Tiny"),
        paragraph("seen1", "Tiny", '<w:sz w:val="20"/>'),
        paragraph("seen2", "Large"),
        paragraph("ghost2", "Large", '<w:rStyle w:val="Tiny"/>'),
    ]
    data = docx_file(body, parts={"word/styles.xml": styles})
    assert seen_and_unseen(Kind.ZIP, data) == (["seen1", "seen2"], ["ghost1", "ghost2"])


def test_letters_of_opendocument_are_as_large_as_their_nearest_style_says():
    def size(name, points, base=""):
        inner = f'<style:text-properties fo:font-size="{points}"/>' if points else ""
        return f'<style:style style:family="paragraph" style:name="{name}" style:parent-style-name="{base}">{inner}</style:style>'

    styles = (
        size("tiny", "0pt")
        + size("heir", "", "tiny")
        + size("large", "12pt", "tiny")
        + size("half", "50%", "tiny")
    )
    body = "".join(f'<text:p text:style-name="{name}">{name}</text:p>' for name in ("heir", "large", "half"))
    assert seen_and_unseen(Kind.ODT, odt_file(body, styles=styles)) == (["large"], ["heir", "half"])


def runs(paragraphs, letters):
    """Return a style record: (characters, mask and fields) of paragraphs and of letters."""
    told = b"".join(struct.pack("<IH", count, 0) + given for count, given in paragraphs)
    return told + b"".join(struct.pack("<I", count) + given for count, given in letters)


def sized(points):
    return struct.pack("<IHHIH", 0x000A0001 | 0x00040000, 1, points, 0xFF, 30)  # bold, size, colour, position


NO_STYLE = struct.pack("<I", 0)
TABS = struct.pack("<IHHHHHH", 0x0010180F, 1, 0, 90, 1, 576, 0)  # bullet, alignment, spacing, one tab stop
OLD = "for all this one is small\rand more"


def old_deck(record, text=OLD):
    return Kind.OLE, ppt_file([(((0, "Title"), (1, text)), False)], styles={text: record})


def test_letters_of_a_point_in_an_old_deck_are_hidden():
    small = OLD.index("this"), OLD.index("\r")
    before, tiny, after = small[0], small[1] - small[0], len(OLD) + 1 - small[1]
    paragraphs = [(small[1] + 1, TABS), (len(OLD) - small[1], NO_STYLE)]
    record = runs(paragraphs, [(before, sized(18)), (tiny, sized(1)), (after, NO_STYLE)])
    assert seen_and_unseen(*old_deck(record)) == (
        ["Title", "for", "all", "and", "more"],
        ["this", "one", "is", "small"],
    )


def test_a_text_of_an_old_deck_that_is_all_tiny_is_hidden():
    record = runs([(len(OLD) + 1, NO_STYLE)], [(len(OLD) + 1, sized(1))])
    assert seen_and_unseen(*old_deck(record)) == (["Title"], OLD.split())


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_a_damaged_style_record_of_an_old_deck_hides_nothing(cut):
    record = runs([(len(OLD) + 1, TABS)], [(9, sized(18)), (len(OLD) + 1, sized(1))])
    assert cut < len(record)
    assert seen_and_unseen(*old_deck(record[:cut])) == (["Title", *OLD.split()], [])


def test_places_in_an_old_deck_count_as_it_counts_them():
    text = "\U0001f600 a b"  # the first takes two places
    record = runs([(len(text) + 2, NO_STYLE)], [(3, NO_STYLE), (1, sized(1)), (3, NO_STYLE)])
    assert seen_and_unseen(*old_deck(record, text)) == (["Title", "\U0001f600", "b"], ["a"])
