"""What a Python program gets from an opened workflow, from documents to recorded outcomes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.access.trust import trust
from holdfast.domain.outcomes import Answer, Escalation, Refusal
from holdfast.domain.prompts import Restart
from holdfast.domain.runs import Run
from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError, NotAllowed, ProviderError, StorageError, UsageError
from holdfast.session import Flow
from holdfast.storage.runs import StoredRun
from holdfast.testing.provider import Fault, ProviderServer, Scripted

Make = Callable[..., Path]

ANA = holdfast.Principal(user="ana")
SALES = holdfast.Principal(user="sam", groups=frozenset({"sales"}))
GLAND = "How tight are the gland bolts of the HX-200?"
PRICE = "What does the HX-200 pump cost?"


async def found(flow: Flow, query: str, principal: Any = ANA) -> set[str]:
    return {hit.document for hit in (await flow.search(query, principal=principal)).hits}


def test_the_three_calls_async(make: Make) -> None:
    async def work() -> None:
        async with holdfast.open(make()) as flow:
            report = await flow.sync()
            assert (report.added, report.failed, report.index_version) == (3, 0, 1)
            run = await flow.ask(GLAND, principal=ANA)
            assert isinstance(run.outcome, Answer)
            assert "35 Nm" in run.outcome.text
            (citation,) = run.outcome.citations
            text = DOCUMENT[citation.start : citation.end]
            assert (citation.document, text) == ("gland.md", citation.quote)
            hits = (await flow.search("warranty of the HX-200", principal=ANA, k=1)).hits
            assert [hit.document for hit in hits] == ["warranty.md"]

    asyncio.run(work())


DOCUMENT = "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n"


def test_the_three_calls_without_async(make: Make) -> None:
    pieces: list[str] = []
    with holdfast.open(make()) as flow:
        assert flow.sync().added == 3
        run = flow.ask(GLAND, principal=ANA, listen=lambda *piece: pieces.append(str(piece)))
        assert isinstance(run.outcome, Answer)
        assert isinstance(flow.ask("Who painted the chapel?", principal=ANA).outcome, Refusal)
        assert flow.search("gland", principal=ANA, k=1).hits[0].document == "gland.md"
        assert flow.sync().unchanged == 3
    assert pieces


def test_a_question_without_a_principal_is_refused_by_the_type(make: Make) -> None:
    with holdfast.open(make()) as flow:
        flow.sync()
        with pytest.raises(TypeError, match="principal"):
            flow.ask(GLAND)


def test_a_principal_that_is_none_and_a_wait_in_a_loop_are_told_with_the_next_move(make: Make) -> None:
    folder = make()
    with holdfast.open(folder) as flow:
        flow.sync()
        for ask in (flow.ask, flow.search):
            with pytest.raises(TypeError, match=r"not 'ana': write principal=Principal\(user="):
                ask(GLAND, principal="ana")  # type: ignore[arg-type]

    async def work() -> None:
        with pytest.raises(UsageError, match=r"async with holdfast\.open"), holdfast.open(folder):
            pass

    asyncio.run(work())


def test_a_closed_flow_says_so(make: Make) -> None:
    with holdfast.open(make()) as flow:
        pass
    with pytest.raises(UsageError, match="this workflow is closed"):
        flow.ask("Which torque?", principal=holdfast.Principal(user="ana"))
    with pytest.raises(UsageError, match=r"inside `with holdfast\.open"):
        flow.sync()


def test_an_open_flow_sees_what_another_one_syncs(make: Make) -> None:
    async def work() -> None:
        folder = make()
        async with holdfast.open(folder) as writer, holdfast.open(folder) as reader:
            await writer.sync()
            assert "gland.md" in await found(reader, "gland bolts")
            (folder / "documents" / "new.md").write_text("# Coupling\n\nThe coupling is greased yearly.\n")
            (folder / "documents" / "gland.md").unlink()
            stale = await reader.refresh_access()
            assert (stale.added, stale.changed, stale.removed) == (1, 0, 1)
            report = await writer.sync()
            assert (report.added, report.removed, report.unchanged) == (1, 1, 2)
            assert "new.md" in await found(reader, "coupling greased")
            assert "gland.md" not in await found(reader, "gland bolts")
            both = await asyncio.gather(writer.sync(), reader.sync())
            assert [one.unchanged for one in both] == [3, 3]

    asyncio.run(work())


@pytest.mark.parametrize("way", ["refresh_access", "sync"])
def test_a_change_of_access_counts_in_every_open_flow_and_hides_old_runs(make: Make, way: str) -> None:
    async def work() -> None:
        folder = make()
        permissions = folder / "documents" / "permissions.yaml"
        async with holdfast.open(folder) as one, holdfast.open(folder) as other:
            await one.sync()
            version = one.wiring.index_version
            run = await one.ask(PRICE, principal=SALES)
            assert isinstance(run.outcome, Answer)
            plain = await one.ask("Who painted the chapel?", principal=ANA)
            assert other.run(run.id, principal=SALES).summary.id == run.id

            permissions.write_text('"**": [everyone]\n"pricing/**": ["user:kim"]\n')
            await getattr(one, way)()

            assert "pricing/list.md" not in await found(other, PRICE, SALES)
            assert "1,940" not in (await other.ask(PRICE, principal=SALES)).outcome.text
            assert "pricing/list.md" in await found(other, PRICE, holdfast.Principal(user="kim"))
            shown, hidden = other.runs(principal=SALES)
            assert run.id not in {summary.id for summary in shown}
            assert hidden >= 1
            with pytest.raises(StorageError):
                other.run(run.id, principal=SALES)
            assert other.run(plain.id, principal=ANA).summary.id == plain.id
            assert way == "sync" or one.wiring.index_version == version

    asyncio.run(work())


def test_a_declared_source_without_permissions_is_open_to_nobody(make: Make) -> None:
    folder = make()
    (folder / "documents" / "permissions.yaml").unlink()
    with holdfast.open(folder) as flow:
        report = flow.sync()
        assert report.added == 3
        assert any("permissions" in notice for notice in report.notices)
        assert flow.search(GLAND, principal=SALES).hits == ()
        run = flow.ask(GLAND, principal=ANA)
        assert isinstance(run.outcome, Refusal)
        assert run.outcome.nearest == ()


def test_permissions_that_vanish_stop_the_sync_and_keep_the_last_ones(make: Make) -> None:
    async def work() -> None:
        folder = make()
        async with holdfast.open(folder) as flow:
            await flow.sync()
            (folder / "documents" / "permissions.yaml").unlink()
            with pytest.raises(DeclarationError, match="permissions"):
                await flow.sync()
            assert "pricing/list.md" not in await found(flow, PRICE)
            assert "pricing/list.md" in await found(flow, PRICE, SALES)

    asyncio.run(work())


def test_a_superseded_document_gives_way_to_its_successor(make: Make) -> None:
    documents = {
        "SB-2023-01.md": "---\ntitle: SB-2023-01 Gland\n---\n# SB-2023-01 Gland\n\nTighten the gland bolts of the HX-200 to 28 Nm.\n",
        "permissions.yaml": '"**": [everyone]\n',
    }
    folder = make(documents=documents)
    with holdfast.open(folder) as flow:
        flow.sync()
        assert "28 Nm" in flow.ask(GLAND, principal=ANA).outcome.text
        newer = "---\ntitle: SB-2024-07 Gland\nsupersedes: SB-2023-01\n---\n# SB-2024-07 Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n"
        (folder / "documents" / "SB-2024-07.md").write_text(newer)
        assert flow.sync().added == 1
        outcome = flow.ask(GLAND, principal=ANA).outcome
        assert isinstance(outcome, Answer)
        assert "35 Nm" in outcome.text
        assert "28 Nm" not in outcome.text
        (folder / "documents" / "SB-2024-07.md").unlink()
        flow.sync()
        assert "28 Nm" in flow.ask(GLAND, principal=ANA).outcome.text


LOOKUP = r"""
lookups:
  - name: orders
    access: [sales]
    database: orders.sqlite
    sql: SELECT order_number, status, promised FROM orders WHERE order_number = :order
    parameters: {order: {field: order, pattern: 'SO-\d{5}'}}
