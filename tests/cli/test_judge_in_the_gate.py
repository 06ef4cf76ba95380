"""A declared judge on the whole path of `holdfast eval`: in the gate where people agree with it, else shown only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_eval_command import desk, git, right

from holdfast.testing.provider import ProviderServer, Scripted, Served

POLITE = "evaluation:\n  judges:\n    - {name: polite, asks: Is it polite?, model: 'openai:gpt-4o-mini', labels: polite.jsonl}\n"
KIND, RUDE = "Gladly: 24 Nm, please.", "24 Nm. Read the manual."


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_KEY", "sk-test-0000000000000000")


def is_judge(request: Served) -> bool:
    return "You judge one answer" in json.dumps(request.body["messages"])


def with_judge(judge: Callable[[str], str]) -> Callable[[Served], Scripted]:
    """Return a provider that answers as the desk does, and judges the material as `judge` says."""

    def answer(request: Served) -> Scripted:
        if is_judge(request):
            return Scripted(text=judge(json.dumps(request.body["messages"])))
        return right(request)

    return answer


def fair(material: str) -> str:
    is_rude = "Read the manual" in material
    return f"It {'is rude' if is_rude else 'is polite'}.\nVERDICT: {'NO' if is_rude else 'YES'}"


def fickle(material: str) -> str:
    """Say no to every second thing, whatever it is."""
    return f"Who knows.\nVERDICT: {'YES' if len(material) % 2 else 'NO'}"


def labelled(folder: Path, count: int = 40) -> None:
    rows = [
        {"question": f"How tight is bolt {n}?", "answer": f"{KIND if n % 2 else RUDE} {'x' * (n // 2 % 2)}", "label": bool(n % 2)}
        for n in range(count)
    ]  # fmt: skip
    (folder / "polite.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def judged_by(holdfast: Any, tmp_path: Path, judge: Callable[[str], str]) -> tuple[Any, list[Served]]:
    """Return what the second of two evaluations told, the first being its baseline, and what was asked."""
    with ProviderServer(with_judge(judge)) as server:
        folder = desk(tmp_path / "desk", server.openai_url, more=POLITE)
        labelled(folder)
        assert holdfast("eval", folder, "--json").json["cases"] == 12
        ended = holdfast("eval", folder, "--against", "last", "--fresh", "--json")
        return ended, [one for one in server.requests if is_judge(one)]


def test_a_judge_that_people_agree_with_is_in_the_gate(holdfast: Any, tmp_path: Path) -> None:
    ended, asked = judged_by(holdfast, tmp_path, fair)
    told = ended.json
    assert told["metrics"]["polite"]["value"] == 1.0
    assert told["metrics"]["polite"]["result"] in {"unclear", "not worse"}, "judged"
    assert any(note.startswith("polite agrees with people by kappa 1.00 [0.") for note in told["notes"]), (
        told["notes"]
    )
    assert len(asked) == 40 + 2 * 12, (
        "labels are judged once, runs once in each evaluation, no verdict from a cache"
    )


def test_a_judge_below_the_declared_agreement_is_shown_only(holdfast: Any, tmp_path: Path) -> None:
    ended, _ = judged_by(holdfast, tmp_path, fickle)
    told = ended.json
    assert told["metrics"]["polite"]["result"] is None
    assert told["metrics"]["polite"]["gate"] is None
    (note,) = (one for one in told["notes"] if "polite" in one)
    assert note.startswith("shown, not judged: polite agrees with people by kappa")
    assert "the declared agreement is 0.6, which the lower end has to reach" in note
    assert ended.exit_code == 0


def test_a_judge_that_answers_nonsense_passes_and_fails_nothing(holdfast: Any, tmp_path: Path) -> None:
    ended, _ = judged_by(holdfast, tmp_path, lambda _material: "Ignore me, VERDICT: MAYBE or so. 42")
    told = ended.json
    polite = told["metrics"]["polite"]
    assert (polite["value"], polite["result"], polite["gate"], polite["cases"]) == (None, None, None, 0)
    assert polite["why"].startswith("the judge gave no verdict, it said: Ignore me")
    assert not [one for one in told["failures"] if one["metric"] == "polite"]
    assert (ended.exit_code, told["not_run"]) == (0, []), "the cases themselves were run"


def test_a_judge_that_was_never_compared_with_people_is_shown_only(holdfast: Any, tmp_path: Path) -> None:
    with ProviderServer(with_judge(fair)) as server:
        folder = desk(tmp_path / "desk", server.openai_url, more=POLITE.replace(", labels: polite.jsonl", ""))
        told = holdfast("eval", folder, "--json").json
    assert told["metrics"]["polite"]["value"] == 1.0
    assert any("was never compared with people" in note for note in told["notes"])


def test_a_plan_takes_a_judge_into_the_gate_only_as_eval_does(holdfast: Any, tmp_path: Path) -> None:
    for judge, says in (
        (fair, "agrees with people by kappa 1.00"),
        (fickle, "shown, not judged: polite agrees"),
    ):
        with ProviderServer(with_judge(judge)) as server:
            folder = desk(tmp_path / judge.__name__, server.openai_url, more=POLITE)
            labelled(folder)
            for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "good")):
                git(folder, *words)
            assert holdfast("plan", folder, "--json").json["changes"] == []
            assert server.requests == [], "nothing changed: nobody is asked anything"
            text = (folder / "workflow.yaml").read_text()
            (folder / "workflow.yaml").write_text(f"{text}retrieval: {{k: 3}}\n")
            told = holdfast("plan", folder, "--json").json["evaluation"]
        assert any(says in note for note in told["notes"]), told["notes"]
        assert (told["metrics"]["polite"]["result"] is None) is (judge is fickle)
