"""`holdfast tune` on a folder whose declaration leaves headings out, where only headings tell pumps apart."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner, Result

from holdfast.app import Wiring
from holdfast.cli.main import app
from holdfast.errors import DeclarationError
from holdfast.evaluation.proposing import apply, proposed
from holdfast.evaluation.search_space import candidates_of
from holdfast.evaluation.trying import Clock
from holdfast.trials import Trials
from holdfast.wire import wire
from holdfast.workflow import load_workflow

DECLARATION = """\
# What the desk reads.
name: desk
embedding: {model: lsa}   # no network here
sources:
  - files: documents

chunking:
  # Headings looked like noise once.
  heading_context: false
"""
CASE = """\
  - id: torque-{n}
    question: How tight are the cover bolts of the {pump}?
    principal: {{user: ana}}
    expect:
      outcome: answer
      evidence:
        - {{document: {pump}.md, quote: "Tighten the cover bolts to {nm} Nm."}}
"""
PUMPS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    folder: Path
    run: Callable[..., Result]


def pumps() -> Iterator[tuple[str, int, str]]:
    rng = random.Random(3)
    words = [
        f"{a}{b}" for a in ("pa", "ri", "so", "tu", "ve", "mo") for b in ("lan", "mek", "dor", "nis", "gat")
    ]
    for n in range(PUMPS):
        pump = f"QX-{100 + 7 * n}"
        filler = [" ".join(rng.choices(words, k=11)).capitalize() + "." for _ in range(30)]
        text = f"# Pump {pump}\n\n## General\n\n{' '.join(filler)}\n\n## Cover\n\nTighten the cover bolts to {20 + n} Nm. "
        yield pump, 20 + n, text + " ".join(filler[:5]) + "\n"


def desk_in(root: Path, *, cases: int = PUMPS) -> Desk:
    folder = root / "work"
    for name in ("documents", "golden"):
        (folder / name).mkdir(parents=True)
    (folder / "workflow.yaml").write_text(DECLARATION)
    (folder / "documents" / "permissions.yaml").write_text('"**": [everyone]\n')
    written = []
    for n, (pump, nm, text) in enumerate(pumps()):
        (folder / "documents" / f"{pump}.md").write_text(text)
        written.append(CASE.format(n=n, pump=pump, nm=nm))
    (folder / "golden" / "torques.yaml").write_text("cases:\n" + "".join(written[:cases]))
    environment = {
        "HOLDFAST_HOME": str(root / "home"),
        "HOLDFAST_DEBUG": "1",
        "TERM": "dumb",
        "COLUMNS": "200",
    }

    def run(*words: str | Path) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], env=environment, prog_name="holdfast")

    assert run("sync", folder).exit_code == 0
    return Desk(folder=folder, run=run)


def state_of(desk: Desk) -> dict[str, str]:
    """Return a digest of every file below the state folder, those that a reader of SQLite touches left out."""
    home = desk.folder.parent / "home"
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm")) and "records.db" not in path.name
    }


def test_the_setting_that_is_truly_better_is_recommended_and_written_and_the_index_stays(
    tmp_path: Path,
) -> None:
    # One test: the run is long, and a fixture would be made anew by every process of the suite.
    desk = desk_in(tmp_path)
    before = state_of(desk)
    search = ("search", desk.folder, "cover bolts of the QX-107", "--json")
    first = desk.run(*search).stdout
    result = desk.run("tune", desk.folder, "--gain", "0.2", "--apply", "--json")
    assert result.exit_code == 0, result.stderr

    told = json.loads(result.stdout.splitlines()[-1])
    assert told["recommended"] is not None, told["reason"]
    assert told["recommended"]["chunking.heading_context"] is True
    assert told["expected"]["interval"][0] > 0
    assert told["expected"]["gain"] > 0.1
    assert told["complete"] is True
    assert told["cases"] == told["groups"] == PUMPS
    assert told["tried"][0] == {**told["tried"][0], "changes": {}, "gain": 0.0}

    changed = [line for line in told["diff"].splitlines()[2:] if line[0] in "+-"]
    assert changed[:2] == ["-  heading_context: false", "+  heading_context: true"]
    assert all(line.startswith("+") for line in changed[2:])
    assert told["applied"] is True
    text = (desk.folder / "workflow.yaml").read_text()
    assert text.startswith(DECLARATION.replace("heading_context: false", "heading_context: true"))
    assert load_workflow(desk.folder).settings.chunking.heading_context is True

    assert state_of(desk) == before
    assert desk.run(*search).stdout == first


def test_a_proposal_writes_nothing_until_it_is_applied(tmp_path: Path) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_text(DECLARATION)
    proposal = proposed(file, {"chunking.size": 1200, "retrieval.depth": 30})
    assert file.read_text() == DECLARATION
    assert "+  size: 1200\n" in proposal.diff
    file.write_text(DECLARATION + "# later\n")
    with pytest.raises(DeclarationError, match="changed while its settings were measured"):
        apply(proposal)
    assert file.read_text() == DECLARATION + "# later\n"
    apply(proposed(file, {"chunking.size": 1200}))
    assert "# later" in file.read_text()


def test_too_few_cases_are_refused_with_the_count_that_is_needed(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, cases=5)
    result = desk.run("tune", desk.folder)
    assert result.exit_code == 2
    assert (
        "5 golden cases can be measured; to see a gain of 0.1 with probability 0.8, 39 are needed"
        in result.stderr
    )


def test_a_quote_that_does_not_stand_in_its_document_is_told_with_its_line(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, cases=5)
    file = desk.folder / "golden" / "torques.yaml"
    file.write_text(file.read_text().replace("to 21 Nm", "to 99 Nm"))
    result = desk.run("tune", desk.folder)
    assert (
        "golden/torques.yaml line 9 (torque-1): the quote of line 15 does not stand in QX-107.md"
        in result.stderr
    )


class Interrupting(Clock):
    """A clock at which somebody presses Ctrl-C when the documents are written and nothing is published."""

    checks: ClassVar[list[int]] = []

    async def check(self) -> None:
        self.checks.append(1)
        if len(self.checks) == 2:
            raise KeyboardInterrupt


def test_an_interrupt_leaves_no_index_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_in(tmp_path, cases=5)
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    live: Wiring = wire(desk.folder)

    async def half() -> None:
        async with Trials(live, deepest=100).open(live.settings, Interrupting(0.0)):
            pass

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(half())
    live.close()
    assert list(scratch.iterdir()) == []


def test_help_shows_how_it_is_called() -> None:
    result = CliRunner().invoke(app, ["tune", "--help"], prog_name="holdfast")
    assert result.exit_code == 0
    assert "holdfast tune --apply" in result.stdout


def test_candidates_leave_a_part_of_the_workflow_s_own_alone(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").write_text("name: desk\nretrieval: {sparse_weight: 0.4}\n")
    settings = load_workflow(tmp_path).settings
    own = settings.model_copy(update={"chunking": settings.chunking.model_copy(update={"use": "hooks:Cut"})})
    assert {key for one in candidates_of(settings) for key in one.changes} == {
        "retrieval.sparse_weight", "retrieval.depth", "indexing.stemming", "chunking.heading_context", "chunking.size",
    }  # fmt: skip
    assert not any(key.startswith("chunking") for one in candidates_of(own) for key in one.changes)
    assert candidates_of(settings)[0].changes == {}
    assert max(len(one.changes) for one in candidates_of(settings)) == 2


def test_a_value_that_its_section_refuses_beside_the_others_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").write_text("name: desk\nchunking: {size: 1800, overlap: 500}\n")
    sizes = {one.settings.chunking.size for one in candidates_of(load_workflow(tmp_path).settings)}
    assert sizes == {1200, 1800}
