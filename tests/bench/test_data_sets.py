"""A benchmark without its data says what is missing instead of failing in a trace."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_sets import data_sets

BENCH = Path(__file__).resolve().parents[2] / "bench"


def test_the_folder_is_the_one_that_the_variable_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "retrieval").mkdir()
    monkeypatch.setenv("HOLDFAST_DATA", str(tmp_path))
    assert data_sets() == tmp_path
    assert data_sets("retrieval") == tmp_path / "retrieval"


def test_without_the_data_a_benchmark_ends_with_the_next_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HOLDFAST_DATA", raising=False)
    monkeypatch.setattr("sys.argv", ["bench/scale.py", "--queries", "9"])
    with pytest.raises(SystemExit) as ended:
        data_sets()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "HOLDFAST_DATA is not set" in told
    assert "HOLDFAST_DATA=FOLDER python bench/scale.py --queries 9" in told
    monkeypatch.setenv("HOLDFAST_DATA", str(tmp_path))
    with pytest.raises(SystemExit):
        data_sets("retrieval")
    assert f"there is no folder {tmp_path / 'retrieval'}" in capsys.readouterr().err


def test_no_benchmark_reads_the_variable_by_itself() -> None:
    readers = [
        path.relative_to(BENCH).as_posix()
        for path in BENCH.rglob("*.py")
        if path.name != "data_sets.py" and 'environ["HOLDFAST_DATA"' in path.read_text(encoding="utf-8")
    ]
    assert readers == []
