"""`holdfast eval` on a desk whose model is a scripted provider on this machine."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa

from holdfast.storage import experiments as store
from holdfast.storage.database import open_database, sqlite_url
from holdfast.storage.schema import case_runs, ledger
from holdfast.testing.provider import BatchScript, Fault, ProviderServer, Scripted, Served

PUMPS = tuple(f"HX-{100 + 10 * n}" for n in range(12))
CASE = """\
  - id: torque-{pump}
    kind: {kind}
    question: How tight are the gland bolts of the {pump}?
    principal: {{user: ana}}
    expect:
      outcome: answer
      facts: ["{nm} Nm"]
      evidence: [{{document: {pump}.md, quote: "Tighten the gland bolts of the {pump} to {nm} Nm."}}]
"""
TORQUE = {pump: 20 + n for n, pump in enumerate(PUMPS)}


def desk(
    folder: Path, url: str, *, pumps: tuple[str, ...] = PUMPS, high_risk: tuple[str, ...] = (), more: str = ""
) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "golden").mkdir()
    for pump in pumps:
        text = f"# Gland of the {pump}\n\nTighten the gland bolts of the {pump} to {TORQUE[pump]} Nm.\n"
        (folder / "documents" / f"{pump}.md").write_text(text)
    cases = "".join(
        CASE.format(pump=pump, nm=TORQUE[pump], kind="high-risk" if pump in high_risk else "common")
        for pump in pumps
    )
    (folder / "golden" / "cases.yaml").write_text(f"cases:\n{cases}")
    (folder / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
        f"generation:\n  rungs: [{{provider: openai, model: gpt-4o-mini, base_url: '{url}', key_env: DESK_KEY}}]\n  extractive: false\n{more}"
    )
    return folder


def asked_of(request: Served) -> str:
    """Return the pump that a prompt asks for."""
    text = json.dumps(request.body["messages"][-1])
    asked = text.rpartition("gland bolts of the ")[2]
    return next(pump for pump in PUMPS if asked.startswith(pump)) if asked else ""


def right(request: Served) -> Scripted:
    pump = pump_of(request)
    return Scripted(text=f"Tighten the gland bolts of the {pump} to {TORQUE[pump]} Nm [1].")


def pump_of(request: Served) -> str:
    text = json.dumps(request.body["messages"])
    counts = Counter({pump: text.count(f"How tight are the gland bolts of the {pump}?") for pump in PUMPS})
    return counts.most_common(1)[0][0]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_KEY", "sk-test-0000000000000000")


@contextmanager
def served(answer: Callable[[Served], Scripted]) -> Iterator[ProviderServer]:
    with ProviderServer(answer) as server:
        yield server


def git(folder: Path, *words: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example",
                   "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example"}  # fmt: skip
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env=environment)


def test_the_cases_are_worked_and_told_as_the_contract_says(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        ended = holdfast("eval", folder, "--json")
    told = ended.json
    assert (ended.exit_code, told["v"], told["cases"], told["not_run"]) == (0, 1, 12, [])
    assert set(told) >= {"experiment", "result", "metrics", "failures", "cost_usd", "took_s"}
    assert told["cost_usd"] == 0, "a model on this machine costs nothing"
    for figures in told["metrics"].values():
        assert set(figures) >= {
            "value",
            "interval",
            "baseline",
            "difference",
            "difference_interval",
            "result",
        }
        assert figures["baseline"] is None
    right_outcome = told["metrics"]["outcome_right"]
    assert right_outcome["value"] == 1.0
    assert right_outcome["interval"][0] < 0.8, "twelve cases are not certainty"


def test_a_ref_is_run_apart_and_a_harm_is_found(holdfast: Any, tmp_path: Path) -> None:
    """The declaration of the ref asks another model; its answers are wrong."""

    def answer(request: Served) -> Scripted:
        if request.body["model"] == "gpt-4o":
            return Scripted(text="The documents do not say.")
        return right(request)

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "good")
        declared = folder / "workflow.yaml"
        declared.write_text(declared.read_text().replace("gpt-4o-mini", "gpt-4o"))
        html, markdown, junit = (tmp_path / name for name in ("r.html", "r.md", "r.xml"))
        ended = holdfast(
            "eval",
            folder,
            "--against",
            "HEAD",
            "--json",
            "--html",
            html,
            "--markdown",
            markdown,
            "--junit",
            junit,
        )
        told = ended.json
        assert (ended.exit_code, told["result"]) == (1, "fail"), ended.stderr
        right_outcome = told["metrics"]["outcome_right"]
        assert (right_outcome["baseline"], right_outcome["value"], right_outcome["result"]) == (
            1.0,
            0.0,
            "worse",
        )
        assert right_outcome["difference_interval"][1] < 0
        assert len(told["changed"]) == 12
        asked = Counter(request.body["model"] for request in server.requests)
        again = holdfast("eval", folder, "--against", "HEAD", "--fresh", "--json")
        assert again.exit_code == 1
    assert "<script" not in html.read_text()
    assert "FAILS" in markdown.read_text()
    suite = ET.fromstring(junit.read_bytes())
    assert suite.find("testcase[@name='gate']/failure") is not None
    assert asked["gpt-4o-mini"] >= 12


def test_what_is_the_same_is_not_called_worse_and_is_not_paid_twice(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "good")
        assert holdfast("eval", folder, "--json").exit_code == 0
        paid = len(server.requests)
        told = holdfast("eval", folder, "--against", "HEAD", "--extra-runs", "0", "--json")
        assert "was worked before" in told.stderr
        assert len(server.requests) == paid + 12
    assert told.exit_code == 0
    assert told.json["metrics"]["outcome_right"]["result"] != "worse"
    assert told.json["changed"] == []
    assert any("both sides read today's documents" in note for note in told.json["notes"])


def test_a_provider_that_is_down_is_not_run_neither_pass_nor_fail(holdfast: Any, tmp_path: Path) -> None:
    is_down = True

    def answer(request: Served) -> Scripted:
        if is_down and pump_of(request) in PUMPS[:3]:
            return Scripted(status=503)
        return right(request)

    with served(answer) as server:
        folder = desk(
            tmp_path / "desk",
            server.openai_url,
            more="  breaker: {calls_at_least: 1000}\nevaluation: {patience_s: 0}\n",
        )
        ended = holdfast("eval", folder, "--json")
        told = ended.json
        assert (ended.exit_code, told["result"], told["cases"]) == (0, "unclear", 9)
        assert {one["case"] for one in told["not_run"]} == {f"torque-{pump}" for pump in PUMPS[:3]}
        assert told["metrics"]["outcome_right"]["value"] == 1.0
        is_down = False
        asked = len(server.requests)
        went_on = holdfast("eval", folder, "--json")
    assert went_on.json["experiment"] == told["experiment"]
    assert (went_on.json["cases"], went_on.json["not_run"]) == (12, [])
    assert len(server.requests) - asked == 3, "what was done is not paid again"


@pytest.mark.parametrize("last", ["", "extractive"], ids=["no other rung", "a lesser route"])
def test_cases_wait_for_the_rest_of_a_breaker_and_go_on(holdfast: Any, tmp_path: Path, last: str) -> None:
    down = iter(range(5))

    def answer(request: Served) -> Scripted:
        return Scripted(status=503) if next(down, None) is not None else right(request)

    with served(answer) as server:
        more = (
            "  retry: {tries: 1}\n  breaker: {calls_at_least: 2, rest_s: 0.2}\nevaluation: {patience_s: 60}\n"
        )
        folder = desk(tmp_path / "desk", server.openai_url, more=more)
        if last:
            declared = folder / "workflow.yaml"
            declared.write_text(declared.read_text().replace("extractive: false", "extractive: true"))
        told = holdfast("eval", folder, "--at-once", "4", "--json").json
        asked = len(server.requests)
    assert (told["cases"], told["not_run"]) == (12, [])
    assert told["metrics"]["outcome_right"]["value"] == 1.0
    assert asked == 5 + 12, (
        "no case is paid twice, and the breaker kept most calls from a provider that was down"
    )


def test_cases_wait_as_long_as_a_provider_s_rate_limit_says(holdfast: Any, tmp_path: Path) -> None:
    limited = iter(range(3))

    def answer(request: Served) -> Scripted:
        return Scripted(status=429, retry_after="1") if next(limited, None) is not None else right(request)

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url, more="  retry: {tries: 1}\n")
        told = holdfast("eval", folder, "--at-once", "3", "--json").json
    assert (told["cases"], told["not_run"]) == (12, [])


def test_a_provider_down_for_longer_than_the_patience_leaves_cases_not_run(
    holdfast: Any, tmp_path: Path
) -> None:
    with served(lambda _request: Scripted(status=503)) as server:
        more = "  retry: {tries: 1}\n  breaker: {calls_at_least: 2, rest_s: 0.2}\nevaluation: {patience_s: 1.5}\n"
        folder = desk(tmp_path / "desk", server.openai_url, more=more)
        ended = holdfast("eval", folder, "--at-once", "2", "--json")
        asked = len(server.requests)
    assert ended.exit_code == 4
    assert ended.says("none of the", "could be run")
    assert asked < 12, "the breaker was open, and those who waited did not ask"


def test_the_first_sentence_is_timed_while_the_answer_is_written(holdfast: Any, tmp_path: Path) -> None:
    def answer(request: Served) -> Scripted:
        said = right(request).text
        return Scripted(text=f"{said} {said}", pieces=8, first_token_s=0.3, pause_s=0.2)

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3])
        metrics = holdfast("eval", folder, "--json").json["metrics"]
    first, whole = metrics["first_sentence"]["value"], metrics["latency"]["value"]
    assert first >= 0.3 + 3 * 0.2, "half of the pieces are the first sentence"
    assert whole - first > 0.3, "the second one was still to be written"


def test_a_sentence_that_was_taken_back_is_not_the_first(holdfast: Any, tmp_path: Path) -> None:
    cut = iter(range(1))

    def answer(request: Served) -> Scripted:
        said = right(request).text
        if next(cut, None) is not None:
            return Scripted(text=" ".join([said] * 4), pieces=16, pause_s=0.02, fault=Fault.CUT)
        return Scripted(text=f"{said} {said}", pieces=8, first_token_s=1.0)

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:1])
        metrics = holdfast("eval", folder, "--json").json["metrics"]
        assert len(server.requests) == 2
    assert metrics["first_sentence"]["value"] >= 1.0


def test_all_down_is_an_error_that_says_why(holdfast: Any, tmp_path: Path) -> None:
    with served(lambda _request: Scripted(status=401)) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        ended = holdfast("eval", folder, "--json")
    assert ended.exit_code == 4
    assert ended.says("none of the", "could be run")


def test_killed_in_the_middle_it_goes_on_and_pays_nothing_twice(holdfast: Any, tmp_path: Path) -> None:
    def slowly(request: Served) -> Scripted:
        scripted = right(request)
        return Scripted(text=scripted.text, delay_s=0.15)

    with served(slowly) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        assert holdfast("sync", folder).exit_code == 0
        process = holdfast.start("eval", folder, "--at-once", "2")
        deadline = time.monotonic() + 30
        while len(server.requests) < 6:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        done = on_record(holdfast)
        before = Counter(pump_of(request) for request in server.requests)
        told = holdfast("eval", folder, "--at-once", "2", "--json").json
        after = Counter(pump_of(request) for request in server.requests)
        whole = holdfast("eval", folder, "--fresh", "--json").json
    assert 0 < len(done) < 12
    assert told["cases"] == 12
    assert all(after[pump] == before[pump] == 1 for pump in PUMPS if f"torque-{pump}" in done)
    assert {
        name: one["value"] for name, one in told["metrics"].items() if one["unit"] in ("share", "count")
    } == {name: one["value"] for name, one in whole["metrics"].items() if one["unit"] in ("share", "count")}


def on_record(holdfast: Any) -> set[str]:
    (file,) = Path(holdfast.environment["HOLDFAST_HOME"]).rglob("records.db")
    database = open_database(sqlite_url(file))
    with database.read() as connection:
        (one,) = store.list_experiments(connection, limit=5)
        rows = store.case_runs_of(connection, one.experiment.id)
    database.close()
    return {row.case for row in rows}


def test_an_interrupt_says_how_to_go_on(holdfast: Any, tmp_path: Path) -> None:
    def stalling(request: Served) -> Scripted:
        return right(request) if pump_of(request) in PUMPS[:2] else Scripted(fault=Fault.STALL)

    with served(stalling) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        assert holdfast("sync", folder).exit_code == 0
        process = holdfast.start("eval", folder, "--at-once", "3")
        deadline = time.monotonic() + 30
        while len(server.requests) < 5:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=15)
    assert process.returncode == 130, err
    assert "it goes on from there" in err
    assert on_record(holdfast) == {f"torque-{pump}" for pump in PUMPS[:2]}


def test_a_baseline_file_gates_without_a_network(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        saved = folder / "golden" / "baseline.json"
        assert holdfast("eval", folder, "--save-baseline", saved).exit_code == 0
        text = saved.read_text()
        told = holdfast("eval", folder, "--json")
        assert "golden/baseline.json" in told.stderr
        assert told.json["against"] == "golden/baseline.json"
        assert told.exit_code == 0
    assert "Tighten" not in text, "figures only"
    with served(lambda _request: Scripted(text="The documents do not say.")) as server:
        (folder / "workflow.yaml").write_text(
            (folder / "workflow.yaml").read_text().replace("gpt-4o-mini", "gpt-4o")
        )
        declared = (folder / "workflow.yaml").read_text()
        port = declared.partition("127.0.0.1:")[2].partition("/")[0]
        (folder / "workflow.yaml").write_text(
            declared.replace(port, server.openai_url.partition("127.0.0.1:")[2].partition("/")[0])
        )
        worse = holdfast("eval", folder, "--json")
    assert (worse.exit_code, worse.json["metrics"]["outcome_right"]["result"]) == (1, "worse")


def test_a_baseline_of_other_cases_compares_the_common_ones_and_says_so(
    holdfast: Any, tmp_path: Path
) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        saved = tmp_path / "b.json"
        holdfast("eval", folder, "--save-baseline", saved)
        cases = folder / "golden" / "cases.yaml"
        text = (
            cases.read_text()
            .replace("id: torque-HX-100", "id: other")
            .replace('facts: ["21 Nm"]', "facts: [21 Nm exactly]")
        )
        cases.write_text(text)
        told = holdfast("eval", folder, "--against", saved, "--json").json
    assert told["notes"][0] == "compared on the 10 cases that both sides have"
    assert any("other" in note and "no run of them" in note for note in told["notes"])
    assert any("only the baseline" in note and "torque-HX-100" in note for note in told["notes"])
    assert any("something else now" in note and "torque-HX-110" in note for note in told["notes"])


@pytest.mark.parametrize("kept", ["", "  cache_s: 3600\n"], ids=["nothing is kept", "replies are kept"])
def test_every_repeat_is_asked_anew_or_it_would_tell_nothing(
    holdfast: Any, tmp_path: Path, kept: str
) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:2], more=kept)
        told = holdfast("eval", folder, "--repeats", "3", "--at-once", "6", "--json").json
        assert told["not_run"] == []
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--against", "nowhere"), "there is no git ref, experiment, Version or file 'nowhere'"),
        (("--against", "last"), "no experiment came to its end yet"),
        (("--against", "gone.json"), "cannot be read"),
        (("--case", "nobody"), "there is no golden case 'nobody'"),
        (("--a-a", "1"), "at least two runs"),
        (("--models", "a", "--against", "last"), "a comparison of its own"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_paid(
    holdfast: Any, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:1])
        ended = holdfast("eval", folder, *words)
        assert ended.exit_code == 2
        assert ended.says(told), ended.stderr
        assert server.requests == []


def test_no_case_and_one_case(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:1])
        one = holdfast("eval", folder, "--json")
        assert (one.exit_code, one.json["cases"]) == (0, 1)
        assert one.json["metrics"]["outcome_right"]["interval"] is None
        assert "NaN" not in one.stdout
        (folder / "golden" / "cases.yaml").unlink()
        none = holdfast("eval", folder, "--json")
    assert none.exit_code == 2
    assert none.says("no golden case")


def test_a_case_is_told_to_who_may_see_its_evidence(holdfast: Any, tmp_path: Path) -> None:
    with served(lambda _request: Scripted(text="The documents do not say.")) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:2])
        permissions = f'"**": [everyone]\n"{PUMPS[0]}.md": [service]\n'
        (folder / "documents" / "permissions.yaml").write_text(permissions)
        declared = (folder / "workflow.yaml").read_text().replace(", access: [everyone]", "")
        (folder / "workflow.yaml").write_text(declared)
        cases = (folder / "golden" / "cases.yaml").read_text()
        (folder / "golden" / "cases.yaml").write_text(
            cases.replace("{user: ana}", "{user: ana, groups: [service]}")
        )
        shut = {one["case"]: one["why"] for one in holdfast("eval", folder, "--json").json["failures"]}
        seen = {
            one["case"]: one["why"]
            for one in holdfast("eval", folder, "-g", "service", "--json").json["failures"]
        }
    assert "closed to you" in shut[f"torque-{PUMPS[0]}"]
    assert "closed" not in seen[f"torque-{PUMPS[0]}"]


def test_models_stand_side_by_side_with_what_they_cost(holdfast: Any, tmp_path: Path) -> None:
    def answer(request: Served) -> Scripted:
        return (
            Scripted(text="The documents do not say.")
            if request.body["model"] == "gpt-4o"
            else right(request)
        )

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        page = tmp_path / "models.html"
        ended = holdfast("eval", folder, "--models", "extractive,openai:gpt-4o", "--json", "--html", page)
        if ended.exit_code:
            pytest.skip(ended.stderr)
    told = ended.json
    assert [one["model"] for one in told["models"]] == ["extractive", "openai:gpt-4o"]
    assert told["models"][0]["cost_per_case_usd"]["value"] == 0
    assert "<svg" in page.read_text()


def test_a_version_beside_itself_is_called_worse_no_more_often_than_the_gate_says(
    holdfast: Any, tmp_path: Path
) -> None:
    flips = iter(range(10_000))

    def answer(request: Served) -> Scripted:
        return Scripted(text="The documents do not say.") if next(flips) % 5 == 0 else right(request)

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        told = holdfast("eval", folder, "--a-a", "4", "--json").json
    found = told["metrics"]["outcome_right"]
    assert told["repeats"] == 4
    assert found["gate"]["share"] <= 0.05
    assert found["threshold"]["share"] > found["gate"]["share"]


def test_compare_tells_the_texts_apart(holdfast: Any, tmp_path: Path) -> None:
    torque = 0

    def answer(request: Served) -> Scripted:
        pump = pump_of(request)
        more = torque if pump == PUMPS[0] else 0
        return Scripted(text=f"Tighten the gland bolts of the {pump} to {TORQUE[pump] + more} Nm [1].")

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3])
        first = holdfast("eval", folder, "--json").json["experiment"]
        torque = 5
        holdfast("eval", folder, "--fresh")
        page = tmp_path / "c.html"
        ended = holdfast("compare", folder, first, "last", "--html", page)
        told = holdfast("compare", folder, first, "last", "--json").json
    assert ended.exit_code == 0
    (changed,) = told["changed"]
    assert changed["case"] == f"torque-{PUMPS[0]}"
    assert "facts_stated" in changed["worse"]
    assert told["compared"] == 3
    assert "<del>" in page.read_text()
    assert holdfast("compare", folder, "nothing", "last").says("there is no experiment")


def test_plan_says_what_changes_and_which_cases_end_otherwise(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3])
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "good")
        nothing = holdfast("plan", folder, "--json")
        assert nothing.json["changes"] == []
        asked = len(server.requests)
        assert asked == 0, "nothing changed, nothing is run"
        declared = (folder / "workflow.yaml").read_text()
        rule = "deciding:\n  rules:\n    - {name: all, when: \"any_word('tight')\", then: escalate, to: desk, because: So it is.}\n  routes: {desk: {contact: d@example.com}}\n"
        (folder / "workflow.yaml").write_text(declared + rule)
        (folder / "prompts").mkdir()
        (folder / "prompts" / "system.md").write_text("Answer.\n")
        only = holdfast("plan", folder, "--no-run", "--json").json
        assert {one["place"] for one in only["changes"]} == {
            "deciding.rules[all]",
            "deciding.routes",
            "prompts/system.md",
        }
        assert only["evaluation"] is None
        markdown, html = tmp_path / "p.md", tmp_path / "p.html"
        told = holdfast("plan", folder, "--json", "--markdown", markdown, "--html", html).json
    assert [(one["before"], one["now"]) for one in told["evaluation"]["changed"]] == [
        ("answer", "escalation")
    ] * 3
    assert told["version"] != nothing.json["version"]
    assert "deciding" in markdown.read_text()
    assert "<ins>+Answer.</ins>" in html.read_text()


def test_a_ref_with_another_chunking_is_indexed_apart(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3], more="chunking: {size: 500}\n")
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "good")
        declared = (folder / "workflow.yaml").read_text()
        for changed in (declared.replace("size: 500", "size: 900"), declared + "parsing: {ocr: off}\n"):
            (folder / "workflow.yaml").write_text(changed)
            ended = holdfast("eval", folder, "--against", "HEAD", "--json")
            assert ended.exit_code == 0, ended.stderr
            assert "indexed apart" in ended.stderr
            assert ended.json["metrics"]["outcome_right"]["baseline"] == 1.0


def test_report_sums_up_a_week_without_a_word_of_what_was_asked(holdfast: Any, tmp_path: Path) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3])
        holdfast("eval", folder)
        holdfast("ask", folder, f"How tight are the gland bolts of the {PUMPS[0]}?")
    told = holdfast("report", folder, "--week", "--json")
    assert told.json["asked"] == {"answer": 1}
    assert told.json["faults_by_kind"]["common"]["cases"] == 3
    assert told.json["spent"][0]["attempts"] == 4
    shown = holdfast("report", folder, "--days", "30").stdout
    assert "1 item: 1 answer" in shown
    assert "gland bolts" not in shown + told.stdout


def test_report_tells_the_figures_of_what_is_declared_now_and_not_of_a_change_that_was_dropped(
    holdfast: Any, tmp_path: Path
) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3])
        first = holdfast("eval", folder, "--json").json["experiment"]
        declared = (folder / "workflow.yaml").read_text()
        (folder / "workflow.yaml").write_text(declared + "assembly: {passages: 1}\n")
        dropped = holdfast("eval", folder, "--json").json["experiment"]
        assert f"of experiment {dropped}" in holdfast("report", folder).stdout
        (folder / "workflow.yaml").write_text(declared)
        (folder / "documents" / "new.md").write_text("# Paint\n\nThe paint of the casing is grey.\n")
        holdfast("sync", folder)
        told = holdfast("report", folder)
        assert f"of experiment {first}" in told.stdout
        assert holdfast("report", folder, "--json").json["measured"] == {
            "experiment": first,
            "is_as_now": True,
        }
        (folder / "workflow.yaml").write_text(declared + "assembly: {passages: 2}\n")
        assert "what is declared now was not measured" in holdfast("report", folder).stdout


def test_cases_are_tests_for_pytest(holdfast: Any, tmp_path: Path) -> None:
    def answer(request: Served) -> Scripted:
        return Scripted(text="The documents do not say.") if pump_of(request) == PUMPS[0] else right(request)

    with served(answer) as server:
        folder = desk(tmp_path / "desk", server.openai_url, pumps=PUMPS[:3])
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "holdfast.testing.pytest_cases", "-p", "no:cacheprovider", "-q",
             "--holdfast", str(folder), str(folder / "golden")],
            cwd=tmp_path, env=os.environ | holdfast.environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert "1 failed, 2 passed" in ended.stdout
    assert "outcome_right: refusal instead of answer" in ended.stdout
    assert len(server.requests) == 3


def batches_of(server: ProviderServer) -> list[str]:
    paths = [one.path.partition("?")[0] for one in server.requests if one.method == "POST"]
    return [path.rpartition("/")[2] for path in paths]


def test_cases_go_out_as_one_batch_where_that_is_wanted(holdfast: Any, tmp_path: Path) -> None:
    with ProviderServer(right, batches=BatchScript(takes_s=0.1)) as server:
        folder = desk(tmp_path / "desk", server.openai_url, more="  batch: {poll_s: 0.02}\n")
        ended = holdfast("eval", folder, "--batch", "--json")
        assert batches_of(server) == ["files", "batches"], "all in one, and none on the line"
        again = holdfast("eval", folder, "--batch", "--repeats", "2", "--fresh", "--json")
        assert batches_of(server)[2:] == ["files", "batches"]
    told = ended.json
    assert (ended.exit_code, told["cases"], told["not_run"]) == (0, 12, [])
    assert told["metrics"]["outcome_right"]["value"] == 1.0
    assert "with 12 requests" in ended.stderr
    assert again.exit_code == 0
    assert "with 24 requests" in again.stderr


def test_an_evaluation_by_batches_that_was_killed_takes_its_batch_up(holdfast: Any, tmp_path: Path) -> None:
    with ProviderServer(right, batches=BatchScript(takes_s=4)) as server:
        folder = desk(tmp_path / "desk", server.openai_url, more="  batch: {poll_s: 0.02}\n")
        command = [sys.executable, "-m", "holdfast", "eval", str(folder), "--batch"]
        working = subprocess.Popen(
            command,
            env=os.environ | holdfast.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            give_up = time.monotonic() + 60
            while "batches" not in batches_of(server) and time.monotonic() < give_up:
                time.sleep(0.02)
        finally:
            working.send_signal(signal.SIGKILL)
            working.wait()
        ended = holdfast("eval", folder, "--batch", "--json")
        assert batches_of(server) == ["files", "batches"]
    assert (ended.exit_code, ended.json["not_run"]) == (0, [])
    assert "took up" in ended.stderr


def test_a_budget_and_a_batch_do_not_go_together(holdfast: Any, tmp_path: Path) -> None:
    with ProviderServer(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        ended = holdfast("eval", folder, "--batch", "--budget", "1")
    assert ended.exit_code == 2
    assert "--batch hands all cases in together" in ended.stderr


def test_no_repeat_gets_another_s_reply_when_an_evaluation_by_batches_was_killed_midway(
    holdfast: Any, tmp_path: Path
) -> None:
    numbers = itertools.count(1)

    def numbered(request: Served) -> Scripted:
        return replace(right(request), output_tokens=next(numbers))

    with ProviderServer(numbered, batches=BatchScript(takes_s=1)) as server:
        # Batches of one request each end one after the other: half of the rows are on record at the kill.
        folder = desk(
            tmp_path / "desk", server.openai_url, pumps=PUMPS[:6], more="  batch: {poll_s: 0.02, size: 1}\n"
        )
        command = [sys.executable, "-m", "holdfast", "eval", str(folder), "--batch", "--repeats", "3"]
        working = subprocess.Popen(
            command, env=os.environ | holdfast.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )  # fmt: skip
        try:
            give_up = time.monotonic() + 60
            while not rows_of(holdfast, case_runs) and time.monotonic() < give_up:
                time.sleep(0.005)
        finally:
            working.send_signal(signal.SIGKILL)
            working.wait()
        assert 0 < len(rows_of(holdfast, case_runs)) < 18, "it was not killed midway"
        ended = holdfast("eval", folder, "--batch", "--repeats", "3", "--json")
    assert (ended.exit_code, ended.json["not_run"]) == (0, [])
    assert "took up" in ended.stderr
    assert sorted((row.case_id, row.repeat) for row in rows_of(holdfast, case_runs)) == [
        (f"torque-{pump}", repeat) for pump in PUMPS[:6] for repeat in range(3)
    ]
    assert server.account.requests == 18, "nothing is asked for twice"
    paid = [row for row in rows_of(holdfast, ledger) if row.status == "ok"]
    assert sorted(row.output_tokens for row in paid) == list(range(1, 19)), "each reply counts once"


def rows_of(holdfast: Any, table: sa.Table) -> list[Any]:
    """Return a table's rows, none as long as there is no such table."""
    file = next(Path(holdfast.environment["HOLDFAST_HOME"]).rglob("records.db"), None)
    if file is None:
        return []
    with closing(sqlite3.connect(file)) as connection:
        try:
            found = connection.execute(str(sa.select(table)))
        except sqlite3.OperationalError:
            return []
        names = [column[0] for column in found.description]
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in found]


def test_before_the_run_it_says_what_the_cases_can_show_apart_and_as_clusters(
    holdfast: Any, tmp_path: Path
) -> None:
    with served(right) as server:
        folder = desk(tmp_path / "desk", server.openai_url)
        alone = holdfast("eval", folder).stderr
        file = folder / "golden" / "cases.yaml"
        file.write_text(
            file.read_text().replace("    kind: common", "    cluster: one mail\n    kind: common")
        )
        together = holdfast("eval", folder, "--fresh").stderr
    assert "with 12 cases you can see a drop of" in alone
    assert "move as one" not in alone, "a document each"
    assert "with 12 cases no drop can be seen: add cases from more documents if the cases of each" in together
