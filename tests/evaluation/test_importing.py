"""Test cases of other tools become golden cases, and what has no place in them is listed."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Fact
from holdfast.domain.documents import Document, Section
from holdfast.domain.items import ItemAttachment, Speaker, Turn
from holdfast.domain.locators import Locator
from holdfast.errors import UsageError
from holdfast.evaluation.case_writing import appended
from holdfast.evaluation.importing import Imported, Places, file_for, import_cases
from holdfast.evaluation.quotes import standing

ANA = Principal(user="ana", groups=frozenset({"service"}))


def document(path: str, text: str) -> Document:
    sections = (Section(start=0, end=len(text), locator=Locator(page=6)),)
    return Document(source="s", path=path, digest="d", text=text, sections=sections)


DOCUMENTS = (
    document("manuals/hx.pdf", "Gland bolts | M10 | 24 Nm. Keep it dry."),
    document("old/hx.pdf", "Keep it dry."), document("notes.md", "Keep it dry."),
)  # fmt: skip


def imported(tmp_path: Path, name: str, content: Any, *, existing: tuple[Case, ...] = (), format_: str = "") -> Imported:  # fmt: skip
    file = tmp_path / name
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    def places(quotes: Collection[str]) -> Places:
        return standing(DOCUMENTS, quotes)

    return import_cases(
        file, principal=ANA, existing=existing, places_of=places, format_=format_, writer="ben"
    )


def told(found: Imported) -> list[str]:
    return [str(one) for one in found.unmapped]


PROMPTFOO = """\
# Ours.
prompts: ['Answer {{question}} on {{order}}']
defaultTest:
  assert:
    - {type: latency, threshold: 3000}
    - {type: not-icontains, value: as an AI}
  metadata: {suite: main}
tests:
  - description: Gland torque
    vars: {question: How tight?, expected: 24 Nm, order: SO-1, list: [a, b]}
    metadata: {kind: high-risk, risk: high, tags: [t]}
    assert:
      - {type: icontains, value: 'M10 {{expected}} of {{order}}'}
      - {type: assert-set, assert: [{type: contains-all, value: [x, y]}, {type: python, value: 'True'}]}
      - {type: similar, value: It is 24 Nm.}
      - {type: contains-any, value: [p, q]}
      - {type: contains, value: '{{unknown}}'}
    threshold: 0.5
  - vars: {question: Who are you?}
    assert: [{type: is-refusal}, {type: contains, value: sorry}]
  - file://more.yaml
"""


def test_promptfoo_assertions_become_facts_and_the_rest_is_told_with_its_line(tmp_path: Path) -> None:
    found = imported(tmp_path, "promptfooconfig.yaml", PROMPTFOO)
    torque, refusal = found.cases
    assert (found.format, found.records) == ("promptfoo", 3)
    assert (torque.id, torque.kind, torque.risk, torque.tags) == ("gland-torque", "high-risk", "high", ("suite=main", "t"))  # fmt: skip
    assert (torque.question, torque.fields, torque.principal) == ("How tight?", {"order": "SO-1"}, ANA)
    assert torque.expect.facts == (Fact(text="M10 24 Nm of SO-1"), Fact(text="x"), Fact(text="y"))
    assert (torque.expect.must_not_state, torque.expect.answer) == (("as an AI",), "It is 24 Nm.")
    assert (torque.origin, torque.written_by) == ("import", "ben")
    assert (refusal.id, refusal.expect.outcome, refusal.expect.facts) == ("who-are-you", "refusal", ())
    lines = told(found)
    for said in (
        "prompts: a case runs on the declared workflow",
        "line 9: latency: is a metric of every experiment",
        "line 9: python: runs code",
        "line 9: contains-any: one of several is enough there",
        "line 9: contains: its value is a template",
        "line 9: vars.list: a list makes several tests there",
        "line 9: vars.expected: is named by assertions only",
        "line 9: threshold: every fact of a case counts",
        "line 19: assert: a refusal states no facts",
        "line 21: file: is a reference: import that file itself",
        "line 21: record: asks nothing that was found, and made no case",
    ):
        assert any(line.startswith(said) for line in lines), (said, lines)
    assert len(lines) == 13  # latency for each of the three tests


def test_promptfoo_rows_are_read_with_their_assertions_in_columns(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "t.csv",
        "question,order,__expected,__expected2,__description,__metadata:kind,__metadata:tags[],__prefix\n"
        '"What, then?",SO-1,contains: 4,not-contains: five,Sum,edge,"a,b\\, c",Please\n'
        "Why?,,Because,llm-rubric: polite,,,,\n"
        'All?,,"contains-all: x, ""y, z""",is-json,,,,\n',
    )  # fmt: skip
    first, second, third = found.cases
    assert (first.id, first.kind, first.tags, first.fields) == (
        "sum",
        "edge",
        ("a", "b, c"),
        {"order": "SO-1"},
    )
    assert (first.expect.facts, first.expect.must_not_state) == ((Fact(text="4"),), ("five",))
    assert (second.expect.answer, second.expect.facts) == ("Because", (Fact(text="Because"),))
    assert [fact.text for fact in third.expect.facts] == ["x", "y, z"]
    assert told(found) == [
        "line 2: __prefix: the prompt is the workflow's",
        "line 3: llm-rubric: is judged by a model: declare a rubric as an evaluator",
        "line 4: is-json: is an assertion that no case holds",
    ]


