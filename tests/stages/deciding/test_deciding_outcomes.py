from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks, Citation, Claim
from holdfast.domain.documents import Metadata
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Question, Refusal, Ruling
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.stages.deciding.decider import ThresholdDecider
from holdfast.stages.deciding.settings import DecidingSettings


def passage(n: int, text: str, product: str = "", document: str = "") -> Passage:
    return Passage(
        n=n,
        document=document or f"{product or n}.md",
        text=text,
        start=0,
        end=len(text),
        metadata=Metadata(title=product, keys={"product": (product,)} if product else {}),
        chunk_id=n,
        score=1.0,
        dense_score=0.6,
    )


PASSAGES = (
    passage(1, "The cover screws of the HX-200 are tightened to 24 Nm."),
    passage(2, "Spare gaskets are sold in sets of five."),
)
CITATION = Citation(n=1, document="1.md", title="1.md", quote=PASSAGES[0].text, start=0, end=54)
CLAIM = Claim(text="They take 24 Nm.", start=0, end=16, cites=(1,), support=0.8)
GOOD = Checks(claims=(CLAIM,), citations=(CITATION,), support=0.8, answerability=0.9)
REPLY = Reply(text="They take 24 Nm. [1]", model="extractive", answerability=0.9)


def decide(
    checks: Checks,
    *,
    question: str = "Torque of the cover screws?",
    passages: tuple[Passage, ...] = PASSAGES,
    reply: Reply = REPLY,
    fields: dict[str, str] | None = None,
    **settings: object,
) -> Ruling:
    item = WorkItem(id="1", principal=Principal(user="ada"), question=question, fields=fields or {})
    prompt = Prompt(question=question, messages=(), passages=passages)
    decider = ThresholdDecider(DecidingSettings.model_validate(settings))
    return decider.decide(item, prompt, reply, checks)


def test_an_answerable_question_with_support_is_answered() -> None:
    assert decide(GOOD) == Ruling(
        outcome=Answer(
            text=REPLY.text,
            citations=(CITATION,),
            confidence=0.8,
            reason="it stands in 1 cited passage; 80% likely to be what was asked",
        )
    )


@pytest.mark.parametrize(
    ("checks", "reason"),
    [
        (replace(GOOD, unresolved=("[7]",)), "the reply cites [7], which it was not given"),
        (replace(GOOD, citations=()), "the reply cites nothing"),
        (
            replace(
                GOOD,
                claims=(replace(CLAIM, support=0.1, conflicts=("number 42 Nm is in no cited passage",)),),
            ),
            'its passages do not support "They take 24 Nm." (number 42 Nm is in no cited passage)',
        ),
        (
            replace(GOOD, answerability=0.4),
            "it is not certain that the passages answer this (40% likely)",
        ),
    ],
)
def test_a_reply_with_a_fault_leaves_the_item_to_the_next_rung(checks: Checks, reason: str) -> None:
    ruling = decide(checks)
    assert not ruling.final
    assert isinstance(ruling.outcome, Refusal)
    assert ruling.outcome.reason == reason
    assert ruling.outcome.nearest[0].quote == PASSAGES[0].text


def test_a_refusal_says_what_of_the_question_was_missing() -> None:
    lacking = replace(REPLY, lacks=("it holds no temperature", "it is about HX-300"))
    ruling = decide(replace(GOOD, answerability=0.4), reply=lacking)
    assert isinstance(ruling.outcome, Refusal)
    assert ruling.outcome.reason == (
        "it is not certain that the passages answer this (40% likely); it holds no temperature; it is about HX-300"
    )


def test_a_model_that_writes_judges_for_itself_whether_the_passages_answer() -> None:
    written = Reply(text=REPLY.text, model="m:1")
    assert isinstance(decide(replace(GOOD, answerability=0.4), reply=written).outcome, Answer)
    hardly = decide(replace(GOOD, answerability=0.1), reply=written)
    assert hardly.final
    assert isinstance(hardly.outcome, Refusal)


def test_uncertain_items_are_handed_over_where_that_is_declared() -> None:
    ruling = decide(
        replace(GOOD, answerability=0.4),
        uncertain="escalate",
        routes={"desk": {"contact": "desk@example.com"}},
    )
    assert isinstance(ruling.outcome, Escalation)
    assert (ruling.outcome.route, ruling.outcome.contact) == ("desk", "desk@example.com")
    assert ruling.outcome.draft == REPLY.text
    assert ruling.outcome.citations == (CITATION,)


def test_what_the_passages_do_not_hold_is_refused_even_where_uncertain_items_are_handed_over() -> None:
    ruling = decide(replace(GOOD, answerability=0.1), uncertain="escalate", routes={"desk": {}})
    assert isinstance(ruling.outcome, Refusal)
    assert "10% likely" in ruling.outcome.reason


