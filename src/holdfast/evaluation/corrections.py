"""Make a golden case of a recorded run, as it was or as a person corrected it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from unicodedata import normalize

from holdfast.domain.access import Principal
from holdfast.domain.cases import (
    AMBIGUOUS,
    COMMON,
    ESCALATE,
    LOOKUP,
    REFUSE,
    Case,
    Evidence,
    Expectation,
    ExpectedField,
    Fact,
    OutcomeKind,
)
from holdfast.domain.documents import Document
from holdfast.domain.items import ATTACHED, ItemAttachment, Speaker, Turn, is_attached
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.errors import NotAllowed
from holdfast.evaluation.case_checks import normal
from holdfast.storage.runs import StoredRun
from holdfast.text.identifiers import identifiers
from holdfast.text.marks import without_marks
from holdfast.text.numbers import days, quantities
from holdfast.text.sentences import split_sentences

RUN, CORRECTION = "run", "correction"
"""Where a case came from."""
KIND_OF: Mapping[str, str] = {
    "answer": COMMON, "question": AMBIGUOUS, "refusal": REFUSE, "escalation": ESCALATE,
}  # fmt: skip
_NOT_IN_IDS = re.compile(r"[^a-z0-9]+")
_WORDS_OF_AN_ID = 6
_SHORT = 2
"""Letters of a word that tells nothing of what a sentence is about, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says of a run: how it should have ended."""

    outcome: OutcomeKind
    text: str = ""
    """The right answer, in their words."""
    evidence: tuple[Evidence, ...] | None = None
    """Where it stands; None: what the run cited is right, and none of it for an outcome without evidence."""
    facts: tuple[Fact, ...] | None = None
    """What has to be stated; None: the numbers, dates and codes of the corrected text."""
    must_not_state: tuple[str, ...] | None = None
    """None: the values that the run stated in a sentence whose value the text replaces by another one, except
    those that the evidence states."""
    fields: Mapping[str, ExpectedField] = field(default_factory=dict)
    """Of a record: what its fields have to be; they stand in the place of facts that nobody names."""


def case_of_run(
    run: StoredRun,
    *,
    id: str = "",  # noqa: A002 - the word that cases use
    kind: str = "",
    tags: Sequence[str] = (),
    facts: Sequence[Fact] = (),
    fields: Mapping[str, ExpectedField] | None = None,
    documents: Mapping[str, Sequence[Document]] | None = None,
    writer: str = "",
) -> Case:
    """Return the case that a run ends as it ended: item, principal, outcome, quotes, locators, keys, Version.

    What an answer in words has to state is for a person to say; `fields` are what a record has to hold, and
    `documents` (those it cites, by path) tell the declared keys of a place.
    """
    item = run.item
    question = str(item["question"])
    evidence = cited(run, documents or {})
    return Case(
        id=id or id_of(question or " ".join(map(str, item["fields"].values())) or run.summary.id),
        kind=kind or KIND_OF[run.summary.kind],
        tags=tuple(tags),
        question=question,
        principal=Principal(
            user=item["principal"]["user"], groups=frozenset(item["principal"]["groups"])
        ),
        fields={key: str(value) for key, value in item["fields"].items()},
        attachments=tuple(
            ItemAttachment(name=one["name"], text=one["text"]) for one in item["attachments"]
        ),
        history=tuple(Turn(speaker=Speaker(one["speaker"]), text=one["text"]) for one in item["history"]),
        rests_on=_beside(run, evidence),
        expect=Expectation(
            outcome=_outcome(run), facts=tuple(facts), fields=fields or {}, evidence=evidence
        ),
        version=run.summary.version,
        origin=RUN,
        run=run.summary.id,
        written_by=writer,
    )  # fmt: skip


def corrected(
    run: StoredRun,
    correction: Correction,
    *,
    writer: str,
    id: str = "",  # noqa: A002 - the word that cases use
    kind: str = "",
    tags: Sequence[str] = (),
    documents: Mapping[str, Sequence[Document]] | None = None,
) -> Case:
    """Return the case that a correction makes of a run; it is held until a second person confirms it.

    Facts and what must not be stated are proposals where the correction names none: the second person
    looks at them.
    """
    case = case_of_run(
        run, id=id, kind=kind or KIND_OF[correction.outcome], tags=tags, documents=documents, writer=writer
    )
    text = plain_text(correction)
    was = without_marks(str(run.outcome["text"])) if run.summary.kind == "answer" else ""
    kept = case.expect.evidence if correction.outcome in ("answer", "escalation") else ()
    is_text = correction.outcome == "answer" and not correction.fields
    expect = Expectation(
        outcome=correction.outcome,
        answer=text,
        facts=_values(text) if correction.facts is None and is_text else correction.facts or (),
        must_not_state=(
            _replaced(was, text, _stated(run, kept if correction.evidence is None else correction.evidence))
            if correction.must_not_state is None and not correction.fields
            else correction.must_not_state or ()
        ),
        fields=correction.fields,
        evidence=kept if correction.evidence is None else correction.evidence,
    )
    beside = _beside(run, expect.evidence)
    return replace(case, expect=expect, rests_on=beside, held=True, origin=CORRECTION)


def plain_text(correction: Correction) -> str:
    """Return the right answer without its citation marks."""
    return without_marks(correction.text).strip()


def confirm(case: Case, who: str) -> Case:
    """Return the case as one that is run, confirmed by a second person.

    Raises NotAllowed when nobody is named, when the case does not wait, or when who confirms wrote it.
    """
    if not who.strip():
        raise NotAllowed(f"nobody confirms the case '{case.id}'", move="Say who you are.")
    if not case.held:
        raise NotAllowed(f"the case '{case.id}' waits for nobody", move="Nothing is to be done.")
    if who == case.written_by:
        raise NotAllowed(
            f"{who} wrote the case '{case.id}' and cannot confirm it",
            move="Let a second person confirm it.",
        )
    return replace(case, held=False, confirmed_by=who)


def id_of(text: str, taken: Sequence[str] = ()) -> str:
    """Return a name for a case from its first words, with a number where it is taken."""
    plain = normalize("NFKD", normal(text)).encode("ascii", "ignore").decode()
    words = [word for word in _NOT_IN_IDS.split(plain) if word][:_WORDS_OF_AN_ID]
    name = "-".join(words) or "case"
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)


def cited(run: StoredRun, documents: Mapping[str, Sequence[Document]]) -> tuple[Evidence, ...]:
    """Return what a run's outcome cites as evidence; what came nearest to a refused question is none.

    Of two attachments of one name neither is: no case could tell them apart.
    """
    names = [f"{ATTACHED}{one['name']}" for one in run.item["attachments"]]
    twice = {name for name in names if names.count(name) > 1}
    told = run.outcome.get("citations") or ()
    found = [_evidence(one, run, documents) for one in told if one["document"] not in twice]
    return tuple({(one.document, one.quote): one for one in found}.values())


def _beside(run: StoredRun, evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Return what a run's words repeat beside this evidence: what its history told, what its draft cited."""
    told = run.outcome.get("citations") or ()
    drafted = (str(one["document"]) for one in told if not is_attached(str(one["document"])))
    repeated = {*(run.item.get("rests_on") or ()), *drafted}
    return tuple(sorted(repeated - {one.document for one in evidence}))


