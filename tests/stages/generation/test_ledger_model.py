"""Every attempt is on record, however it ends, and none is made that a budget does not cover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from holdfast.calling.accounts import Account
from holdfast.domain.attempts import CANCELLED, OK, OPEN, Attempt
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.domain.usage import Price, Usage
from holdfast.errors import (
    BudgetExhausted,
    DeadlineOver,
    PriceUnknown,
    ProviderError,
    ProviderUnavailable,
    ReplyTruncated,
)
from holdfast.stages.generation.ledger import LedgerModel

PROMPT = Prompt(question="", messages=(), passages=(), tokens=1_000, output_tokens=100)
USED = Usage(input_tokens=900, output_tokens=40, cached_tokens=100)
WHOLE = Reply(text="24 Nm [1].", model="m", usage=USED, returned_model="m-2026")
IN, OUT = 1e-6, 4e-6
"""USD a token."""


class Priced:
    """Yields pieces, or raises one that is an error, at a price of its own."""

    name = "openai:m"

    def __init__(self, *pieces: Piece | BaseException, is_priced: bool = True) -> None:
        self._pieces = pieces
        self._is_priced = is_priced
        self.calls = 0
        self.is_closed = False

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        self.calls += 1
        try:
            for piece in self._pieces:
                await asyncio.sleep(0)
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            self.is_closed = True

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        usd = usage.input_tokens * IN + usage.output_tokens * OUT
        return Price(usd=usd, saved_usd=usage.cached_tokens * IN / 2) if self._is_priced else None


class Book:
    """A Ledger in memory."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.begun: list[Attempt] = []
        self.ended: list[Attempt] = []
        self._refuses = refuses

    async def begin(self, attempt: Attempt) -> None:
        if self._refuses:
            raise BudgetExhausted("the day's budget is used up")
        self.begun.append(attempt)

    async def end(self, attempt: Attempt) -> None:
        self.ended.append(attempt)


def called(
    model: Priced, book: Book, *, call: Call | None = None, first: int | None = None, **account: object
) -> tuple[Sequence[Piece], Call]:
    call = call or Call(deadline=Deadline.after(20), run="r")
    ledgered = LedgerModel(model, Account(ledger=book, workflow="desk", **account))  # type: ignore[arg-type]

    async def collected() -> list[Piece]:
        pieces: list[Piece] = []
        stream = ledgered.generate(PROMPT, call)
        async for piece in stream:
            pieces.append(piece)
            if len(pieces) == first:
                await stream.aclose()  # type: ignore[attr-defined]
                break
        return pieces

    return asyncio.run(collected()), call


def test_a_reply_is_on_record_with_its_tokens_cost_and_times() -> None:
    book = Book()
    (*text, reply), call = called(Priced("24 Nm", " [1].", WHOLE), book, cost_centre="service")
    assert text == ["24 Nm", " [1]."]
    (begun,), (ended,) = book.begun, book.ended
    assert (begun.status, begun.reserved_usd) == (OPEN, pytest.approx(1_000 * IN + 100 * OUT))
    assert (ended.id, ended.status, ended.usage, ended.returned_model) == (begun.id, OK, USED, "m-2026")
    assert ended.cost_usd == pytest.approx(900 * IN + 40 * OUT)
    assert isinstance(reply, Reply)
    assert reply.cost_usd == ended.cost_usd
    assert ended.saved_usd == pytest.approx(50 * IN)
    assert not ended.is_estimated
    assert ended.first_token_ms is not None
    assert ended.first_token_ms <= ended.took_ms
    assert call.journal == [ended]


