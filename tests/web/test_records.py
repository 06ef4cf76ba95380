"""Records that reviewers correct in a plain form, without a script."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from holdfast.storage.schema import runs
from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.testing.provider import Served as Request

from .conftest import WORKSPACE, Served, served

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

DECLARATION = """\
name: desk
embedding: {{model: lsa}}
sources: [{{files: documents}}]
output:
  schema:
    type: object
    properties:
      claim: {{type: string, pattern: "^C-\\\\d+$", description: Number of the claim.}}
      cause: {{type: string, enum: [water, fire, theft]}}
      cost_eur: {{type: number, minimum: 0}}
      happened_on: {{type: string, format: date}}
      urgent: {{type: boolean}}
      rooms: {{type: array, items: {{type: string}}}}
      note: {{type: [string, "null"]}}
      parts:
        type: array
        items:
          type: object
          properties: {{name: {{type: string}}, price_eur: {{type: number}}}}
          required: [name]
      any: {{}}
    required: [claim, cause]
    additionalProperties: false
  cite: [claim, cost_eur]
deciding:
  uncertain: escalate
  default_route: desk
  routes: {{desk: {{contact: desk@example.com}}}}
  rules:
    - {{name: harm, when: "any_word('injured')", then: escalate, because: A person was harmed.}}
generation:
  rungs:
    - {{provider: openai, model: gpt-4.1-mini, base_url: '{url}'}}
"""
HOSTILE = '"><script>alert(1)</script>\u202e'
FILES = {
    "documents/claim.md": "# Claim C-1042\n\nThe claim C-1042 is for water damage. The repair costs 2,340 EUR.\n",
    "documents/letter.md": "# Letter on C-1042\n\nThe repair of claim C-1042 costs 2,430 EUR after all.\n",
    "documents/service/claim.md": "# Claim C-7\n\nThe secret claim C-7 of Ostrand is for theft of 70 EUR.\n",
    "documents/permissions.yaml": '"**": [everyone]\n"service/**": [service]\n',
}
WRONG = "Fill in the claim C-1042, wrongly."
RIGHT = "Fill in the claim C-1042."


def answer(request: Request) -> Scripted:
    """Return a record whose cost stands in no passage where it is asked for wrongly."""
    cost = 9999 if "wrongly" in json.dumps(request.body) else 2340
    record = {
        "no_answer": False, "claim": {"value": "C-1042", "cites": [1]}, "cause": "water",
        "cost_eur": {"value": cost, "cites": [1]}, "happened_on": "2026-03-14", "urgent": True,
        "rooms": ["hall", "cellar"], "note": HOSTILE, "parts": [{"name": "pipe", "price_eur": 12.5}],
        "any": {"deep": [1, None]},
    }  # fmt: skip
    return Scripted(text=json.dumps(record))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with records(tmp_path_factory.mktemp("records")) as one:
        yield one


@contextmanager
def records(root: Path) -> Iterator[Served]:
    """Serve a workflow whose answers are records."""
    with pytest.MonkeyPatch.context() as patch, ProviderServer(answer) as server:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        declared = {"workflow.yaml": DECLARATION.format(url=server.openai_url), "holdfast.yaml": WORKSPACE}
        for name, text in {**declared, **FILES}.items():
            file = root / "desk" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        with served(root / "desk") as one:
            yield one


class Form(HTMLParser):
    """What a browser would post of the record's form, and how it is labelled."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.labels: set[str] = set()
        self.invalid: set[str] = set()
        self._in_record = self._in_select = ""
        self._text: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form" and "record" in named.get("class", ""):
            self._in_record = named["action"]
            self.action = named["action"]
        if not self._in_record:
            return
        name = named.get("name", "")
        if tag == "label" and "for" in named:
            self.labels.add(named["for"])
        if tag in ("input", "select", "textarea") and named.get("type") not in ("hidden", "checkbox"):
            self.ids[name] = named.get("id", "")
            if "aria-invalid" in named:
                self.invalid.add(name)
        if tag == "input" and named.get("type") != "checkbox":
            self.values[name] = named.get("value", "")
        elif tag == "select":
            self._in_select, self.values[name] = name, ""
        elif tag == "option" and "selected" in named:
            self.values[self._in_select] = named["value"]
        elif tag == "textarea":
            self._text, self._in_select = [], name

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_record = ""
        if tag == "textarea" and self._text is not None:
            self.values[self._in_select] = "".join(self._text).removeprefix("\n").replace("\n", "\r\n")
            self._text = None


