"""Many items by way of a provider's batches: each answered, each paid once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import holdfast
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Escalation
from holdfast.domain.runs import Run
from holdfast.errors import HoldfastError, StorageError
from holdfast.storage.schema import batch_requests, batches, ledger, spend
from holdfast.testing.provider import BatchScript, Fault, ProviderServer, Scripted, Served

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

ANA = holdfast.Principal(user="ana")
BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])
PRICES = "prices:\n  'openai:m': {input: 10, output: 100}\n  'anthropic:m': {input: 10, output: 100}\n"
WHOLE_USD = (100 * 10 + 20 * 100) / 1_000_000
"""What the loopback provider's usual reply costs at these prices, on the line."""
DOCUMENTS = "Tighten the gland bolts of the pump P-{n} to {n} Nm.\n"


def workflow(folder: Path, server: ProviderServer, provider: str, more: str = "") -> Path:
    desk = folder / "workflows" / "desk"
    (desk / "documents").mkdir(parents=True)
    for n in range(10, 30):
        (desk / "documents" / f"p{n}.md").write_text(f"# Pump P-{n}\n\n" + DOCUMENTS.format(n=n))
    address = server.anthropic_url if provider == "anthropic" else server.openai_url
    (desk / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [everyone]}]\n"
        f"generation:\n  rungs: [{{provider: {provider}, model: m, base_url: '{address}'}}]\n"
        f"  batch: {{poll_s: 0.02, deadline_s: 20{more}}}\n"
    )
    (folder / "holdfast.yaml").write_text(PRICES)
    return desk


def items(numbers: Sequence[int]) -> list[WorkItem]:
    return [
        WorkItem(id=f"i{n}", question=f"How tight are the gland bolts of the pump P-{n}?", principal=ANA)
        for n in numbers
    ]


def said(request: Served) -> Scripted:
    """Answer with what the first passage of the prompt says."""
    shown = json.dumps(request.body, ensure_ascii=False)
    asked = shown.rpartition("the pump P-")[2][:2]
    before = shown.partition(f"Tighten the gland bolts of the pump P-{asked}")[0]
    number = before.rpartition('<passage n=\\"')[2].partition("\\")[0]
    return Scripted(text=f"Tighten the gland bolts of the pump P-{asked} to {asked} Nm [{number}].")


async def ended(
    desk: Path, asked: Sequence[WorkItem], notes: list[str] | None = None
) -> list[Run | HoldfastError]:
    async with holdfast.open(desk) as flow:
        await flow.sync()
        noted = (lambda _text: None) if notes is None else notes.append
        return [one async for _, one in flow.ask_in_batches(asked, noted=noted)]


def worked(
    desk: Path, asked: Sequence[WorkItem], notes: list[str] | None = None
) -> list[Run | HoldfastError]:
    return asyncio.run(ended(desk, asked, notes))


def on_record(desk: Path, *columns: sa.Column[Any]) -> list[Any]:
    async def read() -> list[Any]:
        async with holdfast.open(desk) as flow:
            with flow.wiring.database.read() as connection:
                return list(connection.execute(sa.select(*columns)))

    return asyncio.run(read())


def posts(server: ProviderServer) -> list[str]:
    return [one.path.partition("?")[0] for one in server.requests if one.method == "POST"]


@BOTH
def test_many_items_are_one_batch_at_half_the_price(tmp_path: Path, provider: str) -> None:
    notes: list[str] = []
    with ProviderServer(said, batches=BatchScript(takes_s=0.1)) as server:
        desk = workflow(tmp_path, server, provider)
        runs = worked(desk, items(range(10, 22)), notes)
    for n, run in zip(range(10, 22), runs, strict=True):
        assert isinstance(run, Run), run
        assert isinstance(run.outcome, Answer), run.outcome
        assert (run.item.id, run.degraded, f"to {n} Nm" in run.outcome.text) == (f"i{n}", "", True)
        assert run.outcome.citations[0].document == f"p{n}.md"
        assert run.cost_usd == pytest.approx(WHOLE_USD / 2)
    made = {"openai": ["/v1/files", "/v1/batches"], "anthropic": ["/v1/messages/batches"]}
    assert posts(server) == made[provider]
    assert server.account.requests == 12
    rows = on_record(desk, ledger.c.is_batch, ledger.c.status, ledger.c.cost_usd)
    assert [(row.is_batch, row.status) for row in rows] == [(True, "ok")] * 12
    assert sum(row.cost_usd for row in rows) == pytest.approx(12 * WHOLE_USD / 2)
    assert on_record(desk, batches) == []
    assert any("with 12 requests" in note for note in notes)
    assert "DELETE" in {one.method for one in server.requests}