deciding:
  rules:
    - name: blocked
      when: orders.status == 'blocked'
      then: escalate
      to: credit
      because: A blocked order is cleared by credit control.
    - name: harm
      when: any_word('injured')
      then: escalate
      to: safety
      because: Product safety hears of every injury.
  routes: {credit: {contact: credit@example.com}, safety: {contact: safety@example.com}}
"""


def test_looked_up_rows_are_evidence_and_feed_the_rules(make: Make) -> None:
    folder = make(LOOKUP)
    with sqlite3.connect(folder / "orders.sqlite") as orders:
        orders.execute("CREATE TABLE orders (order_number TEXT, status TEXT, promised TEXT)")
        orders.execute("INSERT INTO orders VALUES ('SO-10001', 'open', '2026-12-04')")
        orders.execute("INSERT INTO orders VALUES ('SO-10002', 'blocked', '2026-12-05')")
    orders.close()
    with holdfast.open(folder) as flow:
        flow.sync()
        run = flow.ask("What is the promised date of SO-10001?", principal=SALES)
        assert isinstance(run.outcome, Answer), run.outcome
        assert "2026-12-04" in run.outcome.text
        assert run.outcome.citations[0].document == "lookup:orders"
        blocked = flow.ask("When does SO-10002 ship?", principal=SALES).outcome
        assert isinstance(blocked, Escalation)
        assert (blocked.route, blocked.contact) == ("credit", "credit@example.com")
        unseen = flow.ask("What is the promised date of SO-10001?", principal=ANA).outcome
        assert "2026-12-04" not in unseen.text
        assert not isinstance(flow.ask("When does SO-10002 ship?", principal=ANA).outcome, Escalation)


def test_a_business_rule_ends_an_item_before_anything_is_generated(make: Make) -> None:
    folder = make(
        LOOKUP.partition("deciding:")[1]
        + LOOKUP.partition("deciding:")[2].replace("orders.status == 'blocked'", "fields.claim > 10")
    )
    with holdfast.open(folder) as flow:
        flow.sync()
        run = flow.ask("Our fitter was injured by the HX-200.", principal=ANA)
        assert isinstance(run.outcome, Escalation)
        assert (run.outcome.route, run.model) == ("safety", "")
        assert Stage.GENERATION not in {record.stage for record in run.stages}
        claim = holdfast.WorkItem(id="c", question=GLAND, principal=ANA, fields={"claim": "11"})
        assert isinstance(flow.ask(claim).outcome, Escalation)


HOOK = """
from holdfast.domain.chunks import Chunk


