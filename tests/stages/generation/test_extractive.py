from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.documents import Metadata
from holdfast.domain.items import WorkItem
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.domain.queries import FloatArray
from holdfast.stages.checking.checker import LexicalChecker
from holdfast.stages.generation.extractive import ExtractiveModel

COUPLING = Passage(
    n=1,
    document="manuals/kd.md",
    text="| Coupling | Largest bore | Rated torque |\n| --- | --- | --- |\n"
    "| KD-28 | 28 mm | 95 Nm |\n| KD-38 | 38 mm | 190 Nm |\n| KD-48 | 48 mm | 310 Nm |",
    start=0,
    end=160,
    context="KD couplings > Data",
    metadata=Metadata(title="KD couplings"),
    chunk_id=1,
    score=1.0,
    dense_score=0.7,
)
SPIDER = Passage(
    n=2,
    document="manuals/kd.md",
    text="The spider sits between the hubs. It must be replaced after 8,000 hours. Hubs are replaced in pairs.",
    start=200,
    end=302,
    context="KD couplings > Inspection",
    metadata=Metadata(title="KD couplings"),
    chunk_id=2,
    score=0.8,
    dense_score=0.6,
)
FITTING = Passage(
    n=3,
    document="manuals/kd.md",
    text="## Fitting\n\n1. Clean shaft and bore.\n2. Warm the hub to 80 °C.\n3. Set the gap.\n\nHubs are heavy.",
    start=400,
    end=500,
    context="KD couplings",
    metadata=Metadata(title="KD couplings"),
    chunk_id=3,
    score=0.7,
    dense_score=0.6,
)
CANTEEN = Passage(
    n=4,
    document="general/canteen.txt",
    text="Lunch is served from 11:30. Trays go back to the counter.",
    start=0,
    end=57,
    chunk_id=4,
    score=0.2,
    dense_score=0.05,
)


def ask(question: str, *passages: Passage, **options: object) -> tuple[list[str], Reply]:
    numbered = tuple(replace(passage, n=n) for n, passage in enumerate(passages, 1))
    prompt = Prompt(question=question, messages=(), passages=numbered)

    async def said() -> list[str | Reply]:
        model = ExtractiveModel(**options)  # type: ignore[arg-type]
        return [piece async for piece in model.generate(prompt, Call(deadline=Deadline.after(5)))]

    *pieces, reply = asyncio.run(said())
    assert isinstance(reply, Reply)
    return [str(piece) for piece in pieces], reply


def test_a_row_is_quoted_under_its_header_with_its_mark() -> None:
    pieces, reply = ask("What is the rated torque of the KD-38?", COUPLING, SPIDER, CANTEEN)
    assert reply.text == ("| Coupling | Largest bore | Rated torque |\n| KD-38 | 38 mm | 190 Nm | [1]")
    assert "".join(pieces) == reply.text
    assert reply.model == "extractive"
    assert reply.finish == "stop"
    assert reply.answerability is not None
    assert reply.answerability > 0.5


def test_the_header_of_a_cut_table_comes_from_the_context() -> None:
    rows = replace(
        COUPLING,
        text="KD-38 | 38 mm | 190 Nm\nKD-48 | 48 mm | 310 Nm",
        context="KD couplings > Data\nCoupling | Largest bore | Rated torque",
    )
    _, reply = ask("What is the rated torque of the KD-48?", rows, CANTEEN)
    assert reply.text == "Coupling | Largest bore | Rated torque\nKD-48 | 48 mm | 310 Nm [1]"


def test_two_codes_bring_a_row_each() -> None:
    _, reply = ask("What is the rated torque of the KD-28 and of the KD-48?", COUPLING, CANTEEN)
    assert "| KD-28 | 28 mm | 95 Nm | [1]" in reply.text
    assert "| KD-48 | 48 mm | 310 Nm | [1]" in reply.text
    assert "KD-38" not in reply.text


def test_each_question_within_a_question_gets_its_sentence() -> None:
    _, reply = ask(
        "What is the rated torque of the KD-38 and when must the spider be replaced?", COUPLING, SPIDER
    )
    assert "| KD-38 | 38 mm | 190 Nm | [1]" in reply.text
    assert "It must be replaced after 8,000 hours. [2]" in reply.text


def test_another_product_is_never_quoted_for_the_one_that_is_asked() -> None:
    _, reply = ask("What is the rated torque of the KD-99?", COUPLING, SPIDER)
    assert reply.finish == "nothing"
    assert reply.text == ""
    assert reply.answerability == 0.0


def test_a_sentence_that_leans_on_the_one_before_brings_it() -> None:
    _, reply = ask("After how many hours must the spider be replaced?", SPIDER, CANTEEN)
    assert reply.text.startswith(
        "The spider sits between the hubs. [1] It must be replaced after 8,000 hours. [1]"
    )


def test_a_question_for_steps_brings_the_whole_list() -> None:
    _, reply = ask("How do I do the fitting of a KD coupling?", FITTING, CANTEEN)
    assert "1. Clean shaft and bore. [1]\n2. Warm the hub to 80 °C. [1]\n3. Set the gap. [1]" in reply.text


def test_an_off_topic_question_gets_nothing() -> None:
    _, reply = ask(
        "Who won the world cup in 1998?", *(replace(p, dense_score=0.05) for p in (COUPLING, SPIDER))
    )
    assert (reply.finish, reply.text) == ("nothing", "")