@BOTH
def test_a_request_that_failed_in_the_batch_is_a_call_of_its_own(tmp_path: Path, provider: str) -> None:
    def script(request: Served) -> Scripted:
        is_single = bool(request.headers)
        is_it = json.dumps(request.body).rpartition("the pump P-")[2].startswith("11")
        return Scripted(fault=Fault.SERVER_ERROR) if is_it and not is_single else said(request)

    with ProviderServer(script) as server:
        desk = workflow(tmp_path, server, provider)
        runs = worked(desk, items([10, 11, 12]))
    assert all(isinstance(run, Run) and isinstance(run.outcome, Answer) for run in runs)
    costs = [run.cost_usd for run in runs if isinstance(run, Run)]
    assert costs == pytest.approx([WHOLE_USD / 2, WHOLE_USD, WHOLE_USD / 2])
    rows = [(row.is_batch, row.status) for row in on_record(desk, ledger.c.is_batch, ledger.c.status)]
    assert sorted(rows) == [(False, "ok"), (True, "ok"), (True, "ok"), (True, "unavailable")]


@BOTH
def test_an_expired_batch_leaves_the_rest_to_calls_of_their_own(tmp_path: Path, provider: str) -> None:
    notes: list[str] = []
    with ProviderServer(said, batches=BatchScript(expires_after=2)) as server:
        desk = workflow(tmp_path, server, provider)
        runs = worked(desk, items([10, 11, 12]), notes)
    assert sorted(run.cost_usd for run in runs if isinstance(run, Run)) == pytest.approx(
        [WHOLE_USD / 2, WHOLE_USD / 2, WHOLE_USD]
    )
    assert any("ended without 1 of its requests" in note for note in notes)


def test_or_fails_where_that_is_declared(tmp_path: Path) -> None:
    with ProviderServer(said, batches=BatchScript(expires_after=0)) as server:
        desk = workflow(tmp_path, server, "openai", ", otherwise: fail")
        (run,) = worked(desk, items([10]))
    assert isinstance(run, Run)
    assert run.model == "extractive"
    assert "its batch ended before it was worked on" in run.degraded


@BOTH
def test_an_endpoint_without_batches_is_asked_on_the_line(tmp_path: Path, provider: str) -> None:
    with ProviderServer(said, batches=None) as server:
        desk = workflow(tmp_path, server, provider)
        runs = worked(desk, items([10, 11]))
    assert [run.cost_usd for run in runs if isinstance(run, Run)] == pytest.approx([WHOLE_USD] * 2)
    assert on_record(desk, batches) == []


def test_a_batch_that_is_not_valid_says_why(tmp_path: Path) -> None:
    with ProviderServer(said, batches=BatchScript(invalid="model m has no batches")) as server:
        desk = workflow(tmp_path, server, "openai")
        (run,) = worked(desk, items([10]))
    assert isinstance(run, Run)
    assert "model m has no batches" in run.degraded


@BOTH
@pytest.mark.parametrize("is_heard_of", [True, False], ids=["known", "unheard of"])
def test_what_a_process_left_behind_is_taken_up_and_paid_once(
    tmp_path: Path, provider: str, *, is_heard_of: bool
) -> None:
    notes: list[str] = []

    async def left_behind(desk: Path) -> None:
        async with holdfast.open(desk) as flow:
            await flow.sync()
            runs = flow.ask_in_batches(items(range(10, 16)))
            waiting = asyncio.ensure_future(anext(aiter(runs)))
            for _ in range(500):
                await asyncio.sleep(0.01)
                if any(path.endswith("/batches") for path in posts(server)):
                    break
            await asyncio.sleep(0.1)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            if not is_heard_of:
                with flow.wiring.database.write() as connection:
                    connection.execute(sa.update(batches).values(provider_id=""))

    with ProviderServer(said, batches=BatchScript(takes_s=1.0)) as server:
        desk = workflow(tmp_path, server, provider)
        asyncio.run(left_behind(desk))
        assert len(on_record(desk, batch_requests.c.digest)) == 6
        runs = worked(desk, items(range(10, 17)), notes)
    assert all(isinstance(run, Run) and isinstance(run.outcome, Answer) for run in runs)
    assert server.account.requests == 7
    assert [run.cost_usd for run in runs if isinstance(run, Run)] == pytest.approx([WHOLE_USD / 2] * 7)
    assert any("took up" in note for note in notes)
    assert on_record(desk, batches) == []
    costs = on_record(desk, ledger.c.status, ledger.c.cost_usd)
    assert sum(row.cost_usd for row in costs) == pytest.approx(7 * WHOLE_USD / 2)
    (spent,) = on_record(desk, spend.c.spent_nano, spend.c.reserved_nano)
    assert (spent.spent_nano, spent.reserved_nano) == (round(7 * WHOLE_USD / 2 * 1e9), 0)