class Lines:
    version = "lines-1"

    def __init__(self, *, prefix=""):
        self.prefix = prefix

    def chunk(self, document):
        chunks, at = [], 0
        for line in document.text.splitlines(keepends=True):
            if line.strip():
                chunks.append(Chunk(ordinal=len(chunks), text=line, start=at, end=at + len(line)))
            at += len(line)
        return tuple(chunks)
"""


def test_a_hook_runs_in_a_trusted_folder_only(make: Make) -> None:
    folder = make("chunking: {use: 'hooks:Lines', options: {prefix: x}}\n")
    (folder / "hooks.py").write_text(HOOK)
    with holdfast.open(folder) as flow, pytest.raises(NotAllowed, match="holdfast trust"):
        flow.sync()
    trust(folder)
    with holdfast.open(folder) as flow:
        assert flow.sync().chunks == 6
        assert isinstance(flow.ask(GLAND, principal=ANA).outcome, Answer)


def test_a_hook_that_fails_on_a_document_costs_the_document_and_is_listed(make: Make) -> None:
    folder = make("chunking: {use: 'hooks:Lines'}\n")
    (folder / "hooks.py").write_text(HOOK.replace("chunks, at = [], 0", "raise ZeroDivisionError('mine')"))
    trust(folder)
    with holdfast.open(folder) as flow:
        report = flow.sync()
    assert report.added == 0
    assert report.failed > 0
    assert all(problem.stage == "chunking" for problem in report.problems)
    assert "ZeroDivisionError" in report.problems[0].reason
    assert "mine" in report.problems[0].reason


GUARDRAIL = """
from holdfast.domain.checks import Finding, Screening


class Withhold:
    name = "withhold"

    def __init__(self, word):
        self.word = word

    def screen(self, text, *, direction):
        if direction == "out" and self.word in text:
            finding = Finding(guardrail=self.name, kind="word", action="mask", detail="a withheld word")
            return Screening(text=text.replace(self.word, "[withheld]"), findings=(finding,))
        return Screening(text=text)
