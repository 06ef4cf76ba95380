"""Lists of OpenDocument files show the numbers that a reader sees."""

from __future__ import annotations

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.odf_files import odp_file, odt_file

LEGAL = (
    '<text:list-style style:name="L1">'
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:display-levels="2"/>'
    '<text:list-level-style-bullet text:level="3" text:bullet-char="*"/></text:list-style>'
)


def lines(body, styles="", *, kind=Kind.ODT, file=odt_file):
    document = judge(collect(read_here(kind, file(body, styles=styles), ReadingLimits())), ended=None)
    return [line for line in document.text.split("\n") if line]


def items(*texts, attributes=""):
    return "".join(f"<text:list-item {attributes}><text:p>{text}</text:p></text:list-item>" for text in texts)


def many(text, attributes=""):
    return f'<text:list text:style-name="L1" {attributes}>{text}</text:list>'


def heading(text, level=1, attributes=""):
    return f'<text:h text:outline-level="{level}" {attributes}>{text}</text:h>'


def test_items_show_the_numbers_of_their_levels():
    inner = f"<text:list>{items('deep')}</text:list>"
    second = f"<text:list><text:list-item><text:p>a part</text:p>{inner}</text:list-item>{items('more')}</text:list>"
    body = many(
        "<text:list-header><text:p>Steps</text:p></text:list-header>"
        f"<text:list-item><text:p>one</text:p><text:p>goes on</text:p>{second}</text:list-item>{items('two')}"
    )
    assert lines(body, LEGAL) == [
        "Steps", "1. one", "  goes on", "  1.a) a part", "    - deep", "  1.b) more", "2. two",
    ]  # fmt: skip


def test_a_list_begins_anew_unless_it_continues_another():
    first = many(items("one", "two"), 'xml:id="first"')
    body = (
        first
        + many(items("goes on"), 'text:continue-numbering="true"')
        + many(items("anew"))
        + many(items("back"), 'text:continue-list="first"')
        + many(items("seven", attributes='text:start-value="7"') + items("eight"))
        + many(items("unknown"), 'text:continue-list="nowhere"')
    )
    assert lines(body, LEGAL) == [
        "1. one", "2. two", "3. goes on", "1. anew", "4. back", "7. seven", "8. eight", "1. unknown",
    ]  # fmt: skip


def test_a_list_without_a_style_has_that_of_its_paragraphs():
    styles = LEGAL + (
        '<style:style style:name="Item" style:family="paragraph" style:list-style-name="L1"/>'
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Item"/>'
    )
    body = (
        '<text:list><text:list-item><text:p text:style-name="P1">one</text:p></text:list-item></text:list>'
        '<text:p text:style-name="P1">in no list</text:p>'
        f"<text:list>{items('plain')}</text:list>"
        f'<text:list text:style-name="Gone">{items("of a style that is missing")}</text:list>'
    )
    assert lines(body, styles) == ["1. one", "in no list", "- plain", "- of a style that is missing"]


def test_every_form_of_number_is_shown_and_patterns_of_libreoffice_too():
    space = 'xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'
    forms = {
        "i": ('style:num-format="i" style:num-prefix="(" style:num-suffix=")" text:start-value="4"', "(iv)"),
        "A": ('style:num-format="A" text:start-value="28"', "AB"),
        "AA": ('style:num-format="A" style:num-letter-sync="true" text:start-value="28"', "BB"),
        "01": ('style:num-format="01, 02, 03, ..." style:num-suffix=":"', "01:"),
        "none": ('style:num-format="" style:num-prefix="Note"', "Note"),
        "office": (f'{space} loext:num-list-format="Part %1%." style:num-format="I"', "Part I."),
    }
    styles = "".join(
        f'<text:list-style style:name="{name}"><text:list-level-style-number text:level="1" {shape}/></text:list-style>'
        for name, (shape, _) in forms.items()
    )
    body = "".join(f'<text:list text:style-name="{name}">{items("x")}</text:list>' for name in forms)
    assert lines(body, styles) == [f"{label} x" for _, label in forms.values()]


