"""Finding a workflow, its workspace and its state."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from holdfast.errors import DeclarationError, NotAllowed, StorageError, UsageError
from holdfast.state import unusable
from holdfast.workspace import (
    Located,
    Workspace,
    database_url,
    load_workspace,
    locate,
    state_folder,
    workflows_of,
)

READ_ONLY = Path("/sys/kernel")
"""A folder in which not even root makes folders; permissions alone do not stop root."""


def workflow(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workflow.yaml").write_text("name: x\n")
    return folder


def workspace(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "holdfast.yaml").write_text("")
    for name in names:
        workflow(folder / "workflows" / name)
    return folder


# --- where a workflow is found ---


def test_a_path_may_be_a_workflow(tmp_path: Path) -> None:
    folder = workflow(tmp_path / "support")
    assert locate(folder, start=tmp_path) == Located(folder=folder)


def test_a_path_may_be_any_folder_of_documents(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    assert locate(Path("documents"), start=tmp_path).folder == tmp_path / "documents"


def test_a_path_may_be_a_workspace_with_one_workflow(tmp_path: Path) -> None:
    root = workspace(tmp_path / "company", "claims")
    assert locate(root, start=tmp_path) == Located(folder=root / "workflows" / "claims", workspace=root)


def test_a_workspace_with_several_workflows_lists_them(tmp_path: Path) -> None:
    root = workspace(tmp_path, "claims", "support")
    with pytest.raises(UsageError) as caught:
        locate(root, start=tmp_path)
    assert "holds 2 workflows" in str(caught.value)
    assert str(root / "workflows" / "claims") in str(caught.value)
    assert [folder.name for folder in workflows_of(root)] == ["claims", "support"]


def test_a_workspace_without_a_workflow_says_where_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"workflows/NAME/workflow\.yaml"):
        locate(workspace(tmp_path), start=tmp_path)


def test_a_workflow_below_workflows_belongs_to_the_workspace_above(tmp_path: Path) -> None:
    root = workspace(tmp_path / "company", "claims", "support")
    assert locate(root / "workflows" / "claims", start=tmp_path).workspace == root


def test_a_workflow_elsewhere_below_a_workspace_does_not_belong_to_it(tmp_path: Path) -> None:
    root = workspace(tmp_path / "company", "claims")
    assert locate(workflow(root / "drafts" / "new"), start=tmp_path).workspace is None


def test_without_a_path_the_workflow_is_found_by_walking_up(tmp_path: Path) -> None:
    root = workspace(tmp_path / "company", "claims", "support")
    deep = root / "workflows" / "support" / "documents" / "manuals"
    deep.mkdir(parents=True)
    assert locate(None, start=deep) == Located(folder=root / "workflows" / "support", workspace=root)


def test_without_a_path_a_workspace_is_found_by_walking_up(tmp_path: Path) -> None:
    root = workspace(tmp_path / "company", "claims")
    (root / "notes").mkdir()
    assert locate(None, start=root / "notes").folder == root / "workflows" / "claims"


def test_where_nothing_is_found_a_folder_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"there is no workflow.yaml in .* or above\. Name a folder.*two lines is enough"
    ):
        locate(None, start=tmp_path)


def test_a_price_that_no_model_can_have_is_told(tmp_path: Path) -> None:
    root = workspace(tmp_path / "company", "claims")
    (root / "holdfast.yaml").write_text("prices: {gpt-5-mini: {input: 1, output: 2}}\n")
    with pytest.raises(DeclarationError, match="such as 'openai:gpt-5-mini'"):
        load_workspace(root)


def test_a_workflow_under_a_wrong_name_is_named_where_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text("name: x\n")
    (tmp_path / "inner").mkdir()
    with pytest.raises(
        UsageError, match=r"workflow\.yml is not read under this name\. Call it workflow\.yaml"
    ):
        locate(None, start=tmp_path / "inner")


def test_a_path_that_is_no_folder_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        locate(tmp_path / "nowhere", start=tmp_path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to somebody else")
def test_a_declaration_that_a_stranger_left_above_is_not_used_unless_it_is_named(tmp_path: Path) -> None:
    folder = workflow(tmp_path / "shared")
    os.chown(folder / "workflow.yaml", 65534, 65534)
    (folder / "mine").mkdir()
    with pytest.raises(NotAllowed, match="belongs to another user"):
        locate(None, start=folder / "mine")
    assert locate(folder, start=tmp_path).folder == folder


# --- holdfast.yaml ---


def test_the_database_is_sqlite_in_the_state_folder_unless_it_is_declared(tmp_path: Path) -> None:
    assert locate(workspace(tmp_path, "claims"), start=tmp_path).database_url == ""
    assert database_url(Workspace()) == ""
    assert load_workspace(None) == Workspace()


def test_the_url_may_come_from_a_variable_or_from_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "holdfast.yaml").write_text("database: {url_env: RECORDS}\n")
    settings = load_workspace(tmp_path)
    (tmp_path / "secret").write_text("postgresql://b\n")
    assert database_url(settings, environ={"RECORDS": "postgresql://a"}) == "postgresql://a"
    assert database_url(settings, environ={"RECORDS_FILE": str(tmp_path / "secret")}) == "postgresql://b"
    with pytest.raises(DeclarationError, match="names RECORDS, which is not set"):
        database_url(settings, environ={})
    with pytest.raises(StorageError, match="RECORDS_FILE"):
        database_url(settings, environ={"RECORDS_FILE": str(tmp_path / "none")})


def test_a_relative_sqlite_path_starts_at_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "holdfast.yaml").write_text("database: {url: 'sqlite:///data/records.sqlite'}\n")
    url = database_url(load_workspace(tmp_path), folder=tmp_path)
    assert url == f"sqlite:///{tmp_path}/data/records.sqlite"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("databse: {}\n", "holdfast.yaml line 1: unknown key 'databse'; did you mean 'database'?"),
        (
            "\ndatabase: {url: 'postgresql://ana:secret@host/x'}\n",
            "line 2: database.url: must not hold a passw",
        ),
        ("database: {url: records.db}\n", "is no URL"),
        ("database: {url: 'sqlite:///x', url_env: X}\n", "write one of `url` and `url_env`"),
        ("- a\n", "holdfast.yaml line 1: is not a list of `key: value` lines"),
    ],
)
def test_a_mistake_in_holdfast_yaml_names_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "holdfast.yaml").write_text(text)
    with pytest.raises(DeclarationError) as caught:
        load_workspace(tmp_path)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_workspace_under_a_wrong_name_is_not_taken_for_a_folder_of_documents(tmp_path: Path) -> None:
    (tmp_path / "holdfast.yml").write_text("")
    with pytest.raises(DeclarationError, match=r"call it holdfast.yaml"):
        locate(tmp_path, start=tmp_path)


# --- the state folder ---


def test_state_lies_in_the_folder_and_out_of_git(tmp_path: Path) -> None:
    state = state_folder(tmp_path, {})
    assert state == tmp_path / ".holdfast"
    assert (state / ".gitignore").read_text() == "*\n"
    assert state_folder(tmp_path, {}) == state


def test_holdfast_home_moves_it_and_keeps_folders_apart(tmp_path: Path) -> None:
    (tmp_path / "a" / "docs").mkdir(parents=True)
    (tmp_path / "b" / "docs").mkdir(parents=True)
    home = {"HOLDFAST_HOME": str(tmp_path / "home")}
    one, two = state_folder(tmp_path / "a" / "docs", home), state_folder(tmp_path / "b" / "docs", home)
    assert one != two
    assert {one.parent, two.parent} == {tmp_path / "home"}
    assert one.name.startswith("docs-")
    assert not (tmp_path / "a" / "docs" / ".holdfast").exists()


def test_one_folder_has_one_state_by_whatever_path_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "link").symlink_to("docs")
    home = {"HOLDFAST_HOME": str(tmp_path / "home")}
    assert state_folder(tmp_path / "docs", home) == state_folder(tmp_path / "link", home)


@pytest.mark.skipif(not READ_ONLY.is_dir(), reason="this system has no folder that is closed to all")
def test_a_read_only_folder_has_its_state_in_the_users_state_folder(tmp_path: Path) -> None:
    state = state_folder(READ_ONLY, {"XDG_STATE_HOME": str(tmp_path)})
    assert state.parent == tmp_path / "holdfast"
    assert state.name.startswith("kernel-")
    assert stat.S_ISDIR(state.stat().st_mode)


@pytest.mark.skipif(not READ_ONLY.is_dir(), reason="this system has no folder that is closed to all")
def test_where_nothing_can_be_written_the_error_says_how_to_move_it() -> None:
    with pytest.raises(StorageError, match="HOLDFAST_HOME"):
        state_folder(READ_ONLY, {"XDG_STATE_HOME": str(READ_ONLY)})


def test_a_file_in_the_place_of_the_state_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / ".holdfast").write_text("")
    with pytest.raises(StorageError, match="A file has its name"):
        state_folder(tmp_path, {})


@pytest.mark.parametrize(
    ("number", "move"),
    [
        (errno.ENOSPC, "The disk is full: free space"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EIO, "rights"),
    ],
)
def test_a_full_disk_is_told_as_such(tmp_path: Path, number: int, move: str) -> None:
    told = unusable(tmp_path, OSError(number, os.strerror(number)))
    assert move in told.move
    assert told.exit_code == 5
