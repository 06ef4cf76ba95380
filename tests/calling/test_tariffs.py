"""What a call of an embedding or reranking endpoint costs, where a price is known."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.calling.declared_prices import declared_price
from holdfast.calling.settings import PriceSettings
from holdfast.calling.tariffs import tariff_of, used_by
from holdfast.domain.usage import Price, Usage

MILLION = Usage(input_tokens=1_000_000)


def price(**declared: Any) -> PriceSettings:
    return PriceSettings.model_validate(declared)


def test_the_price_list_knows_embedding_models_by_the_address() -> None:
    pytest.importorskip("genai_prices", reason="the extra `providers` is not installed")
    openai = tariff_of("https://api.openai.com/v1", "text-embedding-3-small", {})
    assert openai.name == "api.openai.com:text-embedding-3-small"
    found = openai.price(MILLION)
    assert found is not None
    assert found.usd == pytest.approx(0.02)
    assert tariff_of("https://gateway.example.com/v1", "text-embedding-3-small", {}).price(MILLION) is None


def test_a_declared_price_comes_first_also_for_a_server_on_this_machine() -> None:
    url, prices = "http://127.0.0.1:9/v1", {"127.0.0.1:m": price(input=0.1)}
    assert tariff_of(url, "m", {}).price(MILLION) == Price(usd=0.0)
    assert tariff_of(url, "m", prices).price(MILLION) == Price(usd=0.1)


def test_searches_are_paid_by_the_thousand_and_not_by_their_tokens() -> None:
    prices = {"api.cohere.com:rerank": price(searches=2.0, since="2026-01-02")}
    tariff = tariff_of("https://api.cohere.com/v2/rerank", "rerank", prices)
    paid = tariff.price(Usage(input_tokens=5_000, searches=3))
    assert paid is not None
    assert (paid.usd, str(paid.on)) == (pytest.approx(0.006), "2026-01-02")
    assert tariff_of("https://api.cohere.com/v2/rerank", "rerank", {}).price(Usage(searches=3)) is None


def test_what_a_cache_took_and_gave_is_priced_apart() -> None:
    used = Usage(input_tokens=1_000_000, cached_tokens=400_000, written_tokens=200_000)
    paid = declared_price(used, price(input=1.0, output=5.0, cached=0.1, cache_write=1.25))
    assert paid is not None
    assert paid.usd == pytest.approx(0.4 + 0.04 + 0.25)
    assert paid.saved_usd == pytest.approx(1.0 - paid.usd)


def test_a_price_that_says_nothing_of_what_was_used_is_none() -> None:
    assert declared_price(Usage(input_tokens=9, output_tokens=1), price(input=1.0)) is None
    assert declared_price(MILLION, price(searches=1.0)) is None
    assert declared_price(Usage(searches=1), price(input=1.0)) is None, "not free: the tokens were not told"
    with pytest.raises(ValidationError, match="needs `input`"):
        price(output=1.0)


@pytest.mark.parametrize(
    ("reply", "used"),
    [
        ({"usage": {"prompt_tokens": 7, "total_tokens": 8}}, Usage(input_tokens=8)),
        ({"usage": {"prompt_tokens": 7}}, Usage(input_tokens=7)),
        ({"meta": {"billed_units": {"search_units": 2}}}, Usage(searches=2)),
        ({"meta": {"billed_units": {"input_tokens": 5}}}, Usage(input_tokens=5)),
        ({"usage": {"total_tokens": -1}, "meta": []}, None),
        ({}, None),
        ([], None),
    ],
)
def test_a_reply_says_what_it_used_in_the_words_of_its_maker(reply: object, used: Usage | None) -> None:
    assert used_by(reply) == used