def asked(web: Served, question: str = WRONG, person: str = "ana") -> str:
    return str(web.ask(question, person=person)["run"])


def read(web: Served, person: str, path: str) -> str:
    told: httpx2.Response = web.client(person, accept="text/html").get(f"/w/desk/{path}")
    assert told.status_code == 200, told.text
    return told.text


def form(web: Served, run: str, person: str = "rita") -> Form:
    return Form(read(web, person, f"runs/{run}/record"))


def posted(
    web: Served, run: str, values: dict[str, str], person: str = "rita", **headers: str
) -> httpx2.Response:
    client = web.client(person, accept="text/html", **headers)
    return client.post(f"/w/desk/runs/{run}/record", data=values)


def case(web: Served, run: str) -> Any:
    return web.client("rita").get(f"/api/reviews/{run}").json()


def test_every_field_has_a_labelled_control_with_the_drafts_value(web: Served) -> None:
    run = asked(web)
    shown, note = form(web, run), case(web, run)["draft_output"]["note"]
    assert note.startswith('">')
    told = {name: value for name, value in shown.values.items() if not name.startswith("cites:")}
    assert told == {
        "value:/claim": "C-1042", "value:/cause": "water", "value:/cost_eur": "9999",
        "value:/happened_on": "2026-03-14", "value:/urgent": "true", "lines:/rooms": "hall\r\ncellar",
        "value:/note": note, "value:/parts/0/name": "pipe", "value:/parts/0/price_eur": "12.5",
        "json:/any": '{\r\n  "deep": [\r\n    1,\r\n    null\r\n  ]\r\n}', "words": "",
    }  # fmt: skip
    assert {name for name in shown.values if name.startswith("cites:")} == {"cites:/claim", "cites:/cost_eur"}
    assert {one for name, one in shown.ids.items() if name != "words"} <= shown.labels


def test_the_form_stands_on_the_review_page_and_what_is_in_it_is_text(web: Served) -> None:
    run = asked(web)
    claimed = web.client("rita", accept="text/html").post(f"/w/desk/review/{run}/claim")
    assert claimed.headers["location"] == f"/w/desk/review?case={run}"
    page = read(web, "rita", f"review?case={run}")
    assert Form(page).values == form(web, run).values
    assert "<script>alert" not in page
    assert 'id="evidence-1"' in page
    assert 'href="#evidence-1"' in page


def test_an_unchanged_form_sends_the_draft_to_the_letter(web: Served) -> None:
    run = asked(web)
    assert posted(web, run, form(web, run).values).status_code == 303
    told = case(web, run)
    (decision,) = told["decisions"]
    assert decision["output"] == told["draft_output"]
    assert (decision["cites"], decision["changed"]) == ({"claim": [1], "cost_eur": [1]}, [])


def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_stored(web: Served) -> None:
    run = asked(web)
    typed = form(web, run).values | {
        "value:/claim": "<b>X-1</b>", "value:/cost_eur": "2,430", "cites:/cost_eur": "2, 9",
        "value:/parts/0/name": "", "value:/happened_on": "14 March", "json:/any": "{", "words": "as told",
    }  # fmt: skip
    refused = posted(web, run, typed)
    assert refused.status_code == 422
    again = Form(refused.text)
    assert again.values == typed
    assert again.invalid == {
        "value:/claim", "value:/cost_eur", "value:/parts/0/name", "value:/happened_on", "json:/any",
    }  # fmt: skip
    for words in (
        "is &#34;2,430&#34;, not a number", "names [9], and no passage has that number (passages: [1], [2]",
        "which is no date", "is no JSON", "is missing",
    ):  # fmt: skip
        assert words in refused.text
    assert "<b>X-1" not in refused.text
    assert case(web, run)["decisions"] == []
    assert case(web, run)["state"] == "open"
    checked = posted(web, run, form(web, run).values | {"check": "yes"})
    assert "It fits. Nothing was sent yet." in checked.text
    assert case(web, run)["decisions"] == []


