"""What the doctor says, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.doctor import diagnose_declaration
from holdfast.doctor_advice import Advice, Weight
from holdfast.doctor_facts import Facts, IndexFacts, SourceFacts, Unpriced
from holdfast.domain.hidden import HiddenText, Hiding
from holdfast.domain.indexing import Doubt
from holdfast.workflow import LoadedWorkflow, examine, load_workflow

SOUND = """\
name: support
owner: {name: Service desk, contact: service@example.com}
charter: {volume_per_month: 2000, minutes_per_case: 12, cost_per_hour: 45}
sources:
  - files: documents
"""
HEALTHY = Facts(
    sources=(SourceFacts(name="documents", has_permissions=True, documents=9, open_documents=5),),
    golden_cases=60,
    refusal_cases=9,
    index=IndexFacts(version=3, languages={"en": 9}),
)


def loaded(folder: Path, text: str = SOUND) -> LoadedWorkflow:
    (folder / "workflow.yaml").write_text(text)
    return load_workflow(folder)


def facts(**changes: object) -> Facts:
    values = {name: getattr(HEALTHY, name) for name in Facts.__dataclass_fields__}
    return Facts(**(values | changes))  # type: ignore[arg-type]


def titles(advice: tuple[Advice, ...]) -> list[str]:
    return [one.title for one in advice]


def only(advice: tuple[Advice, ...]) -> Advice:
    assert len(advice) == 1, titles(advice)
    return advice[0]


def test_a_sound_workflow_needs_nothing(tmp_path: Path) -> None:
    assert diagnose_declaration(loaded(tmp_path), HEALTHY) == ()


def test_every_mistake_of_an_invalid_declaration_is_listed(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").write_text("".join(f"wrong_{number}: 1\n" for number in range(14)))
    mistakes = examine(tmp_path)
    assert not isinstance(mistakes, LoadedWorkflow)
    advice = diagnose_declaration(mistakes)
    assert [one.place for one in advice] == [f"workflow.yaml line {number}" for number in range(1, 15)]
    assert {one.weight for one in advice} == {Weight.BROKEN}


def test_a_bare_folder_is_told_what_it_lacks_the_worst_first(tmp_path: Path) -> None:
    source = SourceFacts(name="papers", documents=4, open_documents=4)
    advice = diagnose_declaration(load_workflow(tmp_path), Facts(sources=(source,)))
    assert titles(advice) == [
        "Everyone may read everything",
        "There is no index yet",
        "There are no golden cases",
        "The folder is not declared",
    ]


def test_what_is_broken_comes_before_what_is_risky(tmp_path: Path) -> None:
    text = "name: x\ngeneration:\n  rungs: [{provider: openai, model: a}]\n"
    advice = diagnose_declaration(loaded(tmp_path, text), Facts())
    weights = [one.weight for one in advice]
    assert weights == sorted(weights, reverse=True)
    assert {Weight.BROKEN, Weight.RISKY, Weight.BETTER} == set(weights)


@pytest.mark.parametrize(
    ("text", "changes", "title", "place"),
    [
        ("name: x\nowner: {name: Ana}\n", {}, "Nobody owns this workflow", "workflow.yaml line 2"),
        ("charter: {volume_per_month: 3}\n", {}, "The charter does not say what", "workflow.yaml line 1"),
        (
            "\ngeneration:\n  rungs: [{provider: anthropic, model: a}]\n",
            {},
            "anthropic:a has no key: ANTHROPIC_API_KEY is not set",
            "workflow.yaml line 3",
        ),
        (
            "generation: {rungs: [{provider: ollama, model: a}]}\n",
            {},
            "Models may cost without limit",
            "workflow.yaml line 1",
        ),
        (
            "generation:\n  extractive: false\n  rungs: [{provider: ollama, model: a}]\n",
            {},
            "ollama:a has no fallback",
            "workflow.yaml line 3",
        ),
        ("generation: {extractive: false}\n", {}, "Nothing can answer", "workflow.yaml line 1"),
        (
            "deciding: {routes: {managers: {contact: a@b.example}}}\nreview:\n  risks: {manager: high}\n",
            {},
            "review.risks names the route manager, which is not declared",
            "workflow.yaml line 3",
        ),
        (
            "deciding: {routes: {managers: {contact: a@b.example}}}\nreview:\n  owners: {desk: ana}\n",
            {},
            "review.owners names the route desk, which is not declared",
            "workflow.yaml line 3",
        ),
        ("name: x\n", {}, "There is no source of documents", "workflow.yaml"),
        (SOUND, {"golden_cases": 0}, "There are no golden cases", "golden/"),
        (SOUND, {"refusal_cases": 0}, "No golden case expects a refusal", "golden/"),
        (SOUND, {"index": IndexFacts()}, "There is no index yet", ""),
        (
            SOUND,
            {"index": IndexFacts(version=1, staleness="2 new")},
            "The index is behind the folder (2 new)",
            "",
        ),
        (
            SOUND,
            {"index": IndexFacts(version=1, problems=("a.pdf: encrypted",))},
            "1 documents could not be",
            "",
        ),
        (
            SOUND,
            {"index": IndexFacts(version=1, languages={"de": 5, "en": 9})},
            "The embedding model reads",
            None,
        ),
        (
            SOUND,
            {
                "index": IndexFacts(
                    version=1, hidden=(HiddenText(document="a.docx", characters={Hiding.LETTERS: 8}),)
                )
            },
            "1 documents hold text that a reader does not see",
            "",
        ),
        (
            SOUND,
            {
                "index": IndexFacts(
                    version=1, doubts=(Doubt(document="b.md", claim="supersedes", words="A", why="none"),)
                )
            },
            "1 claims to replace a document count for nothing",
            "",
        ),
        (SOUND, {"reviewers": ("lena",)}, "Only lena may review, and nobody decides what lena asks", None),
        (SOUND + "review: {own_cases: allow}\n", {}, "Who asks may decide their own case", None),
        (SOUND, {"embedding_model_is_there": False}, "The embedding model is not installed", None),
        (SOUND, {"unused_prompts": ("old.md",)}, "No template uses prompts/old.md", "prompts/old.md"),
        (SOUND, {"lookup_problems": ("lookup orders: nobody may use it",)}, "lookup orders: nobody", None),
        (
            SOUND,
            {"sources": (SourceFacts(name="documents", trouble="it is gone. Mount it."),)},
            "The source documents cannot be listed",
            None,
        ),
        (
            SOUND + "generation:\n  rungs:\n    - {provider: ollama, model: a}\n"
            "    - {provider: openai, model: b, key_env: K, base_url: 'https://x.example/v1'}\n"
            "  budget: {per_day_usd: 1}\n",
            {
                "has_budget": True,
                "variables": frozenset({"K"}),
                "unpriced": (
                    Unpriced(name="openai:b", place=("generation", "rungs", 1), by="input: USD, output: USD"),
                ),
            },
            "No price is known of openai:b",
            "workflow.yaml line 9",
        ),
        (
            SOUND,
            {"sources": (SourceFacts(name="documents"),)},
            "Nobody may read documents",
            "workflow.yaml line 5",
        ),
        (
            SOUND,
            {
                "sources": (
                    SourceFacts(name="documents", has_permissions=True, documents=2, open_documents=2),
                )
            },
            "Everyone may read everything in documents",
            "documents/permissions.yaml",
        ),
        (
            SOUND,
            {"sources": (SourceFacts(name="documents", has_permissions=True, unused_rules=("rule 2",)),)},
            "rule 2 matches no document",
            "documents/permissions.yaml",
        ),
    ],
)
def test_each_lack_is_told_with_its_place_and_what_to_write(
    tmp_path: Path, text: str, changes: dict[str, object], title: str, place: str | None
) -> None:
    advice = diagnose_declaration(loaded(tmp_path, text), facts(**changes))
    told = only(tuple(one for one in advice if one.title.startswith(title)))
    assert place is None or told.place == place
    assert told.why
    assert told.move


def test_risks_and_owners_of_declared_routes_and_of_none_are_no_lack(tmp_path: Path) -> None:
    routes = "deciding: {routes: {managers: {contact: a@b.example}}}\n"
    declared = "review: {risks: {managers: high}, owners: {managers: ana}}\n"
    assert diagnose_declaration(loaded(tmp_path, SOUND + routes + declared), HEALTHY) == ()
    by_hand = "review: {risks: {desk: high}}\n"  # routes that people name when they hand over
    assert diagnose_declaration(loaded(tmp_path, SOUND + by_hand), HEALTHY) == ()


@pytest.mark.parametrize(("has_budget", "weight"), [(True, Weight.BROKEN), (False, Weight.RISKY)])
def test_a_model_without_a_price_is_broken_under_a_budget_and_says_what_to_write(
    tmp_path: Path, weight: Weight, *, has_budget: bool
) -> None:
    found = Unpriced(name="x.example:r", place=("reranking",), by="searches: USD")
    advice = only(diagnose_declaration(loaded(tmp_path), facts(unpriced=(found,), has_budget=has_budget)))
    assert advice.weight is weight
    assert advice.move.startswith("holdfast.yaml: prices: {'x.example:r': {searches: USD}}")
    assert "is called" in advice.why or "not called" in advice.why


def test_a_key_in_the_environment_or_in_a_file_is_enough(tmp_path: Path) -> None:
    text = SOUND + "generation:\n  budget: {per_day_usd: 5}\n  rungs: [{model: a, key_env: MY_KEY}]\n"
    for name in ("MY_KEY", "MY_KEY_FILE"):
        assert diagnose_declaration(loaded(tmp_path, text), facts(variables=frozenset({name}))) == ()


def test_a_model_on_this_machine_needs_no_key(tmp_path: Path) -> None:
    text = SOUND + (
        "generation:\n  budget: {per_day_usd: 5}\n  rungs:\n    - {model: a, base_url: 'http://127.0.0.1:8000/v1'}\n"
    )
    assert diagnose_declaration(loaded(tmp_path, text), HEALTHY) == ()


def test_an_untrusted_hook_is_told_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text("")
    workflow = loaded(tmp_path, SOUND + "chunking: {use: 'hooks:by_clause'}\n")
    told = only(diagnose_declaration(workflow, facts(hooks_trusted=False)))
    assert (told.place, told.move) == ("workflow.yaml line 6", f"holdfast trust {tmp_path}")


def test_an_unknown_plug_in_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    workflow = loaded(tmp_path, SOUND + "chunking: {use: by-clauses}\n")
    told = only(diagnose_declaration(workflow, facts(plugins={"chunking": ("by-clause",)})))
    assert told.move == "use: by-clause  (did you mean by-clause?)"
    assert diagnose_declaration(workflow, facts(plugins={"chunking": ("by-clauses",)})) == ()


def test_another_embedder_or_a_few_foreign_papers_are_no_lack(tmp_path: Path) -> None:
    few = IndexFacts(version=1, languages={"de": 1, "en": 99, "": 4})
    assert diagnose_declaration(loaded(tmp_path), facts(index=few)) == ()
    text = SOUND + "embedding: {model: lsa}\n"
    many = IndexFacts(version=1, languages={"de": 99})
    assert diagnose_declaration(loaded(tmp_path, text), facts(index=many)) == ()
