"""Bad places, files and questions end the command clearly, and nothing that was indexed is lost."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

QUESTION = "How tight are the gland bolts of the HX-200?"
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
FEW_BYTES = 150_000


def as_anybody() -> None:
    """Give up root's right to pass over permissions, for the program that is started next."""
    libc = ctypes.CDLL(None, use_errno=True)
    for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0) != 0 and os.geteuid() == 0:
            raise OSError(ctypes.get_errno(), "this root may not give up its rights")


def on_a_small_disk() -> None:
    """Let no file grow beyond a few bytes, as a full disk does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (FEW_BYTES, FEW_BYTES))


def run(
    holdfast: Any, *words: str | Path, before: Callable[[], None], **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, prepared by `before`."""
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *map(str, words)], preexec_fn=before, check=False, text=True,
        env=os.environ | dict(holdfast.environment) | environment, capture_output=True, timeout=90,
    )  # fmt: skip


def is_clear(ended: Any) -> bool:
    return "Traceback" not in ended.stderr and "should not have happened" not in ended.stderr


@pytest.fixture
def anybody(tmp_path: Path) -> Callable[[], None]:
    """What has a process see permissions as anybody does, also where the tests run as root."""
    closed = tmp_path / "closed"
    closed.write_text("x")
    closed.chmod(0)
    try:
        tried = subprocess.run(["cat", str(closed)], preexec_fn=as_anybody, check=False, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"permissions NOT TESTED: {error}")
    assert tried.returncode != 0
    return as_anybody


def test_a_read_only_folder_keeps_its_state_elsewhere(
    holdfast: Any, own: Path, tmp_path: Path, anybody: Callable[[], None]
) -> None:
    state = {"HOLDFAST_HOME": "", "XDG_STATE_HOME": str(tmp_path / "state")}
    own.chmod(0o555)
    try:
        ended = run(holdfast, "ask", own, QUESTION, "--json", before=anybody, **state)
    finally:
        own.chmod(0o755)
    assert is_clear(ended)
    assert json.loads(ended.stdout.splitlines()[-1])["outcome"] == "answer", ended.stderr
    assert not (own / ".holdfast").exists()


def test_what_may_not_be_read_is_listed_and_keeps_what_was_indexed(
    holdfast: Any, own: Path, anybody: Callable[[], None]
) -> None:
    assert holdfast("sync", own).exit_code == 0
    (own / "documents" / "closed.md").write_text("# Closed\n")
    (own / "documents" / "closed.md").chmod(0)
    (own / "documents" / "pricing").chmod(0)
    try:
        ended = run(holdfast, "sync", own, "--json", before=anybody)
    finally:
        (own / "documents" / "pricing").chmod(0o755)
    assert is_clear(ended)
    report = json.loads(ended.stdout.splitlines()[-1])
    assert {"closed.md", "pricing"} <= {one["document"].rstrip("/") for one in report["problems"]}
    assert all(one["stage"] and one["reason"] for one in report["problems"])
    assert report["documents"]["removed"] == 0
    found = holdfast("search", own, "HX-200 pump costs", "--group", "sales", "--json").json["hits"]
    assert "pricing/list.md" in {hit["document"] for hit in found}


def test_a_folder_that_may_not_be_read_at_all_is_told(
    holdfast: Any, own: Path, anybody: Callable[[], None]
) -> None:
    assert holdfast("sync", own).exit_code == 0
    (own / "documents").chmod(0)
    try:
        ended = run(holdfast, "sync", own, before=anybody)
    finally:
        (own / "documents").chmod(0o755)
    assert is_clear(ended)
    assert ended.returncode == 5, ended.stderr
    assert "documents" in ended.stderr
    assert holdfast("sync", own, "--json").json["documents"]["unchanged"] == 4


def test_a_disk_that_fills_up_during_a_sync_loses_nothing(holdfast: Any, own: Path) -> None:
    assert holdfast("sync", own).exit_code == 0
    for number in range(30):
        text = f"# Part {number}\n\n" + f"The valve of part {number} opens at {number} bar. " * 300
        (own / "documents" / f"{number}.md").write_text(text)
    ended = run(holdfast, "sync", own, before=on_a_small_disk)
    assert ended.returncode == 5, ended.stderr
    assert is_clear(ended)
    assert any(word in ended.stderr for word in ("disk", "space", "too large")), ended.stderr
    assert holdfast("ask", own, QUESTION, "--json").json["outcome"] == "answer"
    assert holdfast("sync", own, "--json").json["documents"]["failed"] == 0
    assert holdfast("search", own, "valve of part 29", "--json").json["hits"][0]["document"] == "29.md"


@pytest.mark.parametrize("damage", ["garbled", "cut", "not a database", "a folder"])
def test_a_damaged_database_is_told_with_the_way_out(
    holdfast: Any, own: Path, tmp_path: Path, damage: str
) -> None:
    assert holdfast("sync", own).exit_code == 0
    (file,) = (tmp_path / "home").glob("*/records.db")
    for beside in file.parent.glob("records.db-*"):
        beside.unlink()
    data = file.read_bytes()
    if damage == "a folder":
        file.unlink()
        file.mkdir()
    else:
        middle = len(data) // 2
        bad = {"garbled": data[:100] + os.urandom(len(data) - 100), "cut": data[:middle]}
        file.write_bytes(bad.get(damage, b"Dear database, " * 100))
    for command in (("ask", own, QUESTION), ("sync", own), ("runs", own), ("doctor", own)):
        ended = holdfast(*command)
        assert is_clear(ended), ended.stderr
        assert ended.exit_code in (0, 5), ended.stderr
        assert ended.exit_code == 0 or ended.says("records"), ended.stderr
    file.rmdir() if file.is_dir() else file.unlink()
    assert holdfast("sync", own).exit_code == 0
    assert holdfast("ask", own, QUESTION, "--json").json["outcome"] == "answer"


def test_a_prompt_that_includes_itself_is_named(holdfast: Any, own: Path) -> None:
    (own / "prompts").mkdir()
    (own / "prompts" / "item.md.jinja").write_text("{% include 'other.md.jinja' %}")
    (own / "prompts" / "other.md.jinja").write_text("{% include 'item.md.jinja' %}")
    for command in (("ask", own, QUESTION), ("doctor", own)):
        ended = holdfast(*command)
        assert is_clear(ended), ended.stderr
        assert ended.exit_code in (0, 3), ended.stderr
    assert holdfast("ask", own, QUESTION).says("item.md.jinja")


@pytest.mark.parametrize("question", ["", "   ", "\x01\x1b[31m\x02", "\u202e\u200b", '"', "AND", "*", ":"])
def test_a_question_that_says_nothing_ends_clearly(desk: Any, question: str) -> None:
    for command in ("ask", "search"):
        ended = desk.holdfast(command, desk.folder, question, "--json")
        assert ended.exit_code in (0, 2), ended.stderr
        assert is_clear(ended)
        if ended.exit_code == 0 and command == "ask":
            assert ended.json["outcome"] in ("refusal", "question", "escalation")


def test_a_question_of_a_megabyte_is_answered_or_refused_in_seconds(desk: Any, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    long = {"id": "long", "question": "how tight " * 105_000}
    items.write_text("".join(json.dumps(one) + "\n" for one in (long, {"id": "short", "question": QUESTION})))
    ended = desk.holdfast("ask", desk.folder, "--file", items)
    assert ended.exit_code == 0, ended.stderr
    assert [line["outcome"] for line in ended.lines] == ["refusal", "answer"]
