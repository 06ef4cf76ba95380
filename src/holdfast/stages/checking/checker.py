"""Check a reply: which passage each claim names, whether that passage says it, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from holdfast.domain.checks import Checks, Citation, Claim
from holdfast.domain.items import WorkItem, is_attached
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.stages.checking.brought import told_where_brought
from holdfast.stages.checking.citing import best_span, citation_of
from holdfast.stages.checking.claims import Stated, marked_numbers, stated_in
from holdfast.stages.checking.field_quotes import said_fields
from holdfast.stages.checking.fields import StatedField, field_support, stated_fields
from holdfast.stages.checking.settings import CheckingSettings
from holdfast.stages.checking.support import VERBATIM, Evidence, Support, evidence_sentences, support_of
from holdfast.text.answerability import answerability
from holdfast.text.languages import language_of_question
from holdfast.text.numbers import quantities
from holdfast.text.totals import is_total
from holdfast.text.years import asked_years, named_years, other_years, said_instead


def checker_for(settings: CheckingSettings, *, dense: bool = True) -> LexicalChecker:
    """Return the checker; `dense` says that the passages' dense scores are cosines of MiniLM."""
    return LexicalChecker(settings, dense=dense)


class LexicalChecker:
    """Compares each claim with the passages it names, word by word and number by number."""

    def __init__(self, settings: CheckingSettings | None = None, *, dense: bool = True) -> None:
        self._settings = settings or CheckingSettings()
        self._dense = dense

    def check(self, item: WorkItem, prompt: Prompt, reply: Reply) -> Checks:
        """Return claims with support, resolved citations and answerability."""
        if reply.finish != "stop":
            return Checks(answerability=self._answerability(prompt, reply))
        passages = {passage.n: passage for passage in prompt.passages}
        stated: Sequence[Stated]
        if prompt.output is not None and reply.output is not None:
            stated = stated_fields(reply.output, reply.cites, prompt.output)
            named = dict.fromkeys(n for numbers in reply.cites.values() for n in numbers)
        else:
            stated, named = stated_in(reply.text), dict.fromkeys(marked_numbers(reply.text))
        written = _language(prompt, reply)
        judged = [self._judged(claim, prompt, reply, written=written, item=item) for claim in stated]
        is_foreign = any(_is_foreign(claim, prompt.passages, written) for claim in stated)
        claims = tuple(
            Claim(
                text=claim.text,
                start=claim.start,
                end=claim.end,
                cites=claim.cites,
                support=support.probability,
                conflicts=support.conflicts,
                field=claim.field,
            )
            for claim, support in zip(stated, judged, strict=True)
        )
        weakest = min(judged, key=lambda support: support.probability, default=None)
        support = weakest.probability if weakest else 0.0
        return Checks(
            claims=claims,
            citations=self._citations(stated, passages),
            unresolved=tuple(f"[{n}]" for n in named if n not in passages),
            support=support,
            answerability=self._answerability(
                prompt, reply, is_foreign=is_foreign, written=written, support=support
            ),
            is_foreign=is_foreign,
            details=dict(weakest.features) if weakest else {},
        )

    def _judged(
        self, claim: Stated, prompt: Prompt, reply: Reply, *, written: str, item: WorkItem
    ) -> Support:
        """Return a claim's support; that of a field which no passage states says where the item does."""
        passages = prompt.passages
        support = self._support(claim, passages, written)
        if told := _of_another_year(claim, prompt, reply):
            most = min(support.probability, self._settings.conflict_ceiling)
            return replace(support, probability=most, conflicts=(*support.conflicts, told))
        if isinstance(claim, StatedField) and not support.probability:
            is_cited = any(is_attached(passage.document) for passage in passages)
            return told_where_brought(claim, support, replace(item, attachments=()) if is_cited else item)
        return support

    def _support(self, claim: Stated, passages: Sequence[Passage], written: str) -> Support:
        """Return the support; a conflict puts a ceiling on it, and naming no passage lowers it.

        Across languages numbers, dates and codes are all that can be compared.
        """
        settings = self._settings
        named = [passage for passage in passages if passage.n in claim.cites]
        evidence = evidence_of(named if claim.cites else passages)
        if isinstance(claim, StatedField):
            return self._field_support(claim, evidence, has_passage=bool(named))
        if is_total(claim.text, [passage.text for passage in named]):
            return Support(probability=VERBATIM, conflicts=(), features={"total": 1.0})
        support = support_of(claim.text, evidence)
        probability, conflicts = support.probability, support.conflicts
        if _is_foreign(claim, passages, written):
            probability = settings.across_languages
        if conflicts:
            probability = min(probability, settings.conflict_ceiling)
        if not claim.cites:
            probability *= settings.uncited_factor
            conflicts = (*conflicts, "names no passage")
        elif not named:
            probability, conflicts = 0.0, ("names only passages that were not given",)
        return Support(probability=probability, conflicts=conflicts, features=support.features)

    def _field_support(self, claim: StatedField, evidence: Evidence, *, has_passage: bool) -> Support:
        """Return the support of a field; one that names no passage has none, however true it is."""
        if not claim.cites:
            return Support(probability=0.0, conflicts=("names no passage",), features={})
        if not has_passage:
            return Support(
                probability=0.0, conflicts=("names only passages that were not given",), features={}
            )
        settings = self._settings
        return field_support(
            claim, evidence, conflict_ceiling=settings.conflict_ceiling, concluded=settings.concluded
        )

    def _citations(self, stated: Sequence[Stated], passages: dict[int, Passage]) -> tuple[Citation, ...]:
        """Return one citation per passage that a claim names, in the order of the marks."""
        order = dict.fromkeys(n for claim in stated for n in claim.cites if n in passages)
        return tuple(
            self._citation(passages[n], [claim for claim in stated if n in claim.cites]) for n in order
        )

    def _citation(self, passage: Passage, claims: Sequence[Stated]) -> Citation:
        fields = [claim for claim in claims if isinstance(claim, StatedField)]
        return citation_of(
            passage,
            [claim.text for claim in claims],
            most=self._settings.quote_sentences,
            saying=partial(said_fields, fields) if fields else None,
        )

    def _answerability(
        self,
        prompt: Prompt,
        reply: Reply,
        *,
        is_foreign: bool = False,
        written: str = "",
        support: float = 0.0,
    ) -> float:
        """Return the reply's own estimate, else that of the question's words.

        They were learnt from English: of a question in another language they tell nearly nothing, so that
        passages which support all that a model wrote count for no less than that.
        """
        if reply.answerability is not None:
            return reply.answerability
        if is_foreign:
            return self._settings.across_languages
        estimate = answerability(prompt.question, prompt.passages, dense=self._dense).probability
        return estimate if written in ("", "en") else max(estimate, support)