def test_a_budget_stops_items_before_the_batch_is_handed_in(tmp_path: Path) -> None:
    with ProviderServer(said) as server:
        desk = workflow(tmp_path, server, "openai")
        text = (desk / "workflow.yaml").read_text()
        (desk / "workflow.yaml").write_text(text + "  budget: {per_day_usd: 0.15, at_limit: escalate}\n")
        runs = worked(desk, items([10, 11, 12]))
    outcomes = [type(run.outcome) for run in runs if isinstance(run, Run)]
    assert sorted(one.__name__ for one in outcomes) == ["Answer", "Answer", "Escalation"]
    assert Escalation in outcomes
    assert server.account.requests == 2


def test_the_same_question_twice_is_two_requests_with_a_reply_each(tmp_path: Path) -> None:
    with ProviderServer(said) as server:
        desk = workflow(tmp_path, server, "openai")
        runs = worked(desk, [*items([10]), *items([10])])
    assert all(isinstance(run, Run) and isinstance(run.outcome, Answer) for run in runs)
    assert server.account.requests == 2


def test_batches_are_no_larger_than_declared_and_items_come_in_order(tmp_path: Path) -> None:
    with ProviderServer(said, batches=BatchScript(takes_s=0.05)) as server:
        desk = workflow(tmp_path, server, "openai", ", size: 4, items_at_once: 6")
        runs = worked(desk, items(range(10, 23)))
    assert [run.item.id for run in runs if isinstance(run, Run)] == [f"i{n}" for n in range(10, 23)]
    assert server.account.requests == 13
    assert posts(server).count("/v1/batches") >= 4


@BOTH
def test_a_submission_that_is_refused_for_a_while_is_tried_again(tmp_path: Path, provider: str) -> None:
    refused = (Scripted(fault=Fault.RATE_LIMIT), Scripted(fault=Fault.UNAVAILABLE))
    with ProviderServer(said, batches=BatchScript(refused=refused)) as server:
        desk = workflow(tmp_path, server, provider)
        runs = worked(desk, items([10, 11]))
    assert [run.cost_usd for run in runs if isinstance(run, Run)] == pytest.approx([WHOLE_USD / 2] * 2)
    assert sum(path.endswith("/batches") for path in posts(server)) == 3


@BOTH
def test_a_wrong_key_is_told_and_nothing_is_left_on_record(tmp_path: Path, provider: str) -> None:
    with ProviderServer(said, batches=BatchScript(refused=(Scripted(fault=Fault.KEY),))) as server:
        desk = workflow(tmp_path, server, provider)
        (run,) = worked(desk, items([10]))
    assert isinstance(run, Run)
    assert run.model == "extractive"
    assert "does not accept the key" in run.degraded
    assert on_record(desk, batches) == []


def test_a_batch_that_the_provider_no_longer_knows_is_handed_in_anew(tmp_path: Path) -> None:
    with ProviderServer(said) as server:
        desk = workflow(tmp_path, server, "openai")

        async def left_behind() -> None:
            async with holdfast.open(desk) as flow:
                await flow.sync()
                runs = flow.ask_in_batches(items([10]))
                assert await anext(aiter(runs))
                await runs.aclose()
                with flow.wiring.database.write() as connection:
                    connection.execute(sa.update(batches).values(provider_id="batch_gone"))

        asyncio.run(left_behind())
        (run,) = worked(desk, items([10]))
    assert isinstance(run, Run)
    assert run.degraded == ""
    assert posts(server).count("/v1/batches") == 2


def test_one_process_at_a_time_waits_for_a_workflow_s_batches(tmp_path: Path) -> None:
    async def twice(desk: Path) -> None:
        async with holdfast.open(desk) as flow:
            await flow.sync()
            runs = flow.ask_in_batches(items([10, 11]))
            await anext(aiter(runs))
            with pytest.raises(StorageError, match="work by batches of desk is already running"):
                await anext(aiter(flow.ask_in_batches(items([10]))))
            await runs.aclose()
            assert [one async for _, one in flow.ask_in_batches(items([10]))]

    with ProviderServer(said) as server:
        asyncio.run(twice(workflow(tmp_path, server, "openai")))