def test_a_corrected_record_reaches_who_asked_field_by_field_and_becomes_a_golden_case(web: Served) -> None:
    run = asked(web)
    typed = form(web, run).values | {
        "value:/cost_eur": "2430", "cites:/cost_eur": "2", "value:/note": "", "value:/urgent": "false",
        "lines:/rooms": "hall\r\n\r\n attic \r\n", "words": "see the letter",
    }  # fmt: skip
    sent = posted(web, run, typed)
    assert sent.headers["location"] == f"/w/desk/review?case={run}"
    told = case(web, run)
    (decision,) = told["decisions"]
    assert decision["output"] == {
        **told["draft_output"], "cost_eur": 2430, "note": None, "urgent": False, "rooms": ["hall", "attic"],
    }  # fmt: skip
    assert decision["cites"] == {"claim": [1], "cost_eur": [2]}
    for person, path in (("rita", f"review?case={run}"), ("rita", f"runs/{run}"), ("ana", f"ask?run={run}")):
        page = read(web, person, path)
        assert "cost_eur: 2430 [2]" in page
        changed = page.partition("What was changed in the draft")[2].partition("</table>")[0]
        assert ("9999" in changed, "2430" in changed) == (person == "rita",) * 2
    made = web.client("rita").post(f"/api/reviews/{run}/golden").json()
    golden = read(web, "kim", f"golden?case={made['case']}")
    assert '<dt>cost_eur</dt><dd>2430 <span class="quiet">as a number</span></dd>' in golden
    assert "<dt>note</dt><dd>(nothing)</dd>" in golden
    assert "2,430 EUR after all" in golden
    again = web.ask(WRONG, person="ana")
    assert again["corrected_before"][0]["output"]["cost_eur"] == 2430


def test_what_was_sent_is_corrected_once_more_from_what_was_sent(web: Served) -> None:
    run = asked(web)
    posted(web, run, form(web, run).values | {"value:/cost_eur": "2430"})
    page = Form(read(web, "kim", f"review?case={run}"))
    assert (page.values["value:/cost_eur"], page.values["again"]) == ("2430", "yes")
    assert posted(web, run, page.values | {"value:/cause": "fire"}, "kim").status_code == 303
    first, second = case(web, run)["decisions"]
    assert (first["who"], second["who"], second["output"]["cause"]) == ("rita", "kim", "fire")
    assert second["output"]["cost_eur"] == 2430


def test_an_answer_that_nobody_handed_over_is_corrected_from_its_runs_page(web: Served) -> None:
    run = asked(web, RIGHT)
    assert f'href="/w/desk/runs/{run}/record"' in read(web, "rita", f"runs/{run}")
    assert posted(web, run, form(web, run).values | {"value:/cause": "theft"}).status_code == 303
    assert case(web, run)["verdict"] == "edit"
    assert "Corrected" in read(web, "ana", "runs")
    changed = read(web, "ana", f"ask?run={run}").partition("What was changed in the draft")[2]
    assert "theft" in changed.partition("</table>")[0]


def test_entries_of_a_list_come_and_go(web: Served) -> None:
    run = asked(web)
    more = posted(web, run, form(web, run).values | {"more": "parts", "value:/cause": "fire"})
    grown = Form(more.text)
    assert grown.values["value:/cause"] == "fire"
    added = grown.values | {"value:/parts/1/name": "tap", "gone:/parts/0": "yes"}
    assert posted(web, run, added).status_code == 303
    (decision,) = case(web, run)["decisions"]
    assert decision["output"]["parts"] == [{"name": "tap"}]


def test_two_people_do_not_decide_one_case_and_what_was_typed_stays(web: Served) -> None:
    run = asked(web)
    typed = form(web, run).values | {"value:/cost_eur": "2430"}
    assert web.client("kim").post(f"/api/reviews/{run}/claim").status_code == 200
    refused = posted(web, run, typed)
    assert refused.status_code == 403
    assert "kim holds the case" in refused.text
    assert Form(refused.text).values == typed
    assert posted(web, run, typed, "kim").status_code == 303
    late = posted(web, run, typed | {"value:/cause": "fire"})
    assert late.status_code == 403
    assert "kim has finished the case" in late.text
    assert len(case(web, run)["decisions"]) == 1


def test_it_is_for_reviewers_who_see_the_evidence_and_for_no_foreign_page(web: Served) -> None:
    run = asked(web)
    for person, status in (("ana", 403), ("ben", 403)):
        client = web.client(person, accept="text/html")
        assert client.get(f"/w/desk/runs/{run}/record").status_code == status
        assert posted(web, run, {"value:/cause": "fire"}, person).status_code == status
    own = asked(web, person="rita")
    assert posted(web, own, {"value:/cause": "fire"}).status_code == 403
    foreign = posted(web, run, {"value:/cause": "fire"}, origin="https://evil.example")
    assert foreign.status_code == 403
    closed = asked(web, "Fill in the secret claim C-7 of Ostrand.", person="emil")
    permissions = web.folder / "documents" / "permissions.yaml"
    before = permissions.read_text(encoding="utf-8")
    permissions.write_text(before.replace("[service]", "[sales]"), encoding="utf-8")
    try:
        web.ask(RIGHT, person="ana")  # a permission file that changed counts from the next question on
        assert posted(web, closed, {"value:/cause": "fire"}).status_code == 404
    finally:
        permissions.write_text(before, encoding="utf-8")
        web.ask(RIGHT, person="ana")
    assert case(web, run)["decisions"] == []


