"""Ask for a record instead of sentences: the rules of structured output, added to any assembler's prompt."""

from __future__ import annotations

import json
from dataclasses import replace

from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Limits, Prompt, with_rules
from holdfast.domain.rows import Facts
from holdfast.protocols import Assembler
from holdfast.stages.assembly.attached import with_attachments
from holdfast.stages.assembly.tokens import tokens_of

_RULES = """

Output
This task wants a record, not sentences: one JSON object whose fields are described by its schema. What is said above of marks in square brackets and of the word for no answer does not apply to it:
- Put no [n] marks into values. Numbers, units, codes and names stand in a value as the passages have them; dates and numbers in the form that the schema asks for.
{citing}- What no passage states is null; it is never guessed.
- "no_answer" is true when the passages do not hold what is asked for, else false."""  # noqa: E501

_CITING = """\
- {fields}: write {{"value": ..., "cites": [n, ...]}}. "cites" lists the numbers of the passages that state this very value; a null has none.
"""  # noqa: E501


class OutputAssembler:
    """Stands around an assembler: its prompt, with the wanted shape and the rules for filling it."""

    def __init__(self, assembler: Assembler, spec: OutputSpec) -> None:
        self._assembler = assembler
        self._spec = spec
        self._rules = rules_for(spec)
        self._tokens = tokens_of(self._rules)
        # The schema goes to the model with the prompt or beside it; either way it fills the window.
        self._reserved = self._tokens + tokens_of(json.dumps(dict(spec.asked), ensure_ascii=False))

    @property
    def system_text(self) -> str:
        """Return the rendered system text, the rules included: no part of it is meant for a reader."""
        return getattr(self._assembler, "system_text", "") + self._rules

    def assemble(self, item: WorkItem, retrieved: Retrieved, facts: Facts, limits: Limits) -> Prompt:
        """Return the assembler's prompt with the rules; raises what the assembler raises.

        What rules and schema need is kept free of the window, so that fewer passages may fit.
        """
        room = max(limits.output_tokens + 1, limits.context_tokens - self._reserved)
        assemble = with_attachments if self._spec.cites_attachments else _plainly
        prompt = assemble(self._assembler, item, retrieved, facts, replace(limits, context_tokens=room))
        return replace(with_rules(prompt, self._rules, tokens=self._tokens), output=self._spec)


def _plainly(
    assembler: Assembler, item: WorkItem, retrieved: Retrieved, facts: Facts, limits: Limits
) -> Prompt:
    return assembler.assemble(item, retrieved, facts, limits)


def rules_for(spec: OutputSpec) -> str:
    """Return the rules in words: the same for every item of a workflow."""
    if not spec.cited:
        return _RULES.format(citing="")
    fields = ", ".join(".".join(name for name in path if name != "*") for path in spec.cited)
    return _RULES.format(citing=_CITING.format(fields=f"Fields with citations ({fields})"))
