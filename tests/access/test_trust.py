"""Trust in a folder's code: given, ended, kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.access.hook_files import read_hook_files
from holdfast.access.trust import is_trusted, require_trust, trust, trust_file, untrust
from holdfast.errors import DeclarationError, NotAllowed, StorageError, UsageError

HOOK = "def by_clause(): ...\n"


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "configuration" / "trust.json"
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(file))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "support"
    made.mkdir()
    (made / "hooks.py").write_text(HOOK)
    return made


def trusted_now(folder: Path) -> bool:
    return is_trusted(folder, read_hook_files(folder).digest)


def test_a_folder_is_not_trusted_until_somebody_says_so(folder: Path) -> None:
    assert not trusted_now(folder)
    trust(folder)
    assert trusted_now(folder)
    assert untrust(folder)
    assert not trusted_now(folder)
    assert not untrust(folder)


def test_trust_says_what_it_covers(folder: Path) -> None:
    (folder / "clauses").mkdir()
    (folder / "clauses" / "__init__.py").write_text("")
    (folder / "clauses" / "numbered.py").write_text("")
    assert trust(folder).files == ("clauses/__init__.py", "clauses/numbered.py", "hooks.py")


@pytest.mark.parametrize("change", ["hooks.py", "beside.py", "package/__init__.py"])
def test_a_changed_or_new_python_file_ends_the_trust(folder: Path, change: str) -> None:
    trust(folder)
    (folder / change).parent.mkdir(exist_ok=True)
    (folder / change).write_text("import os\n")
    assert not trusted_now(folder)


def test_a_removed_python_file_ends_the_trust(folder: Path) -> None:
    (folder / "beside.py").write_text("")
    trust(folder)
    (folder / "beside.py").unlink()
    assert not trusted_now(folder)


def test_documents_and_declarations_do_not_end_the_trust(folder: Path) -> None:
    trust(folder)
    (folder / "workflow.yaml").write_text("name: x")
    (folder / "documents").mkdir()
    (folder / "documents" / "listing.py").write_text("a document")
    (folder / ".hidden.py").write_text("")
    assert trusted_now(folder)


def test_a_copy_of_a_trusted_folder_is_not_trusted(folder: Path, tmp_path: Path) -> None:
    trust(folder)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "hooks.py").write_text(HOOK)
    assert not trusted_now(tmp_path / "copy")


def test_a_folder_reached_by_a_link_is_the_same_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    trust(tmp_path / "link")
    assert trusted_now(folder)


def test_linked_python_files_are_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text("")
    (folder / "linked.py").symlink_to(tmp_path / "elsewhere.py")
    assert list(read_hook_files(folder).sources) == ["hooks.py"]


def test_nothing_is_trusted_where_there_is_no_code(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no Python file"):
        trust(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        trust(tmp_path / "nowhere")
    assert not is_trusted(tmp_path, "")


def test_the_record_is_the_users_alone(folder: Path, record: Path) -> None:
    trust(folder)
    assert record.stat().st_mode & 0o777 == 0o600
    assert record.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in record.parent.iterdir() if path.name.startswith(".trust-")] == []


def test_a_record_that_others_may_write_proves_nothing(folder: Path, record: Path) -> None:
    trust(folder)
    record.chmod(0o666)
    with pytest.raises(StorageError, match="may be written by other users"):
        trusted_now(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"folders": 3}', "\x00"])
def test_a_damaged_record_is_told_and_trusts_nobody(folder: Path, record: Path, content: str) -> None:
    record.parent.mkdir()
    record.write_text(content)
    record.chmod(0o600)
    with pytest.raises(StorageError, match="is damaged"):
        trusted_now(folder)


def test_processes_that_trust_at_the_same_time_lose_nothing(tmp_path: Path, record: Path) -> None:
    folders = [tmp_path / f"workflow-{number}" for number in range(4)]
    for one in folders:
        one.mkdir()
        (one / "hooks.py").write_text("")
    program = "import sys; from pathlib import Path; from holdfast.access.trust import trust; trust(Path(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", program, str(one)]) for one in folders]
    assert [process.wait(timeout=20) for process in started] == [0] * len(folders)
    assert len(json.loads(record.read_text())["folders"]) == len(folders)
    assert all(trusted_now(one) for one in folders)


def test_the_error_names_folder_hook_and_command(folder: Path) -> None:
    hooks = read_hook_files(folder)
    with pytest.raises(NotAllowed) as caught:
        require_trust(hooks, use="hooks:by_clause")
    assert caught.value.exit_code == 6
    assert all(
        part in str(caught.value) for part in (str(folder), "hooks:by_clause", f"holdfast trust {folder}")
    )
    trust(folder)
    require_trust(hooks, use="hooks:by_clause")
    (folder / "hooks.py").write_text("import os")
    with pytest.raises(NotAllowed, match="have changed since it was trusted"):
        require_trust(read_hook_files(folder), use="hooks:by_clause")


def test_the_record_lies_in_the_users_configuration(tmp_path: Path) -> None:
    assert trust_file({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "holdfast" / "trust.json"
    assert trust_file({"XDG_CONFIG_HOME": "relative"}) == Path.home() / ".config" / "holdfast" / "trust.json"


def test_more_code_than_hooks_may_have_is_refused(folder: Path) -> None:
    (folder / "huge.py").write_bytes(b"#" * 3_000_000)
    with pytest.raises(DeclarationError, match="more Python code than hooks may have"):
        read_hook_files(folder)


def test_a_pipe_that_is_called_a_python_file_does_not_hang(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    assert list(read_hook_files(folder).sources) == ["hooks.py"]
