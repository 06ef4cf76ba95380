"""Measure the guardrails on public data: precision, recall, false alarms, milliseconds.

    HOLDFAST_DATA=... python bench/guardrails.py [--show]

The cross-validated figures of the injection score come from `scripts/train_injection.py`; here are its
false alarms on questions that it was not trained on.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from data_sets import data_sets

from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer
from holdfast.stages.guardrails.guard import guardrails_for
from holdfast.stages.guardrails.injection import Injection
from holdfast.stages.guardrails.pii import Pii
from holdfast.stages.guardrails.pii_patterns import Span
from holdfast.stages.guardrails.settings import GuardrailsSettings, PiiSettings

T = TypeVar("T")
DATA = data_sets()
SHOW = "--show" in sys.argv[1:]
KINDS = {
    "CREDIT_CARD": "credit_card",
    "US_SSN": "us_ssn",
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "DOMAIN_NAME": "url",
}
PROMPT = (
    "You answer questions from numbered passages, name the passage behind each sentence and nothing else."
)


def main() -> None:
    """Print all figures."""
    personal_data()
    masked_in_documents()
    injection()
    latency()


def rows(path: str) -> list[dict]:
    """Return the objects of a JSON-lines file."""
    return [json.loads(line) for line in (DATA / path).read_text("utf-8").split("\n") if line.strip()]


def personal_data() -> None:
    """Print precision, recall, F1 over the pattern types; a hit overlaps a span of its type."""
    guardrail = Pii(PiiSettings(url="note"))
    right, found, wanted = Counter[str](), Counter[str](), Counter[str]()
    for row in rows("presidio_pii/dev/samples.jsonl"):
        gold = list(gold_spans(row))
        spans = guardrail.detect(row["full_text"])
        wanted.update(span.kind for span in gold)
        found.update(span.kind for span in spans)
        right.update(span.kind for span in spans if overlaps_one_of(span, gold))
        for span in spans:
            if SHOW and not overlaps_one_of(span, gold):
                print("  false ", span.kind, repr(around(row["full_text"], span)))
        for span in gold:
            if SHOW and not overlaps_one_of(span, spans):
                print("  missed", span.kind, repr(around(row["full_text"], span)))
    for kind in sorted(wanted):
        print(f"pii {kind:12} of {wanted[kind]:4}: {score(right[kind], found[kind], wanted[kind])}")
    print(f"pii {'all':12} of {wanted.total():4}: {score(right.total(), found.total(), wanted.total())}")


def gold_spans(row: dict) -> Iterator[Span]:
    """Yield the labelled spans of the types that have a pattern."""
    for span in row["spans"]:
        if kind := KINDS.get(span["entity_type"]):
            yield Span(start=span["start_position"], end=span["end_position"], kind=kind)


def overlaps_one_of(span: Span, others: list[Span] | tuple[Span, ...]) -> bool:
    """Return whether a span of the same kind shares a character."""
    return any(
        span.kind == other.kind and span.start < other.end and other.start < span.end for other in others
    )


def around(text: str, span: Span) -> str:
    """Return the span with a little of what stands before."""
    return text[max(0, span.start - 30) : span.end + 10]


def score(right: int, found: int, wanted: int) -> str:
    """Return precision, recall, F1 in words."""
    precision, recall = right / max(1, found), right / max(1, wanted)
    return f"precision {precision:.3f} recall {recall:.3f} F1 {2 * right / max(1, found + wanted):.3f}"


def masked_in_documents() -> None:
    """Print what the defaults would mask in public documents, which hold next to no personal data."""
    guardrail = Pii()
    for name in ("scifact", "codebase_ctx", "tau2_banking", "vaswani_npl"):
        texts = [row["text"] for row in rows(f"retrieval/{name}/corpus.jsonl")][:3000]
        kinds = Counter(
            finding.kind
            for text in texts
            for finding in guardrail.screen(text, direction="in").findings
            if finding.action == "mask"
        )
        print(f"pii masked by default in {len(texts)} documents of {name}: {dict(kinds)}")


def injection() -> None:
    """Print the share noted and refused, on questions that are no attacks and on indirect attacks."""
    guardrail = Injection()
    settings = guardrail.settings
    print(f"injection: share at or above {settings.note_above} (noted), {settings.block_above} (refused)")
    for name, texts in injection_texts().items():
        scores = [guardrail.score(text) for text in texts]
        noted = sum(score >= settings.note_above for score in scores) / len(scores)
        refused = sum(score >= settings.block_above for score in scores) / len(scores)
        print(f"injection {name:34} {len(texts):5} {noted:.4f} {refused:.4f}")


def injection_texts() -> dict[str, list[str]]:
    """Return texts by name; none of the first group was trained on."""
    names = ("anthropic_docs_qa", "codebase_ctx", "scifact", "vaswani_npl")
    questions = {name: [row["text"] for row in rows(f"retrieval/{name}/queries.jsonl")] for name in names}
    clapnq = [row["question"] for row in rows("answering/clapnq/questions.jsonl")]
    return {
        **questions,
        "clapnq": clapnq,
        "clinc val": [row["text"] for row in rows("clinc_oos/dev/val.jsonl")],
        "clinc out of scope": [row["text"] for row in rows("clinc_oos/dev/oos_val.jsonl")],
        "bank articles": [row["text"] for row in rows("retrieval/tau2_banking/corpus.jsonl")],
        "INDIRECT attacks (bipia text)": [row["attack"] for row in rows("bipia/dev/text_attacks.jsonl")],
        "INDIRECT attacks (bipia code)": [row["attack"] for row in rows("bipia/dev/code_attacks.jsonl")],
    }


def latency() -> None:
    """Print milliseconds for an ordinary item, an answer, the longest question allowed."""
    begun = time.perf_counter()
    guards = guardrails_for(GuardrailsSettings(), system_prompt=PROMPT)
    print(f"made in {(time.perf_counter() - begun) * 1000:.1f} ms")
    questions = [row["text"] for row in rows("banking77/dev/queries.jsonl")[:2000]]
    items = [WorkItem(id="1", principal=Principal(user="bench"), question=text) for text in questions]
    timed("item", items, guards.screen_item)
    answers = [task["targets"][0]["text"] for task in rows("mtrag_un/dev/tasks.jsonl")]
    outcomes = [Answer(text=text, citations=(), confidence=1.0) for text in answers]
    timed("answer", outcomes, guards.screen_outcome)
    longest = ("Which seal kit fits the HP-200 pump at 24 Nm and 16 bar? " * 2000)[:99_000]
    timed("question of 99,000 characters", [longest] * 3, lambda text: guards.screen(text, direction="in"))
    texts = [row["full_text"] for row in rows("presidio_pii/dev/samples.jsonl")]
    timed("personal data, presidio sentence", texts, Pii().detect)


def timed(name: str, things: Sequence[T], screen: Callable[[T], object]) -> None:
    """Print the middle and the slowest twentieth of the times."""
    took_ms = []
    for thing in things:
        begun = time.perf_counter()
        screen(thing)
        took_ms.append((time.perf_counter() - begun) * 1000)
    p95 = sorted(took_ms)[int(len(took_ms) * 0.95)]
    print(
        f"{name}: ms p50 {statistics.median(took_ms):.3f}, p95 {p95:.3f}, mean {statistics.mean(took_ms):.3f}"
    )


if __name__ == "__main__":
    main()
