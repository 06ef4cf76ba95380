"""Every fault of a provider, streamed and not, with what mends it: outcome, calls, seconds and cents as declared.

    python bench/fault_matrix.py [--provider openai|anthropic] [--only FAULT ...]

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
from collections.abc import Container, Sequence
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
    - {{provider: {provider}, model: primary, base_url: "{primary}", stream: {stream}}}
    - {{provider: {provider}, model: secondary, base_url: "{secondary}", stream: {stream}}}
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
SILENT = {
    "retry": Expected(model="secondary", calls=(1, 1), most_s=DEADLINE_S),
    "fallback": Expected(model="secondary", calls=(1, 1), most_s=DEADLINE_S),
    "nothing": Expected(model="extractive", calls=(1, 1), most_s=DEADLINE_S + 1),
}
"""A rung that is silent for its share of the time leaves the rest to the next one; no try is worth waiting for."""
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
    Fault.STALL: SILENT,
    Fault.STALL_MIDWAY: SILENT,
    Fault.PINGS: SILENT,
    Fault.CONTROL_CHARACTERS: FINAL,
}
"""Marks that nobody sees are taken out of a reply; the script tag stays, as text of a sentence that no passage
supports, so the checks send the item on."""
ONLY_STREAMED = (Fault.ENDS_EARLY,)
UNNAMED = {Fault.EMPTY_CHOICES, Fault.HUGE, Fault.STALL, Fault.STALL_MIDWAY, Fault.PINGS}
UNNAMED_STREAMED = UNNAMED | {Fault.CUT, Fault.ENDS_EARLY, Fault.MALFORMED}
"""The provider wrote, or may have been writing, and its tokens were never named: the ledger estimates them."""


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
    """By the tokens that replies named."""
    cents_expected: float
    cents_estimated: float
    """By tokens that nobody named."""
    is_estimated: bool
    """Whether there should be such."""

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
        if (self.cents_estimated > 0) != self.is_estimated:
            problems.append(f"{'some' if self.is_estimated else 'no'} cents estimated")
        return ", ".join(problems)


def main() -> None:
    """Work through the table, print it, and say by the exit code whether all is as declared."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", type=Fault, choices=list(DECLARED), default=list(DECLARED))
    parser.add_argument("--provider", choices=["openai", "anthropic"], default="openai")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-matrix-") as folder:
        rows = asyncio.run(_rows(Path(folder), asked.only, asked.provider))
    print(
        "| fault | streamed | mended by | answered by | calls | seconds | cents | estimated | as declared |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.fault} | {'yes' if row.stream else 'no'} | {row.mend} | {row.model} | {row.calls[0]}+{row.calls[1]} "
            f"| {row.took_s:.2f} | {row.cents:.2f} | {row.cents_estimated:.2f} "
            f"| {f'NO: {row.wrong}' if row.wrong else 'yes'} |"
        )
    wrong = sum(bool(row.wrong) for row in rows)
    print(f"\n{len(rows)} rows, {wrong} not as declared")
    sys.exit(int(wrong > 0))


async def _rows(folder: Path, faults: Sequence[Fault], provider: str) -> list[Row]:
    (folder / "documents").mkdir()
    (folder / "documents" / "gland.md").write_text(DOCUMENT, encoding="utf-8")
    prices = "".join(
        f"  {provider}:{name}: {{input: {USD_A_MILLION['input']}, output: {USD_A_MILLION['output']}}}\n"
        for name in ("primary", "secondary")
    )
    (folder / "holdfast.yaml").write_text(f"prices:\n{prices}", encoding="utf-8")
    rows = []
    for fault in faults:
        for stream in (True, False):
            if stream or fault not in ONLY_STREAMED:
                rows += [await _row(folder, fault, mend, stream=stream, provider=provider) for mend in MENDS]
    return rows


async def _row(folder: Path, fault: Fault, mend: str, *, stream: bool, provider: str) -> Row:
    failing = Scripted(text=ANSWER, fault=fault)
    first = [failing, HEALTHY] if mend == "retry" else [failing]
    second = [failing] if mend == "nothing" else [HEALTHY]
    with ProviderServer(first) as primary, ProviderServer(second) as secondary:
        declared = WORKFLOW.format(
            deadline=DEADLINE_S, tries=TRIES, stream=str(stream).lower(), provider=provider,
            primary=getattr(primary, f"{provider}_url"), secondary=getattr(secondary, f"{provider}_url"),
        )  # fmt: skip
        (folder / "workflow.yaml").write_text(declared, encoding="utf-8")
        async with holdfast.open(folder) as flow:
            await flow.sync()
            started = time.perf_counter()
            run = await flow.ask(QUESTION, principal=Principal(user="bench"))
            took = time.perf_counter() - started
        accounts = (primary.account, secondary.account)
    unnamed = {fault} & (UNNAMED_STREAMED if stream else UNNAMED)
    if provider == "anthropic":
        unnamed -= {Fault.EMPTY_CHOICES}  # a message without content names its tokens
    return Row(
        fault=fault,
        stream=stream,
        mend=mend,
        expected=DECLARED[fault][mend],
        model=run.model.rpartition(":")[2],
        calls=(accounts[0].requests, accounts[1].requests),
        took_s=took,
        cents=_cents_of(run, estimated=False),
        cents_expected=100 * sum(_usd_of(one, unnamed) for one in accounts),
        cents_estimated=_cents_of(run, estimated=True),
        is_estimated=bool(unnamed),
    )


def _cents_of(run: Run, *, estimated: bool) -> float:
    """Return what the attempts of a run cost whose tokens were named, or were estimated."""
    return 100 * sum(one.cost_usd or 0.0 for one in run.attempts if one.is_estimated is estimated)


def _usd_of(account: Account, unnamed: Container[Fault]) -> float:
    """Return the price of the replies that were sent whole, and whose tokens could be read."""
    whole = [one for one in account.sent if one.is_whole and one.fault not in unnamed]
    tokens_in = sum(one.input_tokens for one in whole)
    tokens_out = sum(one.output_tokens for one in whole)
    return (tokens_in * USD_A_MILLION["input"] + tokens_out * USD_A_MILLION["output"]) / 1e6


if __name__ == "__main__":
    main()
