"""`holdfast calibrate` as a user runs it, on a desk that quotes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from holdfast.cli.main import main

PUMPS = tuple(f"HX-{100 + n}" for n in range(36))
WORKFLOW = """\
name: desk
embedding: {model: lsa}
sources: [{files: documents, access: [everyone]}]
deciding:
  # agreed with the service team in March
  answer_at: 0.99   # until we know better
  refuse_below: 0.1
generation: {rungs: []}
"""


def desk(folder: Path, *, wrong: int = 0, more: str = "", pumps: Sequence[str] = PUMPS) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "golden").mkdir()
    cases = []
    for n, pump in enumerate(pumps):
        text = f"# Gland of the {pump}\n\nTighten the gland bolts of the {pump} to {20 + n} Nm.\n"
        (folder / "documents" / f"{pump}.md").write_text(text)
        said = 99 if n < wrong else 20 + n
        cases.append(
            f"  - {{id: torque-{pump}, question: 'How tight are the gland bolts of the {pump}?', "
            f"principal: {{user: ana}}, expect: {{outcome: answer, facts: ['{said} Nm'], evidence: "
            f"[{{document: {pump}.md, quote: 'Tighten the gland bolts of the {pump} to {20 + n} Nm.'}}]}}}}\n"
        )
    (folder / "golden" / "cases.yaml").write_text("cases:\n" + "".join(cases) + more)
    (folder / "workflow.yaml").write_text(WORKFLOW)
    return folder


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["holdfast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_what_is_promised_is_shown_as_a_difference_and_written_only_when_asked_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = desk(tmp_path / "desk")
    page = tmp_path / "page.html"
    code, out, _ = ran(capsys, "calibrate", str(folder), "--error-budget", "0.1", "--html", str(page))
    assert code == 0
    assert "Promised, 95% sure: at most 10% wrong among what is answered" in out
    assert "deciding.answer_at: 0.99 -> " in out
    assert "-  answer_at: 0.99   # until we know better" in out
    assert (folder / "workflow.yaml").read_text() == WORKFLOW
    assert page.read_text().count("<svg") == 2

    code, out, _ = ran(capsys, "calibrate", str(folder), "--error-budget", "0.1", "--apply", "--json")
    told = json.loads(out)
    text = (folder / "workflow.yaml").read_text()
    assert told["applied"] is True
    assert "# agreed with the service team in March" in text
    assert "# until we know better" in text
    assert f"answer_at: {told['promised']['answer_at']}" in text
    assert told["promised"]["bound"] <= 0.1


def test_too_few_cases_promise_nothing_write_nothing_and_say_what_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = desk(tmp_path / "desk")
    code, out, _ = ran(capsys, "calibrate", str(folder), "--apply")
    assert code == 0
    assert "At most 2% wrong of what is answered cannot be promised with these cases." in out
    assert "it takes 149 answers" in out
    assert "more reviewed cases are needed" in out
    assert (folder / "workflow.yaml").read_text() == WORKFLOW


def test_few_cases_of_which_none_is_wrong_are_not_said_to_be_wrong_too_often(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = desk(tmp_path / "desk", pumps=PUMPS[:3])
    _, out, _ = ran(capsys, "calibrate", str(folder))
    assert "too frequent" not in out
    assert "None was wrong here" in out


def test_wrong_answers_are_listed_and_cases_that_cannot_be_judged_are_left_out_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = (
        "  - {id: no-fact, question: 'How tight are the gland bolts of the HX-101?', "
        "principal: {user: ana}, expect: {outcome: answer}}\n"
    )
    folder = desk(tmp_path / "desk", wrong=3, more=more)
    (folder / "workflow.yaml").write_text(WORKFLOW.replace("0.99", "0.2"))
    code, out, err = ran(capsys, "calibrate", str(folder), "--error-budget", "0.1")
    assert code == 0
    assert "left out: no-fact: the case names no fact" in err
    assert "Answered wrongly as declared, the surest first:" in out
    assert {f"torque-{pump}" for pump in PUMPS[:3]} <= set(out.split())


def test_a_decider_of_ones_own_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = desk(tmp_path / "desk")
    (folder / "workflow.yaml").write_text(WORKFLOW.replace("  answer_at", "  use: mine:decider\n  answer_at"))
    (folder / "mine.py").write_text("def decider(*_given, **_named): ...\n")
    code, _, err = ran(capsys, "calibrate", str(folder))
    assert code != 0
    assert "decider" in err or "trust" in err


def test_a_folder_without_cases_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = desk(tmp_path / "desk")
    (folder / "golden" / "cases.yaml").unlink()
    code, _, err = ran(capsys, "calibrate", str(folder))
    assert code != 0
    assert "no golden case" in err
