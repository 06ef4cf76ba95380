"""Why a document is not behind an answer: each reason that can stop it, one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import holdfast
from holdfast.cli.main import app
from holdfast.cli.target import local_user
from holdfast.diagnosis.why import Why
from holdfast.domain.access import Principal
from holdfast.errors import UsageError
from holdfast.storage.audit import entries
from holdfast.storage.database import open_database, sqlite_url

QUESTION = "How tight are the gland bolts of the HX-200?"
DECLARATION = "name: desk\nembedding: {model: lsa}\nsources:\n  - {files: documents}\n"
RULES = '"**": [everyone]\n"pricing/**": [sales]\n"pricing/kim.md": ["user:kim"]\n"closed.md": []\n'
PARTS = ("coupling", "bearing", "impeller", "filter", "valve", "hose", "motor", "seal", "shaft", "casing")
DOCUMENTS: Mapping[str, str | bytes] = {
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "warranty.md": "# Warranty\n\nThe warranty of a pump lasts 24 months from delivery.\n",
    "warranty-again.md": "# Warranty\n\nThe warranty of a pump lasts 24 months from delivery.\n",
    "gland-old.md": "---\nsuperseded_by: gland.md\nstatus: superseded\n---\n# Gland\n\nTighten the gland bolts of the HX-200 to 24 Nm.\n",
    "pricing/list.md": "# Price list\n\nThe gland bolts of the HX-200 pump cost 19 EUR a set.\n",
    "pricing/kim.md": "# Rebate\n\nKim gives a rebate on gland bolts of the HX-200.\n",
    "closed.md": "# Plan\n\nThe gland bolts of the HX-200 end in 2031.\n",
    "page.html": "<h1>Store</h1><p>Spare gland rings of the PU-30 are kept in bin 7.</p>"
    "<p style='display:none'>Nobody is to read this hidden line about rings.</p>",
    "empty.md": "",
    "chapel.txt": "Rosamund painted a chapel ceiling with saints.",
    **{f"parts/{part}.md": f"# {part}\n\nThe {part} of the HX-200 is checked each year.\n" for part in PARTS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder that was synced once; each question is asked under a declaration of its own."""

    folder: Path
    state: Path

    def why(
        self, document: str, question: str = QUESTION, *, more: str = "", user: str = "ana",
        groups: tuple[str, ...] = (), source: str = "",
    ) -> Why:  # fmt: skip
        principal = Principal(user=user, groups=frozenset(groups))

        async def asked() -> Why:
            async with holdfast.open(self.folder) as flow:
                return await flow.why(document, question, principal=principal, who="operator", source=source)

        (self.folder / "workflow.yaml").write_text(DECLARATION + more)
        return asyncio.run(asked())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root = tmp_path_factory.mktemp("why")
    folder = root / "work"
    for name, content in {**DOCUMENTS, "permissions.yaml": RULES}.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "workflow.yaml").write_text(DECLARATION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        patch.setenv("HOLDFAST_TRUST_FILE", str(root / "trust.json"))
        with holdfast.open(folder) as flow:
            flow.sync()
        (state,) = (root / "home").iterdir()
        yield Desk(folder=folder, state=state)


def stopped(found: Why) -> tuple[str, str]:
    step = found.stopped_by
    assert step is not None, found.steps
    assert step.move, "a reason without a next move"
    assert all(one.holds for one in found.steps[: found.steps.index(step)])
    return step.name, step.says


def test_what_is_cited_was_stopped_by_nothing(desk: Desk) -> None:
    found = desk.why("gland.md")
    assert found.stopped_by is None
    assert [step.name for step in found.steps] == [
        "known", "parsed", "current", "visible", "found", "fused", "reranked", "prompt", "cited",
    ]  # fmt: skip
    nearest = found.nearest
    assert nearest is not None
    assert nearest.legs["sparse"].rank >= 1
    assert nearest.fused is not None
    assert (nearest.reranked, nearest.passage, found.outcome) == (
        nearest.fused.rank,
        nearest.passage,
        "answer",
    )
    assert nearest.passage is not None


@pytest.mark.parametrize(
    ("name", "move"), [("gland.mf", "gland.md"), ("list.md", "pricing/list.md"), ("GLAND.MD", "gland.md")]
)
def test_an_unknown_name_is_told_with_the_nearest(desk: Desk, name: str, move: str) -> None:
    found = desk.why(name)
    assert stopped(found)[0] == "known"
    assert found.stopped_by is not None
    assert move in found.stopped_by.move
    assert len(found.steps) == 1


def test_a_file_that_is_not_synced_or_left_out_by_rule_is_told(desk: Desk) -> None:
    late, link = desk.folder / "documents" / "late.md", desk.folder / "documents" / "link.md"
    late.write_text("The late gland.")
    link.symlink_to(late)
    try:
        assert "not taken in yet" in stopped(desk.why("late.md"))[1]
        assert "link" in stopped(desk.why("link.md"))[1]
    finally:
        late.unlink()
        link.unlink()


def test_a_file_that_could_not_be_read_is_told_with_its_reason(desk: Desk) -> None:
    step, says = stopped(desk.why("empty.md"))
    assert step == "parsed"
    assert "not taken in (parsing" in says


def test_hidden_text_that_was_left_out_is_told(desk: Desk) -> None:
    parsed = next(step for step in desk.why("page.html").steps if step.name == "parsed")
    assert "that a reader does not see are left out" in parsed.says


def test_a_superseded_document_names_its_successor(desk: Desk) -> None:
    step, says = stopped(desk.why("gland-old.md"))
    assert step == "current"
    assert "not searched" in says
    found = desk.why("gland-old.md", more="retrieval: {exclude: []}\n")
    assert found.stopped_by is None or found.stopped_by.name not in ("current", "visible")


@pytest.mark.parametrize(
    ("document", "words"),
    [("pricing/list.md", "for sales (permissions.yaml line 2: pricing/**)"),
     ("pricing/kim.md", "for user:kim (permissions.yaml line 3: pricing/kim.md)"),
     ("closed.md", "for nobody (permissions.yaml line 4: closed.md)")],
)  # fmt: skip
def test_what_the_principal_may_not_see_names_the_rule_and_none_of_the_text(
    desk: Desk, document: str, words: str
) -> None:
    found = desk.why(document)
    step, says = stopped(found)
    assert step == "visible"
    assert words in says
    shown = command(desk, "why", desk.folder, document, QUESTION, "--json").stdout
    for text in ("19 EUR", "rebate on", "2031", "Price list"):
        assert text not in shown, text
    chunk = json.loads(shown.splitlines()[-1])["chunk"]
    assert (chunk is None) == (document == "closed.md")
    assert chunk is None or (chunk["text"], chunk["section"]) == (None, None)
    assert chunk is None or chunk["legs"]["sparse"]["rank"] >= 1  # where it would be, for whom may see it


def test_who_may_see_it_is_told_by_which_entry(desk: Desk) -> None:
    for user, groups, entry in (("kim", (), "user:kim"), ("ben", ("sales",), "sales")):
        document = "pricing/kim.md" if user == "kim" else "pricing/list.md"
        visible = next(s for s in desk.why(document, user=user, groups=groups).steps if s.name == "visible")
        assert visible.holds
        assert f"as {entry} (permissions.yaml line" in visible.says


def test_a_document_far_below_the_depth_has_its_exact_rank(desk: Desk) -> None:
    found = desk.why(
        "chapel.txt", "gland bolts of the HX-200 checked each year", more="retrieval: {depth: 10, k: 10}\n"
    )
    step, says = stopped(found)
    assert step == "found"
    assert found.nearest is None or found.nearest.legs["dense"].rank > 10
    assert "below the depth" in says or "no word in common" in says


def test_a_document_that_fusion_cuts_off_is_told_its_place(desk: Desk) -> None:
    found = desk.why("parts/hose.md", more="retrieval: {k: 1}\n")
    assert stopped(found) == ("fused", stopped(found)[1])
    assert "1 are handed on" in stopped(found)[1]
    assert found.nearest is not None
    assert found.nearest.fused is not None
    assert found.nearest.fused.rank > 1


def test_a_document_that_reranking_leaves_out_is_told_why(desk: Desk) -> None:
    step, says = stopped(desk.why("parts/hose.md", more="reranking: {keep: 1}\n"))
    assert (step, "not among the first 1" in says) == ("reranked", True)


def test_a_near_duplicate_is_told_what_it_repeats(desk: Desk) -> None:
    both = [desk.why(name, "How long is the warranty?") for name in ("warranty.md", "warranty-again.md")]
    told = [stopped(found) for found in both if found.stopped_by is not None]
    assert any(step == "prompt" and "repeats warranty" in says for step, says in told)


def test_a_passage_too_many_is_told(desk: Desk) -> None:
    step, says = stopped(desk.why("parts/hose.md", more="assembly: {passages: 1}\n"))
    assert (step, "more than 1 passages" in says) == ("prompt", True)


def test_what_is_in_the_prompt_and_not_cited_is_told_who_is(desk: Desk) -> None:
    step, says = stopped(desk.why("page.html"))
    assert step == "cited"
    assert "cites gland" in says


def test_a_rule_that_decides_first_is_told(desk: Desk) -> None:
    rule = "deciding:\n  rules: [{name: r, when: \"any_word('bolts')\", then: escalate, to: desk, because: Bolts go to the desk.}]\n  routes: {desk: {contact: a@example.com}}\n"
    step, says = stopped(desk.why("gland.md", more=rule))
    assert step == "asked"
    assert "Bolts go to the desk" in says


def test_two_sources_with_one_name_are_told_apart(desk: Desk) -> None:
    assert desk.why("gland.md", source="documents").stopped_by is None
    assert stopped(desk.why("gland.md", source="elsewhere"))[0] == "known"


# --- the command ---


def command(desk: Desk, *words: str | Path) -> Any:
    (desk.folder / "workflow.yaml").write_text(DECLARATION)
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="holdfast")


