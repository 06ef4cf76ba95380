"""The whole life of a case with `holdfast review`, from the question to the confirmed golden case."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.testing.receivers import webhook_receiver

from .conftest import DECLARATION, DOCUMENTS, QUESTION, Holdfast, write

REVIEW = """\
review:
  risks: {product-safety: high}
  owners: {product-safety: lena}
  groups: [leads, "user:kim"]
"""
LEADS = ("--group", "leads")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "work", {"workflow.yaml": DECLARATION + REVIEW, **DOCUMENTS})


@pytest.fixture
def asked(holdfast: Holdfast, folder: Path) -> str:
    """Return the run of a question that ana asked and handed over."""
    run = str(holdfast("ask", folder, QUESTION, "--as", "ana", "--json").json["run"])
    handed = holdfast(
        "review", "hand-over", folder, run, "--to", "product-safety", "--as", "ana", "--words", "sure?"
    )
    assert handed.exit_code == 0
    return run


def test_a_case_from_the_queue_to_the_confirmed_golden_case(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    listed = holdfast("review", folder, "--as", "lena", *LEADS, "--json").json
    (case,) = listed["cases"]
    assert (case["run"], case["risk"], case["owner"], case["cause"]) == (asked, "high", "lena", "handed_over")
    shown = holdfast("review", "show", folder, asked[:8], "--as", "lena", *LEADS)
    assert "35 Nm" in shown.stdout
    assert "hand_over by ana" in shown.stdout
    claimed = holdfast("review", "claim", folder, asked[:8], "--as", "lena", *LEADS, "--json").json
    assert claimed["claimed_by"] == "lena"
    other = holdfast("review", "approve", folder, asked[:8], "--as", "mark", *LEADS)
    assert other.exit_code == 6
    assert other.says("lena holds the case", "Take another one")
    edited = holdfast(
        "review", "edit", folder, asked[:8], "--text", "-", "--golden", "--as", "lena", *LEADS, "--json",
        stdin="35 Nm, crosswise [1].",
    )  # fmt: skip
    assert edited.json["verdict"] == "edit"
    name = edited.json["golden"]["case"]
    assert edited.json["golden"] == {"case": name, "file": "golden/corrections.yaml", "held": True}
    held = holdfast("review", folder, "--as", "mark", *LEADS, "--json").json["held"]
    assert [one["case"] for one in held] == [name]
    again = holdfast("review", "golden", folder, asked[:8], "--as", "mark", *LEADS)
    assert again.exit_code == 2
    assert again.says("was made of this correction already")
    assert holdfast("review", "confirm", folder, name, "--as", "lena", *LEADS).exit_code == 6
    confirmed = holdfast("review", "confirm", folder, name, "--as", "mark", *LEADS, "--json").json
    assert (confirmed["held"], confirmed["written_by"], confirmed["confirmed_by"]) == (False, "lena", "mark")
    written = (folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    assert "Tighten the gland bolts of the HX-200 to 35 Nm." in written
    done = holdfast("review", folder, "--done", "--as", "mark", *LEADS)
    assert "lena: 1 finished (0 accepted, 1 edited, 0 rejected)" in done.stdout
    checked = holdfast("cases", "check", folder, "--json")
    assert checked.exit_code == 0, checked.stdout


def test_who_asks_the_same_again_reads_what_was_corrected(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    edit = ("review", "edit", folder, asked[:8], "--text", "35 Nm, crosswise [1].", "--as", "lena", *LEADS)
    assert holdfast(*edit).exit_code == 0
    told = holdfast("ask", folder, QUESTION.upper(), "--as", "ben")
    assert told.exit_code == 0
    said = told.stdout.partition("Corrected before: on ")[2]
    assert "lena answered this question:" in said.splitlines()[0]
    assert "35 Nm, crosswise [1]." in said
    (earlier,) = holdfast("ask", folder, QUESTION, "--as", "ben", "--json").json["corrected_before"]
    assert (earlier["run"], earlier["by"], earlier["text"]) == (asked, "lena", "35 Nm, crosswise [1].")
    other = holdfast("ask", folder, QUESTION.replace("200", "250"), "--as", "ben")
    assert "Corrected before" not in other.stdout


def test_marks_of_an_answer_name_what_the_draft_did_not_cite(holdfast: Holdfast, folder: Path) -> None:
    run = holdfast(
        "ask", folder, "Was somebody injured? What about the warranty of the HX-200 pump?", "--json"
    ).json["run"]
    case = holdfast("runs", folder, run, "--json").json
    hits = next(one["made"]["hits"] for one in case["stages"] if one["stage"] == "retrieval")
    n = next(at for at, hit in enumerate(hits, 1) if hit["document"] == "warranty.md")
    kim = ("--as", "kim", "--group", "sales")
    text = f"The warranty lasts 24 months [{n}]; safety calls you."
    edited = holdfast("review", "edit", folder, run, "--text", text, "--golden", *kim)
    assert edited.exit_code == 0, edited.stderr
    written = (folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    assert "outcome: escalation" in written
    assert 'quote: "The warranty of the HX-200 pump lasts 24 months from delivery."' in written


MAIL = (
    "From: ana@example.com\nTo: desk@example.com\nSubject: Order 4711 delayed until Friday\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n\nHello,\nthe fitter was injured on Friday. Please call the plant.\n"
)


def test_what_a_rule_handed_over_is_shown_with_numbers_and_only_that_becomes_evidence(
    holdfast: Holdfast, tmp_path: Path
) -> None:
    folder = write(
        tmp_path / "mails",
        {
            "workflow.yaml": DECLARATION,
            "documents/m.eml": MAIL,
            "documents/permissions.yaml": '"**": [everyone]\n',
        },
    )
    run = holdfast("ask", folder, "Which fitter was injured at the plant?", "--as", "ana", "--json").json[
        "run"
    ]
    lena, mark = ("--as", "lena"), ("--as", "mark")
    shown = holdfast("review", "show", folder, run, *lena)
    assert "[1] m.eml, headers" in shown.stdout
    assert "the fitter was injured on Friday" in " ".join(shown.stdout.split())
    (passage,) = holdfast("review", "show", folder, run, *lena, "--json").json["passages"]
    assert (passage["n"], passage["document"], passage["cited"]) == (1, "m.eml", False)

    wrong = holdfast("review", "edit", folder, run, "--text", "Call the plant [1], [7].", *lena)
    assert wrong.exit_code == 2
    assert wrong.says("the text names [7]", "Passages to name: [1]")
    assert holdfast("review", "show", folder, run, *lena, "--json").json["verdict"] is None

    said = "The fitter was injured on Friday [1]."
    name = holdfast("review", "edit", folder, run, "--text", said, "--golden", *lena, "--json").json[
        "golden"
    ]["case"]
    checked = holdfast("cases", "check", folder)
    assert "stands at" not in checked.stdout + checked.stderr
    written = (folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    assert "the fitter was injured on Friday." in written
    assert "locator: {part: body}" in written

    confirmed = holdfast("review", "confirm", folder, name, *mark)
    told = " ".join(confirmed.stdout.split())
    assert "Which fitter was injured at the plant?" in told
    assert "The fitter was injured on Friday." in told
    assert "m.eml, body" in told
    assert told.index("m.eml, body") < told.index(f"{name} is confirmed")


def test_a_subject_that_is_quoted_stands_in_the_headers(holdfast: Holdfast, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "mails",
        {
            "workflow.yaml": DECLARATION,
            "documents/m.eml": MAIL,
            "documents/permissions.yaml": '"**": [everyone]\n',
        },
    )
    run = holdfast("ask", folder, "Was somebody injured? Until when is order 4711 delayed?", "--json").json[
        "run"
    ]
    said = "Order 4711 is delayed until Friday [1]."
    made = holdfast("review", "edit", folder, run, "--text", said, "--golden", "--as", "lena")
    assert made.exit_code == 0, made.stderr
    written = (folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    assert "Order 4711 delayed until Friday" in written
    assert "locator: {part: headers}" in written
    checked = holdfast("cases", "check", folder)
    assert "stands at" not in checked.stdout + checked.stderr


def test_who_asked_may_not_decide_and_the_doctor_says_what_one_reviewer_means(
    holdfast: Holdfast, tmp_path: Path
) -> None:
    one = 'review: {groups: ["user:kim"]}\n'
    folder = write(tmp_path / "one", {"workflow.yaml": DECLARATION + one, **DOCUMENTS})
    run = holdfast("ask", folder, "Somebody was injured.", "--as", "kim", "--json").json["run"]
    refused = holdfast("review", "edit", folder, run, "--text", "Call.", "--as", "kim")
    assert refused.exit_code == 6
    assert refused.says("kim asked the case", "Let another reviewer decide it")
    shown = holdfast("review", "show", folder, run, "--as", "kim")
    assert "you asked it yourself" in shown.stdout
    titles = [advice["title"] for advice in holdfast("doctor", folder, "--json").json["advice"]]
    assert "Only kim may review, and nobody decides what kim asks" in titles
    write(folder, {"workflow.yaml": DECLARATION + 'review: {groups: ["user:kim"], own_cases: allow}\n'})
    allowed = holdfast("review", "edit", folder, run, "--text", "Call.", "--as", "kim", "--json")
    assert allowed.json["verdict"] == "edit"
    titles = [advice["title"] for advice in holdfast("doctor", folder, "--json").json["advice"]]
    assert "Who asks may decide their own case" in titles


def test_a_rejection_expects_a_refusal(holdfast: Holdfast, folder: Path, asked: str) -> None:
    lena = ("--as", "lena", *LEADS)
    rejected = holdfast(
        "review", "reject", folder, asked, "--reason", "outdated", "--golden", *lena, "--json"
    )
    assert (rejected.json["verdict"], rejected.json["category"]) == ("reject", "outdated")
    assert "outcome: refusal" in (folder / "golden" / "corrections.yaml").read_text(encoding="utf-8")
    name = rejected.json["golden"]["case"]
    assert holdfast("review", "confirm", folder, name, "--as", "mark", *LEADS).exit_code == 0


def test_an_answer_is_sent_although_its_golden_case_cannot_be_written(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    write(folder, {"golden/corrections.yaml": "cases: nonsense\n"})
    lena = ("--as", "lena", *LEADS)
    edited = holdfast("review", "approve", folder, asked, "--golden", *lena)
    assert edited.exit_code == 3
    assert edited.says("ana is told", "golden/corrections.yaml")
    assert holdfast("review", "show", folder, asked, *lena, "--json").json["verdict"] == "accept"


def test_a_mistake_in_a_golden_file_keeps_nobody_from_the_queue(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    write(folder, {"golden/wrong.yaml": "cases:\n  - {id: one, questoin: Why?}\n"})
    listed = holdfast("review", folder, "--as", "lena", *LEADS)
    assert listed.exit_code == 0
    assert asked[:8] in listed.stdout
    assert "golden/wrong.yaml line 2" in listed.stderr
    told = holdfast("review", folder, "--as", "lena", *LEADS, "--json").json
    assert (told["cases"][0]["run"], told["held"]) == (asked, [])


def test_a_queue_of_hidden_cases_is_not_called_empty(holdfast: Holdfast, folder: Path, asked: str) -> None:
    rules = folder / "documents" / "permissions.yaml"
    rules.write_text(rules.read_text() + '"gland.md": ["user:ana"]\n')
    listed = holdfast("review", folder, "--as", "lena", *LEADS)
    assert listed.stdout.startswith("nothing waits of what you may see")
    assert asked[:8] not in listed.stdout


def test_the_doctor_says_that_no_declared_reviewer_may_see_a_case(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    people = "  - {name: ana}\n  - {name: kim, role: reviewer}\n  - {name: lena, groups: [leads], role: reviewer}\n"
    write(folder, {"holdfast.yaml": f"people:\n{people}"})
    told = "No declared reviewer may decide 1 of the waiting cases"

    def titles() -> list[str]:
        return [advice["title"] for advice in holdfast("doctor", folder, "--json").json["advice"]]

    assert told not in titles()
    rules = folder / "documents" / "permissions.yaml"
    rules.write_text(rules.read_text() + '"gland.md": ["user:ana"]\n')
    assert told in titles()


def test_the_doctor_says_that_only_who_asked_a_case_may_see_it(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    rules = folder / "documents" / "permissions.yaml"
    rules.write_text(rules.read_text() + '"gland.md": ["user:ana"]\n')
    people = "  - {name: ana, role: reviewer}\n  - {name: kim, role: reviewer}\n"
    write(folder, {"holdfast.yaml": f"people:\n{people}"})
    declared = (folder / "workflow.yaml").read_text()
    everyone = declared.replace('  groups: [leads, "user:kim"]\n', "")
    write(folder, {"workflow.yaml": everyone})
    told = "No declared reviewer may decide 1 of the waiting cases"

    def titles() -> list[str]:
        return [advice["title"] for advice in holdfast("doctor", folder, "--json").json["advice"]]

    assert told in titles()
    write(folder, {"workflow.yaml": everyone.replace("review:\n", "review:\n  own_cases: allow\n")})
    assert told not in titles()


def test_who_is_no_reviewer_sees_no_queue(holdfast: Holdfast, folder: Path, asked: str) -> None:
    refused = holdfast("review", folder, "--as", "ana", "--json")
    assert refused.exit_code == 6
    assert refused.json["error"].startswith("review: ana is no reviewer of desk")
    assert holdfast("review", "edit", folder, asked, "--text", "x", "--as", "ana").exit_code == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show",), "one case is to be named"),
        (("show", "nothing"), "there is no case 'nothing'"),
        (("approve", "a", "b"), "one case is to be named"),
        (("confirm", "nothing"), "there is no held case 'nothing'"),
        (("reject", "nothing"), "--reason"),
    ],
)
def test_a_call_that_is_wrong_says_what_to_write(
    holdfast: Holdfast, folder: Path, words: tuple[str, ...], said: str
) -> None:
    ended = holdfast("review", words[0], "-w", folder, *words[1:], "--as", "kim")
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_notices_are_sent_by_the_next_command(
    holdfast: Holdfast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook_receiver(statuses=[500]) as receiver:
        more = f"review:\n  notify: {{webhook: {{url: '{receiver.url}'}}}}\n"
        folder = write(tmp_path / "told", {"workflow.yaml": DECLARATION + more, **DOCUMENTS})
        holdfast("ask", folder, "Somebody was injured.")
        assert holdfast("review", "tell", folder, "--json").json == {"v": 1, "tried": 1}
        assert holdfast("review", "tell", folder, "--json").json == {"v": 1, "tried": 0}
        assert len(receiver.taken) == 1


def test_a_slip_in_what_is_sent_is_told_and_stops_nobody(
    holdfast: Holdfast, folder: Path, asked: str
) -> None:
    slip = "Tighten the gland bolts of the HX-200 to 53 Nm"
    sent = holdfast("review", "edit", folder, asked[:8], "--text", f"{slip} [1].", "--as", "lena", *LEADS)
    assert sent.exit_code == 0
    assert sent.says("ana is told", f"not in its sources: {slip}.")
