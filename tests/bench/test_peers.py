from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from peers.comparing import Measured, Plan, Seat, compare
from peers.corpus import part_of
from peers.environments import NoEnvironment, home_of, python_of, refuse_graphics, requirements
from peers.minilm import MiniLM, Stopwatch
from peers.processes import PeerFailed, PeerProcess
from peers.table import ahead, differences, markdown, row_of

from holdfast.evaluation.beir import Judged

HERE = Path(__file__).parent
PEERS = ("bare", "haystack", "langchain", "llamaindex", "txtai")
SPLIT = {"langchain_split": "langchain", "txtai_split": "txtai"}
MODEL = {"graph": "", "tokenizer": "", "max_tokens": 256, "threads": 1}
DOCUMENTS = [
    {"id": "a", "title": "pumps", "body": "gland bolts"},
    {"id": "b", "title": "", "body": "warranty period"},
]
RELEVANCE = [{"a": 1}, {"b": 1}]
QUERIES = ["pumps and gland bolts", "warranty period"]


def seat(name: str = "fake", module: str = "fake_peer") -> Seat:
    return Seat(name=name, title=name, module=module, python=Path(sys.executable), search=(HERE,))


def plan(logs: Path, **changes: object) -> Plan:
    given = {
        "documents": DOCUMENTS, "queries": QUERIES, "model": MODEL, "relevance": RELEVANCE, "starts": 1, "syncs": 1,
        "rounds": 2, "logs": logs,
    }  # fmt: skip
    return Plan(**{**given, **changes})


def measured(title: str, *, found: str, times: float) -> Measured:
    return Measured(
        title=title, import_s=[times], sync_s=[10 * times], outside_s=[2 * times], texts=7,
        scores={"one": [float(found == "a"), 1.0]}, took_ms=[10.0 * times, 20.0 * times],
        resident_mb=100 * times,
    )  # fmt: skip


@pytest.mark.parametrize("name", [*PEERS, *SPLIT, "holdfast"])
def test_an_adapter_can_be_imported_without_its_peer_and_describes_itself(name: str) -> None:
    adapter = import_module(f"peers.{name}")
    assert adapter.TITLE
    assert adapter.HOW
    assert adapter.PACKAGES
    assert adapter.WAYS


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_that_is_not_there_says_which_environment_it_needs(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = import_module(f"peers.{name}")
    for package in ("bm25s", "haystack", "langchain_classic", "llama_index.core", "txtai"):
        monkeypatch.setitem(sys.modules, package, None)
    wanted = f"{name} cannot be imported here .*requirements-{name}.txt"
    with pytest.raises(import_module("peers.wanted").PeerMissing, match=wanted):
        adapter.System(MiniLM(**MODEL))


@pytest.mark.parametrize(("name", "whole"), SPLIT.items())
def test_a_peer_with_documents_cut_is_the_same_in_the_same_environment(name: str, whole: str) -> None:
    split, plain = import_module(f"peers.{name}"), import_module(f"peers.{whole}")
    assert whole == split.ENVIRONMENT
    assert split.WAYS == plain.WAYS
    assert issubclass(split.System, plain.System)
    assert (split.System.is_split, plain.System.is_split) == (True, False)


@pytest.mark.parametrize("name", PEERS)
def test_requirements_are_names_and_versions_and_nothing_else(name: str) -> None:
    lines = requirements(name).read_text(encoding="utf-8").splitlines()
    assert lines
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)]
    assert odd == []