GOLDEN = {
    "input": "How tight are the gland bolts?", "actual_output": "x", "expected_output": "24 Nm, firm.",
    "retrieval_context": ["y"], "context": ["Gland bolts M10 24 Nm", "Keep it dry", "gone"], "name": "gland",
    "comments": None, "source_file": "C:\\docs\\notes.md", "additional_metadata": {"risk": "high", "team": "a"},
    "expected_tools": [{"name": "t"}],
}  # fmt: skip


@pytest.mark.parametrize("camel", [False, True])
def test_deepeval_goldens_keep_their_context_as_evidence_where_it_stands(
    tmp_path: Path, *, camel: bool
) -> None:
    names = {"expected_output": "expectedOutput", "source_file": "sourceFile", "actual_output": "actualOutput",
             "retrieval_context": "retrievalContext", "additional_metadata": "additionalMetadata", "expected_tools": "expectedTools"}  # fmt: skip
    golden = {names.get(key, key) if camel else key: value for key, value in GOLDEN.items()}
    found = imported(
        tmp_path, "goldens.json", {"goldens": [golden, {"scenario": "s"}]} if camel else [golden]
    )
    (case,) = found.cases
    assert found.format == "deepeval"
    assert (case.id, case.risk, case.tags, case.expect.answer) == (
        "gland",
        "high",
        ("team=a",),
        "24 Nm, firm.",
    )
    assert case.expect.evidence == (
        Evidence(document="manuals/hx.pdf", quote="Gland bolts M10 24 Nm", locator=Locator(page=6)),
        Evidence(document="notes.md", quote="Keep it dry", locator=Locator(page=6)),
    )
    lines = told(found)
    assert any("'gone' stands in no indexed document" in line for line in lines)
    assert len(lines) == (6 if camel else 4)


def test_a_context_that_stands_in_several_documents_is_told(tmp_path: Path) -> None:
    found = imported(tmp_path, "g.json", [{"input": "?", "context": ["Keep it dry."]}])
    assert told(found) == [
        "record 1: evidence: 'Keep it dry.' stands in several documents (manuals/hx.pdf, notes.md, old/hx.pdf)"
    ]


def test_deepeval_csv_cuts_contexts_where_deepeval_joins_them(tmp_path: Path) -> None:
    found = imported(tmp_path, "g.csv", "input,expected_output,context\nHow?,24 Nm,24 Nm. Keep it dry|M10\n")
    assert found.format == "deepeval"
    assert [one.quote for one in found.cases[0].expect.evidence] == ["24 Nm. Keep it dry", "M10"]