def _language(prompt: Prompt, reply: Reply) -> str:
    """Return the language in which a model wrote prose, empty where nobody can tell or nobody wrote.

    A few words without a small one among them are taken for the language of all the passages.
    """
    if reply.answerability is not None or reply.output is not None:
        return ""
    told = language_of_question(reply.text) or language_of_question(prompt.question)
    return told or _spoken(prompt.passages)


def _spoken(passages: Sequence[Passage]) -> str:
    """Return the language of all passages whose own is known, empty where they are several or none is."""
    spoken = {passage.metadata.language for passage in passages} - {""}
    return next(iter(spoken)) if len(spoken) == 1 else ""


def _is_foreign(claim: Stated, passages: Sequence[Passage], written: str) -> bool:
    """Return whether a claim is in another language than every passage it names: words do not meet there."""
    spoken = {passage.metadata.language for passage in passages if passage.n in claim.cites}
    return bool(written and spoken) and not spoken & {"", written}


def _of_another_year(claim: Stated, prompt: Prompt, reply: Reply) -> str:
    """Return in words that a figure is of another year than was asked about, and nothing says so; or empty.

    The extractive answerer brings what its quotes lack; fields of a record are no answer to a question.
    """
    if isinstance(claim, StatedField) or reply.answerability is not None or not asked_years(prompt.question):
        return ""
    asked = {one.value for one in quantities(prompt.question)}
    if all(one.value in asked for one in quantities(claim.text)):
        return ""
    places = [
        (passage, best_span(passage.text, [claim.text], most=1)[0])
        for passage in prompt.passages
        if passage.n in claim.cites
    ]
    told = other_years(prompt.question, places) if places else frozenset[int]()
    is_silent = told and told.isdisjoint(named_years(reply.text))
    return f"it is {said_instead(prompt.question, told)}" if is_silent else ""


def evidence_of(passages: Sequence[Passage]) -> Evidence:
    """Return what these passages say, with what stands above them."""
    return Evidence(
        sentences=tuple(piece for passage in passages for piece in evidence_sentences(passage.text)),
        above="\n".join(
            dict.fromkeys(
                line
                for passage in passages
                for line in (*passage.context.splitlines(), passage.metadata.title)
                if line
            )
        ),
        language=_spoken(passages),
    )