def test_a_repair_of_an_output_is_a_call_of_its_own(tmp_path: Path) -> None:
    def card(request: Served) -> Scripted:
        shown = json.dumps(request.body)
        before = shown.partition("Tighten the gland bolts of the pump P-10")[0]
        cites = [int(before.rpartition('<passage n=\\"')[2].partition("\\")[0])]
        value = 10 if request.headers else "ten"
        return Scripted(text=json.dumps({"no_answer": False, "torque_nm": {"value": value, "cites": cites}}))

    with ProviderServer(card) as server:
        desk = workflow(tmp_path, server, "openai")
        text = (desk / "workflow.yaml").read_text()
        (desk / "workflow.yaml").write_text(
            f"{text}output:\n  schema:\n    title: Torque\n    type: object\n"
            "    properties: {torque_nm: {type: number}}\n    required: [torque_nm]\n"
        )
        (run,) = worked(desk, items([10]))
    assert isinstance(run, Run)
    assert isinstance(run.outcome, Answer), run.outcome
    assert run.outcome.output == {"torque_nm": 10}
    assert [(one.is_batch, one.status) for one in run.attempts] == [(True, "ok"), (False, "ok")]


@BOTH
def test_a_cascade_s_next_rung_is_another_batch(tmp_path: Path, provider: str) -> None:
    with ProviderServer(said) as server:
        desk = workflow(tmp_path, server, provider)
        text = (desk / "workflow.yaml").read_text()
        first = next(line for line in text.splitlines() if "rungs:" in line)
        rung = first.partition("[")[2].rstrip("]")
        strict = rung.replace("model: m", "model: small, accept: 1.0")
        (desk / "workflow.yaml").write_text(text.replace(rung, f"{strict}, {rung}"))
        runs = worked(desk, items([10, 11, 12]))
    for run in runs:
        assert isinstance(run, Run)
        assert run.model == f"{provider}:m"
        assert [(one.is_batch, one.model.partition(":")[2]) for one in run.attempts] == [
            (True, "small"),
            (True, "m"),
        ]
    assert sum(path.endswith("/batches") for path in posts(server)) == 2


def test_a_batch_above_the_provider_s_queue_goes_in_by_parts_one_after_the_other(tmp_path: Path) -> None:
    notes: list[str] = []
    with ProviderServer(said, batches=BatchScript(takes_s=0.05, enqueued_tokens=3_000)) as server:
        desk = workflow(tmp_path, server, "openai")
        runs = worked(desk, items(range(10, 18)), notes)
        deleted = [one for one in server.requests if one.method == "DELETE"]
        handed_in = sum(path.endswith("/batches") for path in posts(server))
        assert not any(path.endswith("/chat/completions") for path in posts(server)), "none at its full price"
    for n, run in zip(range(10, 18), runs, strict=True):
        assert isinstance(run, Run), run
        assert f"to {n} Nm" in run.outcome.text
        assert run.cost_usd == pytest.approx(WHOLE_USD / 2)
    assert handed_in > 2
    assert len(deleted) >= handed_in, "what was turned away is not left at the provider either"
    assert any("the provider's queue is full (Enqueued token limit reached for m" in note for note in notes)
    assert on_record(desk, batches) == []


def test_a_queue_that_stays_full_leaves_the_requests_to_calls_of_their_own(tmp_path: Path) -> None:
    with ProviderServer(said, batches=BatchScript(enqueued_tokens=1)) as server:
        desk = workflow(tmp_path, server, "openai")
        declared = (desk / "workflow.yaml").read_text().replace("deadline_s: 20", "deadline_s: 2")
        (desk / "workflow.yaml").write_text(declared)
        (run,) = worked(desk, items([10]))
    assert isinstance(run, Run)
    assert "stayed full" in run.fallback or isinstance(run.outcome, Answer)
    assert on_record(desk, batches) == []


def test_a_batch_that_was_turned_away_meanwhile_is_not_taken_up(tmp_path: Path) -> None:
    full = [True]

    async def scene(desk: Path, server: ProviderServer) -> Run | HoldfastError:
        async with holdfast.open(desk) as flow:
            await flow.sync()
            asking = asyncio.create_task(anext(aiter(flow.ask_in_batches(items([10])))))
            async with asyncio.timeout(20):
                while not any(path.endswith("/batches") for path in posts(server)):  # noqa: ASYNC110 a server's
                    await asyncio.sleep(0.005)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            full[0] = False
            (run,) = [one async for _, one in flow.ask_in_batches(items([10]))]
            return run

    with ProviderServer(said, batches=BatchScript(enqueued_tokens=lambda: 1 if full[0] else None)) as server:
        desk = workflow(tmp_path, server, "openai")
        run = asyncio.run(scene(desk, server))
    assert isinstance(run, Run)
    assert isinstance(run.outcome, Answer)
    assert run.cost_usd == pytest.approx(WHOLE_USD / 2)