def test_why_prints_its_json_last_and_is_audited(desk: Desk) -> None:
    before = [entry for entry in audited(desk) if entry.action == "document.why"]
    ended = command(
        desk, "why", desk.folder, "gland.md", *QUESTION.split(), "--as", "lena", "--group", "x", "--json"
    )
    assert ended.exit_code == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert set(told) == {
        "v", "document", "question", "user", "groups", "stopped_by", "because", "move", "steps", "chunk", "outcome",
    }  # fmt: skip
    assert set(told["chunk"]) == {
        "chunk", "start", "end", "page", "section", "text", "legs", "fused", "reranked", "passage",
    }  # fmt: skip
    assert all(set(step) == {"step", "holds", "says"} for step in told["steps"])
    assert (told["user"], told["groups"], told["question"]) == ("lena", ["x"], QUESTION)
    assert "35 Nm" in told["chunk"]["text"]
    after = [entry for entry in audited(desk) if entry.action == "document.why"]
    assert len(after) == len(before) + 1
    assert (after[-1].who, after[-1].thing, after[-1].detail) == (local_user(), "gland.md", "as lena in x")


def audited(desk: Desk) -> Any:
    database = open_database(sqlite_url(desk.state / "records.db"))
    with database.read() as connection:
        found = entries(connection, limit=1000)
    database.close()
    return list(reversed(found))


