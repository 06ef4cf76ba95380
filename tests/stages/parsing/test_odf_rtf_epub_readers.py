"""OpenDocument, RTF and EPUB: headings, cells, slides and chapters are those of the document."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.documents import Document, ParseStatus, SectionKind
from holdfast.domain.locators import Locator
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file
from holdfast.testing.odf_files import odp_file, ods_file, odt_file


def parsed(kind, data):
    return judge(collect(read_here(kind, data, ReadingLimits())), ended=None)


def pieces(document):
    return [(str(s.locator), document.text[s.start : s.end].strip()) for s in document.sections]


def cell(text, attributes=""):
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


# --- OpenDocument


def test_an_opendocument_text_has_headings_lists_tables_and_notes():
    tall = "table:number-rows-spanned='2'"
    table = (
        f"<table:table><table:table-header-rows><table:table-row>{cell('Bolt')}{cell('Nm')}</table:table-row></table:table-header-rows>"
        f"<table:table-row>{cell('M8', tall)}{cell('18')}</table:table-row>"
        f"<table:table-row><table:covered-table-cell/>{cell('20')}</table:table-row></table:table>"
    )
    body = (
        '<text:h text:outline-level="1">Manual</text:h><text:p>Two<text:s text:c="2"/>spaces<text:note text:note-class="footnote">'
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>The note.</text:p></text:note-body></text:note></text:p>"
        f'<text:h text:outline-level="2">Torques</text:h>{table}<text:list><text:list-item><text:p>one</text:p>'
        "<text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list></text:list-item></text:list>"
    )
    document = parsed(Kind.ZIP, odt_file(body, title="The manual"))
    assert document.properties == {"title": "The manual"}
    assert pieces(document) == [
        ("Manual", "Manual\n\nTwo  spaces[1]"),
        ("footnote, Manual", "[1] The note."),
        ("Manual > Torques", "Torques"),
        ("Manual > Torques", "Bolt | Nm\nM8 | 18\nM8 | 20"),
        ("Manual > Torques", "- one\n\n  - inner"),
    ]
    assert document.sections[3].header == "Bolt | Nm"
    assert {section.locator.page for section in document.sections} == {None}


def test_cells_of_an_opendocument_sheet_are_as_shown_and_have_their_places():
    day, rate = cell("01.03.24", "office:date-value='2024-03-01'"), cell("5 %", "office:value='0.05'")
    row = f"<table:table-row>{day}{rate}</table:table-row>"
    twice = cell("x", "table:number-columns-repeated='2'")
    gap = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    more = f'<table:table-row><table:table-cell table:number-columns-repeated="2"/>{twice}</table:table-row>'
    filler = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    head = f"<table:table-row>{cell('Day')}{cell('Rate')}</table:table-row>"
    document = parsed(
        Kind.ZIP, ods_file(f'<table:table table:name="Rates">{head}{row}{gap}{more}{filler}</table:table>')
    )
    assert document.text == "Day | Rate\n01.03.24 | 5 %\n\nx | x"
    table = document.sections[0]
    assert (table.kind, table.header) == (SectionKind.TABLE, "Day | Rate")
    assert table.row_locators[1] == Locator(sheet="Rates", cells="A2:B2")
    assert document.sections[1].row_locators == (Locator(sheet="Rates", cells="C6:D6"),)


def test_slides_of_an_opendocument_presentation_have_titles_and_notes():
    page = (
        '<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Seals</text:p></draw:text-box></draw:frame>'
        f"<draw:frame><table:table><table:table-row>{cell('Pump')}{cell('Kit')}</table:table-row><table:table-row>{cell('HX')}{cell('SK-1')}</table:table-row></table:table></draw:frame>"
        "<presentation:notes><draw:frame><draw:text-box><text:p>Ask first.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"
    )
    assert pieces(parsed(Kind.ZIP, odp_file(page))) == [
        ("slide 1, Seals", "Seals"),
        ("slide 1, Seals", "Pump | Kit\nHX | SK-1"),
        ("slide 1, notes, Seals", "Ask first."),
    ]


# --- RTF


def test_rtf_has_headings_tables_notes_and_every_alphabet():
    data = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}"
        rb"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\s7\outlinelevel1 Own;}}{\info{\title The manual}{\author Ana}}"
        rb"{\header Doc 7}\pard\s1 Manual\par\pard\s0 Gr\'f6\'dfe, \u20013?\u23383?, {\f1 \'ef\'f0} and \{braces\}"
        rb"{\footnote Note.}\par\pard\s7 Torques\par"
        rb"\trowd\pard\intbl Bolt\cell Nm\cell\row\trowd M8\cell 18\cell\row\pard{\pict 0011}{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}\par}"
    )
    document = parsed(Kind.RTF, data)
    assert document.properties == {"title": "The manual", "author": "Ana"}
    assert pieces(document) == [
        ("Manual", "Manual\n\nGröße, 中字, пр and {braces}"),
        ("Manual > Torques", "Torques"),
        ("Manual > Torques", "Bolt | Nm\nM8 | 18"),
        ("Manual > Torques", "link"),
        ("page header", "Doc 7"),
        ("footnote", "Note."),
    ]


def test_list_items_of_rtf_have_the_labels_that_are_shown():
    def item(label, text, level=0):
        return rf"\pard\ls1\ilvl{level}{{\listtext\pard\plain\f3 {label}\tab}}{text}\par".encode()

    data = (
        rb"{\rtf1\ansi{\stylesheet{\s1\b heading 1;}}\pard\s1{\listtext\pard\plain 1.1\tab}Terms\par"
        + item("1.", "fill") + item("b)", "close", 1) + item(r"\'b7", "oil") + item("o", "air", 1) + item("2.", "")
        + rb"\pard plain\par\trowd\pard\intbl{\pntext\pard\plain 3.\tab}\cell Seal\cell\row\pard\intbl{\pntext\'b7\tab}\cell Bolt\cell\row}"
    )  # fmt: skip
    assert pieces(parsed(Kind.RTF, data)) == [
        ("1.1 Terms", "1.1 Terms\n\n1. fill\n\n  b) close\n\n- oil\n\n  - air\n\nplain"),
        ("1.1 Terms", "3. | Seal\n | Bolt"),
    ]


def test_rtf_of_braces_without_end_is_read_in_linear_time():
    document = parsed(Kind.RTF, rb"{\rtf1 words" + b"{" * 200_000 + rb"\b" * 100_000)
    assert document.text == "words"


# --- EPUB


def book(pages, *, spine=None, more=None, titles=""):
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in pages)
    order = "".join(f'<itemref idref="{name}"/>' for name in spine or pages)
    return zip_file(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": f"<package><metadata><title>Pumps</title></metadata><manifest>{items}</manifest><spine>{order}</spine></package>",
            "OPS/toc.ncx": f"<ncx><navMap>{titles}</navMap></ncx>",
            **{f"OPS/{name}": text for name, text in pages.items()},
            **(more or {}),
        }
    )


def test_chapters_are_read_in_the_order_of_the_book_under_their_headings():
    titles = '<navPoint><navLabel><text>Foreword</text></navLabel><content src="a.xhtml#x"/></navPoint>'
    pages = {"b.xhtml": "<h1>Seals</h1><p>Two kits.</p>", "a.xhtml": "<p>Welcome.</p>"}
    document = parsed(Kind.ZIP, book(pages, spine=["a.xhtml", "b.xhtml"], titles=titles))
    assert pieces(document) == [("Foreword", "Welcome."), ("Seals", "Seals\n\nTwo kits.")]
    assert document.properties == {"title": "Pumps"}


def test_a_missing_chapter_is_named_and_a_locked_book_says_so():
    whole = book({"a.xhtml": "<p>one</p>", "b.xhtml": "<p>two</p>"})
    document = parsed(Kind.ZIP, whole.replace(b"OPS/b.xhtml", b"OPS/z.xhtml"))
    assert (document.status, document.text) == (ParseStatus.PARTIAL, "one")
    assert "chapter 2 of 2" in document.reason
    key = {
        "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'
    }
    assert parsed(Kind.ZIP, book({"a.xhtml": "x"}, more=key)).status is ParseStatus.ENCRYPTED
    fonts = {
        "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></e>'
    }
    assert parsed(Kind.ZIP, book({"a.xhtml": "<p>x</p>"}, more=fonts)).status is ParseStatus.OK


# --- laws

RTF_PIECES = [
    r"{", r"}", r"\par ", r"\v ", r"\v0 ", r"\cf1 ", r"\u8364?", r"\'e4", r"\cell", r"\row", r"\trowd\intbl ", r"\pard ",
    r"\s1 ", r"{\footnote ", r"{\*\annotation ", r"{\*\unknown ", r"\bin3 ", "words ", "\n", r"\u55357?\u56832?", r"\uc0 ",
]  # fmt: skip


@given(st.lists(st.sampled_from(RTF_PIECES), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_rtf_is_tiled_and_its_chunks_are_exact(found):
    document = parsed(
        Kind.RTF, ("{\\rtf1{\\colortbl;\\red255\\green255\\blue255;}" + "".join(found)).encode("latin-1")
    )
    assert_exact(document)


ODF_PIECES = [
    "<text:p>words</text:p>", '<text:h text:outline-level="1">Head</text:h>', "<text:p/>", "<text:section>{}</text:section>",
    "<text:list><text:list-item>{}</text:list-item></text:list>", "<table:table><table:table-row><table:table-cell>{}</table:table-cell><table:table-cell>{}</table:table-cell></table:table-row></table:table>",
    '<text:section text:display="none">{}</text:section>', "<text:p>a<text:note><text:note-body>{}</text:note-body></text:note>b</text:p>",
    "<text:p><draw:frame><draw:text-box>{}</draw:text-box></draw:frame></text:p>", "<text:p>c<office:annotation>{}</office:annotation></text:p>",
]  # fmt: skip


@given(st.recursive(st.sampled_from(ODF_PIECES), lambda inner: st.lists(inner, max_size=4), max_leaves=20))
@settings(max_examples=60, deadline=None)
def test_any_opendocument_content_is_tiled_and_its_chunks_are_exact(tree):
    assert_exact(parsed(Kind.ODT, odt_file(nested(tree))))


def nested(tree):
    if isinstance(tree, str):
        return tree.replace("{}", "<text:p>inner</text:p>")
    holder = "<text:section>{}</text:section>"
    return "".join(holder.replace("{}", nested(inner)) for inner in tree)


def assert_exact(document):
    ends = [0, *[section.end for section in document.sections]]
    assert [section.start for section in document.sections] == ends[:-1]
    assert ends[-1] == len(document.text)
    whole = Document(source="s", path="p", digest="", text=document.text, sections=document.sections)
    for chunk in SectionChunker(ChunkingSettings(include_hidden=True)).chunk(whole):
        assert document.text[chunk.start : chunk.end] == chunk.text


def test_letters_of_symbol_fonts_in_rtf_are_the_signs_that_they_draw():
    fonts = r"{\fonttbl{\f0 Arial;}{\f1\froman\fcharset2\fprq2 Symbol;}{\f2\fnil\fcharset2{\*\panose 05}Wingdings;}}"
    text = r"Heat {\f1\'b1}5 {\f1 m}m, {\f2\'fe} done, \u-3933 ?5, {\f0 plain}\par"
    document = parsed(Kind.RTF, (r"{\rtf1\ansi" + fonts + text + "}").encode())
    assert document.text.strip() == "Heat ±5 μm, ☑ done, ≤5, plain"
