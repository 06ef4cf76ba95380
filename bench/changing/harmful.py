"""Changes that make the worked example worse, as people make them by mistake."""

from __future__ import annotations

import shutil
from pathlib import Path

from changing.editing import Change, each_document, in_file, on_rungs, setting, template


def _dropped(name: str) -> Change:
    def make(folder: Path) -> None:
        shutil.rmtree(folder / "documents" / name)

    return Change(name=f"the folder {name}/ is dropped", is_harmful=True, make=make)


def _closed_opened(folder: Path) -> None:
    (folder / "documents" / "permissions.yaml").write_text('"**": [everyone]\n', "utf-8")


HARMFUL = (
    Change(name="passages in the prompt 8 -> 2", is_harmful=True, make=setting("assembly.passages", 2)),
    _dropped("parts"),
    Change(
        name="another embedder: corpus statistics for the model",
        is_harmful=True,
        make=setting("embedding", {"model": "lsa"}),
    ),
    Change(
        name="a filter on a wrong key: items with an order find only papers of that order",
        is_harmful=True,
        make=setting("retrieval.filters", {"order_number": "order"}),
    ),
    Change(
        name="a pattern meant for old papers leaves out those of 2025",
        is_harmful=True,
        make=setting("sources", [{"files": "documents", "exclude": ["*2025*"]}]),
    ),
    Change(
        name="chunks of 200 characters without their headings",
        is_harmful=True,
        make=setting("chunking", {"size": 200, "heading_context": False}),
    ),
    Change(
        name="threshold for answering .55 -> .25", is_harmful=True, make=setting("deciding.answer_at", 0.25)
    ),
    Change(
        name="the rule on harmed persons is deleted",
        is_harmful=True,
        make=in_file("workflow.yaml", r"    - name: personal-harm\n.*?(?=    - name: )", ""),
    ),
    Change(name="superseded papers are found again", is_harmful=True, make=setting("retrieval.exclude", [])),
    Change(
        name="Word files cannot be read",
        is_harmful=True,
        make=each_document("**/*.docx", lambda data: data[: len(data) // 2]),
    ),
    Change(
        name="words read as German, without stems",
        is_harmful=True,
        make=setting("indexing", {"language": "de", "stemming": False}),
    ),
    Change(
        name="the lookup's pattern no longer fits the order numbers",
        is_harmful=True,
        make=in_file("workflow.yaml", r"pattern: '\\bSO-", r"pattern: '\\bORD-"),
    ),
    Change(
        name="the guardrail against injected instructions is off",
        is_harmful=True,
        make=setting("guardrails.injection", {"is_on": False}),
    ),
    Change(name="closed papers are open to everyone", is_harmful=True, make=_closed_opened),
    Change(
        name="prompt: the rule to cite is gone",
        is_harmful=True,
        asks_a_model=True,
        make=template("system.md.jinja", r"^2\. .*?\n", ""),
    ),
    Change(
        name="prompt: the rules against guessing and for declining are gone",
        is_harmful=True,
        asks_a_model=True,
        make=template("system.md.jinja", r"^1\. .*?\n|^4\. .*?\n", ""),
    ),
    Change(
        name="prompt: the rule to copy values is gone",
        is_harmful=True,
        asks_a_model=True,
        make=template("system.md.jinja", r"^3\. .*?\n", ""),
    ),
    Change(
        name="template: only the last passage is shown",
        is_harmful=True,
        asks_a_model=True,
        make=template("item.md.jinja", r"for passage in passages", "for passage in passages[-1:]"),
    ),
    Change(
        name="token budget 8,192 -> 1,400",
        is_harmful=True,
        asks_a_model=True,
        make=on_rungs(context_tokens=1400, output_tokens=512),
    ),
)
