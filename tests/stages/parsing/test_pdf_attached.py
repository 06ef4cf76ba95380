"""What hangs on a PDF is read: files in it as documents of their own, remarks on notes as comments."""

from __future__ import annotations

import time
from collections.abc import Mapping

from holdfast.domain.documents import ParsedDocument, ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.pdf import document
from holdfast.stages.parsing.units import ReadingLimits

TEXT = "BT /F1 12 Tf 60 780 Td (Tighten to 18 Nm and check it again) Tj ET"


def stream(data: str, entries: str = "") -> str:
    return f"<<{entries}/Length {len(data)}>>stream\n{data}\nendstream"


def pdf(objects: Mapping[int, str], *, page: str = "", catalog: str = "", text: str = TEXT) -> bytes:
    every = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{page}>>",
        4: stream(text),
        5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **objects,
    }
    out, places = "%PDF-1.7\n", {}
    for number, held in sorted(every.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n{held}\nendobj\n"
    rows = "".join(f"{places.get(number, 0):010d} 00000 n \n" for number in range(1, max(every) + 1))
    table = f"xref\n0 {max(every) + 1}\n0000000000 65535 f \n{rows}"
    return f"{out}{table}trailer<</Size {max(every) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF".encode(
        "latin-1"
    )


def read(data: bytes, limits: ReadingLimits | None = None) -> ParsedDocument:
    return judge(collect(document.read(data, limits or ReadingLimits())), ended=None)


def note(kind: str, said: str, more: str = "") -> str:
    return f"<</Type/Annot/Subtype/{kind}/Rect[300 700 320 720]/Contents({said}){more}>>"


FILES = {
    20: "<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 21 0 R>>>>",
    21: stream("Bolt", "/Type/EmbeddedFile"),
}
LISTED = "/Names<</EmbeddedFiles<</Names[(a.txt)20 0 R]>>>>"
HIGHLIGHT = "/QuadPoints[60 795 130 795 60 775 130 775]"


def test_remarks_on_notes_are_comments_by_whom_they_are() -> None:
    notes = {
        10: note("Text", "Too much?", "/T(Ann)"),
        11: note("Highlight", "Ask Bo", HIGHLIGHT),
        12: note("Highlight", "18 Nm", f"{HIGHLIGHT}/T(Ann)"),
        13: note("Popup", "Too much?"),
        14: note("Link", "a link"),
    }
    found = read(pdf(notes, page="/Annots[10 0 R 11 0 R 12 0 R 13 0 R 14 0 R]"))
    spans = [(found.text[s.start : s.end].strip(), str(s.locator), s.hidden) for s in found.sections]
    assert spans == [
        ("Tighten to 18 Nm and check it again", "page 1", False),
        ("Ann: Too much?\n\nnote: Ask Bo", "page 1, comment", True),
    ]


def test_remarks_on_a_page_without_text_are_read() -> None:
    found = read(pdf({10: note("Text", "Empty on purpose")}, page="/Annots[10 0 R]", text=""))
    assert "note: Empty on purpose" in found.text


def test_files_in_a_pdf_and_on_its_pages_are_documents_of_their_own() -> None:
    pinned = {
        10: "<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 22 0 R>>",
        22: "<</Type/Filespec/F(..\\\\x\\\\b.txt)/EF<</F 23 0 R>>>>",
        23: stream("Nut", "/Type/EmbeddedFile"),
    }
    found = read(pdf(FILES | pinned, page="/Annots[10 0 R]", catalog=LISTED))
    assert [(one.name, one.data) for one in found.attachments] == [("a.txt", b"Bolt"), ("b.txt", b"Nut")]
    assert found.status is ParseStatus.OK


def test_files_that_are_too_much_are_named() -> None:
    found = read(pdf(FILES, catalog=LISTED), ReadingLimits(max_archive_bytes=3))
    assert not found.attachments
    assert found.status is ParseStatus.PARTIAL
    assert "a.txt" in found.reason


def test_any_number_of_notes_takes_little_time() -> None:
    started = time.process_time()
    notes = {10 + number: note("Text", "x") for number in range(6_000)}
    read(pdf(notes, page=f"/Annots[{' '.join(f'{number} 0 R' for number in notes)}]"))
    assert time.process_time() - started < 6


def told(data: bytes) -> list[tuple[str, str | None, bool]]:
    found = read(data)
    return [(found.text[one.start : one.end].strip(), one.locator.part, one.hidden) for one in found.sections]


def test_free_text_that_the_file_does_not_draw_is_shown_text() -> None:
    typed = note("FreeText", "Typed over the page", "/DA(/Helv 12 Tf 0 g)")
    assert told(pdf({10: typed}, page="/Annots[10 0 R]")) == [
        ("Tighten to 18 Nm and check it again\n\nTyped over the page", None, False)
    ]


def test_remarks_on_stamps_in_set_letters_and_values_of_hidden_fields_are_comments() -> None:
    hung = {
        10: note("Stamp", "Checked by Ann"),
        11: "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/RC(<body><p>set <b>letters</b></p></body>)>>",
        12: "<</Type/Annot/Subtype/Widget/FT/Tx/T(price)/F 2/V(18 EUR)/DA(/F1 12 Tf 0 g)/Rect[60 500 300 520]>>",
    }
    form = "/AcroForm<</Fields[12 0 R]/DR<</Font<</F1 5 0 R>>>>>>"
    assert told(pdf(hung, page="/Annots[10 0 R 11 0 R 12 0 R]", catalog=form))[1:] == [
        ("note: Checked by Ann\n\nnote: set letters\n\nprice: 18 EUR", "comment", True)
    ]


def test_what_the_tags_say_of_a_figure_is_read_once_and_of_a_link_not() -> None:
    tags = {
        20: "<</Type/StructTreeRoot/K 21 0 R/ParentTree<</Nums[0[22 0 R 23 0 R 24 0 R]]>>>>",
        21: "<</Type/StructElem/S/Document/P 20 0 R/K[22 0 R 23 0 R 24 0 R]>>",
        22: "<</Type/StructElem/S/Figure/P 21 0 R/Pg 3 0 R/K 0/Alt(Valve with its lever closed)>>",
        23: "<</Type/StructElem/S/Figure/P 21 0 R/Pg 3 0 R/K 1/Alt(valve.png)>>",
        24: "<</Type/StructElem/S/Link/P 21 0 R/Pg 3 0 R/K 2/Alt(http://a.b)>>",
    }
    drawn = "".join(f"/S<</MCID {number}>>BDC q 9 0 0 9 60 700 cm Q EMC " for number in range(3)) + TEXT
    catalog = "/MarkInfo<</Marked true>>/StructTreeRoot 20 0 R"
    assert told(pdf(tags, page="/StructParents 0", catalog=catalog, text=drawn))[1:] == [
        ("Valve with its lever closed", "description", False)
    ]
