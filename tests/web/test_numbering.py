"""Sources are numbered as the reader meets them, in the stream as in the page; the records keep theirs."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from holdfast.web.numbering import Numbering, numbering_of

from .conftest import QUESTION, Served

TEXTS = st.lists(
    st.sampled_from(["A word ", "[3]", "[7]", "[2, 7]", "[1-3]", "[", "]", "12", "[x]", "\n", "[4](", "[2024]"]), max_size=20
)  # fmt: skip


def test_the_first_source_that_is_named_is_one() -> None:
    numbers = numbering_of(["It is 3 [7]. It is 4 [2][7]. And [2, 5], [1-2]."], [9, 7])
    assert numbers.text("[7] [2, 5] [1-2] [9]") == "[1] [2][3] [4][2] [5]"
    assert [numbers.of(recorded) for recorded in (7, 2, 5, 1, 9)] == [1, 2, 3, 4, 5]
    assert numbers.text("[7](https://example.com) [2024] a[x]") == "[7](https://example.com) [2024] a[x]"


@given(TEXTS, st.integers(1, 7))
def test_a_text_in_pieces_is_numbered_as_the_whole(parts: list[str], size: int) -> None:
    text = "".join(parts)
    coming, whole = Numbering(), Numbering()
    pieces = [coming.piece(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*pieces, coming.rest()]) == whole.text(text)


def test_stream_page_and_sources_agree_and_the_records_keep_the_prompts_numbers(web: Served) -> None:
    events = web.events(question=QUESTION)
    streamed = "".join(
        one["delta"] for one in events[:-1] if one.get("id", "").startswith("text-") and "delta" in one
    )
    told = next(one["data"] for one in events[:-1] if one["type"] == "data-outcome")
    marks = [int(n) for n in re.findall(r"\[(\d+)\]", streamed)]
    assert marks
    assert list(dict.fromkeys(marks)) == list(range(1, len(told["citations"]) + 1))
    assert [one["n"] for one in told["citations"]] == sorted(set(marks))
    assert told["text"].strip() == streamed.strip()
    kept = web.client().get(f"/api/runs/{told['run']}").json()
    assert [one["recorded"] for one in told["citations"]] == [
        one["n"] for one in kept["outcome"]["citations"]
    ]
    page = web.client().get(f"/w/desk/runs/{told['run']}").text
    assert "cited as source 1" in page