def test_headings_show_the_numbers_of_the_outline():
    levels = (
        '<text:outline-level-style text:level="1" style:num-format="1"/>'
        '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
    )
    styles = (
        f'<text:outline-style style:name="Outline">{levels}</text:outline-style>'
        '<style:style style:name="Head" style:family="paragraph" style:default-outline-level="1"/>'
        '<style:style style:name="Bare" style:family="paragraph" style:parent-style-name="Head" style:list-style-name=""/>'
        '<style:style style:name="Body" style:family="paragraph"/>'
    )
    body = (
        heading("Scope", 1, 'text:style-name="Head"')
        + heading("Terms", 2)
        + "<text:p>words</text:p>"
        + heading("Preface", 1, 'text:style-name="Bare"')
        + heading("Looks like none", 1, 'text:style-name="Body"')
        + heading("Thanks", 1, 'text:is-list-header="true"')
        + heading("Seals", 1)
        + heading("Kits", 2)
        + heading("Annex", 1, 'text:restart-numbering="true" text:start-value="9"')
    )
    document = judge(collect(read_here(Kind.ODT, odt_file(body, styles=styles), ReadingLimits())), ended=None)
    assert [line for line in document.text.split("\n") if line] == [
        "1 Scope", "1.1 Terms", "words", "Preface", "Looks like none", "Thanks", "2 Seals", "2.1 Kits", "9 Annex",
    ]  # fmt: skip
    assert document.sections[1].locator.heading == ("1 Scope", "1.1 Terms")


def test_the_number_that_the_file_itself_tells_is_no_part_of_the_words():
    named = heading("<text:number>A.1</text:number>Scope")
    item = "<text:list-item><text:number>v)</text:number><text:p>five</text:p></text:list-item>"
    assert lines(named + many(item), LEGAL) == ["A.1 Scope", "v) five"]


def test_numbers_are_shown_in_cells_and_notes_and_count_on_through_them():
    on = 'text:continue-numbering="true"'
    rows = "".join(
        f"<table:table-row><table:table-cell>{many(items(''), attributes)}</table:table-cell>"
        f"<table:table-cell><text:p>{word}</text:p></table:table-cell></table:table-row>"
        for attributes, word in (("", "Seal"), (on, "Bolt"))
    )
    note = f"<text:p>x<text:note><text:note-citation>1</text:note-citation><text:note-body>{many(items('why'))}</text:note-body></text:note></text:p>"
    assert lines(f"<table:table>{rows}</table:table>{note}", LEGAL) == [
        "1. | Seal", "2. | Bolt", "x[1]", "[1] 1. why",
    ]  # fmt: skip


def test_items_that_take_no_place_are_not_counted():
    styles = LEGAL + (
        '<style:style style:name="Gone" style:family="paragraph"><style:text-properties text:display="none"/></style:style>'
    )
    hidden = '<text:list-item><text:p text:style-name="Gone">secret</text:p></text:list-item>'
    assert lines(many(items("one") + hidden + items("two")), styles) == ["1. one", "secret", "2. two"]


def test_numbered_paragraphs_and_what_else_stands_in_items_is_read():
    numbered = "<text:numbered-paragraph text:list-id='n' text:level='{}' text:style-name='L1'><text:p>{}</text:p></text:numbered-paragraph>"
    table = "<table:table><table:table-row><table:table-cell><text:p>cell</text:p></table:table-cell></table:table-row></table:table>"
    body = "".join(numbered.format(level, text) for level, text in ((1, "one"), (2, "part"), (1, "two")))
    odd = many(f"<text:list-item>{table}<text:p>after</text:p></text:list-item>")
    assert lines(body + odd, LEGAL) == ["1. one", "  1.a) part", "2. two", "cell", "1. after"]


def test_lists_of_slides_are_numbered_each_by_itself():
    box = "<draw:frame><draw:text-box>{}</draw:text-box></draw:frame>"
    page = f"<draw:page>{box.format(many(items('one', 'two')))}{box.format(many(items('first')))}</draw:page>"
    assert lines(page, LEGAL, kind=Kind.ODP, file=odp_file) == ["1. one", "2. two", "1. first"]
