"""Fields that a golden case expects, changed in a plain form without a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from holdfast.domain.cases import Case, ExpectedField
from holdfast.evaluation.cases import load_cases

from .conftest import Served
from .test_records import Form, asked, form, posted, read, records

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with records(tmp_path_factory.mktemp("golden")) as one:
        yield one


@pytest.fixture
def made(web: Served) -> str:
    """Return the golden case of a correction by rita, which expects what she sent."""
    run = asked(web)
    posted(web, run, form(web, run).values | {"value:/cost_eur": "2430", "value:/note": ""})
    return str(web.client("rita").post(f"/api/reviews/{run}/golden").json()["case"])


def shown(web: Served, case: str, person: str = "kim") -> Form:
    return Form(read(web, person, f"golden?case={case}"))


def sent(
    web: Served, case: str, values: dict[str, str], person: str = "kim", **headers: str
) -> httpx2.Response:
    client = web.client(person, accept="text/html", **headers)
    return client.post(f"/w/desk/golden?case={case}", data=values)


def kept(web: Served, case: str) -> Case:
    return next(one for one in load_cases(web.folder) if one.id == case)


def test_every_field_that_can_be_compared_has_labelled_controls_with_what_is_expected(
    web: Served, made: str
) -> None:
    page = shown(web, made)
    told = {name: value for name, value in page.values.items() if value and ":" in name}
    assert told == {
        "value:claim": "C-1042", "how:claim": "exact", "value:cause": "water", "how:cause": "exact",
        "value:cost_eur": "2430", "how:cost_eur": "number", "value:happened_on": "2026-03-14",
        "how:happened_on": "exact", "value:urgent": "true", "how:urgent": "exact",
        "value:rooms": "hall\r\ncellar", "how:rooms": "set", "how:note": "empty",
    }  # fmt: skip
    unset = {name for name, value in page.values.items() if not value and name.startswith("how:")}
    assert unset == {"how:parts", "how:any"}
    assert "value:parts" not in page.values  # what is in a list cannot be compared
    assert {one for name, one in page.ids.items() if name not in ("check", "words")} <= page.labels


def test_an_unchanged_form_keeps_every_field_to_the_letter_and_marks_who_saved_it(
    web: Served, made: str
) -> None:
    before = kept(web, made)
    saved = sent(web, made, shown(web, made).values)
    assert saved.status_code == 303
    assert saved.headers["location"] == f"/w/desk/golden?case={made}"
    after = kept(web, made)
    assert list(after.expect.fields.items()) == list(before.expect.fields.items())
    assert after.expect == before.expect
    assert (before.written_by, after.written_by, after.held) == ("rita", "kim", True)
    assert "You wrote it: a second person confirms it." in read(web, "kim", f"golden?case={made}")


def test_a_person_says_what_each_field_has_to_be_and_how_it_is_compared(web: Served, made: str) -> None:
    typed = shown(web, made).values | {
        "value:claim": "C-7", "how:cause": "", "value:cost_eur": "2400.5", "off:cost_eur": "0.5",
        "how:happened_on": "date", "how:urgent": "empty", "value:rooms": "attic\r\n\r\n hall \r\n",
        "value:note": "1200", "how:note": "number", "how:parts": "empty", "value:any": '["b", 1]',
        "how:any": "set",
    }  # fmt: skip
    assert sent(web, made, typed).status_code == 303
    assert dict(kept(web, made).expect.fields) == {
        "claim": ExpectedField(value="C-7"),
        "cost_eur": ExpectedField(value=2400.5, compare="number", tolerance=0.5),
        "happened_on": ExpectedField(value="2026-03-14", compare="date"),
        "urgent": ExpectedField(value="", compare="empty"),
        "rooms": ExpectedField(value=("attic", "hall"), compare="set"),
        "note": ExpectedField(value=1200, compare="number"),
        "parts": ExpectedField(value="", compare="empty"),
        "any": ExpectedField(value=("b", 1), compare="set"),
    }
    page = read(web, "rita", f"golden?case={made}")
    assert '<dd>2400.5 <span class="quiet">as a number ± 0.5</span></dd>' in page
    assert "<dt>urgent</dt><dd>(nothing)</dd>" in page
    again = Form(page).values
    assert (again["value:note"], again["how:note"], again["off:cost_eur"]) == ("1200", "number", "0.5")
    assert web.client("kim").post("/api/golden/confirm", json={"case": made}).status_code == 403
    assert web.client("rita").post("/api/golden/confirm", json={"case": made}).status_code == 200


def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_stored(web: Served, made: str) -> None:
    before = kept(web, made)
    typed = shown(web, made).values | {
        "value:claim": "<b>X-1</b>", "value:cost_eur": "2,430", "how:happened_on": "date",
        "value:happened_on": "14 March", "value:rooms": "", "value:note": "as told", "off:note": "3",
        "value:any": "{", "how:any": "exact", "how:urgent": "by feel", "facts": "another",
    }  # fmt: skip
    refused = sent(web, made, typed)
    assert refused.status_code == 422
    page = Form(refused.text)
    assert page.values == typed | {"how:urgent": ""}
    assert page.invalid == {
        "value:claim", "value:cost_eur", "value:happened_on", "value:rooms", "value:note", "value:any",
        "value:urgent",
    }  # fmt: skip
    for words in (
        "does not match the pattern", "is &#34;2,430&#34;, not a number", "which is no date",
        "names no value to compare with", "may be off only where it is compared as a number", "is no JSON",
        "cannot be compared as &#34;by feel&#34;", "Nothing was saved. What does not fit:",
    ):  # fmt: skip
        assert words in refused.text
    assert "<b>X-1" not in refused.text
    assert "<details data-record open>" in refused.text
    assert kept(web, made) == before
    for how, words in (("", "choose how it is compared"), ("empty", "take it out")):
        values = shown(web, made).values | {"value:note": "as told", "how:note": how}
        assert words in sent(web, made, values).text
    checked = sent(web, made, shown(web, made).values | {"value:cost_eur": "1", "check": "yes"})
    assert "It fits. Nothing was saved yet." in checked.text
    assert kept(web, made) == before


def test_it_is_for_reviewers_and_for_a_case_that_waits_and_for_no_foreign_page(
    web: Served, made: str
) -> None:
    values = shown(web, made).values | {"value:cost_eur": "1"}
    before = kept(web, made)
    assert sent(web, made, values, "ana").status_code == 403
    assert sent(web, made, values, origin="https://evil.example").status_code == 403
    assert sent(web, "none-such", values).status_code == 404
    assert kept(web, made) == before
    assert web.client("kim").post("/api/golden/confirm", json={"case": made}).status_code == 200
    late = sent(web, made, values)
    assert late.status_code == 400
    assert "there is no held case" in late.text
    assert Form(late.text).values == values  # what was typed stays
    assert kept(web, made).expect == before.expect


def test_programs_change_fields_and_are_told_what_does_not_fit(web: Served, made: str) -> None:
    def change(**more: Any) -> httpx2.Response:
        said = {"case": made, "answer": "x", **more}
        return web.client("kim").post("/api/golden/change", json=said)

    before = kept(web, made)
    refused = change(fields={"cost_eur": "much", "costs": 1})
    assert refused.status_code == 400
    assert "the field 'cost_eur': is \"much\", not a number" in refused.json()["error"]
    assert "did you mean 'cost_eur'?" in refused.json()["move"]
    assert kept(web, made) == before
    assert change().status_code == 200
    assert kept(web, made).expect.fields == before.expect.fields
    assert (
        change(fields={"cost_eur": {"value": 7, "tolerance": 1}, "note": {"compare": "empty"}}).status_code
        == 200
    )
    assert dict(kept(web, made).expect.fields) == {
        "cost_eur": ExpectedField(value=7, compare="number", tolerance=1),
        "note": ExpectedField(value="", compare="empty"),
    }


def test_a_case_that_expects_another_field_of_nearly_the_same_is_told_with_it(web: Served, made: str) -> None:
    assert sent(web, made, shown(web, made).values | {"value:cost_eur": "7"}).status_code == 303
    run = asked(web, "Do fill in the claim C-1042, wrongly.")
    posted(web, run, form(web, run).values | {"value:/cost_eur": "8"})
    other = web.client("rita").post(f"/api/reviews/{run}/golden").json()["case"]
    page = read(web, "kim", f"golden?case={other}")
    told = next(
        one for one in page.split("Asks nearly the same and expects something else:") if f'={made}"' in one
    )
    assert 'cost_eur: 7 <span class="quiet">as a number</span>' in told
