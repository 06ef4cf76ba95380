"""Cases are put into files that people keep, and nothing else in them changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Evidence, Expectation, ExpectedField, Fact
from holdfast.domain.items import ItemAttachment, Speaker, Turn
from holdfast.domain.locators import Locator
from holdfast.errors import DeclarationError, UsageError
from holdfast.evaluation.case_writing import appended, write
from holdfast.evaluation.cases import load_cases

ROOT = Path(__file__).resolve().parents[2]
FULL = Case(
    id="claim", kind="high-risk", risk="high", tags=("a", "b: c"), question="Two\nlines, and: a colon?",
    principal=Principal(user="lena", groups=frozenset({"service", "sales"})),
    fields={"order": "007", "urgent": "true"},
    attachments=(ItemAttachment(name="a.txt", text="  led\n- x\n"), ItemAttachment(name="b.txt", text="")),
    history=(Turn(speaker=Speaker.PERSON, text="It is # an HX-200."),),
    version="0123456789012345", held=True, origin="correction", run="67f104", written_by="yes",
    expect=Expectation(
        outcome="answer", answer="It is\n\n24 Nm.\n",
        facts=(Fact(text="24 Nm, firm"), Fact(number=24, unit="Nm", tolerance=0.5), Fact(number=0.1)),
        must_not_state=('32 "Nm"',),
        evidence=(
            Evidence(document="a: b.md", quote="Gland | 24 Nm \\ [x]", locator=Locator(page=4, heading=("A, b",)), keys={"product": "1"}),
            Evidence(document="lookup:orders", quote="2025-01-01", locator=Locator(row=2)),
        ),
        fields={
            "n": ExpectedField(value=3, compare="number", tolerance=0.5),
            "s": ExpectedField(value=("a", 1, True), compare="set"),
            "none": ExpectedField(value="", compare="empty"),
            "d": ExpectedField(value="2025-01-01", compare="date"),
            "t": ExpectedField(value="3"), "f": ExpectedField(value=False), "e": ExpectedField(value=3, compare="exact"),
        },
    ),
)  # fmt: skip


def plain(**changes: object) -> Case:
    said = {
        "id": "x",
        "question": "?",
        "principal": Principal(user="ana"),
        "expect": Expectation(outcome="refusal"),
    }
    return Case(**(said | changes))  # type: ignore[arg-type]


def put(folder: Path, *cases: Case, name: str = "new") -> bytes:
    rewritten = appended(folder, name, cases)
    write(rewritten)
    return rewritten.after


def test_a_whole_case_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    (written,) = appended(tmp_path, "new", (FULL,)).cases
    put(tmp_path, FULL)
    (read,) = load_cases(tmp_path)
    assert read == written
    assert (read.file, read.line) == ("golden/new.yaml", 2)


@example(text=":0", other=":")
@given(
    text=st.text(min_size=1).filter(str.strip),
    other=st.text(alphabet="\n -:#'\"[]{}aä\t,&*|>%@`\\", min_size=1).filter(str.strip),
)
def test_any_text_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, text: str, other: str
) -> None:
    case = plain(
        id=other, question=text, fields={text: other}, written_by=text, attachments=(ItemAttachment(name=text, text=other),),
        expect=Expectation(outcome="answer", answer=other, facts=(Fact(text=text),), evidence=(Evidence(document=other, quote=text),)),
    )  # fmt: skip
    (read,) = appended(tmp_path_factory.getbasetemp() / "nothing", "new", (case,)).cases
    assert (read.question, read.fields, read.expect.answer) == (text, {text: other}, other)


@pytest.mark.parametrize(
    "before",
    [
        "# Ours.\ncases:\n  # first\n  - {id: a, question: Why?, principal: {user: u}, expect: {outcome: refusal}}   # so\n",
        "cases:\n- id: a\n  question: Why?\n  principal: {user: u}\n  expect:\n      outcome: refusal\n# end",
        "cases:\r\n    - id: a\r\n      question: >-\r\n        Why\r\n        so?\r\n      principal: {user: u}\r\n      expect: {outcome: refusal}\r\n",
    ],
)  # fmt: skip
def test_what_was_in_the_file_stays_byte_for_byte(tmp_path: Path, before: str) -> None:
    file = tmp_path / "golden" / "new.yaml"
    file.parent.mkdir()
    file.write_bytes(before.encode())
    after = put(tmp_path, FULL, plain())
    assert after.startswith(before.encode())
    assert file.read_bytes() == after
    assert [case.id for case in load_cases(tmp_path)] == ["a", "claim", "x"]
    assert (b"\r\n" in after) == ("\r\n" in before)


def test_every_example_takes_another_case_and_keeps_its_own(tmp_path: Path) -> None:
    source = ROOT / "examples" / "engineering-support" / "golden"
    (tmp_path / "golden").mkdir()
    for file in source.glob("*.yaml"):
        (tmp_path / "golden" / file.name).write_bytes(file.read_bytes())
        assert put(tmp_path, plain(id=file.stem), name=file.stem).startswith(file.read_bytes())


@pytest.mark.parametrize("empty", ["", "# nothing yet\n", "cases:\n", "# later\ncases:   # here\n"])
def test_an_empty_file_takes_its_first_case(tmp_path: Path, empty: str) -> None:
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden" / "new.yaml").write_text(empty)
    assert put(tmp_path, plain()).startswith(empty.encode())
    assert len(load_cases(tmp_path)) == 1


def test_a_list_in_brackets_is_refused_with_the_next_move(tmp_path: Path) -> None:
    (tmp_path / "golden").mkdir()
    text = "cases: [{id: a, question: Why?, principal: {user: u}, expect: {outcome: refusal}}]\n"
    (tmp_path / "golden" / "new.yaml").write_text(text)
    with pytest.raises(DeclarationError, match=r"golden/new.yaml: .*no case can be put at its end.*--file"):
        appended(tmp_path, "new", (plain(),))


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, plain())
    rewritten = appended(tmp_path, "new", (plain(id="y"),))
    file = tmp_path / "golden" / "new.yaml"
    file.write_text(file.read_text() + "# mine\n")
    with pytest.raises(DeclarationError, match="changed meanwhile"):
        write(rewritten)
    assert file.read_text().endswith("# mine\n")


@pytest.mark.parametrize("name", ["", "../x", "a/../b", "/etc/x", ".hidden", "a\nb"])
def test_a_name_that_is_no_file_of_cases_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--file"):
        appended(tmp_path, name, (plain(),))


@pytest.mark.parametrize("name", ["new", "new.yaml", "golden/new", "golden/new.yaml"])
def test_a_file_may_be_named_in_every_way(tmp_path: Path, name: str) -> None:
    assert appended(tmp_path, name, (plain(),)).name == "golden/new.yaml"