@pytest.mark.parametrize(
    ("pieces", "status", "tokens"),
    [
        ((ProviderUnavailable("503"),), "unavailable", (0, 0)),
        (("24 Nm [1]. Then", ProviderUnavailable("cut")), "unavailable", (1_000, 4)),
        ((DeadlineOver("too slow"),), "deadline", (1_000, 0)),
        (("24 Nm",), "malformed", (1_000, 2)),
        ((ValueError("a bug"),), "failed", (0, 0)),
    ],
)
def test_a_failure_is_on_record_and_what_it_may_have_cost_is_estimated(
    pieces: tuple[Piece | BaseException, ...], status: str, tokens: tuple[int, int]
) -> None:
    book = Book()
    failed = [piece for piece in pieces if isinstance(piece, BaseException)]
    if failed:
        with pytest.raises(type(failed[0])):
            called(Priced(*pieces), book)
    else:
        called(Priced(*pieces), book)
    (ended,) = book.ended
    assert (ended.status, ended.is_estimated) == (status, tokens != (0, 0))
    assert (ended.usage.input_tokens, ended.usage.output_tokens) == tokens


def test_a_reply_that_is_of_no_use_counts_with_what_the_provider_charged() -> None:
    cut = ReplyTruncated("cut at 100 tokens")
    cut.paid = USED
    book = Book()
    with pytest.raises(ReplyTruncated):
        called(Priced("24", cut), book)
    (ended,) = book.ended
    assert (ended.status, ended.usage, ended.is_estimated) == ("truncated", USED, False)


def test_whoever_stops_listening_closes_the_call_and_leaves_a_row() -> None:
    model, book = Priced("24 Nm", " [1].", WHOLE), Book()
    called(model, book, first=1)
    assert model.is_closed
    (ended,) = book.ended
    assert (ended.status, ended.is_estimated) == (CANCELLED, True)


def test_a_cancelled_task_leaves_a_row() -> None:
    book = Book()

    class Slow(Priced):
        async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
            await asyncio.sleep(60)
            yield ""

    async def story() -> None:
        call = Call(deadline=Deadline.after(20))
        stream = LedgerModel(Slow(), Account(ledger=book, workflow="desk")).generate(PROMPT, call)
        task = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    assert [one.status for one in book.ended] == [CANCELLED]


def test_a_run_may_not_cost_more_over_all_its_attempts() -> None:
    call = Call(deadline=Deadline.after(20), run="r")
    limit = 0.003
    with pytest.raises(ProviderUnavailable):
        called(Priced("24", ProviderUnavailable("cut")), Book(), call=call, per_run_usd=limit)
    called(Priced(WHOLE), Book(), call=call, per_run_usd=limit)
    model, book = Priced(WHOLE), Book()
    with pytest.raises(BudgetExhausted, match=r"may cost 0\.0014 USD, a run may cost 0\.0030, 0\.0021 of it"):
        called(model, book, call=call, per_run_usd=limit)
    assert (model.calls, book.begun) == (0, [])


@pytest.mark.parametrize("account", [{"per_run_usd": 1.0}, {"has_day_budget": True}])
def test_under_a_budget_a_model_without_a_price_is_not_called(account: dict[str, object]) -> None:
    model, book = Priced(WHOLE, is_priced=False), Book()
    with pytest.raises(PriceUnknown, match="openai:m"):
        called(model, book, **account)
    assert (model.calls, book.begun) == (0, [])


def test_without_a_budget_a_cost_that_nobody_knows_is_not_put_down_as_nothing() -> None:
    book = Book()
    called(Priced(WHOLE, is_priced=False), book)
    assert book.ended[0].cost_usd is None


def test_a_call_that_the_days_budget_refuses_is_not_made_and_leaves_nothing() -> None:
    model, book = Priced(WHOLE), Book(refuses=True)
    call = Call(deadline=Deadline.after(20))
    with pytest.raises(ProviderError, match="used up"):
        called(model, book, call=call)
    assert (model.calls, book.ended, call.journal) == (0, [], [])


def test_after_the_deadline_nothing_is_sent_and_nothing_is_on_record() -> None:
    model, book = Priced(WHOLE), Book()
    with pytest.raises(DeadlineOver):
        called(model, book, call=Call(deadline=Deadline.after(0)))
    assert (model.calls, book.begun) == (0, [])