"""


def test_a_guardrail_of_ones_own_runs_after_the_shipped_ones(make: Make) -> None:
    folder = make("guardrails: {further: [{use: 'hooks:Withhold', options: {word: '35 Nm'}}]}\n")
    (folder / "hooks.py").write_text(GUARDRAIL)
    trust(folder)
    with holdfast.open(folder) as flow:
        flow.sync()
        run = flow.ask(GLAND, principal=ANA)
    assert "[withheld]" in run.outcome.text
    assert "35 Nm" not in run.outcome.text


def test_what_only_screens_texts_does_not_take_the_place_of_all_guardrails(make: Make) -> None:
    folder = make("guardrails: {use: 'hooks:Withhold', options: {word: x}}\n")
    (folder / "hooks.py").write_text(GUARDRAIL)
    trust(folder)
    with holdfast.open(folder) as flow:
        flow.sync()
        with pytest.raises(DeclarationError, match=r"guardrails: .* has no method screen_item"):
            flow.ask(GLAND, principal=ANA)


INTAKE = """
from holdfast.domain.items import WorkItem


class Tickets:
    def __init__(self, path, principal):
        self.path, self.principal = path, principal

    def items(self):
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            yield WorkItem(id=f"t{number}", question=line, principal=self.principal)
"""


def test_an_intake_of_ones_own_reads_the_items_file(make: Make, tmp_path: Path) -> None:
    folder = make("intake: {use: 'hooks:Tickets'}\n")
    (folder / "hooks.py").write_text(INTAKE)
    trust(folder)
    tickets = tmp_path / "tickets.txt"
    tickets.write_text(f"{GLAND}\nAnd the oil?\n")
    with holdfast.open(folder) as flow:
        items = list(flow._flow.wiring.items_from(tickets, default=ANA))
    assert [(item.id, item.question) for item in items] == [("t1", GLAND), ("t2", "And the oil?")]


def rungs(server: ProviderServer, more: str = "") -> str:
    return (
        f"generation:\n  rungs: [{{provider: openai, model: m-1, base_url: '{server.openai_url}', key_env: DESK_KEY}}]\n"
        f"  deadline_s: 20\n{more}"
    )


def test_a_model_writes_with_citations_that_are_checked(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_KEY", "secret-key-1")
    pieces: list[str] = []
    with ProviderServer(
        [Scripted(text="The gland bolts of the HX-200 are tightened to 35 Nm [1].")]
    ) as server:
        with holdfast.open(make(rungs(server))) as flow:
            flow.sync()
            run = flow.ask(GLAND, principal=ANA, listen=lambda *piece: pieces.append(str(piece[-1])))
            lines = flow._flow.run(run.id, principal=ANA)
        sent = str(server.requests[-1].body["messages"])
    assert isinstance(run.outcome, Answer)
    assert (run.model, run.degraded) == ("openai:m-1", "")
    assert [citation.document for citation in run.outcome.citations] == ["gland.md"]
    assert run.usage.input_tokens == 100
    assert "Tighten the gland bolts" in sent
    assert "1,940" not in sent  # what the asker may not see never reaches a provider
    assert "secret-key-1" not in str(lines)
    assert "".join(pieces) == run.outcome.text


def test_what_a_model_claims_beyond_its_sources_is_not_given(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")
    with (
        ProviderServer(
            [Scripted(text="The gland bolts of the HX-200 are tightened to 90 Nm [1].")]
        ) as server,
        holdfast.open(make(rungs(server))) as flow,
    ):
        flow.sync()
        run = flow.ask(GLAND, principal=ANA)
    assert "90 Nm" not in run.outcome.text
    assert run.model == "extractive"


@pytest.mark.parametrize(
    "reply",
    [Scripted(status=503), Scripted(status=401), Scripted(fault=Fault.RESET), Scripted(fault=Fault.HTML)],
    ids=["503", "401", "reset", "html"],
)
def test_when_the_provider_is_down_the_extractive_answerer_answers_and_says_so(
    make: Make, monkeypatch: pytest.MonkeyPatch, reply: Scripted
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")
    with ProviderServer([reply]) as server, holdfast.open(make(rungs(server))) as flow:
        flow.sync()
        run = flow.ask(GLAND, principal=ANA)
    assert isinstance(run.outcome, Answer)
    assert run.model == "extractive"
    assert "openai:m-1" in run.degraded


def test_without_the_extractive_answerer_a_provider_that_is_down_is_an_error(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")
    more = "  extractive: false\n"
    with ProviderServer([Scripted(status=401)]) as server, holdfast.open(make(rungs(server, more))) as flow:
        flow.sync()
        with pytest.raises(ProviderError, match="generation"):
            flow.ask(GLAND, principal=ANA)


def test_a_sync_that_is_cancelled_while_it_waits_leaves_no_lease_behind(make: Make) -> None:
    async def work() -> None:
        folder = make()
        async with holdfast.open(folder) as one, holdfast.open(folder) as other:
            started, told = asyncio.Event(), asyncio.Event()
            loop = asyncio.get_running_loop()

            def progress(*_: object) -> None:
                loop.call_soon_threadsafe(started.set)

            first = asyncio.create_task(one.sync(progress=progress))
            await started.wait()
            second = asyncio.create_task(other.sync(waiting=lambda _: told.set()))
            await asyncio.sleep(0)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            assert (await first).added == 3
            assert (await asyncio.wait_for(other.sync(), 10)).unchanged == 3

    asyncio.run(work())


def streamed(folder: Path) -> tuple[list[str], int, Run, StoredRun]:
    """Return what a reader has in front of them after each piece, how often it was taken back, and the run."""

    async def story() -> tuple[list[object], StoredRun]:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            pieces: list[object] = [piece async for piece in flow.stream(GLAND, principal=ANA)]
            run = pieces[-1]
            assert isinstance(run, Run)
            return pieces, flow.run(run.id, principal=ANA)

    (*pieces, run), stored = asyncio.run(story())
    assert isinstance(run, Run)
    seen = [""]
    for piece in pieces:
        seen.append(seen[-1] + piece if isinstance(piece, str) else "")
    return seen, sum(isinstance(piece, Restart) for piece in pieces), run, stored


def test_an_answer_streams_sentence_by_sentence_and_ends_with_its_run(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")
    first, second = "The gland bolts take 35 Nm [1]. ", "Tighten the gland bolts of the HX-200 to 35 Nm [1]."
    with ProviderServer([Scripted(text=first + second, pieces=40)]) as server:
        seen, restarts, run, stored = streamed(make(rungs(server)))
    assert seen == ["", first, first + second]
    assert (restarts, run.outcome.text) == (0, first + second)
    assert [attempt.status for attempt in run.attempts] == ["ok"]
    assert stored.attempts == run.attempts
    assert (run.attempts[0].run, run.attempts[0].version) == (run.id, run.version)


def test_a_sentence_that_its_passage_does_not_support_is_never_streamed(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")
    text = "The gland bolts take 35 Nm [1]. The gland bolts of the HX-200 take 90 Nm [1]. They hold [1]."
    with ProviderServer([Scripted(text=text, pieces=40)]) as server:
        seen, restarts, run, _ = streamed(make(rungs(server)))
    assert not any("90 Nm" in shown for shown in seen)
    assert seen[1] == "The gland bolts take 35 Nm [1]. "
    assert (restarts, seen[-1]) == (1, run.outcome.text)  # the extractive answer takes its place


def test_whoever_leaves_a_stream_cancels_the_run_and_its_attempt_is_on_record(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")
    text = "The gland bolts of the HX-200 are tightened to 35 Nm [1]. " + "They take 35 Nm [1]. " * 20

    async def left(folder: Path) -> list[str]:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            stream = flow.stream(GLAND, principal=ANA)
            await anext(stream)
            await stream.aclose()
            with flow.wiring.database.read() as connection:
                return list(connection.exec_driver_sql("select status from ledger").scalars())

    with ProviderServer([Scripted(text=text, pieces=60, pause_s=0.05)]) as server:
        assert asyncio.run(left(make(rungs(server)))) == ["cancelled"]


def test_a_run_that_no_model_could_answer_is_on_record_as_failed(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_KEY", "k")

    async def failed(folder: Path) -> list[tuple[str, str]]:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            with pytest.raises(ProviderError):
                await flow.ask(GLAND, principal=ANA, run_id="f" * 32)
            summaries, _ = flow.runs(principal=ANA)
            return [(one.id, one.kind) for one in summaries]

    with ProviderServer([Scripted(fault=Fault.MALFORMED)]) as server:
        assert asyncio.run(failed(make(rungs(server, "  extractive: false\n")))) == [("f" * 32, "failed")]