def test_for_people_it_ends_with_the_one_reason_and_the_next_move(desk: Desk) -> None:
    ended = command(desk, "why", desk.folder, "pricing/list.md", QUESTION)
    assert "Stopped by: visible." in ended.stdout
    assert "Next: " in ended.stdout
    assert "nothing stopped it" in command(desk, "why", desk.folder, "gland.md", QUESTION).stdout


@pytest.mark.parametrize("words", [[], ["gland.md"], ["gland.md", " "]])
def test_without_a_document_and_a_question_it_is_a_usage_error(desk: Desk, words: list[str]) -> None:
    ended = command(desk, "why", "-w", desk.folder, *words)
    assert ended.exit_code == 2
    assert "document and a question" in ended.stderr


def test_the_questions_it_asks_leave_no_run(desk: Desk) -> None:
    desk.why("gland.md")
    with holdfast.open(desk.folder) as flow:
        assert flow._flow.runs(principal=Principal(user="ana")) == ((), 0)


def test_a_document_of_two_sources_has_to_be_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    for name in ("a", "b"):
        (tmp_path / "work" / name).mkdir(parents=True)
        (tmp_path / "work" / name / "x.md").write_text(f"# X\n\nThe pump of {name}.\n")
    (tmp_path / "work" / "workflow.yaml").write_text(
        "name: two\nembedding: {model: lsa}\nsources: [{files: a, access: [everyone]}, {files: b, access: [sales]}]\n"
    )
    both = Desk(folder=tmp_path / "work", state=tmp_path)

    async def asked(source: str) -> Why:
        async with holdfast.open(both.folder) as flow:
            await flow.sync()
            return await flow.why("x.md", "pump", principal=Principal(user="ana"), source=source)

    with pytest.raises(UsageError, match="--source"):
        asyncio.run(asked(""))
    assert stopped(asyncio.run(asked("b")))[0] == "visible"