@pytest.mark.parametrize("question", ["", "?", "the of and", "\x00\x1f", "“" * 300])
def test_a_question_without_words_gets_nothing(question: str) -> None:
    _, reply = ask(question, COUPLING)
    assert reply.finish == "nothing"


def test_no_passages_get_nothing() -> None:
    _, reply = ask("What is the rated torque?")
    assert (reply.finish, reply.answerability) == ("nothing", 0.0)


def test_a_bracketed_number_of_the_source_is_no_citation() -> None:
    noted = replace(SPIDER, text="The spider must be replaced after 8,000 hours [12] of running.")
    _, reply = ask("After how many hours must the spider be replaced?", noted)
    assert reply.text == "The spider must be replaced after 8,000 hours (12) of running. [1]"


def test_a_lookup_row_counts_although_it_has_no_score() -> None:
    row = Passage(
        n=1,
        document="lookup:orders",
        text="order_number: SO-10423; status: blocked; promised_date: 2025-04-11",
        start=0,
        end=66,
    )
    _, reply = ask("What is the status of order SO-10423?", row, COUPLING)
    assert "status: blocked" in reply.text
    assert reply.answerability is not None
    assert reply.answerability >= 0.65


def test_a_line_that_only_repeats_the_title_is_no_answer() -> None:
    titled = replace(SPIDER, text=f"KD couplings Inspection.\n\n{SPIDER.text}")
    _, reply = ask("What does the inspection of KD couplings say about the spider?", titled)
    assert not reply.text.startswith("KD couplings Inspection.")


def test_closeness_decides_between_sentences_with_the_same_words() -> None:
    passage = replace(
        SPIDER,
        text="A spider is worn when there is play at the edge. A spider is yellow when it leaves the factory new.",
    )

    async def embed(texts: Sequence[str]) -> FloatArray:
        vectors = np.array([[1.0, 0.0] if "new" in t or "colour" in t else [0.2, 0.98] for t in texts])
        return vectors.astype(np.float32)

    _, reply = ask("What colour is a spider?", passage, embed=embed, sentences=1)
    assert "yellow" in reply.text


WORDS = st.sampled_from(
    [
        "pump",
        "valve",
        "torque",
        "24",
        "Nm",
        "HX-200",
        "HX-300",
        "oil.",
        "It",
        "is",
        "the",
        "|",
        "change",
        "every",
        "10",
        "hours\n",
        "[3]",
        "##",
        "-",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=40), st.lists(WORDS, min_size=1, max_size=10))
def test_every_line_of_a_reply_is_verbatim_from_its_passage(text: list[str], question: list[str]) -> None:
    passage = replace(COUPLING, text=" ".join(text), context="Data")
    _, reply = ask(" ".join(question), passage, floor=0.0)
    held = " ".join(passage.text.replace("[3]", "(3)").split())
    for piece in reply.text.replace(" [1]", "\n").splitlines():
        assert " ".join(piece.split()) in held


def test_a_fact_is_answered_by_one_sentence() -> None:
    text = "Set the valve to 165 bar. The hose is rated for 280 bar. The valve sits on the block."
    valve = replace(SPIDER, text=text, end=len(text), context="Valve > Setting")
    _, reply = ask("What pressure is the valve set to?", valve, CANTEEN)
    assert reply.text == "Set the valve to 165 bar. [1]"


def test_a_rule_brings_the_rule_beside_it() -> None:
    text = "Only nitrogen may be used. Compressed air must not be used: it can explode."
    gas = replace(SPIDER, text=text, end=len(text), context="Accumulator > Gas")
    _, reply = ask("Could I fill the accumulator with compressed air?", gas, CANTEEN)
    assert reply.text.startswith("Only nitrogen may be used. [1] Compressed air must not be used")


def test_the_row_of_the_asked_column_beats_one_that_shares_a_word() -> None:
    torques = replace(
        COUPLING, text="Fastener | Torque\nCoupling guard screws | 18 Nm", context="HX-300 > Torques"
    )
    couplings = replace(COUPLING, text="Pump | Coupling\nHX-300 | KD-48\nHX-200 | KD-38", context="Couplings")
    _, reply = ask("Which coupling sits on an HX-300?", torques, couplings)
    assert reply.text == "Pump | Coupling\nHX-300 | KD-48 [2]"


def test_what_the_quotes_lack_is_told_and_halves_what_they_are_worth() -> None:
    pressure = ask("What pressure may the spider take before it must be replaced?", SPIDER)[1]
    hours = ask("After how many hours must the spider be replaced?", SPIDER)[1]
    assert pressure.lacks == ("it holds no pressure",)
    assert hours.lacks == ()
    assert pressure.answerability is not None
    assert pressure.answerability <= 0.5


def test_a_long_list_of_a_lookup_counts_what_it_leaves_out_in_a_paragraph_of_its_own() -> None:
    rows = [f"key: 4711; posted: {n}; text: Rent" for n in range(30)]
    passages = [
        Passage(n=n, document="lookup:ledger", text=text, start=0, end=len(text))
        for n, text in enumerate(rows, 1)
    ]
    pieces, reply = ask("What postings are there for key 4711?", *passages)
    assert pieces[0] == f"{rows[0]} [1]"
    assert (len(pieces), pieces[-1]) == (21, "\n\nand 10 more rows")
    prompt = Prompt(question="What postings are there for key 4711?", messages=(), passages=tuple(passages))
    checks = LexicalChecker().check(WorkItem(id="1", principal=Principal(user="ann")), prompt, reply)
    assert (len(checks.claims), checks.support) == (20, 0.99)
