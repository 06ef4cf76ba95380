"""What git holds of a declaration, and a wiring of it beside the live one."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from holdfast.access.trust import trust
from holdfast.declaring.git_tree import point_of, write_declaration
from holdfast.errors import NotAllowed, UsageError
from holdfast.evaluating.apart import at_point
from holdfast.wire import wire

DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    folder = tmp_path / "repository" / "desk"
    (folder / "documents").mkdir(parents=True)
    (folder / "prompts").mkdir()
    (folder / "documents" / "a.md").write_text("# Gland\n\nTighten it to 24 Nm.\n")
    (folder / "prompts" / "system.md").write_text("First.\n")
    (folder / "workflow.yaml").write_text(DECLARATION)
    git(folder.parent, "init", "-q")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example",
                   "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example"}  # fmt: skip
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env=environment)


def commit(folder: Path) -> None:
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-qm", "as it is")


def test_the_declaration_is_of_the_commit_and_everything_else_of_today(desk: Path, tmp_path: Path) -> None:
    (desk / "prompts" / "system.md").write_text("Second.\n")
    (desk / "documents" / "b.md").write_text("New.\n")
    point = point_of(desk, "HEAD")
    assert point is not None
    into = tmp_path / "into"
    into.mkdir()
    write_declaration(desk, point, into)
    assert (into / "prompts" / "system.md").read_text() == "First.\n"
    assert (into / "documents" / "b.md").read_text() == "New.\n"
    assert not (into / ".git").exists()


@pytest.mark.parametrize("ref", ["--output=/tmp/x", "nowhere", "HEAD:desk", ""])
def test_what_is_no_commit_is_none(desk: Path, ref: str) -> None:
    assert point_of(desk, ref) is None


def test_a_folder_without_git_has_no_refs_and_a_commit_without_the_declaration_says_so(
    desk: Path, tmp_path: Path
) -> None:
    assert point_of(tmp_path / "home", "HEAD") is None or not (tmp_path / "home").exists()
    other = desk.parent / "other"
    other.mkdir()
    (other / "workflow.yaml").write_text(DECLARATION)
    point = point_of(other, "HEAD")
    assert point is not None
    with pytest.raises(UsageError, match=r"has no workflow\.yaml in other"):
        write_declaration(other, point, tmp_path)


def test_hooks_of_a_ref_run_only_if_exactly_these_are_trusted(desk: Path) -> None:
    (desk / "hooks.py").write_text("def cut(): ...\n")
    (desk / "workflow.yaml").write_text(f"{DECLARATION}deciding: {{use: 'hooks:cut'}}\n")
    commit(desk)

    async def opened() -> tuple[str, str]:
        live = wire(desk)
        point = point_of(desk, "HEAD")
        assert point is not None
        try:
            async with at_point(live, point, told=lambda _building: None) as beside:
                return live.version.digest, beside.version.digest
        finally:
            live.close()

    with pytest.raises(NotAllowed, match="not those that were trusted"):
        asyncio.run(opened())
    trust(desk)
    live, beside = asyncio.run(opened())
    assert live == beside, "the same declaration over the same index is the same Version"
    (desk / "hooks.py").write_text("def cut(): return 1\n")
    trust(desk)
    with pytest.raises(NotAllowed, match="not those that were trusted"):
        asyncio.run(opened())
