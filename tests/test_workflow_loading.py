"""Loading a declaration: what is accepted, and how mistakes are told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from holdfast.errors import DeclarationError, UsageError
from holdfast.workflow import LoadedWorkflow, examine, json_schema, load_workflow

EXAMPLE = Path(__file__).parent.parent / "examples" / "engineering-support"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "support"
    made.mkdir()
    return made


def declare(folder: Path, text: str | bytes) -> Path:
    (folder / "workflow.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_workflow(declare(folder, text))
    assert caught.value.exit_code == 3
    return str(caught.value)


# --- what is accepted ---


def test_a_folder_without_a_declaration_is_a_workflow_of_its_own_documents(folder: Path) -> None:
    loaded = load_workflow(folder)
    assert loaded.name == "support"
    assert not loaded.is_declared
    assert [source.files for source in loaded.settings.sources] == ["."]


def test_every_section_has_its_defaults(folder: Path) -> None:
    loaded = load_workflow(declare(folder, "name: claims\n"))
    assert loaded.is_declared
    assert (loaded.name, loaded.settings.retrieval.k, loaded.settings.sources) == ("claims", 20, ())


def test_a_workflow_without_a_name_has_that_of_its_folder(folder: Path) -> None:
    assert load_workflow(declare(folder, "sources: [{files: documents}]\n")).name == "support"


def test_every_key_of_the_charter_and_the_owner_is_known(folder: Path) -> None:
    text = (
        "owner: {name: Service desk, contact: service@example.com}\n"
        "charter: {task: a, people: b, inputs: [c], systems: [d], decisions: [e], volume_per_month: 2000,\n"
        "  minutes_per_case: 12, cost_per_hour: 45.5, expensive_mistakes: [f], measure: g}\n"
    )
    charter = load_workflow(declare(folder, text)).settings.charter
    assert (charter.volume_per_month, charter.cost_per_hour, charter.inputs) == (2000, 45.5, ("c",))


def test_the_worked_example_is_valid() -> None:
    loaded = examine(EXAMPLE)
    assert isinstance(loaded, LoadedWorkflow), loaded
    assert loaded.name == "engineering-support"
    assert [lookup.name for lookup in loaded.settings.lookups_settings.queries] == ["orders"]


def test_a_key_with_nothing_behind_it_takes_its_default(folder: Path) -> None:
    text = "chunking:\n  # size: 300\nretrieval:\n  k:\n  depth: 50\n"
    settings = load_workflow(declare(folder, text)).settings
    assert (settings.chunking.size, settings.retrieval.k, settings.retrieval.depth) == (800, 20, 50)


def test_references_and_merges_are_followed(folder: Path) -> None:
    text = (
        "generation:\n  rungs:\n    - &small {provider: openai, model: a, output_tokens: 200}\n"
        "    - {<<: *small, model: b}\n"
    )
    rungs = load_workflow(declare(folder, text)).settings.generation.rungs
    assert [(rung.model, rung.output_tokens) for rung in rungs] == [("a", 200), ("b", 200)]


def test_a_source_whose_folder_is_away_is_no_mistake(folder: Path) -> None:
    loaded = load_workflow(declare(folder, "sources: [{files: /mnt/not-mounted}]\n"))
    assert loaded.source_folder(loaded.settings.sources[0]) == Path("/mnt/not-mounted")


def test_a_declaration_linked_inside_its_folder_is_read(folder: Path) -> None:
    (folder / "real.yaml").write_text("name: linked\n")
    (folder / "workflow.yaml").symlink_to("real.yaml")
    assert load_workflow(folder).name == "linked"


# --- mistakes, with line and next move ---

RULES = """\
deciding:
  rules:
  - {{name: one, when: "any_word('hurt')", then: escalate, to: desk, because: a}}
  - name: two
    when: any_word('price')
    {rule}
    then: escalate
    because: b
  routes: {{desk: {{contact: a@example.com}}, sales: {{contact: b@example.com}}}}
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "name: x\nretreival:\n  k: 3\n",
            "workflow.yaml line 2: unknown key 'retreival'; did you mean 'retrieval'?",
        ),
        ("retrieval:\n  depht: 3\n", "workflow.yaml line 2: unknown key 'depht'; did you mean 'depth'?"),
        ("name: x\nk: 3\n", "line 2: unknown key 'k'; did you mean retrieval.k?"),
        (
            "deciding:\n  routes: {desk: {contact: a, purpose: Claims over 10,000 EUR}}\n",
            "line 2: '000 EUR' is read as a key; put the value before it in quotes: a comma ends it in { }",
        ),
        ("retrieval:\n  k: many\n", "line 2: retrieval.k is the text 'many'; write a whole number"),
        ("retrieval:\n  k: '30'\n", "line 2: retrieval.k is the text '30'; write a whole number: take the"),
        ("retrieval:\n  k: true\n", "line 2: retrieval.k is true; write a whole number"),
        ("retrieval:\n  k: 0\n", "line 2: retrieval.k is the number 0; write at least 1"),
        ("retrieval:\n  fusion: rrff\n", "line 2: retrieval.fusion is the text 'rrff'; did you mean 'rrf'?"),
        ("name: 2024\n", "line 1: name is the number 2024; write text: put it in quotes"),
        ("sources: documents\n", "line 1: sources is the text 'documents'; write a list, such as [a, b]"),
        ("chunking: 800\n", "line 1: chunking is the number 800; write a section with keys of its own"),
        ("assembly: {merge: yes}\n", "line 1: assembly.merge is the text 'yes'; write true or false"),
        ("sources:\n- {files: a}\n- {}\n", "line 3: this source has no folder; write `files: FOLDER`"),
        (
            "generation:\n  rungs:\n  - model: a\n    api_key: b\n",
            "line 4: unknown key 'api_key'; did you mean",
        ),
        (
            "chunking: {size: 300, overlap: 200}\n",
            "line 1: chunking: overlap (200) must be below half of size",
        ),
        ("a: 1\na: 2\n", "line 2: repeats the key 'a' of line 1; keep one of the two"),
        ("name: x\n\tretrieval: 1\n", "line 2: is indented with a tab; use blanks"),
        ("sources: &s [*s]\n", "line 1: holds itself through a reference; write the values out"),
        ("name: *.pdf\n", "line 1: begins a value with *"),
        ("name: a: b\n", "line 1: has a second colon"),
        ("- name: x\n", "line 1: is not a list of `key: value` lines; begin with `name: ...`"),
        ("", "workflow.yaml: holds no key; begin with `name:`"),
        ("# only a comment\n", "workflow.yaml: holds no key; begin with `name:`"),
        (b"name: caf\xe9\n", "line 1: is not UTF-8 text; save it as UTF-8"),
        ("name: x\x00y\n", "line 1: the file is not YAML"),
        (
            "name: x\nsources: [{files: a}\ndeciding:\n  rules: []\n",
            "line 3: the file is not YAML from column 1 on, at 'deciding:' (expected ',' or ']', but got",
        ),
        ("name: x\nowner: @me\n", "line 2: the file is not YAML from column 8 on, at '@me' (found character"),
        (
            "name: x\nsources: [{files: a}\ndeciding:\n",
            "what is open there began at line 2, column 10); compare the indentation",
        ),
        (
            'name: "x\nsources: []\n',
            "the file is not YAML where it ends (found unexpected end of stream; what is",
        ),
        (
            RULES.format(rule="to: somewhere"),
            "line 6: deciding.rules.1.to: rule 'two' names the route 'somewhere', which is not under routes",
        ),
        (RULES.format(rule="to: slaes"), "; write one of desk, sales, or declare it under deciding.routes"),
        (
            "deciding:\n  default_route: x\n  routes: {desk: {contact: a@example.com}}\n",
            "line 2: deciding.default_route: default_route names the route 'x'",
        ),
        (
            "deciding:\n  rules:\n  - {name: one, when: 'True', then: escalate, because: a}\n",
            "line 3: deciding.rules.0: rule 'one' escalates, but no route is declared; write one under",
        ),
        ("deciding:\n  answer_at: 0.5\n  uncertain: escalate\n", "line 3: deciding.uncertain: "),
        (
            "deciding:\n  answer_at: 0.5\n  refuse_below: 0.6\n",
            "line 3: deciding.refuse_below: refuse_below must not be above answer_at",
        ),
        ("12: x\n", "line 1: has a key that is not text; put it in quotes"),
        ("name: !!python/name:os.system x\n", "line 1: has a value of the kind"),
        ("charter:\n  volume_per_month: .inf\n", "line 2: has a number that cannot be used (.inf)"),
        ("name: x\n---\nname: y\n", "begins a second document with ---"),
        (
            "chunking: {use: 'hooks:by_clause'}\n",
            "line 1: use: hooks:by_clause names the file hooks.py, which",
        ),
        ("chunking: {use: 'my hooks:x'}\n", "line 1: use: my hooks:x is no name of a hook"),
        ("assembly:\n  system: rules.md\n", "line 2: assembly.system names prompts/rules.md, which does not"),
        ("assembly:\n  item: ../../x.md\n", "line 2: assembly.item names prompts/../../x.md, which does not"),
        ("name: " + "[" * 3000, "line 1: is nested too deeply"),
    ],
)
def test_a_mistake_names_its_line_and_the_next_move(folder: Path, text: str | bytes, told: str) -> None:
    assert told in refusal(folder, text)


