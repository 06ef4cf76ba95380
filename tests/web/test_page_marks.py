"""A passage is found on a PDF's page by its letters, whatever the page does with lines and cells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from holdfast.domain.documents import Section
from holdfast.domain.locators import Locator
from holdfast.testing.files import pdf_file
from holdfast.web.page_marks import spans_of, wanted_on

from .conftest import served, write_workflow


def test_what_the_page_breaks_and_joins_in_its_own_way_is_found() -> None:
    page = "Gland bolts M10\r\n24 Nm and so on. Gland bolts are greased."
    found = spans_of(page, ["Gland bolts", "M10", "24 Nm"])
    assert [page[a:b] for a, b in found] == ["Gland bolts M10\r\n24 Nm"]


def test_a_line_that_stands_apart_is_found_behind_the_one_before() -> None:
    page = "24 Nm first. Gland bolts here, and there 24 Nm."
    found = spans_of(page, ["Gland bolts", "24 Nm", "none of it"])
    assert [(a, page[a:b]) for a, b in found] == [(13, "Gland bolts"), (41, "24 Nm")]
    assert spans_of(page, []) == []


def test_only_what_stands_on_the_page_is_looked_for() -> None:
    text = "One two.\nThree | four\n"
    sections = (
        Section(start=0, end=9, locator=Locator(page=1)),
        Section(start=9, end=len(text), locator=Locator(page=2)),
    )
    assert wanted_on(text, sections, 1, 4, 20) == ["two."]
    assert wanted_on(text, sections, 2, 4, 20) == ["Three", "fou"]
    assert wanted_on(text, sections, 3, 4, 20) == []


def test_a_passage_is_marked_on_the_picture_of_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    folder = write_workflow(tmp_path / "desk")
    lines = ["The mixer stands on the floor.", "Its lid takes 12 Nm."]
    (folder / "documents" / "mixer.pdf").write_bytes(pdf_file(["\n".join(lines)]))
    with served(folder) as web:
        client = web.client()
        page = client.get("/w/desk/document?path=mixer.pdf&start=0&end=9").text
        assert 'id="picture" class="pinned"' in page
        address = re.search(r'class="marks" src="([^"]+)"', page)
        assert address
        marks = client.get(address[1].replace("&amp;", "&"))
        assert marks.headers["content-type"] == "image/svg+xml"
        assert marks.text.count("<rect ") == 1
        box = re.search(r'x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', marks.text)
        assert box
        x, y, width, height = map(float, box.groups())
        assert 0 <= x < x + width <= 100
        assert 0 <= y < y + height <= 100
        assert "<rect " not in client.get("/w/desk/page-marks?path=mixer.pdf&number=1&start=5&end=5").text
        assert client.get("/w/desk/page-marks?path=mixer.pdf&number=9&start=0&end=5").status_code == 404
        assert client.get("/w/desk/page-marks?path=none.pdf&number=1&start=0&end=5").status_code == 404


def test_a_document_shows_the_number_it_calls_itself_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    folder = write_workflow(tmp_path / "desk")
    (folder / "documents" / "terms.md").write_text("# Terms\n\nDocument: WP-2022\n\nPay within 30 days.\n")
    with served(folder) as web:
        assert "terms.md · WP-2022" in web.client().get("/w/desk/document?path=terms.md").text
