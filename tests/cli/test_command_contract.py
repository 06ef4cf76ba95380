"""The command line keeps the contract that other tools rely on: paths, JSON, exit codes, streams."""

from __future__ import annotations

import json
import re
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from holdfast.testing.files import docx_file, pdf_file, xlsx_file
from holdfast.testing.provider import ProviderServer, Scripted, Served

QUESTION = "How tight are the gland bolts of the HX-200?"
ASK_KEYS = {
    "v", "run", "outcome", "text", "output", "cites", "reason", "confidence", "citations", "model", "degraded", "fallback",
    "usage", "stages", "corrected_before",
}  # fmt: skip
CITATION_KEYS = {"n", "document", "title", "quote", "start", "end", "page", "section", "locator"}


def rung(server: ProviderServer, more: str = "") -> str:
    return (
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
        f"generation:\n  rungs: [{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: DESK_KEY}}]\n"
        f"{more}"
    )


def declared(own: Path, text: str) -> Path:
    (own / "documents" / "permissions.yaml").unlink(missing_ok=True)
    (own / "workflow.yaml").write_text(text)
    return own


# --- help and the module ---


def test_help_comes_at_once_and_names_every_command(desk: Any) -> None:
    started = time.monotonic()
    ended = desk.holdfast.process("--help")
    assert time.monotonic() - started < 3  # .2 s on an idle machine; what was measured is in the docs
    assert ended.exit_code == 0
    assert ended.stderr == ""
    named = {line.split()[0] for line in ended.stdout.splitlines() if line.startswith("  ")}
    assert named >= {
        "sync", "ask", "search", "why", "runs", "forget", "doctor", "schema", "trust", "models", "bench",
        "testing",
    }  # fmt: skip


def test_the_version_is_told(desk: Any) -> None:
    assert desk.holdfast("--version").stdout.split() == ["holdfast", version("holdfast")]