def _outcome(run: StoredRun) -> OutcomeKind:
    kinds: dict[str, OutcomeKind] = {
        "answer": "answer", "question": "question", "refusal": "refusal", "escalation": "escalation",
    }  # fmt: skip
    return kinds[run.summary.kind]


def _evidence(
    citation: Mapping[str, Any], run: StoredRun, documents: Mapping[str, Sequence[Document]]
) -> Evidence:
    name, quote = str(citation["document"]), str(citation["quote"])
    if name.startswith(LOOKUP):
        return Evidence(document=name, quote=quote, locator=NOWHERE, keys=_row_keys(name, quote, run))
    if is_attached(name):
        return Evidence(document=name, quote=" ".join(quote.split()))
    return Evidence(
        document=name,
        quote=" ".join(quote.replace("|", " ").split()),
        locator=Locator(**citation["locator"] | {"heading": tuple(citation["locator"]["heading"])}),
        keys=_keys([quote, *citation["locator"]["heading"]], documents.get(name, ())),
    )


def _keys(near: Sequence[str], documents: Sequence[Document]) -> dict[str, str]:
    """Return the declared keys that the place names: the quote, else a heading, else the title."""
    found: dict[str, str] = {}
    for document in documents:
        for text in (*near[:1], *reversed(near[1:]), document.metadata.title):
            words = f" {normal(text)} "
            for key, values in document.metadata.keys.items():
                named = [value for value in values if f" {normal(value)} " in words]
                if len(named) == 1:
                    found.setdefault(key, named[0])
    return found


