"""What was deleted or changed in OpenDocument files is read, marked hidden, never mixed with what is shown."""

from __future__ import annotations

from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits
from holdfast.testing.files import zip_file
from holdfast.testing.odf_files import odp_file, ods_file, odt_file

DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
VALUE = "office:value='12'"
WHO = f"<office:change-info {DC}><dc:creator>Ana</dc:creator><text:p>{{}}</text:p></office:change-info>"


def pieces(kind, data):
    document = judge(collect(read_here(kind, data, ReadingLimits())), ended=None)
    seen = [
        document.text[section.start : section.end].strip()
        for section in document.sections
        if not section.hidden
    ]
    unseen = [
        (str(section.locator), document.text[section.start : section.end].strip())
        for section in document.sections
        if section.hidden
    ]
    return "\n".join(seen), unseen


def test_deleted_cells_and_earlier_contents_of_a_sheet():
    address = '<table:cell-address table:column="{}" table:row="{}" table:table="{}"/>'
    old = "<table:change-track-table-cell {}>{}</table:change-track-table-cell>"
    changed = (
        f'<table:cell-content-change table:id="c1">{address.format(1, 0, 0)}{WHO.format("too low")}'
        f"<table:previous>{old.format(VALUE, '')}</table:previous></table:cell-content-change>"
    )
    row = (
        '<table:deletion table:type="row" table:position="2" table:table="1"><table:deletions>'
        f"<table:cell-content-deletion>{address.format(27, 2, 1)}{old.format('', '<text:p>bribe</text:p>')}</table:cell-content-deletion>"
        '<table:cell-content-deletion table:id="c1"/><table:change-deletion table:id="c9"/></table:deletions></table:deletion>'
    )
    lost = f"<table:cell-content-deletion>{address.format(0, 0, 9)}{old.format('', '<text:p>of a sheet that is gone</text:p>')}</table:cell-content-deletion>"
    broken = f"<table:cell-content-deletion>{address.format('x', '-4', '99999999999')}{old.format('', '<text:p>nowhere</text:p>')}</table:cell-content-deletion>"
    insertion = '<table:insertion table:type="column" table:position="1"/>'
    sheets = "".join(
        f'<table:table table:name="{name}"><table:table-row><table:table-cell><text:p>{name} words</text:p></table:table-cell></table:table-row></table:table>'
        for name in ("Costs", "Paid")
    )
    changes = f"<table:tracked-changes>{changed}{row}{insertion}<table:deletion>{lost}{broken}</table:deletion></table:tracked-changes>"
    seen, unseen = pieces(Kind.ODS, ods_file(changes + sheets))
    assert seen == "Costs words\nPaid words"
    assert unseen == [
        ("sheet Costs, B1, comment", "Ana: too low"),
        ("sheet Costs, B1, deleted", "12"),
        ("sheet Paid, AB3, deleted", "bribe"),
        ("A1, deleted", "of a sheet that is gone"),
        ("deleted", "nowhere"),
    ]


def test_changes_of_slides_wherever_they_stand():
    gone = "<text:tracked-changes><text:changed-region><text:deletion><text:p>{}</text:p></text:deletion></text:changed-region></text:tracked-changes>"
    box = f"<draw:frame><draw:text-box>{gone.format('in the box')}<text:p>seen<text:change text:change-id='1'/> words</text:p></draw:text-box></draw:frame>"
    notes = f"<presentation:notes><draw:frame><draw:text-box>{gone.format('in the notes')}<text:p>note</text:p></draw:text-box></draw:frame></presentation:notes>"
    cell = f"<draw:frame><table:table><table:table-row><table:table-cell>{gone.format('in a cell')}<text:p>cell</text:p></table:table-cell></table:table-row></table:table></draw:frame>"
    title = f'<draw:frame presentation:class="title"><draw:text-box>{gone.format("in the title")}<text:p>Title</text:p></draw:text-box></draw:frame>'
    data = odp_file(gone.format("before all") + f"<draw:page>{title}{box}{cell}{notes}</draw:page>")
    seen, unseen = pieces(Kind.ODP, data)
    assert [line for line in seen.split("\n") if line] == ["Title", "seen words", "cell", "note"]
    assert unseen == [
        ("slide 1, deleted, Title", "in the title"),
        ("slide 1, deleted, Title", "in the box"),
        ("slide 1, deleted, Title", "in a cell\n\nin the notes"),
        ("deleted", "before all"),
    ]


def test_deletions_of_a_text_keep_their_remarks_and_page_headers_do_not_show_theirs():
    region = (
        f"<text:tracked-changes><text:changed-region><text:deletion>{WHO.format('why so much?')}"
        '<text:p>struck<text:span text:style-name="ghost"> unseen</text:span></text:p></text:deletion></text:changed-region></text:tracked-changes>'
    )
    ghost = '<style:style style:family="text" style:name="ghost"><style:text-properties text:display="none"/></style:style>'
    assert pieces(Kind.ODT, odt_file(f"{region}<text:p>kept</text:p>", styles=ghost)) == (
        "kept",
        [("deleted", "struck unseen"), ("comment", "Ana: why so much?")],
    )
    space = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "style", "text")
    )
    header = f"<style:header>{region}<text:p>Draft 2</text:p></style:header>"
    styles = f"<office:document-styles {space}><office:master-styles><style:master-page>{header}</style:master-page></office:master-styles></office:document-styles>"
    content = f"<office:document-content {space}><office:body><office:text><text:p>kept</text:p></office:text></office:body></office:document-content>"
    data = zip_file(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content,
            "styles.xml": styles,
        }
    )
    seen, unseen = pieces(Kind.ODT, data)
    assert seen == "kept\nDraft 2"
    assert unseen == [("deleted", "struck unseen"), ("comment", "Ana: why so much?")]
