"""Decide how an item ends: business rules before any model, thresholds after each reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from holdfast.domain.checks import Checks, Citation
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal, Ruling
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.domain.rows import Facts
from holdfast.stages.deciding.ambiguity import open_choice, open_range
from holdfast.stages.deciding.doubt import may_hold
from holdfast.stages.deciding.evaluating import holds, situation_of
from holdfast.stages.deciding.expressions import parse
from holdfast.stages.deciding.field_faults import fault_of_fields
from holdfast.stages.deciding.other_language import other_language
from holdfast.stages.deciding.settings import DecidingSettings, RuleSettings
from holdfast.text.relevance import rank_sentences

NOT_HELD = "I could not find an answer to this in the documents that you may see."
NOT_SURE = "I found related passages, but none that clearly answers this."
HANDED_OVER = "This goes to a person."
NOT_NOW = "This cannot be told right now; please ask again later."
NEEDS_MODEL = "This has to be filled in by a person."
_CLOSING = ("escalate", "refuse")
"""What rules do that keep an item from an answer."""


def decider_for(settings: DecidingSettings) -> ThresholdDecider:
    """Return the decider of a workflow."""
    return ThresholdDecider(settings)


class ThresholdDecider:
    """Answers what is answerable and supported; asks, refuses or hands over the rest."""

    def __init__(self, settings: DecidingSettings | None = None) -> None:
        self._settings = settings or DecidingSettings()

    def rule(self, item: WorkItem, facts: Facts) -> Ruling | None:
        """Return the ruling of the first business rule that holds, else None.

        A rule that hands over or refuses and reads a lookup that failed counts as well where it may hold:
        an outage of the lookup lets no item slip past it.
        """
        situation = situation_of(item, facts)
        for rule in self._settings.rules:
            condition = parse(rule.when)
            if holds(condition, situation):
                return Ruling(outcome=self._by_rule(rule))
            if rule.then in _CLOSING and facts.failed and may_hold(condition, situation, facts.failed):
                failed = sorted(condition.lookups & set(facts.failed))
                return Ruling(outcome=self._in_doubt(rule, failed))
        return None

    def decide(self, item: WorkItem, prompt: Prompt, reply: Reply, checks: Checks) -> Ruling:
        """Return answer, question, refusal or escalation, with the reason in words.

        A refusal or hand-over for the reply's own faults is not final, so that the next rung may do
        better; one that lies in the passages is final for the rung that reads best. Words that were read
        as others are part of every reason.
        """
        ruling = self._decided(item, prompt, reply, checks)
        if not prompt.read_as:
            return ruling
        reason = "; ".join(filter(None, (ruling.outcome.reason, f"read {', '.join(prompt.read_as)}")))
        return replace(ruling, outcome=replace(ruling.outcome, reason=reason))

    def _decided(self, item: WorkItem, prompt: Prompt, reply: Reply, checks: Checks) -> Ruling:
        settings, passages = self._settings, prompt.passages
        if reply.finish == "unable" or not passages:
            outcome = self._without_reply(prompt, reply, checks)
            return Ruling(outcome=outcome, final=reply.finish != "unable")
        # A form is no question: its fields are held against what they cite.
        if reply.output is None and checks.answerability < settings.refuse_below:
            why = f"the passages hardly answer the question ({_percent(checks.answerability)} likely)"
            # The next rung reads the same passages, so only a model's own estimate can change there.
            final = reply.answerability is None
            return Ruling(outcome=self._refuse(NOT_HELD, why, prompt, checks), final=final)
        choice = open_choice(prompt.question, item.fields, passages, settings.ask_about)
        if choice is None and settings.ask_about:
            choice = open_range(prompt.question, passages, checks.citations)
        if choice is not None:
            return Ruling(outcome=_question(*choice, confidence=checks.answerability))
        if reply.finish == "nothing" or not (checks.claims or _needs_no_citation(prompt, reply)):
            why = "the model found no answer in the passages"
            return Ruling(outcome=self._refuse(NOT_SURE, why, prompt, checks), final=False)
        fault = self._fault(prompt, reply, checks)
        if fault:
            return Ruling(outcome=self._uncertain(fault, prompt, reply, checks), final=False)
        return Ruling(outcome=_answer(reply, checks))

    def _fault(self, prompt: Prompt, reply: Reply, checks: Checks) -> str:
        """Return in words why the reply is not given as an answer, or empty.

        A model that writes could have said that nothing answers, and has read more than words alone
        tell: `answer_at` is for replies that bring their own estimate, as the extractive answerer's do.
        """
        settings = self._settings
        weak = [claim for claim in checks.claims if claim.support < settings.support_at]
        if weak and weak[0].field:
            return fault_of_fields(weak)
        if checks.unresolved:
            return f"the reply cites {', '.join(checks.unresolved)}, which it was not given"
        if not checks.citations and not _needs_no_citation(prompt, reply):
            return "the reply cites nothing"
        if weak:
            worst = min(weak, key=lambda claim: claim.support)
            told = f" ({'; '.join(worst.conflicts)})" if worst.conflicts else ""
            return f'its passages do not support "{_short(worst.text)}"{told}'
        if reply.answerability is not None and checks.answerability < settings.answer_at:
            likely = f"({_percent(checks.answerability)} likely)"
            return "; ".join((f"it is not certain that the passages answer this {likely}", *reply.lacks))
        return ""

    def _without_reply(self, prompt: Prompt, reply: Reply, checks: Checks) -> Outcome:
        """Return how an item ends that has no passage, or whose output no model could fill: never as text."""
        if reply.finish != "unable":
            return _refusal(NOT_HELD, "no passage was found that you may see", checks, ())
        why = f"structured output needs a model; {reply.model} can only quote"
        if self._settings.unfilled == "refuse":
            return self._refuse(NEEDS_MODEL, why, prompt, checks)
        return self._escalation(NEEDS_MODEL, why, self._settings.last_route)

    def _uncertain(self, why: str, prompt: Prompt, reply: Reply, checks: Checks) -> Outcome:
        if self._settings.uncertain == "refuse":
            return self._refuse(NOT_SURE, why, prompt, checks)
        return self._escalation(
            HANDED_OVER,
            why,
            self._settings.last_route,
            citations=checks.citations,
            confidence=confidence_of(checks, of_fields=reply.output is not None),
            reply=reply,
        )

    def _refuse(self, text: str, why: str, prompt: Prompt, checks: Checks) -> Refusal:
        if foreign := other_language(prompt.question, prompt.passages):
            why = f"{why}; {foreign}"
        return _refusal(text, why, checks, nearest(prompt, self._settings.nearest))

    def _by_rule(self, rule: RuleSettings) -> Outcome:
        text, why = rule.say or rule.because, f"{rule.because} (rule {rule.name})"
        if rule.then == "answer":
            return Answer(text=text, citations=(), confidence=1.0, reason=why)
        if rule.then == "ask":
            return Question(text=text, reason=why, confidence=1.0, options=rule.options)
        if rule.then == "refuse":
            return Refusal(text=text, reason=why, confidence=1.0)
        return self._escalation(text, why, rule.to or self._settings.last_route, confidence=1.0)

    def _in_doubt(self, rule: RuleSettings, failed: Sequence[str]) -> Outcome:
        lookups = f"the lookup{'s' if len(failed) > 1 else ''} {' and '.join(failed)} failed"
        why = f"{lookups}, so nobody knows whether this holds: {rule.because} (rule {rule.name})"
        if rule.then == "refuse":
            return Refusal(text=NOT_NOW, reason=why, confidence=1.0)
        return self._escalation(HANDED_OVER, why, rule.to or self._settings.last_route, confidence=1.0)

    def _escalation(
        self,
        text: str,
        why: str,
        route: str,
        *,
        reply: Reply | None = None,
        citations: tuple[Citation, ...] = (),
        confidence: float = 0.0,
    ) -> Escalation:
        """Return the hand-over; `reply` is its draft."""
        declared = self._settings.routes.get(route)
        return Escalation(
            text=text,
            reason=why,
            route=route,
            contact=declared.contact if declared else "",
            confidence=confidence,
            draft=reply.text if reply else "",
            citations=citations,
            output=reply.output if reply else None,
            cites=reply.cites if reply else {},
        )


def _needs_no_citation(prompt: Prompt, reply: Reply) -> bool:
    """Return whether the reply is an output none of whose fields has to be cited."""
    return prompt.output is not None and reply.output is not None and not prompt.output.cited


def confidence_of(checks: Checks, *, of_fields: bool = False) -> float:
    """Return how sure an answer is: answerable at all, and its weakest claim supported.

    The smaller of the two: each is a bound, and they are far from independent, so that a product would
    say less than is known. For the cited fields of an output their support alone counts.
    """
    if of_fields and checks.claims:
        return round(checks.support, 4)
    return round(min(checks.answerability, checks.support if checks.claims else 1.0), 4)


def nearest(prompt: Prompt, most: int) -> tuple[Citation, ...]:
    """Return the best sentences of the passages that came closest, one for each document."""
    found: dict[str, Citation] = {}
    for candidate in rank_sentences(prompt.question, prompt.passages):
        if len(found) == most:
            break
        passage, sentence = candidate.passage, candidate.sentence
        if passage.document not in found:
            found[passage.document] = _citation(passage, sentence.start, sentence.end, len(found) + 1)
    return tuple(found.values())


def _citation(passage: Passage, start: int, end: int, n: int) -> Citation:
    return Citation(
        n=n,
        document=passage.document,
        title=passage.metadata.title or passage.document,
        quote=passage.text[start:end],
        start=passage.start + start,
        end=passage.start + end,
        locator=passage.locator,
    )


def _answer(reply: Reply, checks: Checks) -> Answer:
    confidence = confidence_of(checks, of_fields=reply.output is not None)
    count = len(checks.citations)
    passages = f"{count} cited passage{'s' if count != 1 else ''}"
    likely = f"{_percent(confidence)} likely to be what was asked"
    if checks.is_foreign:
        likely = "only numbers, dates and codes were compared across languages"
    match reply.output is not None, bool(checks.claims):
        case True, True:
            reason = f"it fits its schema, and its fields stand in {passages}"
        case True, False:
            reason = f"it fits its schema, and none of its fields has to be cited; {likely}"
        case _:
            reason = f"it stands in {passages}; {likely}"
    return Answer(
        text=reply.text,
        citations=checks.citations,
        confidence=confidence,
        reason=reason,
        output=reply.output,
        cites=reply.cites,
    )


def _question(key: str, options: Sequence[str], *, confidence: float) -> Question:
    listed = f"{', '.join(options[:-1])} or {options[-1]}"
    return Question(
        text=f"Which {key.replace('_', ' ')} do you mean: {listed}?",
        reason=f"the documents answer differently for each {key.replace('_', ' ')}, and none is named",
        confidence=confidence,
        options=tuple(options),
    )


def _refusal(text: str, why: str, checks: Checks, near: tuple[Citation, ...]) -> Refusal:
    return Refusal(text=text, reason=why, confidence=round(1 - checks.answerability, 4), nearest=near)


def _percent(probability: float) -> str:
    return f"{round(100 * probability)}%"


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