def test_ragas_samples_of_one_and_of_several_turns(tmp_path: Path) -> None:
    talk = [
        {"content": "It is an HX-200", "type": "human"}, {"content": "Fine", "type": "ai", "tool_calls": None},
        {"content": "How tight?", "type": "human"}, {"content": "24", "type": "ai"}, {"content": "{}", "type": "tool"},
    ]  # fmt: skip
    rows = [
        {"user_input": "How tight?", "reference_contexts": ["Gland bolts M10"], "reference": "24 Nm", "response": "x", "query_style": "FORMAL"},
        {"user_input": talk, "reference": "24 Nm", "rubrics": {"score1_description": "bad"}},
    ]  # fmt: skip
    found = imported(tmp_path, "t.jsonl", "\n".join(map(json.dumps, rows)))
    single, several = found.cases
    assert (single.expect.answer, single.tags) == ("24 Nm", ("query_style=FORMAL",))
    assert single.expect.evidence[0].document == "manuals/hx.pdf"
    assert several.question == "How tight?"
    assert several.history == (
        Turn(speaker=Speaker.PERSON, text="It is an HX-200"), Turn(speaker=Speaker.ASSISTANT, text="Fine"),
    )  # fmt: skip
    assert [line.split(": ")[:2] for line in told(found)] == [
        ["line 1", "response"], ["line 2", "user_input"], ["line 2", "user_input"], ["line 2", "rubrics"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", "user_input,reference_contexts,reference\nHow?,\"['Gland bolts', 'M10']\",24 Nm\n"),
        ("t.json", {"question": ["How?"], "ground_truths": [["24 Nm"]], "reference_contexts": [["Gland bolts", "M10"]]}),
    ],
)  # fmt: skip
def test_ragas_in_its_other_dresses(tmp_path: Path, name: str, content: Any) -> None:
    found = imported(tmp_path, name, content)
    (case,) = found.cases
    assert (found.format, found.unmapped, case.expect.answer) == ("ragas", (), "24 Nm")
    assert [one.quote for one in case.expect.evidence] == ["Gland bolts", "M10"]


def test_plain_rows_may_say_everything_that_a_case_has(tmp_path: Path) -> None:
    row = {
        "id": "T 1", "kind": "edge", "risk": "low", "tags": ["a"], "question": "How?", "user": "kim", "groups": ["sales"],
        "fields": {"order": 7}, "history": [{"role": "user", "content": "Hi"}], "attachments": [{"name": "n", "text": "t"}],
        "outcome": "answer", "answer": "24", "facts": ["24 Nm"], "must_not_state": ["32 Nm"],
        "evidence": [{"document": "d.md", "quote": "q", "locator": {"page": 2}, "keys": {"product": "HX"}}], "colour": "red",
    }  # fmt: skip
    found = imported(tmp_path, "t.jsonl", row)
    (case,) = found.cases
    assert told(found) == ["line 1: colour: has no place in a case"]
    assert (case.id, case.kind, case.risk, case.tags, case.fields) == (
        "t-1",
        "edge",
        "low",
        ("a",),
        {"order": "7"},
    )
    assert case.principal == Principal(user="kim", groups=frozenset({"sales"}))
    assert case.attachments == (ItemAttachment(name="n", text="t"),)
    assert case.history == (Turn(speaker=Speaker.PERSON, text="Hi"),)
    assert case.expect.evidence == (Evidence(document="d.md", quote="q", locator=Locator(page=2), keys={"product": "HX"}),)  # fmt: skip


