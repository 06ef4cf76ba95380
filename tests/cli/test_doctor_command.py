"""`holdfast doctor` looks up what a declaration does not say itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("genai_prices", reason="the extra `providers` is not installed")

WORKFLOW = """\
name: desk
sources: [{files: documents, access: [everyone]}]
embedding: {model: endpoint, endpoint: {url: 'https://embed.example/v1', model: e, dimension: 8}}
reranking: {url: 'https://rank.example/v1/rerank', model: r}
generation:
  rungs:
    - {provider: ollama, model: llama3.2}
    - {provider: openai, model: gpt-4.1-mini, key_env: K}
    - {provider: openai, model: own, base_url: 'https://gpu.example/v1', key_env: K}
"""
BUDGET = "  budget: {per_run_usd: 0.05}\n"
DECLARED = """\
prices:
  'embed.example:e': {input: 0.1}
  'rank.example:r': {searches: 2}
  'openai:own': {input: 1, output: 2}
"""


def unpriced(holdfast: Any, folder: Path) -> list[tuple[str, str, str]]:
    ended = holdfast("doctor", folder, "--json")
    assert ended.exit_code == 0, ended.stderr
    return [
        (one["title"].removeprefix("No price is known of "), one["weight"], one["place"])
        for one in ended.json["advice"]
        if one["title"].startswith("No price is known of ")
    ]


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "workflow.yaml").write_text(WORKFLOW)
    return tmp_path


def test_models_and_endpoints_without_a_price_are_listed_with_their_place(holdfast: Any, desk: Path) -> None:
    places = [("openai:own", 9), ("embed.example:e", 3), ("rank.example:r", 4)]
    found = [(name, f"workflow.yaml line {line}") for name, line in places]
    assert unpriced(holdfast, desk) == [(name, "risky", place) for name, place in found]
    (desk / "workflow.yaml").write_text(WORKFLOW + BUDGET)
    assert unpriced(holdfast, desk) == [(name, "broken", place) for name, place in found]
    told = holdfast("doctor", desk).stdout
    assert "holdfast.yaml: prices: {'openai:own': {input: USD, output: USD}}" in told


def test_a_cost_centre_s_budget_counts_as_one(holdfast: Any, desk: Path) -> None:
    (desk / "workflow.yaml").write_text(WORKFLOW + "  cost_centre: support\n")
    (desk / "holdfast.yaml").write_text("cost_centres: {support: {per_day_usd: 5}}\n")
    assert {weight for _, weight, _ in unpriced(holdfast, desk)} == {"broken"}


def test_declared_prices_are_enough(holdfast: Any, desk: Path) -> None:
    (desk / "workflow.yaml").write_text(WORKFLOW + BUDGET)
    (desk / "holdfast.yaml").write_text(DECLARED)
    assert unpriced(holdfast, desk) == []


def test_a_price_that_leaves_the_reply_out_is_none_for_a_model_that_writes(holdfast: Any, desk: Path) -> None:
    (desk / "holdfast.yaml").write_text(DECLARED.replace("input: 1, output: 2", "input: 1"))
    assert [name for name, *_ in unpriced(holdfast, desk)] == ["openai:own"]


def test_a_judge_s_model_needs_a_price_too_and_has_to_be_one(holdfast: Any, desk: Path) -> None:
    (desk / "workflow.yaml").write_text(
        "name: desk\nsources: [{files: documents}]\ngeneration:\n"
        "  rungs: [{provider: openai, model: own, base_url: 'https://gpu.example/v1', key_env: K}]\n"
        "evaluation:\n  judges:\n"
        "    - {name: polite, asks: Is it polite?, model: 'openai:gpt-4.1-mini'}\n"
        "    - {name: brief, asks: Is it brief?, model: 'openai:nobody-knows-it'}\n"
        "    - {name: warm, asks: Is it warm?, model: 'openai:own'}\n"
    )
    assert unpriced(holdfast, desk) == [
        ("openai:own", "risky", "workflow.yaml line 4"),
        ("openai:nobody-knows-it", "risky", "workflow.yaml line 8"),
    ]
    text = (desk / "workflow.yaml").read_text().replace("openai:nobody", "nobody")
    (desk / "workflow.yaml").write_text(text)
    ended = holdfast("doctor", desk, "--json")
    (only,) = ended.json["advice"]
    assert (only["weight"], only["place"]) == ("broken", "workflow.yaml line 8")
    assert "this judge's model is no `provider:model`" in only["title"]
