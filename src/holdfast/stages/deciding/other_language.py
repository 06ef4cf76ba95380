"""Notice that a question is in another language than everything that was found for it."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.domain.prompts import Passage
from holdfast.text.languages import language_name, language_of_question


def other_language(question: str, passages: Sequence[Passage]) -> str:
    """Return in words that question and passages differ in language, empty where they may not.

    Passages whose own language is not known decide nothing.
    """
    asked = language_of_question(question)
    found = sorted({passage.metadata.language for passage in passages} - {""})
    if not asked or not found or asked in found:
        return ""
    theirs = " or ".join(map(language_name, found))
    return (
        f"the question is in {language_name(asked)} and what was found for it is in {theirs}: words do not "
        f"meet across languages, and the local embedding model reads English only. Ask in {theirs}, or "
        "declare a multilingual model (embedding: {model: endpoint, ...})"
    )
