"""`holdfast cases`: list, check, make of a run, confirm."""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CASES = """\
# Ours.
cases:
  - id: gland
    kind: common
    tags: [table, gland]
    question: How tight are the gland bolts of the HX-200?
    principal: {user: ana, groups: []}
    expect:
      outcome: answer
      facts: ["35 Nm"]
      evidence: [{document: gland.md, quote: "gland bolts of the HX-200 to 35 Nm"}]

  - id: price
    kind: forbidden
    question: What does the HX-200 pump cost?
    principal: {user: ana, groups: []}
    expect:
      outcome: refusal
      evidence: [{document: pricing/list.md, quote: "costs 1,940 EUR"}]
"""

EXPECTS_FIELDS = """\
  - id: claim
    kind: common
    question: Fill in the claim.
    principal: {user: lena}
    expect:
      outcome: answer
      fields:
        cost: {value: 24, tolerance: 0.5}
        rooms: [hall, attic]
        due: {value: 2025-04-09, compare: date}
        note: {compare: empty}
"""
QUESTION = "How long does the warranty of the HX-200 pump last?"


def put(folder: Path, text: str) -> None:
    (folder / "golden").mkdir(exist_ok=True)
    (folder / "golden" / "all.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(desk: Any) -> Iterator[Path]:
    """Return the synced folder with the cases above, and take them away again."""
    put(desk.folder, CASES)
    yield desk.folder
    shutil.rmtree(desk.folder / "golden")


@pytest.fixture
def cases(desk: Any, folder: Path) -> Any:
    return lambda *words: desk.holdfast("cases", *words, "-w", folder)


@pytest.fixture
def asked(desk: Any, folder: Path) -> str:
    run: str = desk.holdfast("ask", folder, QUESTION, "--as", "lena", "--json").json["run"]
    return run


def test_cases_are_listed_by_file_with_what_they_expect(cases: Any, desk: Any, folder: Path) -> None:
    assert cases().stdout.splitlines() == [
        "golden/all.yaml",
        "     3  gland  common, answer: How tight are the gland bolts of the HX-200?",
        "    13  price  forbidden, refusal: What does the HX-200 pump cost?",
        "2 cases: 1 common, 1 forbidden",
    ]
    assert (
        desk.holdfast("cases", folder).stdout
        == desk.holdfast("cases", "list", folder).stdout
        == cases().stdout
    )


def test_cases_are_chosen_by_kind_and_by_all_tags(cases: Any) -> None:
    def ids(*words: str) -> list[str]:
        return [case["id"] for case in cases(*words, "--json").json["cases"]]

    assert ids("--kind", "common", "--kind", "forbidden") == ["gland", "price"]
    assert ids("--kind", "forbidden") == ["price"]
    assert ids("--tag", "table", "--tag", "gland") == ["gland"]
    assert ids("--tag", "table", "--tag", "other") == []
    assert "no case is of that kind" in cases("--kind", "edge").stdout


def test_a_case_is_listed_only_for_who_may_see_its_evidence(cases: Any) -> None:
    outsider = cases("--as", "lena", "--json").json
    assert ([one["id"] for one in outsider["cases"]], outsider["hidden"]) == (["gland"], 1)
    seller = cases("--as", "lena", "--group", "sales", "--json").json
    assert ([one["id"] for one in seller["cases"]], seller["hidden"]) == (["gland", "price"], 0)
    assert "1 more rest on what they may not see" in cases("--as", "lena").stdout


def test_a_folder_without_cases_says_how_to_get_one(holdfast: Any, own: Path) -> None:
    listed = holdfast("cases", own)
    assert (listed.exit_code, "holdfast cases from-run RUN" in listed.stdout) == (0, True)


def test_checks_pass_where_the_cases_hold_and_tell_what_is_missing(cases: Any) -> None:
    ended = cases("check", "--strict", "--json")
    assert (ended.exit_code, ended.json["cases"], ended.json["wrong"]) == (0, 2, 0)
    (missing,) = ended.json["findings"]
    assert missing["kind"] == "kind"
    assert "edge, ambiguous, high-risk, refuse, escalate" in missing["says"]


def test_a_quote_that_is_gone_fails_a_strict_check_with_its_line(cases: Any, folder: Path) -> None:
    put(folder, CASES.replace("to 35 Nm", "to 45 Nm"))
    assert cases("check").exit_code == 0
    ended = cases("check", "--strict")
    assert ended.exit_code == 1
    place = "golden/all.yaml line 11 (gland): the quote 'gland bolts of the HX-200 to 45 Nm' does not stand"
    assert place in ended.stdout
    assert "2 cases: 1 wrong" in ended.stdout


def test_a_malformed_case_stops_every_command_with_file_and_line(cases: Any, folder: Path) -> None:
    put(folder, CASES.replace("question: What", "quesiton: What"))
    for words in ((), ("check",), ("confirm", "gland")):
        ended = cases(*words)
        assert ended.exit_code == 3
        assert ended.says("golden/all.yaml line 15: unknown key 'quesiton'; did you mean 'question'?")


def test_a_run_becomes_a_case_behind_those_of_its_file(cases: Any, folder: Path, asked: str) -> None:
    ended = cases("from-run", asked, "--fact", "24 months", "--file", "all", "--tag", "new", "--kind", "edge", "--json")  # fmt: skip
    assert ended.exit_code == 0, ended.stderr
    made = ended.json["case"]
    assert (made["file"], made["line"], made["kind"], made["tags"]) == (
        "golden/all.yaml",
        21,
        "edge",
        ["new"],
    )
    assert (made["user"], made["run"], made["facts"]) == ("lena", asked, ["24 months"])
    assert [one["document"] for one in made["evidence"]] == ["warranty.md"]
    assert (folder / "golden/all.yaml").read_text().startswith(CASES)
    assert cases("check", "--strict").exit_code == 0
    assert cases("--json").json["cases"][-1] == made


def test_a_dry_run_writes_nothing(cases: Any, folder: Path, asked: str) -> None:
    ended = cases("from-run", asked, "--dry-run")
    assert "outcome: answer" in ended.stdout
    assert "would be golden/from-runs.yaml line 2" in ended.stderr
    assert "--fact" in ended.stderr
    assert [file.name for file in (folder / "golden").iterdir()] == ["all.yaml"]


def test_what_is_asked_already_is_not_put_down_twice_unless_under_an_id_of_its_own(
    cases: Any, asked: str
) -> None:
    assert cases("from-run", asked).exit_code == 0
    again = cases("from-run", asked)
    assert again.exit_code == 2
    assert again.says("golden/from-runs.yaml line 2", "asks the same already", "--id")
    assert cases("from-run", asked, "--id", "gland").says(
        "the id 'gland' is that of a case in golden/all.yaml"
    )
    assert cases("from-run", asked, "--id", "other").exit_code == 0


def test_a_run_of_a_document_that_one_may_not_see_makes_no_case(desk: Any, cases: Any) -> None:
    question = "What does the HX-200 pump cost?"
    run = desk.holdfast("ask", desk.folder, question, "--as", "kim", "--group", "sales", "--json").json["run"]
    ended = cases("from-run", run, "--as", "lena")
    assert ended.exit_code == 5
    assert ended.says("there is no run", "that lena may see")


def test_a_held_case_is_run_once_a_second_person_confirmed_it(cases: Any, folder: Path) -> None:
    held = CASES.replace("kind: common", "kind: common\n    held: true   # from review\n    written_by: ben")
    put(folder, held)
    assert "held, common" in cases().stdout
    assert "waits for a second person" in cases("check").stdout
    own = cases("confirm", "gland", "--as", "ben")
    assert own.exit_code == 6
    assert own.says("ben wrote the case 'gland'")
    ended = cases("confirm", "gland", "--json")
    assert ended.json["case"]["confirmed_by"] == getpass.getuser()
    wanted = held.replace("held: true ", f"confirmed_by: {json.dumps(getpass.getuser())} ")
    assert (folder / "golden/all.yaml").read_text() == wanted
    assert cases("confirm", "gland").says("waits for nobody")
    assert cases("confirm", "nobody").exit_code == 2


@pytest.mark.parametrize("command", ["list", "check", "from-run", "import", "confirm"])
def test_every_command_has_help_with_an_example(desk: Any, command: str) -> None:
    ended = desk.holdfast("cases", command, "--help")
    assert ended.exit_code == 0
    assert "Example" in ended.stdout


def test_the_schema_of_cases_names_their_keys(desk: Any) -> None:
    schema = json.loads(desk.holdfast("schema", "--cases").stdout)
    assert schema["properties"]["cases"]["minItems"] == 1
    assert {"risk", "held", "attachments", "version"} <= set(schema["$defs"]["WrittenCase"]["properties"])
    kinds = schema["$defs"]["WrittenCase"]["properties"]["kind"]["anyOf"][0]["enum"]
    assert "high-risk" in kinds


def test_another_tool_s_tests_are_imported_behind_the_cases_that_are_there(
    cases: Any, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "My goldens.json"
    golden = {"input": "How long is the warranty?", "expected_output": "24 months", "actual_output": "x",
              "context": ["warranty of the HX-200 pump lasts 24 months"]}  # fmt: skip
    file.write_text(json.dumps([golden, golden | {"input": "How tight are the gland bolts of the HX-200?"}]))
    dry = cases("import", file, "--dry-run", "--json").json
    assert (dry["format"], dry["records"], dry["written"], dry["files"]) == ("deepeval", 2, False, ["golden/My-goldens.yaml"])  # fmt: skip
    assert len(cases("--json").json["cases"]) == 2
    ended = cases("import", file, "--as", "lena")
    assert ended.exit_code == 0, ended.stderr
    assert "not taken: actual_output: is what the tested system put out" in ended.stdout
    assert "asks the same as the case 'gland', which is kept (record 2)" in ended.stdout
    assert "deepeval: 1 case of 2 records are in golden/My-goldens.yaml; 3 not taken" in ended.stdout
    assert "1 ask as lena in no group" in ended.stderr
    made = cases("--json").json["cases"][0]
    assert (made["id"], made["user"], made["origin"]) == ("how-long-is-the-warranty", "lena", "import")
    assert made["evidence"][0]["document"] == "warranty.md"
    assert "golden/My-goldens.yaml line 2" in cases("check").stdout


def test_a_file_may_be_named_behind_its_workflow(desk: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("question\nWhy?\n")
    ended = desk.holdfast("cases", "import", folder, tmp_path / "t.csv", "--file", "all", "--json")
    assert ended.json["files"] == ["golden/all.yaml"]
    assert (folder / "golden/all.yaml").read_text().startswith(CASES)
    for words in ((), ("a", "b", "c")):
        assert desk.holdfast("cases", "import", *words).says("one file is needed")
    assert desk.holdfast("cases", "import", folder, "no.csv").says("no.csv cannot be read")


def test_many_cases_go_to_several_files(cases: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text("question\n" + "".join(f"Question {n}?\n" for n in range(301)))
    ended = cases("import", tmp_path / "many.csv", "--json").json
    assert ended["files"] == ["golden/many.yaml", "golden/many-2.yaml"]
    assert len(cases("--json").json["cases"]) == 303


def test_who_may_not_see_a_case_does_not_confirm_it(cases: Any, folder: Path) -> None:
    put(folder, CASES.replace("kind: forbidden", "kind: forbidden\n    held: true\n    written_by: ben"))
    outsider = cases("confirm", "price", "--as", "lena")
    assert outsider.exit_code == 2
    assert outsider.says("there is no case 'price' that lena may see")
    assert cases("confirm", "price", "--as", "lena", "--group", "sales").exit_code == 0


def test_a_misspelt_command_is_told_from_a_folder_that_is_not_there(desk: Any) -> None:
    misspelt = desk.holdfast("cases", "chekc")
    assert misspelt.exit_code == 2
    assert misspelt.says("there is no folder 'chekc'", "Did you mean holdfast cases check?")
    assert desk.holdfast("cases", "nowhere").says("there is no folder 'nowhere'. Name an existing one.")


def test_the_doctor_counts_cases_that_are_run(desk: Any, folder: Path) -> None:
    def titles() -> list[str]:
        return [one["title"] for one in desk.holdfast("doctor", folder, "--json").json["advice"]]

    assert "There are no golden cases" not in titles()
    put(folder, CASES.replace("    kind:", "    held: true\n    kind:"))
    assert "There are no golden cases" in titles()


def test_expected_fields_are_listed_with_how_they_are_compared(cases: Any, folder: Path) -> None:
    put(folder, CASES + EXPECTS_FIELDS)
    fields = {one["id"]: one["fields"] for one in cases("--json").json["cases"]}
    assert fields["gland"] == {}
    assert fields["claim"] == {
        "cost": {"value": 24, "compare": "number", "tolerance": 0.5},
        "rooms": {"value": ["hall", "attic"], "compare": "set", "tolerance": 0.0},
        "due": {"value": "2025-04-09", "compare": "date", "tolerance": 0.0},
        "note": {"value": None, "compare": "empty", "tolerance": 0.0},
    }