def _row_keys(name: str, quote: str, run: StoredRun) -> dict[str, str]:
    """Return the columns of the cited row that hold what the item asks with."""
    fields = {normal(str(value)) for value in run.item["fields"].values()}
    asked = fields | {normal(one.text) for one in identifiers(str(run.item["question"]))}
    for stage in run.stages:
        for row in (stage.made or {}).get("rows", ()) if stage.stage == "lookups" else ():
            values = {column: str(value) for column, value in row["values"].items()}
            line = "; ".join(f"{column}: {value}" for column, value in values.items())
            if f"{LOOKUP}{row['lookup']}" == name and quote in line:
                return {column: value for column, value in values.items() if normal(value) in asked}
    return {}


def _values(text: str) -> tuple[Fact, ...]:
    """Return the quantities with a unit, dates and codes that a text states, as facts, in its order."""
    found = [(one.start, one.end, one.text) for one in days(text)]
    found += [(one.start, one.end, one.text) for one in identifiers(text)]
    found += [(one.start, one.end, one.text) for one in quantities(text) if one.unit]
    kept: list[tuple[int, int, str]] = []
    for start, end, said in sorted(found, key=lambda one: (one[0], -one[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, said))
    return tuple(dict.fromkeys(Fact(text=said.strip()) for _, _, said in kept if said.strip()))


def _replaced(was: str, text: str, stated: str) -> tuple[str, ...]:
    """Return the quantities of what was said in whose sentence's place the text states another value.

    A sentence is replaced by one with the same unit that shares half of its words, or that is the only one
    with this unit as it was itself. What the text or its evidence states may be stated.
    """
    right = [one for one in (*quantities(text), *quantities(stated)) if one.unit]
    old, new = _by_unit(was), _by_unit(text)
    wrong = [
        one.text
        for unit, sentences in old.items()
        for sentence in sentences
        for one in quantities(sentence)
        if one.unit == unit and not any(one.agrees(other) for other in right if other.unit == unit)
        if len(sentences) == len(new.get(unit, ())) == 1
        or any(_is_near(sentence, place) for place in new.get(unit, ()))
    ]
    return tuple(dict.fromkeys(wrong))


def _by_unit(text: str) -> dict[str, list[str]]:
    """Return the sentences of a text that state a quantity, by its unit."""
    found: dict[str, list[str]] = {}
    for span in split_sentences(text):
        sentence = text[span.start : span.end]
        for unit in dict.fromkeys(one.unit for one in quantities(sentence) if one.unit):
            found.setdefault(unit, []).append(sentence)
    return found


def _is_near(one: str, other: str) -> bool:
    """Return whether two sentences share half of the words of the shorter one, numbers and units aside."""
    words = [
        {word for word in normal(text).split() if len(word) > _SHORT and word.isalpha()}
        for text in (one, other)
    ]
    return 2 * len(words[0] & words[1]) >= min(map(len, words))


def _stated(run: StoredRun, evidence: Sequence[Evidence]) -> str:
    """Return the quotes of the evidence with the passages of the run that hold them."""
    quotes = {(one.document, normal(one.quote)): one.quote for one in evidence}
    shown = [
        str(passage["text"])
        for stage in run.stages
        if stage.stage == "assembly" and isinstance(stage.made, Mapping)
        for passage in stage.made.get("passages") or ()
        if any(name == passage["document"] and quote in normal(passage["text"]) for name, quote in quotes)
    ]
    return "\n".join([*quotes.values(), *shown])