def test_a_model_that_says_nothing_ends_in_a_refusal_with_the_nearest_sources() -> None:
    reply = Reply(text="", model="m:1", finish="nothing")
    outcome = decide(Checks(answerability=0.6), reply=reply).outcome
    assert isinstance(outcome, Refusal)
    assert [citation.document for citation in outcome.nearest] == ["1.md", "2.md"]


def test_no_passage_at_all_is_refused_for_good() -> None:
    ruling = decide(Checks(), passages=())
    assert ruling.final
    assert isinstance(ruling.outcome, Refusal)


def in_language(code: str) -> tuple[Passage, ...]:
    return tuple(replace(one, metadata=replace(one.metadata, language=code)) for one in PASSAGES)


def test_a_refusal_says_that_the_question_is_in_another_language_than_what_was_found() -> None:
    hardly = replace(GOOD, answerability=0.1)
    question = "Wie fest werden die Schrauben des Deckels angezogen?"
    told = decide(hardly, question=question, passages=in_language("en")).outcome.reason
    assert "the question is in German and what was found for it is in English" in told
    assert "Ask in English" in told
    for code in ("de", ""):
        assert "language" not in decide(hardly, question=question, passages=in_language(code)).outcome.reason
    mixed = (*in_language("en")[:1], *in_language("de")[1:])
    assert "language" not in decide(hardly, question=question, passages=mixed).outcome.reason
    english = decide(hardly, question="How tight are the screws of it?", passages=in_language("de")).outcome
    assert "in English and what was found for it is in German" in english.reason
    assert "language" not in decide(GOOD, question=question, passages=in_language("en")).outcome.reason


PRODUCTS = (
    passage(1, "The oil change interval is 4,000 hours.", "HX-200"),
    passage(2, "The oil change interval is 2,000 hours.", "HX-300"),
)


def test_a_question_that_fits_two_products_is_asked_back() -> None:
    outcome = decide(GOOD, question="What is the oil change interval?", passages=PRODUCTS).outcome
    assert isinstance(outcome, Question)
    assert outcome.text == "Which product do you mean: HX-200 or HX-300?"
    assert outcome.options == ("HX-200", "HX-300")


@pytest.mark.parametrize(
    "question", ["What is the oil change interval of the hx 200?", "Oil interval, HX-300?"]
)
def test_a_question_that_names_its_product_is_not_asked_back(question: str) -> None:
    assert isinstance(decide(GOOD, question=question, passages=PRODUCTS).outcome, Answer)


def test_a_field_that_names_the_product_is_enough() -> None:
    outcome = decide(
        GOOD, question="What is the oil change interval?", passages=PRODUCTS, fields={"product": "HX-200"}
    ).outcome
    assert isinstance(outcome, Answer)


def test_products_that_agree_need_no_question() -> None:
    same = tuple(replace(p, text="The oil change interval is 4,000 hours.") for p in PRODUCTS)
    assert isinstance(
        decide(GOOD, question="What is the oil change interval?", passages=same).outcome, Answer
    )


def test_only_declared_keys_are_asked_about() -> None:
    outcome = decide(
        GOOD, question="What is the oil change interval?", passages=PRODUCTS, ask_about=()
    ).outcome
    assert isinstance(outcome, Answer)


def test_the_row_of_a_lookup_says_what_the_item_is_about() -> None:
    row = replace(passage(3, "order_number: SO-10423; product: HX-200"), chunk_id=None)
    outcome = decide(GOOD, question="What is the oil change interval?", passages=(*PRODUCTS, row)).outcome
    assert isinstance(outcome, Answer)


def test_a_sentence_under_its_products_title_competes_for_that_product() -> None:
    listed = {"product": ("HX-200", "HX-300")}
    titled = tuple(
        replace(p, metadata=Metadata(title=f"{p.metadata.title} manual", keys=listed)) for p in PRODUCTS
    )
    outcome = decide(GOOD, question="What is the oil change interval?", passages=titled).outcome
    assert isinstance(outcome, Question)


@pytest.mark.parametrize("checks", [GOOD, replace(GOOD, answerability=0.1), replace(GOOD, citations=())])
def test_words_that_were_read_as_others_are_part_of_every_reason(checks: Checks) -> None:
    item = WorkItem(id="1", principal=Principal(user="ada"), question="troque of the cover screws?")
    prompt = Prompt(question="torque of the cover screws?", messages=(), passages=PASSAGES)
    decider = ThresholdDecider(DecidingSettings())
    plain = decider.decide(item, prompt, REPLY, checks)
    told = decider.decide(item, replace(prompt, read_as=("'troque' as 'torque'",)), REPLY, checks)
    assert told.outcome.reason == f"{plain.outcome.reason}; read 'troque' as 'torque'"
    assert replace(told, outcome=replace(told.outcome, reason=plain.outcome.reason)) == plain
