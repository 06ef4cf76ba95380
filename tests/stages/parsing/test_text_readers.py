"""Markdown, text, CSV and HTML: what is written is found, and under which heading."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from holdfast.domain.documents import ParseStatus, SectionKind
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.readers.texts import delimited, markdown, plain
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.texts.front_matter import split_front_matter
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.tiling import clean, merged, tile
from holdfast.stages.parsing.units import Block, ReadingLimits, Unit

LIMITS = ReadingLimits()


def tiled(reading):
    return tile(collect(reading).units)


def sections(reading):
    """Return (heading path, text) of each section that is not hidden."""
    made = tiled(reading)
    return [
        (section.locator.heading, made.text[section.start : section.end].strip())
        for section in made.sections
        if not section.hidden
    ]


def hidden(reading):
    made = tiled(reading)
    return " ".join(made.text[s.start : s.end].strip() for s in made.sections if s.hidden)


def table_of(reading):
    made = tiled(reading)
    (section,) = [section for section in made.sections if section.kind is SectionKind.TABLE]
    return section, made.text[section.start : section.end].strip().split("\n")


# --- Markdown


def test_markdown_sections_know_their_headings():
    text = "intro\n\n# Pump\n\nbody\n\n## Seals ##\nseal text\n# Motor\nmotor text"
    assert sections(markdown.read_text(text)) == [
        ((), "intro"),
        (("Pump",), "# Pump\n\nbody"),
        (("Pump", "Seals"), "## Seals ##\nseal text"),
        (("Motor",), "# Motor\nmotor text"),
    ]


def test_underlined_headings_count_and_rules_and_lists_do_not():
    text = "Title\n=====\n\nSub\n---\ntext\n\n---\n\n- item\n---\nmore"
    paths = [path for path, _ in sections(markdown.read_text(text))]
    assert paths == [("Title",), ("Title", "Sub")]


def test_headings_lose_their_markup_in_the_path_only():
    ((path, text),) = sections(markdown.read_text("## **Bold** and [link](http://x) `code`\n"))
    assert path == ("Bold and link code",)
    assert "[link](http://x)" in text


def test_what_looks_like_a_heading_in_a_code_fence_is_code():
    assert [path for path, _ in sections(markdown.read_text("# A\n```\n# no\n~~~\n```\n## B\nx"))] == [
        ("A",),
        ("A", "B"),
    ]


def test_a_pipe_table_becomes_rows_with_their_header():
    text = "# Kits\nbefore\n\n| Pump | Kit |\n|:---|---:|\n| HX\\|200 | SK-1 |\n| HX-250 |  |\nafter"
    section, rows = table_of(markdown.read_text(text))
    assert rows == ["Pump | Kit", "HX|200 | SK-1", "HX-250"]
    assert (section.header, section.locator) == ("Pump | Kit", Locator(heading=("Kits",)))
    assert [text for _, text in sections(markdown.read_text(text))][-1] == "after"


def test_lines_with_bars_but_no_rule_are_text():
    assert tiled(markdown.read_text("a | b\nc | d")).sections[0].kind is SectionKind.TEXT


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "---\nTitle: Pump manual\nstatus: draft # note\n---\nbody",
            {"title": "Pump manual", "status": "draft"},
        ),
        (
            "---\nkeys: [HX-200, 'HX-250']\nowners:\n  - Ana\n  - Bo\n---\nbody",
            {"keys": "HX-200, HX-250", "owners": "Ana, Bo"},
        ),
        ('+++\ntitle = "T"\n+++\nbody', {"title": "T"}),
        ("---\nno pair\n---\nbody", {}),
        ("---\ntitle: never closed\nbody", {}),
        ("body", {}),
    ],
)
def test_front_matter_becomes_properties_and_leaves_the_text(text, values):
    assert split_front_matter(text) == (values, "body" if values else text)


# --- text


@pytest.mark.parametrize(
    "data",
    [
        "Größe 5 µm: ok".encode(),
        "Größe 5 µm: ok".encode("utf-8-sig"),
        "Größe 5 µm: ok".encode("utf-16"),
        "Größe 5 µm: ok, and more words".encode("utf-16-le"),
        "Größe 5 µm: ok, and more words".encode("utf-16-be"),
        "Größe 5 µm: ok".encode("utf-32"),
        "Größe 5 µm: ok".encode("cp1252"),
    ],
    ids=["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
def test_text_is_read_in_its_encoding(data):
    assert decode(data).startswith("Größe 5 µm: ok")


def test_a_declared_encoding_is_believed_when_it_fits():
    assert decode("Привет, насос".encode("koi8-r"), declared="koi8-r") == "Привет, насос"
    assert decode("Größe".encode(), declared="ascii") == "Größe"
    assert decode(b"plain", declared="no-such-code") == "plain"


def test_japanese_and_russian_are_recognised_without_a_declaration():
    japanese = "これはポンプの保守マニュアルです。軸受の油を毎週確認してください。" * 4
    russian = "Это руководство по обслуживанию насоса. Проверяйте масло каждую неделю." * 4
    assert decode(japanese.encode("shift_jis")) == japanese
    assert decode(russian.encode("cp1251")) == russian


def test_line_ends_are_made_one_and_nothing_else_changes():
    assert clean("a\r\nb\rc\0d\ud800e\u00e4 e\u0308\u200b") == "a\nb\ncde\u00e4 e\u0308\u200b"


# --- CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_rows_are_numbered_from_one_without_the_header(delimiter):
    lines = [("kit", "pump", "note"), ("SK-1", "HX-200", "a, b; c"), ("SK-2", "HX-250", "")]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    section, rows = table_of(delimited.read_text(text))
    assert rows == ["kit | pump | note", "SK-1 | HX-200 | a, b; c", "SK-2 | HX-250"]
    assert section.header == "kit | pump | note"
    assert section.row_locators == (Locator(), Locator(row=1), Locator(row=2))


def test_a_csv_of_numbers_has_no_header_and_its_first_row_is_row_one():
    section, _ = table_of(delimited.read_text("1,2,3\n4,5,6\n"))
    assert (section.header, section.row_locators) == ("", (Locator(row=1), Locator(row=2)))


def test_a_line_break_in_a_cell_stays_in_its_row():
    _, rows = table_of(delimited.read_text('name,note\nA,"first\nsecond"\n'))
    assert rows == ["name | note", "A | first second"]


def test_one_column_is_text():
    assert sections(delimited.read_text("one\ntwo\n")) == [((), "one\ntwo")]


def test_a_large_table_is_one_run_of_rows_in_several_sections():
    text = "name,number\n" + "".join(f"n{number},{number}\n" for number in range(2500))
    made = tiled(delimited.read_text(text))
    assert [len(section.row_starts) for section in made.sections] == [1000, 1000, 501]
    assert {section.header for section in made.sections} == {"name | number"}
    assert "\n\n" not in made.text
    assert made.text.count("\n") == 2500


# --- HTML


def test_html_headings_lists_and_tables_keep_their_structure():
    page = """<html><head><title>Valves</title><meta name="author" content="Ana"><style>p{}</style></head>
    <body><script>var x = "<h1>no</h1>";</script><h1>RV <b>valves</b></h1><p>Relief   valves
    limit pressure.</p><ul><li>one<li><p>two</p><ul><li>deep</ul></ul><ol><li>first<li>second</ol>
    <h2>Data</h2><table><tr><th>Type<th>Flow<tr><td>RV-10<td>60 l/min</table></body></html>"""
    found = collect(html.read_text(page))
    assert found.properties == {"title": "Valves", "author": "Ana"}
    assert sections(html.read_text(page)) == [
        (
            ("RV valves",),
            "RV valves\n\nRelief valves limit pressure.\n\n- one\n- two\n  - deep\n\n1. first\n2. second",
        ),
        (("RV valves", "Data"), "Data"),
        (("RV valves", "Data"), "Type | Flow\nRV-10 | 60 l/min"),
    ]


def test_merged_cells_of_html_keep_columns_in_place():
    page = "<table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td rowspan=2>x</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr><tr><td colspan=2>y</td><td>5</td></tr></table>"
    _, rows = table_of(html.read_text(page))
    assert rows == ["A | B | C", "x | 1 | 2", "x | 3 | 4", "y |  | 5"]


def test_what_a_reader_of_a_page_does_not_see_is_marked_hidden():
    page = '<p>seen</p><div style="display: none">secret <b>words</b></div><p hidden>more</p><p>end</p>'
    assert [text for _, text in sections(html.read_text(page))] == ["seen", "end"]
    assert hidden(html.read_text(page)) == "secret words\n\nmore"


def test_deeply_nested_elements_are_text_like_any_other():
    assert tiled(html.read_text("<div>" * 30_000 + "deep" + "</div>" * 30_000)).text == "deep"


def test_an_absurd_span_does_not_make_an_absurd_table():
    made = tiled(html.read_text('<table><tr><td colspan="99999999" rowspan="99999999">a<td>b</table>'))
    assert len(made.text) < 300


def test_preformatted_text_keeps_its_lines():
    assert sections(html.read_text("<pre>a  b\n  c</pre>")) == [((), "a  b\n  c")]


# --- kinds


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", b"%PDF-1.7 ...", Kind.PDF),
        ("a.pdf", b"plain words, no pdf", Kind.TEXT),
        ("a.doc", b"PK\x03\x04....", Kind.ZIP),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
        ("a.xls", b"<html><body><table>", Kind.HTML),
        ("a.csv", b"<!-- x --><!-- y --> <!DOCTYPE html><html>", Kind.HTML),
        ("a.md", b"From: a\nTo: b\nSubject: c\n\nnotes", Kind.MARKDOWN),
        ("noname", b"From: a@b\nTo: b\nSubject: c\nDate: d\n\nbody", Kind.EML),
        ("minutes.txt", b"Date: today\nTo: all\n\nminutes", Kind.TEXT),
        ("all.mbox", b"From a Mon\nFrom: a\nTo: b\nSubject: c\n\nx\n\nFrom b Tue\nFrom: c\n", Kind.MBOX),
        ("a.txt", "Größe".encode("utf-16"), Kind.TEXT),
        ("a.bin", bytes(range(256)), Kind.BINARY),
        ("a.txt", b"\x89PNG\r\n\x1a\n", Kind.IMAGE),
        ("BMW.txt", b"BMW and other words", Kind.TEXT),
    ],
)
def test_the_first_bytes_say_what_a_file_is(name, data, kind):
    assert detect(name, data) is kind


# --- laws

TEXTS = st.text(alphabet=st.sampled_from("ab#|-\n\r `~=<>/\\\"';,\t\0\ud800é€*1.[]()"), max_size=300)


@settings(max_examples=150, deadline=None)
@example(";1\r\ud800", delimited)
@given(TEXTS, st.sampled_from([markdown, plain, delimited, html]))
def test_sections_tile_the_text_of_every_document(text, reader):
    made = tiled(reader.read_text(text))
    at = 0
    for section in made.sections:
        assert section.start == at < section.end
        at = section.end
        assert (section.kind is SectionKind.TABLE) == bool(section.row_starts)
        if section.row_starts:
            assert section.row_starts[0] == section.start
            assert list(section.row_starts) == sorted(set(section.row_starts))
            assert all(made.text[start - 1] == "\n" for start in section.row_starts if start)
            rows = made.text[section.start : section.end].rstrip("\n").split("\n")
            assert len(rows) == len(section.row_starts)
            assert len(section.row_locators) in (0, len(rows))
    assert at == len(made.text)
    assert made.text == clean(made.text)


BLOCKS = st.builds(
    lambda text, rows, part, is_table, goes_on: Block(
        text="" if is_table else text,
        rows=tuple(rows) if is_table else (),
        kind=SectionKind.TABLE if is_table else SectionKind.TEXT,
        locator=Locator(part=part),
        continues=goes_on and is_table,
    ),
    st.text(max_size=20),
    st.lists(st.text(max_size=8), max_size=4),
    st.sampled_from(["body", "quoted"]),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(BLOCKS, max_size=8))
def test_any_blocks_are_tiled_and_no_two_neighbours_of_text_share_a_place(blocks):
    made = tile([Unit(key="one", blocks=tuple(blocks))])
    ends = [0, *[section.end for section in made.sections]]
    assert [section.start for section in made.sections] == ends[:-1]
    assert ends[-1] == len(made.text)
    for before, after in zip(made.sections, made.sections[1:], strict=False):
        assert not (before.kind is after.kind is SectionKind.TEXT and before.locator == after.locator)


@settings(max_examples=200, deadline=None)
@given(st.lists(BLOCKS, max_size=8))
def test_merging_text_on_its_way_changes_nothing(blocks):
    unit = Unit(key="one", blocks=tuple(blocks))
    assert tile([merged(unit)]) == tile([unit])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(list(Kind)))
def test_no_bytes_make_a_reader_raise(data, kind):
    if kind in (Kind.PDF, Kind.IMAGE):
        return  # native code: only ever run in a worker
    for found in read_here(kind, data, LIMITS):
        assert found is not None


WORST = {
    "hashes": "# a\n",
    "pipes": "|",
    "rows": "|a|b|\n|-|-|\n",
    "underlines": "a\n=\n",
    "fences": "```\n",
    "quotes": '"',
    "open quotes": 'a,"b\n',
    "brackets": "# [x](",
    "commas": "a,b\n",
    "pairs": "---\na: b\n",
}


@pytest.mark.parametrize("pattern", WORST.values(), ids=WORST)
def test_the_worst_text_that_is_read_in_process_costs_little(pattern):
    text = (pattern * 70_000)[: 64 * 1024]
    started = time.process_time()
    for reader in (markdown, delimited, plain):
        tiled(reader.read_text(text))
    assert time.process_time() - started < 2


def test_blanks_before_a_heading_or_rule_cost_nothing():
    blanks = " " * 64_000
    started = time.process_time()
    for text in (f"# {blanks}x", f"a|b\n-{blanks}x", f"# a {blanks}#x", f"---\na{blanks}:x\n---\n"):
        tiled(markdown.read_text(text))
    detect("a.txt", b"<!---->" * 2000)
    assert time.process_time() - started < 1


def test_a_page_of_too_much_text_is_read_as_far_as_allowed():
    page = b"<p>words and more words</p>" * 2000
    document = judge(collect(read_here(Kind.HTML, page, ReadingLimits(max_chars=10_000))), ended=None)
    assert document.status is ParseStatus.PARTIAL
    assert 8_000 < len(document.text.replace("\n", "")) <= 10_000
    assert "parsing.max_chars" in document.reason


def test_a_long_page_is_sent_in_parts_whose_text_is_that_of_the_whole():
    found = list(html.read(b"<h1>Head</h1>" + b"<p>words and more words</p>" * 60_000, LIMITS))
    assert [unit.key for unit in found] == ["part 1", "part 2"]
    made = tiled(found)
    assert made.text == "\n\n".join(["Head", *["words and more words"] * 60_000])
    assert {section.locator.heading for section in made.sections} == {("Head",)}


def test_items_of_a_page_have_the_numbers_that_a_browser_shows():
    page = (
        b"<ol start=3><li>a<ol type=i><li>b<li><p>c</p></ol><li value=9>d<li type=A>e</ol>"
        b"<ol start=0><li>f</ol><ol start=-1 type=a><li>g<li>h<li>i</ol><ul><li>j</ul><ol start=x><li>k</ol>"
    )
    document = judge(collect(read_here(Kind.HTML, page, ReadingLimits())), ended=None)
    assert [line.strip() for line in document.text.split("\n") if line.strip()] == [
        "3. a", "i. b", "ii. c", "9. d", "J. e", "0. f", "-1. g", "0. h", "a. i", "- j", "1. k",
    ]  # fmt: skip
