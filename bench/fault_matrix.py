"""Every fault of a provider, streamed and not, with what mends it: outcome, calls, seconds and cents as declared.

    python bench/fault_matrix.py [--only FAULT ...]

Three ways to be mended: the retry (the first call fails), the fallback (the first rung fails for ever), or
nothing (both rungs do). The whole path is driven, from a declaration to an answer. Exit code 1 when a row is not
as declared.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.runs import Run
from holdfast.testing.provider import Account, Fault, ProviderServer, Scripted

QUESTION = "How tight are the gland bolts of the HX-200?"
ANSWER = "Tighten the gland bolts of the HX-200 to 35 Nm [1]."
DOCUMENT = "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n"
DEADLINE_S = 2.0
TRIES = 3
USD_A_MILLION = {"input": 100.0, "output": 1000.0}
HEALTHY = Scripted(text=ANSWER, input_tokens=100, output_tokens=20)
WORKFLOW = """\
name: matrix
embedding: {{model: lsa}}
sources: [{{files: documents, access: [everyone]}}]
generation:
  deadline_s: {deadline}
  retry: {{tries: {tries}, first_wait_s: 0.01, longest_wait_s: 0.05}}
  rungs:
    - {{provider: openai, model: primary, base_url: "{primary}", stream: {stream}}}
    - {{provider: openai, model: secondary, base_url: "{secondary}", stream: {stream}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """How a row has to end."""

    model: str
    """Who writes the answer: `primary`, `secondary`, `extractive`."""
    calls: tuple[int, int]
    """Of the first rung and of the second."""
    most_s: float = 1.5


MENDS = ("retry", "fallback", "nothing")
PASSING = {
    "retry": Expected(model="primary", calls=(2, 0)),
    "fallback": Expected(model="secondary", calls=(TRIES, 1)),
    "nothing": Expected(model="extractive", calls=(TRIES, TRIES)),
}
"""Another try may help."""
FINAL = {
    "retry": Expected(model="secondary", calls=(1, 1)),
    "fallback": Expected(model="secondary", calls=(1, 1)),
    "nothing": Expected(model="extractive", calls=(1, 1)),
}
"""The same request would be refused again, so the next rung is asked at once."""
OVER = dict.fromkeys(MENDS, Expected(model="extractive", calls=(1, 0), most_s=DEADLINE_S + 1))
"""The deadline ends the call, and with it every other try."""
HARMLESS = dict.fromkeys(MENDS, Expected(model="primary", calls=(1, 0)))
DECLARED = {
    Fault.RATE_LIMIT: PASSING,
    Fault.SERVER_ERROR: PASSING,
    Fault.UNAVAILABLE: PASSING,
    Fault.OVERLOADED: PASSING,
    Fault.RESET: PASSING,
    Fault.CUT: PASSING,
    Fault.ENDS_EARLY: PASSING,
    Fault.HTML: PASSING,
    Fault.MALFORMED: PASSING,
    Fault.WRONG_ENVELOPE: PASSING,
    Fault.EMPTY_CHOICES: PASSING,
    Fault.HUGE: PASSING,
    Fault.QUOTA: FINAL,
    Fault.KEY: FINAL,
    Fault.TOO_LONG: FINAL,
    Fault.LENGTH: FINAL,
    Fault.CONTENT_FILTER: FINAL,
    Fault.STALL: OVER,
    Fault.STALL_MIDWAY: OVER,
    Fault.PINGS: OVER,
    Fault.CONTROL_CHARACTERS: HARMLESS,
}
ONLY_STREAMED = (Fault.ENDS_EARLY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it ended."""

    fault: Fault
    stream: bool
    mend: str
    expected: Expected
    model: str
    calls: tuple[int, int]
    took_s: float
    cents: float
    cents_expected: float

    @property
    def wrong(self) -> str:
        """Return what is not as declared, or an empty text."""
        problems = []
        if self.model != self.expected.model:
            problems.append(f"answered by {self.expected.model}")
        if self.calls != self.expected.calls:
            problems.append("calls {}+{}".format(*self.expected.calls))
        if self.took_s > self.expected.most_s:
            problems.append(f"within {self.expected.most_s} s")
        if abs(self.cents - self.cents_expected) > 0.001:
            problems.append(f"{self.cents_expected:.2f} cents")
        return ", ".join(problems)


def main() -> None:
    """Work through the table, print it, and say by the exit code whether all is as declared."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", type=Fault, choices=list(DECLARED), default=list(DECLARED))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-matrix-") as folder:
        rows = asyncio.run(_rows(Path(folder), asked.only))
    print("| fault | streamed | mended by | answered by | calls | seconds | cents | as declared |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.fault} | {'yes' if row.stream else 'no'} | {row.mend} | {row.model} | {row.calls[0]}+{row.calls[1]} "
            f"| {row.took_s:.2f} | {row.cents:.2f} | {f'NO: {row.wrong}' if row.wrong else 'yes'} |"
        )
    wrong = sum(bool(row.wrong) for row in rows)
    print(f"\n{len(rows)} rows, {wrong} not as declared")
    sys.exit(int(wrong > 0))


async def _rows(folder: Path, faults: Sequence[Fault]) -> list[Row]:
    (folder / "documents").mkdir()
    (folder / "documents" / "gland.md").write_text(DOCUMENT, encoding="utf-8")
    prices = "".join(
        f"  openai:{name}: {{input: {USD_A_MILLION['input']}, output: {USD_A_MILLION['output']}}}\n"
        for name in ("primary", "secondary")
    )
    (folder / "holdfast.yaml").write_text(f"prices:\n{prices}", encoding="utf-8")
    rows = []
    for fault in faults:
        for stream in (True, False):
            if stream or fault not in ONLY_STREAMED:
                rows += [await _row(folder, fault, mend, stream=stream) for mend in MENDS]
    return rows


async def _row(folder: Path, fault: Fault, mend: str, *, stream: bool) -> Row:
    failing = Scripted(text=ANSWER, fault=fault)
    first = [failing, HEALTHY] if mend == "retry" else [failing]
    second = [failing] if mend == "nothing" else [HEALTHY]
    with ProviderServer(first) as primary, ProviderServer(second) as secondary:
        declared = WORKFLOW.format(
            deadline=DEADLINE_S, tries=TRIES, stream=str(stream).lower(), primary=primary.openai_url,
            secondary=secondary.openai_url,
        )  # fmt: skip
        (folder / "workflow.yaml").write_text(declared, encoding="utf-8")
        async with holdfast.open(folder) as flow:
            await flow.sync()
            started = time.perf_counter()
            run = await flow.ask(QUESTION, principal=Principal(user="bench"))
            took = time.perf_counter() - started
        accounts = (primary.account, secondary.account)
    return Row(
        fault=fault,
        stream=stream,
        mend=mend,
        expected=DECLARED[fault][mend],
        model=run.model.rpartition(":")[2],
        calls=(accounts[0].requests, accounts[1].requests),
        took_s=took,
        cents=_cents_of(run),
        cents_expected=100 * sum(map(_usd_of, accounts)),
    )


def _cents_of(run: Run) -> float:
    """Return what the attempts of a run cost, or what the run says where it names no attempts."""
    attempts = getattr(run, "attempts", None)
    if attempts is None:
        return 100 * run.cost_usd
    return 100 * sum(one.cost_usd or 0.0 for one in attempts)


def _usd_of(account: Account) -> float:
    """Return the price of the replies that were sent whole; parts are estimated by the ledger."""
    whole = [one for one in account.sent if one.is_whole]
    tokens_in = sum(one.input_tokens for one in whole)
    tokens_out = sum(one.output_tokens for one in whole)
    return (tokens_in * USD_A_MILLION["input"] + tokens_out * USD_A_MILLION["output"]) / 1e6


if __name__ == "__main__":
    main()