def test_programs_send_records_and_are_told_what_does_not_fit(web: Served) -> None:
    run = asked(web)
    record = {"claim": "C-1042", "cause": "water", "cost_eur": "much"}
    edit = {"action": "edit", "output": record}
    for path, body in (("/api/decisions", {"run": run}), (f"/api/reviews/{run}/decision", {})):
        refused = web.client("rita").post(path, json={**edit, **body})
        assert refused.status_code == 400
        assert 'cost_eur: is "much", not a number' in refused.json()["error"]
        as_text = web.client("rita").post(
            path, json={**body, "action": "edit", "text": "It is 2,430 EUR [2]."}
        )
        assert as_text.status_code == 400
    sent = {"action": "edit", "output": {**record, "cost_eur": 2430}, "cites": {"cost_eur": [2]}}
    assert web.client("rita").post(f"/api/reviews/{run}/decision", json=sent).status_code == 200
    (decision,) = case(web, run)["decisions"]
    assert (decision["output"], decision["cites"]) == (sent["output"], {"cost_eur": [2]})


def test_what_a_rule_handed_over_may_be_filled_in_or_answered_in_words(web: Served) -> None:
    run = asked(web, "Somebody was injured, fill in the claim C-1042.")
    web.client("rita").post(f"/api/reviews/{run}/claim")
    page = read(web, "rita", f"review?case={run}")
    assert "Fill in the record" in page
    assert 'data-form="edit"' in page
    empty = Form(page).values
    assert (empty["value:/claim"], empty["value:/urgent"]) == ("", "")
    refused = posted(web, run, empty)
    assert refused.status_code == 422
    assert Form(refused.text).invalid == {"value:/claim", "value:/cause"}
    assert posted(web, run, empty | {"value:/claim": "C-1042", "value:/cause": "fire"}).status_code == 303
    (decision,) = case(web, run)["decisions"]
    assert decision["output"] == {"claim": "C-1042", "cause": "fire"}


def test_a_draft_without_its_fields_on_record_is_told_and_filled_in_from_an_empty_form(web: Served) -> None:
    run = asked(web)
    without_fields(web, run)
    web.client("rita").post(f"/api/reviews/{run}/claim")
    page = read(web, "rita", f"review?case={run}")
    told = "Of this draft only the text is on record, not the fields"
    assert told in page
    assert "Fill in the record" in page
    empty = Form(page).values
    assert not any(value for name, value in empty.items() if name.startswith("value:"))
    assert told in read(web, "rita", f"runs/{run}/record")
    refused = posted(web, run, empty)
    assert (refused.status_code, told in refused.text) == (422, True)
    typed = empty | {"value:/claim": "C-1042", "value:/cause": "fire", "cites:/claim": "1"}
    assert posted(web, run, typed).status_code == 303
    (decision,) = case(web, run)["decisions"]
    assert decision["output"] == {"claim": "C-1042", "cause": "fire"}
    assert "Correct what was sent, field by field" in read(web, "rita", f"review?case={run}")
    golden = web.client("rita").post(f"/api/reviews/{run}/golden").json()["case"]
    assert "<dt>cause</dt><dd>fire" in read(web, "kim", f"golden?case={golden}")
    whole = asked(web)
    web.client("rita").post(f"/api/reviews/{whole}/claim")
    assert told not in read(web, "rita", f"review?case={whole}")


def without_fields(web: Served, run: str) -> None:
    """Have a run as it was recorded before the fields of drafts were."""
    with web.flow.wiring.database.write() as connection:
        kept = connection.execute(sa.select(runs.c.outcome).where(runs.c.id == run)).scalar_one()
        outcome = json.loads(zlib.decompress(kept))
        packed = zlib.compress(json.dumps(outcome | {"output": None, "cites": {}}).encode())
        connection.execute(sa.update(runs).where(runs.c.id == run).values(outcome=packed))
