"""What becomes of a model's replies in other languages than English: `python bench/languages.py [german french]`.

For each answerable question of the two sets in `bench/languages/` a model is played that says, citing the
passage that holds what the golden case quotes: the quote itself, the quote with every digit changed, a right
reply in its own words, and one that sounds as good but is wrong (`replies.yaml`). Counted is what is given as
an answer. `--show` lists the cases that are not held out and went wrong.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import scripted_reader
import yaml

import holdfast
from holdfast.domain.cases import Case
from holdfast.domain.outcomes import kind_of
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.workflow import set_value

SETS = Path(__file__).parent / "languages"
RIGHT = ("quotes", "right, own words")
_DIGIT = re.compile(r"\d")


class Played:
    """A model that says what it was given for a question, where its prompt holds the evidence."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.quotes = {case.question: case.expect.evidence[0].quote for case in cases}
        self.say = ""
        self.had = False

    def read(self, asked: scripted_reader.Asked) -> str:
        """Return what to say with the mark of the passage, or the word by which a model declines."""
        quote = _flat(self.quotes[asked.question])
        holding = [passage.n for passage in asked.passages if quote in _flat(passage.text)]
        self.had = bool(holding)
        return f"{self.say.rstrip('.:')}. [{holding[0]}]" if holding else scripted_reader.NO_ANSWER


def said_of(case: Case, replies: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return what is played for a case, by its kind."""
    quote = case.expect.evidence[0].quote
    altered = _DIGIT.sub(lambda digit: str((int(digit[0]) + 3) % 10), quote)
    kinds = {"quotes": quote, "other figures": altered if altered != quote else ""}
    own = replies[case.id]
    # one sentence: each has to name its passage
    return kinds | {"right, own words": _one_sentence(own["right"]), "wrong": _one_sentence(own["wrong"])}


def _one_sentence(text: str) -> str:
    return re.sub(r"[.!?]\s+(?=[A-ZÄÖÜÀÉÈÊ])", "; ", text)


def _flat(text: str) -> str:
    return " ".join(re.sub(r"[|*]", " ", text).split())


async def measure(folder: Path, played: Played, cases: Sequence[Case], *, shows: bool) -> None:
    """Print one line for each half of a set."""
    replies = yaml.safe_load((folder / "replies.yaml").read_text(encoding="utf-8"))
    async with holdfast.open(folder) as flow:
        await flow.sync()
        for half in (False, True):
            given: Counter[str] = Counter()
            played_of: Counter[str] = Counter()
            for case in (one for one in cases if ("held-out" in one.tags) is half):
                for kind, text in said_of(case, replies).items():
                    played.say = text
                    outcome = (await flow.ask(case.item())).outcome if text else None
                    if outcome is None or not played.had:
                        continue
                    played_of[kind] += 1
                    is_given = kind_of(outcome) == "answer"
                    given[kind] += is_given
                    if shows and not half and is_given is not (kind in RIGHT):
                        print(f"  {case.id}, {kind}: {text!r}: {outcome.reason or outcome.text}")
            told = ", ".join(f"{kind} {given[kind]} of {played_of[kind]}" for kind in played_of)
            print(f"{folder.name}, {'held out' if half else 'in sight'}, given: {told}")


def main() -> None:
    """Measure the sets that are named, or both."""
    os.environ.setdefault(scripted_reader.KEY, "any")
    shows = "--show" in sys.argv
    for name in [one for one in sys.argv[1:] if one != "--show"] or ("german", "french"):
        cases = [case for case in to_run(load_cases(SETS / name)) if case.expect.outcome == "answer"]
        played = Played(cases)
        with (
            tempfile.TemporaryDirectory(prefix="holdfast-languages-") as room,
            scripted_reader.serving(played.read) as server,
        ):
            folder = Path(room) / name
            shutil.copytree(SETS / name, folder, ignore=shutil.ignore_patterns(".holdfast"))
            set_value(folder / "workflow.yaml", "generation.rungs", [scripted_reader.rung(server.openai_url)])
            asyncio.run(measure(folder, played, cases, shows=shows))


if __name__ == "__main__":
    main()
