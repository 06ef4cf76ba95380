"""Questions for a list or a total, from documents and a ledger to an answer that names every row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

import holdfast
from holdfast.domain.outcomes import Answer, Outcome, Refusal
from holdfast.opening import SyncFlow

ANA = holdfast.Principal(user="ana")
DECLARATION = """\
name: stock
sources: [{files: documents, access: [everyone]}]
embedding: {model: lsa}
lookups:
  - name: ledger
    database: ledger.sqlite
    sql: SELECT cost_center, posted_on, text, amount_eur FROM ledger WHERE cost_center = :key
    parameters: {key: {pattern: '\\b\\d{4}\\b'}}
    limit: 4
    access: [everyone]
"""
POSTINGS = [
    ("4711", "2026-01-05", "Office supplies", 120.5), ("4711", "2026-02-03", "Travel Berlin", 310),
    ("4711", "2026-03-09", "Software licence", 89.9), *(("4712", "2026-03-09", "Rent", n) for n in range(5)),
]  # fmt: skip
EVERY = 25


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncFlow]:
    folder = tmp_path_factory.mktemp("stock")
    (folder / "documents").mkdir()
    (folder / "workflow.yaml").write_text(DECLARATION, encoding="utf-8")
    few = ["B-1 | Gasket | free", "B-2 | Coupling | on hold", "B-3 | Shaft | on hold", "B-4 | Lid | free"]
    many = [f"C-{n} | Hose | {'worn' if n < EVERY else 'sound'}" for n in range(EVERY + 5)]
    for name, rows in (("stock.md", few), ("hoses.md", many)):
        lines = "\n".join(f"| {row} |" for row in ("Item | Name | State", "---|---|---", *rows))
        (folder / "documents" / name).write_text(f"# {name[:-3].title()}\n\n{lines}\n", encoding="utf-8")
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as database:
        database.execute("CREATE TABLE ledger (cost_center, posted_on, text, amount_eur)")
        database.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?)", POSTINGS)
        database.commit()
    with holdfast.open(folder) as opened:
        opened.sync()
        yield opened


def ended(flow: SyncFlow, question: str) -> Outcome:
    return flow.ask(question, principal=ANA).outcome


def test_every_row_that_fits_is_answered_and_cited(flow: SyncFlow) -> None:
    outcome = ended(flow, "Which items are on hold?")
    assert isinstance(outcome, Answer), outcome
    assert outcome.text == "Item | Name | State\nB-2 | Coupling | on hold [1]\nB-3 | Shaft | on hold [1]"
    (cited,) = outcome.citations
    assert cited.quote.startswith("B-2 | Coupling | on hold")


def test_what_a_long_list_leaves_out_is_counted(flow: SyncFlow) -> None:
    outcome = ended(flow, "Which hoses are worn?")
    assert isinstance(outcome, Answer), outcome
    shown = outcome.text.splitlines()
    assert sum("| worn [" in line for line in shown) == 20
    assert shown[-1] == f"and {EVERY - 20} more rows"


def test_a_total_is_worked_out_from_rows_that_are_all_shown_and_cited(flow: SyncFlow) -> None:
    outcome = ended(flow, "How much in total for cost centre 4711?")
    assert isinstance(outcome, Answer), outcome
    *rows, total = outcome.text.splitlines()
    assert len(rows) == len(outcome.citations) == 3
    assert total == "amount_eur in total: 520.4 [1][2][3]"
    assert [cited.quote for cited in outcome.citations] == [row.rpartition(" [")[0] for row in rows]


def test_rows_of_which_some_were_not_fetched_are_no_total(flow: SyncFlow) -> None:
    outcome = ended(flow, "How much in total for cost centre 4712?")
    assert isinstance(outcome, Refusal), outcome
    assert "nothing tells their total" in outcome.reason


def test_one_row_is_never_given_as_the_total_of_several(flow: SyncFlow) -> None:
    outcome = ended(flow, "How much did cost centre 4711 spend in total in spring?")
    assert isinstance(outcome, Refusal), outcome