def test_no_peer_is_a_dependency() -> None:
    declared = (HERE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    locks = "".join(path.read_text(encoding="utf-8") for path in HERE.parents[1].glob("requirements*.lock"))
    for name in ("llama-index", "haystack-ai", "txtai", "langchain", "bm25s"):
        assert f'"{name}' not in declared
        assert f"\n{name}" not in locks


def test_the_page_of_peers_names_every_adapter() -> None:
    text = (HERE.parents[1] / "bench" / "peers" / "README.md").read_text(encoding="utf-8")
    assert all(import_module(f"peers.{name}").TITLE in text for name in PEERS)


def test_every_file_of_the_comparison_opens_with_a_sentence() -> None:
    for path in (HERE.parents[1] / "bench" / "peers").glob("*.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path.name
        assert docstring.splitlines()[0].endswith((".", ":", "out."))


def test_a_system_is_started_synced_and_asked_through_its_process(tmp_path: Path) -> None:
    fake = compare([seat()], plan(tmp_path, starts=2))["fake"]
    assert fake.failed == ""
    assert len(fake.import_s) == 2
    assert fake.texts == 2
    assert 0 <= fake.outside_s[0] <= fake.sync_s[0]
    assert fake.way == "most"
    assert fake.scores["most"] == [1.0, 1.0]
    assert fake.scores["fewest"] == pytest.approx([0.631, 0.631], abs=0.001)
    assert len(fake.took_ms) == 4


def test_the_way_that_ranks_best_is_the_row_and_the_others_are_told(tmp_path: Path) -> None:
    row = row_of(compare([seat()], plan(tmp_path))["fake"])
    assert row.way == "most"
    assert row.ndcg == 1.0
    assert row.others["fewest"] == pytest.approx(0.631, abs=0.001)


def test_a_peer_that_fails_says_why_and_the_others_go_on(tmp_path: Path) -> None:
    poisoned = [*DOCUMENTS, {"id": "c", "title": "", "body": "poison"}]
    assert (
        compare([seat()], plan(tmp_path, documents=poisoned))["fake"].failed
        == "ValueError: a poisoned document"
    )
    both = compare([seat("gone", "no_such_peer"), seat()], plan(tmp_path))
    assert "No module named 'no_such_peer'" in both["gone"].failed
    assert both["fake"].scores["most"] == [1.0, 1.0]


def test_a_peer_that_dies_in_the_middle_is_named_with_its_log(tmp_path: Path) -> None:
    with PeerProcess(Path(sys.executable), "fake_peer", log=tmp_path / "fake.log", search=[HERE]) as process:
        process.ask(do="load", model=MODEL)
        with pytest.raises(PeerFailed, match=r"its process ended .*fake\.log"):
            process.ask(do="ask", queries=["die"], way="most", k=10)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_resident_memory_is_that_of_the_peers_process(tmp_path: Path) -> None:
    with PeerProcess(Path(sys.executable), "fake_peer", log=tmp_path / "fake.log", search=[HERE]) as process:
        process.ask(do="load", model=MODEL)
        assert 1 < (process.resident_mb() or 0) < 1000


def test_the_table_holds_each_figure_and_its_ratio_to_holdfast() -> None:
    rows = {
        "holdfast": row_of(measured("Holdfast", found="a", times=1)),
        "slow": row_of(measured("Slow", found="b", times=3)),
    }
    lines = markdown(rows).splitlines()
    assert lines[2] == "| Holdfast | 1.000 | 1.00 | 10.0 | 2.00 | 15.0 | 19.5 | 100 | 7 |"
    assert lines[3] == (
        "| Slow | 0.500 | 3.00 (x3) | 30.0 (x3) | 6.00 (x3) | 45.0 (x3) | 58.5 (x3) | 300 (x3) | 7 |"
    )


def test_a_peer_that_is_ahead_is_named_measure_by_measure() -> None:
    rows = {
        "holdfast": row_of(measured("Holdfast", found="b", times=1)),
        "swift": row_of(measured("Swift", found="a", times=0.5)),
        "slow": row_of(measured("Slow", found="b", times=2)),
    }
    told = ahead(rows)
    assert told[0].startswith("nDCG@10: ahead of Holdfast Swift +0.500 [")
    assert "query p50, ms: ahead of Holdfast Swift x0.5." in told
    assert differences(rows)[1] == "Slow (one): +0.000 [+0.000, +0.000]"


def test_where_no_peer_is_ahead_that_is_said() -> None:
    rows = {
        "holdfast": row_of(measured("Holdfast", found="a", times=1)),
        "slow": row_of(measured("Slow", found="b", times=2)),
    }
    assert all(line.endswith("no peer is ahead.") for line in ahead(rows))


def test_memory_that_was_not_measured_is_no_lead() -> None:
    first = measured("Holdfast", found="a", times=1)
    first.resident_mb = None
    rows = {
        "holdfast": row_of(first),
        "other": row_of(measured("Other", found="a", times=1)),
    }
    assert ahead(rows)[-1] == "resident, MB: not measured."
    assert "| - |" in markdown(rows).splitlines()[2]


def test_calls_that_overlap_count_once() -> None:
    watch = Stopwatch()
    with watch.running(3), watch.running(4):
        pass
    assert watch.texts == 7
    once = watch.seconds
    watch.reset()
    assert once > 0
    assert watch.seconds == 0


def test_an_environment_that_is_ready_is_used_as_it_is(tmp_path: Path) -> None:
    home = home_of("txtai", tmp_path)
    home.mkdir()
    (home / ".ready").touch()
    assert python_of("txtai", tmp_path, within_s=1) == home / "bin" / "python"


def test_a_build_for_graphics_cards_is_refused_before_it_is_fetched() -> None:
    def report(*names: str) -> str:
        return json.dumps({"install": [{"metadata": {"name": name}} for name in names]})

    refuse_graphics("txtai", report("torch", "txtai"))
    with pytest.raises(NoEnvironment, match=r"1 packages such as nvidia-cublas.* Point pip at a build"):
        refuse_graphics("txtai", report("torch", "nvidia-cublas"))


def test_a_part_of_a_corpus_keeps_what_the_questions_need() -> None:
    documents = [{"id": name, "title": "", "body": ""} for name in "abcde"]
    judged = [Judged(id="q", text="?", relevance={"e": 1, "a": 0})]
    assert [one["id"] for one in part_of(documents, judged, 2)] == ["a", "e"]
    assert [one["id"] for one in part_of(documents, judged, 0)] == ["e"]
    assert part_of(documents, judged, None) == documents


def test_a_folder_in_another_layout_is_refused_in_words(tmp_path: Path) -> None:
    script = HERE.parents[1] / "bench" / "peers" / "run.py"
    ended = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("peers: ")
    assert "BEIR layout" in ended.stderr


def test_the_script_runs_beside_adapters_that_bear_their_peers_names() -> None:
    script = HERE.parents[1] / "bench" / "peers" / "run.py"
    shown = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True)
    assert "--environments" in shown.stdout
