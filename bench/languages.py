"""What becomes of right replies in other languages than English: `python bench/languages.py [german french]`.

For each answerable question of the two sets in `bench/languages/` a model is played that says what the
golden case quotes, citing the passage that holds it. Counted are the questions whose evidence was in the
prompt, the replies that are given as an answer, and the same with another figure in the reply.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import scripted_reader

import holdfast
from holdfast.domain.cases import Case
from holdfast.domain.outcomes import kind_of
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.session import Flow
from holdfast.workflow import set_value

SETS = Path(__file__).parent / "languages"
_DIGIT = re.compile(r"\d")


class Played:
    """A model that says what a case quotes, where its prompt holds that."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.quotes = {case.question: case.expect.evidence[0].quote for case in cases}
        self.altered = False
        self.had = False

    def read(self, asked: scripted_reader.Asked) -> str:
        """Return the quote with the mark of the passage that holds it, or the word by which it declines."""
        quote = self.quotes[asked.question]
        holding = [passage.n for passage in asked.passages if _flat(quote) in _flat(passage.text)]
        self.had = bool(holding)
        if not holding:
            return scripted_reader.NO_ANSWER
        said = _DIGIT.sub(lambda digit: str((int(digit[0]) + 3) % 10), quote) if self.altered else quote
        return f"{said.rstrip('.:')}. [{holding[0]}]"


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[|*]", " ", text).split())


async def measure(folder: Path, played: Played, cases: Sequence[Case]) -> None:
    """Print one line for each half of a set."""
    async with holdfast.open(folder) as flow:
        await flow.sync()
        for half in (False, True):
            chosen = [case for case in cases if ("held-out" in case.tags) is half]
            held = given = figures = altered = 0
            for case in chosen:
                is_given = await _asked(flow, case, played, altered=False)
                held, given = held + played.had, given + (played.had and is_given)
                if played.had and _DIGIT.search(played.quotes[case.question]):
                    figures += 1
                    altered += await _asked(flow, case, played, altered=True)
            print(
                f"{folder.name}, {'held out' if half else 'in sight'}: in the prompt {held} of {len(chosen)}, "
                f"right replies given {given} of {held}, replies with other figures given {altered} of {figures}"
            )


async def _asked(flow: Flow, case: Case, played: Played, *, altered: bool) -> bool:
    played.altered = altered
    return kind_of((await flow.ask(case.item())).outcome) == "answer"


def main() -> None:
    """Measure the sets that are named, or both."""
    os.environ.setdefault(scripted_reader.KEY, "any")
    for name in sys.argv[1:] or ("german", "french"):
        cases = [case for case in to_run(load_cases(SETS / name)) if case.expect.outcome == "answer"]
        played = Played(cases)
        with (
            tempfile.TemporaryDirectory(prefix="holdfast-languages-") as room,
            scripted_reader.serving(played.read) as server,
        ):
            folder = Path(room) / name
            shutil.copytree(SETS / name, folder, ignore=shutil.ignore_patterns(".holdfast"))
            set_value(folder / "workflow.yaml", "generation.rungs", [scripted_reader.rung(server.openai_url)])
            asyncio.run(measure(folder, played, cases))


if __name__ == "__main__":
    main()