@pytest.mark.parametrize(
    "words",
    [
        ["sync"], ["ask", QUESTION], ["search", "gland"], ["why", "gland.md", QUESTION], ["runs"],
        ["forget", "gland.md"], ["doctor"], ["tune"], ["bench", "retrieval", "nowhere"],
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_where_json_is_asked_for_a_failure_is_json_too(desk: Any, words: list[str]) -> None:
    ended = desk.holdfast(*words, "--json", "-w", desk.folder / "nowhere")
    assert ended.exit_code == 2
    assert set(ended.json) == {"v", "error", "stage", "move", "exit_code"}
    assert (ended.json["v"], ended.json["exit_code"]) == (1, 2)
    assert f"holdfast: {ended.json['error']}" in ended.stderr
    assert desk.holdfast(*words, "-w", desk.folder / "nowhere").stdout == ""


def test_a_demonstration_without_items_says_what_to_write(desk: Any) -> None:
    ended = desk.holdfast("demo", desk.folder)
    assert ended.exit_code == 2
    assert ended.says("has no items.jsonl", '{"id": "1", "question": "..."}')


@pytest.mark.parametrize(
    "command", ["sync", "ask", "search", "why", "runs", "forget", "doctor", "schema", "trust"]
)
def test_every_command_has_help_with_an_example(desk: Any, command: str) -> None:
    ended = desk.holdfast(command, "--help")
    assert ended.exit_code == 0
    assert f"holdfast {command}" in ended.stdout
    assert "Example" in ended.stdout


# --- PATH ---


def test_the_workflow_is_found_in_every_way_that_is_promised(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder.parent)
    ways: list[tuple[Path, list[str]]] = [
        (desk.folder.parent, ["./work", QUESTION]),
        (desk.folder.parent, ["-w", "./work", QUESTION]),
        (desk.folder.parent, [str(desk.folder), *QUESTION.split()]),
        (desk.folder, [QUESTION]),
        (desk.folder / "documents" / "pricing", [QUESTION]),
        (desk.folder, ["documents", "of", "the", "gland", "bolts?", "-w", "."]),
    ]
    for folder, words in ways:
        monkeypatch.chdir(folder)
        found = desk.holdfast("ask", *words, "--json")
        assert found.exit_code == 0, (words, found.stderr)
        assert found.json["citations"][0]["document"] == "gland.md", words


def test_a_lone_word_that_names_a_folder_is_the_question(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    asked = desk.holdfast("ask", "documents", "--json").json["run"]
    shown = desk.holdfast("runs", asked, "--json").json
    assert shown["item"]["question"] == "documents"


def test_a_folder_may_be_named_when_fields_are_all_that_is_asked(desk: Any) -> None:
    asked = desk.holdfast("ask", desk.folder, "--field", "claim_eur=25000", "--json")
    assert asked.exit_code == 0, asked.stderr
    assert (asked.json["outcome"], asked.json["route"]) == ("escalation", "commercial-desk")


@pytest.mark.parametrize(
    "words",
    [["sync", "nowhere"], ["ask", "-w", "nowhere", "q"], ["doctor", "nowhere"], ["ask", "nowhere", "q"],
     ["sync", "x" * 300], ["ask", "x" * 300, "q"], ["ask", "-w", "x" * 300, "q"], ["runs", "x" * 300],
     ["search", "x" * 5000, "more"], ["sync", "two\nlines"]],
)  # fmt: skip
def test_a_folder_that_is_not_there_is_a_usage_error(
    holdfast: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = holdfast(*words)
    assert ended.exit_code == 2
    assert ended.says("there is no")
    assert ended.stdout == ""


# --- JSON ---


def test_sync_prints_its_json_last_and_everything_else_on_stderr(desk: Any) -> None:
    ended = desk.first_sync
    assert ended.exit_code == 0
    assert len(ended.stdout.splitlines()) == 1
    assert set(ended.json) == {
        "v", "documents", "access_changed", "chunks", "index_version", "problems", "notices", "doubts",
        "hidden", "leak_test", "embedding", "took_s",
    }  # fmt: skip
    assert ended.json["documents"] == {"added": 4, "updated": 0, "removed": 0, "unchanged": 0, "failed": 0}
    assert "4 added" in ended.stderr


def test_ask_prints_an_answer_with_citations_that_hold(desk: Any) -> None:
    ended = desk.holdfast("ask", desk.folder, QUESTION, "--json")
    answer = ended.json
    assert ended.exit_code == 0
    assert set(answer) == ASK_KEYS
    assert answer["v"] == 1
    assert answer["outcome"] == "answer"
    assert "35 Nm" in answer["text"]
    (citation,) = answer["citations"]
    assert set(citation) == CITATION_KEYS
    assert (citation["n"], citation["document"], citation["title"]) == (1, "gland.md", "Gland")
    assert "35 Nm" in citation["quote"]
    assert citation["section"] == "Gland"
    assert set(answer["usage"]) == {"input_tokens", "output_tokens", "cost_usd"}
    assert all(set(stage) == {"stage", "took_ms"} for stage in answer["stages"])
    assert answer["model"] == "extractive"
    assert answer["degraded"] is None


def test_without_json_the_answer_is_for_people(desk: Any) -> None:
    ended = desk.holdfast("ask", desk.folder, QUESTION)
    assert ended.exit_code == 0
    assert ended.stdout.startswith("Answer")
    assert "[1] gland.md" in ended.stdout


def test_a_refusal_is_an_outcome_and_no_error(desk: Any) -> None:
    ended = desk.holdfast("ask", desk.folder, "Who painted the ceiling of the chapel?", "--json")
    assert (ended.exit_code, ended.json["outcome"]) == (0, "refusal")


def test_search_prints_hits_with_their_legs(desk: Any) -> None:
    ended = desk.holdfast("search", desk.folder, "gland bolts", "--k", "1", "--json")
    assert set(ended.json) == {"v", "hits", "degraded"}
    (hit,) = ended.json["hits"]
    assert set(hit) == {"document", "chunk", "page", "section", "score", "text", "legs"}
    assert hit["document"] == "gland.md"
    assert set(hit["legs"]) == {"sparse", "dense"}
    assert set(hit["legs"]["sparse"]) == {"rank", "score"}


def test_a_file_of_items_gives_a_line_each_in_order(desk: Any, tmp_path: Path) -> None:
    items = [{"id": f"i{n}", "question": QUESTION if n % 2 else f"Who painted chapel {n}?"} for n in range(9)]
    items.append(
        {"id": "price", "question": "What does the HX-200 pump cost?", "user": "ana", "groups": ["sales"]}
    )
    items.append({"id": "hurt", "question": "Our fitter was injured by the HX-200."})
    file = tmp_path / "items.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in items))
    ended = desk.holdfast("ask", desk.folder, "--file", file)
    assert ended.exit_code == 0
    assert [line["id"] for line in ended.lines] == [item["id"] for item in items]
    assert all(set(line) >= ASK_KEYS | {"id"} for line in ended.lines)
    assert "1,940" in ended.lines[-2]["text"]
    assert ended.lines[-1]["route"] == "product-safety"


def test_items_and_queries_may_come_on_stdin_or_to_search(desk: Any, tmp_path: Path) -> None:
    line = json.dumps({"id": 7, "question": QUESTION}) + "\n"
    asked = desk.holdfast("ask", desk.folder, "--file", "-", stdin=line)
    assert (asked.exit_code, asked.json["id"]) == (0, 7), asked.stderr
    (tmp_path / "q.jsonl").write_text(line)
    found = desk.holdfast("search", desk.folder, "--file", tmp_path / "q.jsonl").json
    assert set(found) == {"v", "id", "hits", "degraded"}
    assert found["id"] == 7
    written = '{"id": 1.50, "question": "q"}\n{"id": "07", "question": "q"}\n{"id": 90071992547409931, "question": "q"}\n'
    ids = [line["id"] for line in desk.holdfast("ask", desk.folder, "--file", "-", stdin=written).lines]
    assert ids == [1.5, "07", 90071992547409931]
    assert found["hits"][0]["document"] == "gland.md"


def test_runs_lists_what_was_asked_and_shows_one_stage_by_stage(desk: Any) -> None:
    run = desk.holdfast("ask", desk.folder, QUESTION, "--json").json["run"]
    listed = desk.holdfast("runs", desk.folder, "--json").json
    assert set(listed) == {"v", "runs", "hidden"}
    assert listed["runs"][0]["run"] == run
    one = desk.holdfast("runs", desk.folder, run[:8], "--json").json
    assert set(one) == {"v", "run", "item", "outcome", "stages", "attempts"}
    assert set(one["stages"][0]) == {"stage", "part", "given", "made", "took_ms", "cost_usd", "error"}
    names = [stage["stage"] for stage in one["stages"]]
    assert names[:3] == ["intake", "guardrails", "retrieval"]
    assert one["stages"][0]["part"] == "holdfast.app:Wiring.answer_parts"
    assert names[-1] == "guardrails"
    shown = desk.holdfast("runs", desk.folder, run)
    assert shown.stdout.startswith(f"run {run}")
    told = [float(ms) for ms in re.findall(r"^\w+ +([\d.]+) ms  ", shown.stdout, re.MULTILINE)]
    (whole,) = re.findall(r" in (\d+) ms,", shown.stdout)
    assert sum(told) == pytest.approx(float(whole), abs=2), "the times of the rows add up to the run's"
    assert desk.holdfast("runs", desk.folder, "no-such-run").exit_code == 5


def test_doctor_says_what_is_missing_most_important_first(desk: Any) -> None:
    ended = desk.holdfast("doctor", desk.folder, "--json")
    assert ended.exit_code == 0
    assert set(ended.json) == {"v", "advice"}
    assert all(set(one) == {"weight", "title", "why", "move", "place"} for one in ended.json["advice"])
    assert any(one["title"] == "Nobody owns this workflow" for one in ended.json["advice"])


def test_bench_retrieval_scores_a_set_in_beir_layout(holdfast: Any, own: Path, tmp_path: Path) -> None:
    words = ["gland", "warranty", "coupling", "bearing", "impeller", "filter"]
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    corpus = [{"_id": w, "title": w, "text": f"All that is known of the {w} of a pump."} for w in words]
    queries = [{"_id": f"q-{w}", "text": f"what of the {w}"} for w in words]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rows = "".join(f"q-{w}\t{w}\t1\n" for w in words)
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows)
    ended = holdfast("bench", "retrieval", folder, "-w", own, "--json")
    assert ended.exit_code == 0, ended.stderr
    scores = ended.json
    assert set(scores) == {
        "v", "dataset", "queries", "documents", "chunks", "ndcg@10", "mrr@10", "recall@10", "recall@100",
        "ms_p50", "ms_p95", "index_s", "legs", "gain",
    }  # fmt: skip
    assert (scores["dataset"], scores["queries"], scores["documents"]) == ("tiny", 6, 6)
    assert set(scores["legs"]) == {"sparse", "dense"}
    # Texts as alike as these have equal singular values: which of them LSA's few dimensions keep depends on
    # the order of their coming, so only the sparse leg is sure of every one.
    assert scores["legs"]["sparse"]["ndcg@10"] == scores["recall@100"] == 1.0
    assert scores["ndcg@10"] > 0.8
    assert holdfast("bench", "retrieval", tmp_path / "nothing").exit_code == 2


def test_the_schema_is_json_schema(desk: Any) -> None:
    schema = json.loads(desk.holdfast("schema").stdout)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) >= {"name", "owner", "charter", "sources", "generation", "deciding"}


# --- who asks, and with what ---


@pytest.mark.parametrize(
    ("who", "sees"),
    [([], []), (["--group", "sales"], ["pricing/list.md"]), (["--as", "kim"], ["pricing/kim.md"]),
     (["--as", "kim", "--group", "x", "--group", "sales"], ["pricing/kim.md", "pricing/list.md"]),
     (["--as", "everyone"], []), (["--group", "everyone"], [])],
)  # fmt: skip
def test_hits_are_those_that_who_asks_may_see(desk: Any, who: list[str], sees: list[str]) -> None:
    ended = desk.holdfast("search", desk.folder, "HX-200 pump price rebate", *who, "--json")
    found = sorted(hit["document"] for hit in ended.json["hits"])
    assert [name for name in found if name.startswith("pricing")] == sees


def test_a_group_is_not_taken_that_is_written_like_a_user(desk: Any) -> None:
    ended = desk.holdfast("search", desk.folder, "rebate", "--group", "user:kim")
    assert ended.exit_code == 2
    assert ended.says("user:kim", "--as")


def test_runs_hide_what_another_user_asked_of_documents_one_may_not_see(desk: Any) -> None:
    asked = desk.holdfast(
        "ask", desk.folder, "What does the HX-200 pump cost?", "--group", "sales", "--as", "ana", "--json"
    ).json
    assert "1,940" in asked["text"]
    seen = desk.holdfast("runs", desk.folder, "--as", "bob", "--limit", "500", "--json").json
    assert asked["run"] not in [run["run"] for run in seen["runs"]]
    assert desk.holdfast("runs", desk.folder, asked["run"], "--as", "bob").exit_code == 5


def test_attached_files_are_read_and_kept_with_the_run(desk: Any, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_file(["The serial number is 42-1001."]))
    (tmp_path / "b.docx").write_bytes(docx_file([("", "The pump leaks at the gland.")]))
    ended = desk.holdfast(
        "ask",
        desk.folder,
        QUESTION,
        "--attach",
        tmp_path / "a.pdf",
        "--attach",
        tmp_path / "b.docx",
        "--json",
    )
    assert ended.exit_code == 0, ended.stderr
    shown = json.dumps(desk.holdfast("runs", desk.folder, ended.json["run"], "--json").json["item"])
    assert "42-1001" in shown
    assert "leaks at the gland" in shown
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.7\nnothing")
    broken = desk.holdfast("ask", desk.folder, QUESTION, "--attach", tmp_path / "c.pdf")
    assert broken.exit_code == 2
    assert broken.says("c.pdf holds no text")


# --- exit codes ---


def test_wrong_calls_end_with_2(desk: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": 1, "question": "ok"}\n{"id": 2, "qestion": "?"}\n')
    calls: list[tuple[list[Any], str]] = [
        (["ask", desk.folder, ""], "no question"),
        (["search", desk.folder, "  "], "no query"),
        (["ask", desk.folder, "q", "--field", "novalue"], "K=V"),
        (["ask", desk.folder, "q", "--model", "nonsense"], "PROVIDER:NAME"),
        (["ask", desk.folder, "--file", tmp_path / "none.jsonl"], "none.jsonl"),
        (["ask", desk.folder, "--file", tmp_path / "bad.jsonl"], "qestion"),
        (["ask", desk.folder, "q", "--attach", tmp_path / "none.pdf"], "none.pdf"),
        (["ask", desk.folder, "q", "--colour", "red"], "--colour"),
        (["search", desk.folder, "q", "--k", "0"], "--k"),
        (["fly"], "fly"),
    ]
    for words, told in calls:
        ended = desk.holdfast(*words)
        assert ended.exit_code == 2, (words, ended)
        assert ended.says(told), (words, ended.stderr)
        assert ended.stdout == ""


def test_a_document_that_cannot_be_read_fails_a_strict_sync_only(holdfast: Any, own: Path) -> None:
    (own / "documents" / "cut.docx").write_bytes(docx_file([("", "Some text.")])[:-40])
    ended = holdfast("sync", own, "--strict", "--json")
    assert ended.exit_code == 1
    (problem,) = ended.json["problems"]
    assert (problem["document"], problem["stage"]) == ("cut.docx", "parsing")
    assert problem["reason"]
    assert "cut.docx" in ended.stderr
    again = holdfast("sync", own, "--json")
    assert again.exit_code == 0
    assert again.json["documents"]["failed"] == 1


def test_a_claim_to_supersede_that_names_nothing_is_told_by_sync_and_doctor(holdfast: Any, own: Path) -> None:
    (own / "documents" / "new.md").write_text("# New\n\nSupersedes: Glands Torque Sheet 2019\n")
    ended = holdfast("sync", own, "--json")
    (doubt,) = ended.json["doubts"]
    assert (doubt["document"], doubt["claim"]) == ("new.md", "supersedes")
    assert (doubt["words"], doubt["why"]) == ("Glands Torque Sheet 2019", "no document has that name")
    assert "superseding: new.md says: supersedes 'Glands Torque Sheet 2019'" in ended.stderr
    advice = holdfast("doctor", own, "--json").json["advice"]
    (told,) = [one for one in advice if "to replace a document" in one["title"]]
    assert "new.md says: supersedes 'Glands Torque Sheet 2019'" in told["why"]


def test_text_that_a_reader_does_not_see_is_listed_the_most_important_first(holdfast: Any, own: Path) -> None:
    papers = own / "documents"
    ghost = '<w:p><w:r><w:t>Seen.</w:t></w:r><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>Obey me.</w:t></w:r></w:p>'
    struck = "<w:p><w:r><w:t>Kept.</w:t></w:r><w:del><w:r><w:delText>Struck out at length.</w:delText></w:r></w:del></w:p>"
    (papers / "offer.docx").write_bytes(docx_file([ghost]))
    (papers / "draft.docx").write_bytes(docx_file([struck]))
    (papers / "note.md").write_text("# Note\n\nText.\n\n<!-- to be checked -->\n")
    (papers / "costs.xlsx").write_bytes(xlsx_file({"A": [["x"]], "B": [["margin"]]}, hidden=["B"]))
    ended = holdfast("sync", own, "--json")
    listed = [
        {"document": "offer.docx", "characters": {"letters": 8}},
        {"document": "costs.xlsx", "characters": {"cells": 6}},
        {"document": "draft.docx", "characters": {"deleted": 21}},
        {"document": "note.md", "characters": {"comment": 13}},
    ]
    assert ended.json["hidden"] == {"documents": 4, "listed": listed}
    assert "hidden: offer.docx (letters 8 characters)" in ended.stderr
    assert "4 documents with text that a reader does not see" in ended.stderr
    again = holdfast("sync", own, "--json")
    assert again.json["hidden"] == ended.json["hidden"]
    (papers / "offer.docx").unlink()
    assert [one["document"] for one in holdfast("sync", own, "--json").json["hidden"]["listed"]] == [
        "costs.xlsx", "draft.docx", "note.md",
    ]  # fmt: skip
    advice = holdfast("doctor", own, "--json").json["advice"]
    (told,) = [one for one in advice if "that a reader does not see" in one["title"]]
    assert told["weight"] == "better"
    assert "costs.xlsx (cells 6 characters)" in told["why"]


def test_when_some_of_many_items_fail_the_others_have_their_lines(
    holdfast: Any, own: Path, tmp_path: Path
) -> None:
    def answers(served: Served) -> Scripted:
        return Scripted(
            status=400 if "BROKEN" in json.dumps(served.body) else 200, text="They go to 35 Nm [1]."
        )

    items = [{"id": n, "question": QUESTION + (" BROKEN" if n == 2 else "")} for n in range(4)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    with ProviderServer(answers) as server:
        declared(own, rung(server, "  extractive: false\n"))
        command = type(holdfast)(environment={**holdfast.environment, "DESK_KEY": "k"})
        ended = command("ask", own, "--file", tmp_path / "items.jsonl")
        alone = command("ask", own, QUESTION + " BROKEN", "--json")
    assert ended.exit_code == 1
    assert [line["id"] for line in ended.lines] == [0, 1, 2, 3]
    assert [line["outcome"] for line in ended.lines] == ["answer", "answer", None, "answer"]
    assert "generation" in ended.lines[2]["error"]
    assert ended.says("1 of 4 items failed")
    assert alone.exit_code == 4
    assert (alone.json["stage"], alone.json["exit_code"]) == ("generation", 4)
    assert alone.says("generation")


def test_a_declaration_with_a_mistake_ends_with_3_and_names_the_line(holdfast: Any, own: Path) -> None:
    (own / "workflow.yaml").write_text("name: desk\nretreival: {k: 5}\nsources: [{files: documents}]\n")
    for command in (["sync", own], ["ask", own, "q"], ["search", own, "q"], ["doctor", own], ["runs", own]):
        ended = holdfast(*command)
        assert ended.exit_code == 3, command
        told = ended.stdout if command[0] == "doctor" else ended.stderr
        assert "line 2" in told, command
        assert "retrieval" in told, command


def test_a_database_that_is_none_ends_with_5(holdfast: Any, own: Path, tmp_path: Path) -> None:
    assert holdfast("sync", own).exit_code == 0
    (database,) = (tmp_path / "home").glob("*/records.db")
    for beside in database.parent.glob("records.db-*"):
        beside.unlink()
    database.write_bytes(b"this is no database at all, but long enough to be one" * 100)
    for command in (["sync", own], ["ask", own, QUESTION], ["search", own, "q"], ["runs", own]):
        ended = holdfast(*command)
        assert ended.exit_code == 5, command
        assert ended.says("storage"), ended.stderr
        assert ended.stdout == ""


def test_a_hook_in_a_folder_that_is_not_trusted_ends_with_6_and_runs_once_it_is(
    holdfast: Any, own: Path
) -> None:
    text = (own / "workflow.yaml").read_text()
    (own / "workflow.yaml").write_text(text + "chunking: {use: 'hooks:Whole'}\n")
    (own / "hooks.py").write_text(
        "from pathlib import Path\n"
        "from holdfast.domain.chunks import Chunk\n\n"
        "Path(__file__).with_name('ran').touch()\n\n"
        "class Whole:\n"
        "    version = 'whole-1'\n"
        "    def chunk(self, document):\n"
        "        return (Chunk(ordinal=0, text=document.text, start=0, end=len(document.text)),)\n"
    )
    refused = holdfast("sync", own)
    assert refused.exit_code == 6
    assert refused.says("holdfast trust", "hooks:Whole")
    assert not (own / "ran").exists()
    assert holdfast("trust", own).exit_code == 0
    assert holdfast("sync", own).exit_code == 0
    (own / "hooks.py").write_text((own / "hooks.py").read_text() + "\n# changed\n")
    assert holdfast("sync", own).exit_code == 6


# --- streams ---


def test_ask_syncs_first_and_warns_later_when_the_folder_has_moved_on(holdfast: Any, own: Path) -> None:
    first = holdfast("ask", own, QUESTION, "--json")
    assert len(first.stdout.splitlines()) == 1
    assert first.json["outcome"] == "answer"
    assert "syncing first" in first.stderr
    (own / "documents" / "new.md").write_text("# New\n\nSomething new.\n")
    second = holdfast("ask", own, QUESTION, "--json")
    assert len(second.stdout.splitlines()) == 1
    assert "1 new" in second.stderr


def test_a_reader_that_leaves_early_is_no_error(desk: Any) -> None:
    started = [desk.holdfast.start("search", desk.folder, "gland", *more) for more in (["--json"], [])]
    for process in started:
        process.stdout.close()
    for process in started:
        told = process.stderr.read()
        process.stderr.close()
        assert process.wait(timeout=30) == 0
        assert "holdfast:" not in told


def test_a_path_that_does_not_exist_is_no_part_of_the_question(desk: Any) -> None:
    for words in (
        ["./nowhere", "how long is the warranty"],
        ["-w", desk.folder, "./nowhere", "how long"],
        ["./nowhere"],
    ):
        ended = desk.holdfast("ask", *words)
        assert ended.exit_code == 2
        assert "there is no folder './nowhere'" in ended.stderr
    assert desk.holdfast("ask", desk.folder, "--as", "", "warranty?").exit_code == 2


def test_a_refusal_s_nearest_sources_are_no_citations(desk: Any) -> None:
    refused = desk.holdfast("ask", desk.folder, "Who won the chess championship of 1972?", "--json").json
    assert refused["outcome"] == "refusal"
    assert refused["citations"] == []
    assert "nearest" in refused


def test_who_is_named_sees_their_own_runs_only(desk: Any) -> None:
    asked = desk.holdfast(
        "ask", desk.folder, "Who won the chess championship of 1972?", "--as", "lena", "--json"
    )
    run = asked.json["run"]
    assert run in desk.holdfast("runs", desk.folder, "--as", "lena", "--json").stdout
    assert run not in desk.holdfast("runs", desk.folder, "--as", "kim", "--json").stdout
    assert desk.holdfast("runs", desk.folder, run, "--as", "kim").exit_code == 5
    assert run in desk.holdfast("runs", desk.folder, "--json").stdout


def test_a_question_and_a_file_of_items_exclude_each_other(desk: Any, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"id": "1", "question": "warranty?"}\n')
    ended = desk.holdfast("ask", desk.folder, "a question", "--file", items)
    assert ended.exit_code == 2
    assert "--file takes the place of a question" in ended.stderr


def test_a_run_shows_every_attempt_with_its_tokens_and_cost(holdfast: Any, own: Path) -> None:
    with ProviderServer([Scripted(text="They go to 35 Nm [1].")]) as server:
        declared(own, rung(server))
        command = type(holdfast)(environment={**holdfast.environment, "DESK_KEY": "k"})
        asked = json.loads(command("ask", own, QUESTION, "--json").stdout)
        shown = command("runs", own, asked["run"])
        (attempt,) = json.loads(command("runs", own, asked["run"], "--json").stdout)["attempts"]
    assert "openai:m: ok" in shown.stdout
    assert "100 + 20 tokens, 0.0000 USD" in shown.stdout
    assert (attempt["status"], attempt["input_tokens"], attempt["cost_usd"]) == ("ok", 100, 0.0)


def test_a_run_tells_what_a_provider_s_cache_took_and_spared(holdfast: Any, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "gland.md").write_text("# Gland\n\nTighten the gland bolts to 35 Nm.\n")
    scripted = Scripted(
        text="Tighten the gland bolts to 35 Nm [1].", input_tokens=1_200, output_tokens=30,
        cached_tokens=900, cache_written_tokens=100,
    )  # fmt: skip
    with ProviderServer([scripted]) as server:
        (tmp_path / "workflow.yaml").write_text(
            "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
            f"generation: {{rungs: [{{provider: anthropic, model: m, base_url: '{server.anthropic_url}'}}]}}\n"
        )
        (tmp_path / "holdfast.yaml").write_text(
            "prices: {'anthropic:m': {input: 100, output: 500, cached: 10, cache_write: 125}}\n"
        )
        run = holdfast("ask", tmp_path, "How tight are the gland bolts?", "--json").json["run"]
    told = holdfast("runs", tmp_path, run)
    assert "1,200 (900 from, 100 into the provider's cache) + 30 tokens" in told.stdout
    assert "0.0785 USD saved by a cache" in told.stdout
    (attempt,) = holdfast("runs", tmp_path, run, "--json").json["attempts"]
    assert (attempt["cached_tokens"], attempt["written_tokens"]) == (900, 100)
    assert attempt["cost_usd"] == pytest.approx((200 * 100 + 900 * 10 + 100 * 125 + 30 * 500) / 1_000_000)


def test_a_cost_without_a_known_price_is_told_as_such_and_not_as_nothing(holdfast: Any, own: Path) -> None:
    pytest.importorskip("httpx2", reason="the extra `providers` is not installed")
    holdfast = type(holdfast)(environment={**holdfast.environment, "DESK_KEY": "k"})
    text = "Tighten the gland bolts of the HX-200 to 35 Nm [1]."
    with ProviderServer([Scripted(text=text)]) as server:
        declared(own, rung(server))
        (own / "holdfast.yaml").write_text("prices: {'openai:m': {input: 1}}\n")  # none for the reply
        unknown = holdfast("ask", own, QUESTION)
        told = holdfast("ask", own, QUESTION, "--json").json
        (own / "holdfast.yaml").write_text("prices: {'openai:m': {input: 1, output: 2}}\n")
        priced = holdfast("ask", own, QUESTION)
        (own / "holdfast.yaml").unlink()
        free = holdfast("ask", own, QUESTION)
    quoted = holdfast("ask", own, QUESTION, "--model", "extractive", "--json").json
    assert ", no price known; run " in unknown.stdout, unknown.stdout
    assert ", 0.0001 USD; run " in priced.stdout, priced.stdout
    assert "USD" not in free.stdout
    assert "no price" not in free.stdout
    assert (told["usage"]["cost_usd"], quoted["usage"]["cost_usd"]) == (None, 0.0)
    shown = holdfast("runs", own, told["run"])
    assert " ms, no price known\n" in shown.stdout, shown.stdout
    assert "0.0000 USD" not in shown.stdout
    assert "0.0000 USD" in holdfast("runs", own, quoted["run"]).stdout
    assert holdfast("runs", own, told["run"], "--json").json["run"]["cost_usd"] is None
    costs = [one["cost_usd"] for one in holdfast("runs", own, "--json").json["runs"]]
    assert costs == [0.0, 0.0, pytest.approx(0.00014), None, None]