def test_several_mistakes_are_told_at_once_in_the_order_of_their_lines(folder: Path) -> None:
    text = refusal(folder, "nmae: x\nretrieval:\n  k: many\n  depht: 3\n")
    assert text.splitlines() == [
        "workflow.yaml has 3 mistakes:",
        "  workflow.yaml line 1: unknown key 'nmae'; did you mean 'name'?",
        "  workflow.yaml line 3: retrieval.k is the text 'many'; write a whole number",
        "  workflow.yaml line 4: unknown key 'depht'; did you mean 'depth'?",
    ]


def test_of_many_mistakes_ten_are_shown(folder: Path) -> None:
    lines = refusal(folder, "".join(f"wrong_{number}: 1\n" for number in range(14))).splitlines()
    assert len(lines) == 12
    assert lines[-1] == "  ... and 4 more"


def test_no_message_speaks_of_the_validator(folder: Path) -> None:
    text = refusal(
        folder, "sources: 3\nguardrails: []\ngeneration: {rungs: [{}], deadline_s: x}\nname: [1]\n"
    )
    assert not [word for word in ("pydantic", "Input", "validation", "type=", "str_type") if word in text]


def test_two_sources_of_one_name_are_refused(folder: Path) -> None:
    text = refusal(folder, "sources:\n  - files: a/papers\n  - files: b/papers\n")
    assert "line 3: two entries of sources are named 'papers' (the other one is in line 2)" in text