def test_plain_columns_are_cut_at_bars_and_quotes_are_not(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "t.csv",
        "question,expected,facts,document,quote,page,groups,fields.order\n"
        "How?,24 Nm,24 Nm|M10,manuals/hx.pdf,Gland bolts | M10,6,a|b,SO-1\n",
    )  # fmt: skip
    (case,) = found.cases
    assert (found.format, found.unmapped) == ("csv", ())
    assert [fact.text for fact in case.expect.facts] == ["24 Nm", "M10"]
    assert case.expect.evidence == (Evidence(document="manuals/hx.pdf", quote="Gland bolts | M10", locator=Locator(page=6)),)  # fmt: skip
    assert (case.principal, case.fields) == (Principal(user="ana", groups=frozenset({"a", "b"})), {"order": "SO-1"})  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"answer": "x"}, "line 1: record: asks nothing that was found, and made no case"),
        ({"question": "?", "outcome": "refuse"}, "line 1: record: has the outcome 'refuse', none of answer, question"),
        ({"question": "?", "evidence": [{"qoute": "x"}]}, "line 1: evidence: is not as a golden file has it"),
        ({"question": "?", "history": [1]}, "line 1: history: a turn is"),
        ({"question": "?", "fields": {"a": [1]}}, "line 1: fields.a: is no text"),
        ({"question": ["a"], "fields": {"a": 1}}, "line 1: question: is no text"),
        ({"question": "?", "document": "d.md"}, "line 1: document: no quote of it is named"),
    ],
)  # fmt: skip
def test_what_a_row_gets_wrong_is_told(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    assert any(line.startswith(said) for line in told(imported(tmp_path, "t.jsonl", row)))


def test_what_is_there_already_is_not_taken_twice(tmp_path: Path) -> None:
    rows = "question\nHow tight?\nhow  TIGHT\nWhy?\n"
    first = imported(tmp_path, "t.csv", rows)
    assert [case.id for case in first.cases] == ["how-tight", "why"]
    assert told(first) == ["line 3: record: asks the same as the case 'how-tight', which is kept"]
    again = imported(tmp_path, "t.csv", rows, existing=first.cases)
    assert (again.cases, len(again.unmapped)) == ((), 3)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.jsonl", '{"question": "a"}\n{"question"\n', "t.jsonl line 2 is not JSON"),
        ("t.jsonl", '{"question": "a"}\n[1]\n', "t.jsonl line 2 is not an object"),
        ("t.json", "[1]", "record 1 is not a mapping"),
        ("t.json", "{", "t.json is not JSON"),
        ("t.json", '{"a": 1}', "holds no list of tests"),
        ("t.yaml", "tests: file://t.csv\n", "Import file://t.csv itself"),
        ("t.yaml", "tests:\n  - vars: {a: [}\n", "line 2"),
        ("t.csv", "a,b\n1,2,3\n", "t.csv line 2 has 3 cells under 2 columns"),
        ("t.csv", "a,a\n1,2\n", "names a column twice"),
        ("t.csv", "question\n", "holds no test"),
        ("t.csv", "", "holds no test"),
        ("t.yaml", "cases:\n  - {id: a, principal: {user: u}, expect: {outcome: refusal}}\n", "is a golden file already"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_as_a_whole_says_where(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        imported(tmp_path, name, content)
    assert said in str(caught.value)


def test_a_format_that_is_none_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Name one of jsonl, csv, promptfoo, deepeval, ragas"):
        imported(tmp_path, "t.csv", "a\n1\n", format_="excel")
    with pytest.raises(UsageError, match="cannot be read"):
        import_cases(tmp_path / "no.csv", principal=ANA, existing=(), places_of=lambda _: {})


def test_a_quote_whose_document_is_not_named_is_told_and_the_case_is_kept(tmp_path: Path) -> None:
    rows = [{"question": "How tight?", "facts": "24 Nm", "quote": "It stands nowhere.", "document": [None]}]
    found = imported(tmp_path, "any.json", json.dumps(rows))
    assert [case.expect.evidence for case in found.cases] == [()]
    assert ("document", "names nothing") in [(one.key, one.why) for one in found.unmapped]
    appended(tmp_path / "nothing", file_for(tmp_path / "any.json"), found.cases)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2), max_leaves=4)  # fmt: skip
KEYS = st.sampled_from(
    ["question", "input", "user_input", "vars", "assert", "description", "metadata", "reference", "context", "reference_contexts", "facts", "answer", "evidence", "fields", "history", "attachments", "tags", "kind", "risk", "user", "groups", "outcome", "document", "quote", "page", "additional_metadata", "__expected"]
) | st.text(max_size=5)  # fmt: skip


@given(rows=st.lists(st.dictionaries(KEYS, VALUES, min_size=1), min_size=1, max_size=3), format_=st.sampled_from(["jsonl", "promptfoo", "deepeval", "ragas"]))  # fmt: skip
def test_any_record_makes_a_case_that_can_be_kept_or_is_told(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], format_: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    found = imported(folder, "any.json", json.dumps(rows), format_=format_)
    assert len(found.cases) + sum(one.key == "record" for one in found.unmapped) == len(rows)
    if found.cases:
        appended(folder / "nothing", file_for(folder / "any.json"), found.cases)