@pytest.mark.parametrize("second", ["documents/manuals", "documents", ".", "x/../documents"])
def test_sources_that_lie_in_each_other_are_refused(folder: Path, second: str) -> None:
    text = refusal(folder, f"sources:\n  - files: documents\n  - {{files: {second}, name: other}}\n")
    assert "the folder of the source in line 2" in text


def test_two_lookups_of_one_name_are_refused(folder: Path) -> None:
    text = refusal(folder, "lookups: [{name: orders, use: a}, {name: orders, use: b}]\n")
    assert "two entries of lookups are named 'orders'" in text


def test_many_references_to_references_end_in_an_error_and_not_in_the_memory(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "values, references counted" in refusal(folder, "\n".join(lines))


def test_a_declaration_over_a_megabyte_is_refused(folder: Path) -> None:
    assert "is larger than 1,000,000 bytes" in refusal(folder, "# " + "x" * 1_000_000)


def test_a_declaration_that_is_a_link_out_of_its_folder_is_refused(folder: Path) -> None:
    outside = folder.parent / "elsewhere.yaml"
    outside.write_text("name: x\n")
    (folder / "workflow.yaml").symlink_to(outside)
    with pytest.raises(DeclarationError, match="is a link that leads out of its folder"):
        load_workflow(folder)


def test_a_declaration_that_is_no_file_is_refused(folder: Path) -> None:
    (folder / "workflow.yaml").mkdir()
    with pytest.raises(DeclarationError, match=r"cannot be read|is no regular file"):
        load_workflow(folder)


def test_a_pipe_in_the_place_of_the_declaration_does_not_hang(folder: Path) -> None:
    os.mkfifo(folder / "workflow.yaml")
    with pytest.raises(DeclarationError, match="is no regular file"):
        load_workflow(folder)


@pytest.mark.parametrize("name", ["workflow.yml", "Workflow.yaml", "workflow.yaml.txt"])
def test_a_declaration_under_a_wrong_name_does_not_leave_the_folder_open(folder: Path, name: str) -> None:
    (folder / name).write_text("name: x\n")
    with pytest.raises(DeclarationError, match=r"call it workflow\.yaml"):
        load_workflow(folder)


def test_a_missing_folder_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        load_workflow(tmp_path / "nowhere")


# --- digests ---


def test_comments_blanks_and_the_order_of_keys_leave_the_digest_as_it_is(folder: Path) -> None:
    one = load_workflow(declare(folder, "name: x\nretrieval: {k: 10, depth: 50}\n"))
    two = load_workflow(declare(folder, "# changed\nretrieval:\n  depth: 50\n\n  k: 10\nname: 'x'\n"))
    assert one.version_parts == two.version_parts


def test_a_changed_value_changes_the_digest(folder: Path) -> None:
    one = load_workflow(declare(folder, "retrieval: {k: 10}\n"))
    two = load_workflow(declare(folder, "retrieval: {k: 11}\n"))
    assert one.declaration_digest != two.declaration_digest


def test_a_changed_prompt_changes_only_the_digest_of_the_prompts(folder: Path) -> None:
    prompts = folder / "prompts"
    prompts.mkdir()
    (prompts / "system.md.jinja").write_text("one")
    one = load_workflow(declare(folder, "name: x\n"))
    (prompts / "system.md.jinja").write_text("two")
    two = load_workflow(folder)
    assert one.prompts_digest != two.prompts_digest
    assert one.declaration_digest == two.declaration_digest


def test_a_changed_module_beside_the_hook_changes_the_digest_of_the_hooks(folder: Path) -> None:
    (folder / "hooks.py").write_text("from clauses import by_clause\n")
    (folder / "clauses.py").write_text("def by_clause(): ...\n")
    one = load_workflow(declare(folder, "chunking: {use: 'hooks:by_clause'}\n"))
    (folder / "clauses.py").write_text("def by_clause(): return 1\n")
    two = load_workflow(folder)
    assert one.hooks_digest != two.hooks_digest
    assert {path.name for path in two.hook_files} == {"hooks.py", "clauses.py"}


def test_python_files_that_no_hook_uses_are_not_read(folder: Path) -> None:
    (folder / "script.py").write_text("print()")
    loaded = load_workflow(declare(folder, "name: x\n"))
    assert (loaded.hooks_digest, loaded.hook_files) == ("", ())


# --- the schema ---


def test_the_schema_is_json_that_knows_every_section_and_forbids_others() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["$id"]
    assert schema["additionalProperties"] is False
    assert {"name", "owner", "charter", "sources", "retrieval", "generation"} <= schema["properties"].keys()


def test_every_key_of_the_schema_is_described() -> None:
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    named = [
        (section.get("title"), key)
        for section in sections
        for key, value in section.get("properties", {}).items()
        if not value.get("description") and "$ref" not in value
    ]
    assert named == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("fields.amount >", "cannot be read"),
        ("orders.total > 5", "the lookup 'orders', which is not declared"),
        ("route.tokns < 5", "'route.tokns' is unknown; did you mean 'tokens'?"),
    ],
)
def test_a_rung_whose_condition_cannot_be_read_is_told_with_its_line(
    folder: Path, condition: str, told: str
) -> None:
    text = f"name: desk\nsources: [{{files: .}}]\ngeneration:\n  rungs:\n    - model: m\n      when: {condition}\n"
    message = refusal(folder, text)
    assert told in message
    assert "line 6" in message
    assert load_workflow(declare(folder, text.replace(condition, "route.tokens < 2000")))


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("feilds.amount > 10000", "'feilds', which is not declared; did you mean 'fields'?"),
        ("count(order) > 0", "'order', which is not declared; did you mean 'orders'?"),
    ],
)
def test_a_rule_that_reads_what_there_is_not_is_told_with_its_line(
    folder: Path, condition: str, told: str
) -> None:
    """It was let through, and never held."""
    text = (
        "name: desk\nsources: [{files: .}]\nlookups:\n  - {name: orders, database: a.db, sql: select 1}\n"
        f"deciding:\n  rules:\n    - name: big\n      when: {condition} or stock.count > 1\n"
        "      then: refuse\n      because: Too much.\n"
    )
    message = refusal(folder, text)
    assert told in message
    assert "'stock'" in message, "all mistakes at once"
    assert "line 8" in message
