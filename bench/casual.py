"""What casual and misspelt wording costs: the example's golden questions as they are and as people type them.

python bench/casual.py [WORKFLOW] [SEED]

Each question is asked as written, casually (a greeting, no capitals, no apostrophes, doubled question marks),
with one letter wrong in one of its longer words, and with both. No identifier or number is touched. What is
asked is the same, so every difference is the wording's. WORKFLOW is copied first; its own state stays as it is.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import string
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import holdfast
from holdfast.access.trust import trust
from holdfast.domain.cases import Case
from holdfast.domain.outcomes import kind_of
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.session import Flow

WORD = re.compile(r"(?<![\w-])[a-z]{5,}(?![\w-])")
"""Words in small letters: what is written in capitals or with a digit may be a name."""
GREETINGS = ("hey, ", "hi ", "quick question: ", "hello, can you tell me ", "pls ", "sorry to bother you, ")
ENDINGS = ("??", "?? thx", "", " pls?", "...?", "? thanks!")


def misspelt(question: str, chance: random.Random) -> str:
    """Return the question with one letter of one word swapped, left out, doubled or replaced."""
    words = list(WORD.finditer(question))
    if not words:
        return question
    word = chance.choice(words)
    text, at = word[0], chance.randrange(1, len(word[0]) - 1)
    slip = chance.choice(
        (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + chance.choice(string.ascii_lowercase) + text[at + 1 :],
        )
    )
    return question[: word.start()] + slip + question[word.end() :]


def casual(question: str, chance: random.Random) -> str:
    """Return the question as somebody writes who is in a hurry."""
    text = question.rstrip("?. ").replace("'", "").replace("What is ", "whats ")
    text = text[:1].lower() + text[1:]
    return f"{chance.choice(GREETINGS)}{text}{chance.choice(ENDINGS)}"


WORDINGS: dict[str, Callable[[str, random.Random], str]] = {
    "as written": lambda question, _chance: question,
    "casual": casual,
    "misspelt": misspelt,
    "casual and misspelt": lambda question, chance: casual(misspelt(question, chance), chance),
}


async def main() -> None:
    """Print how the cases end under each wording."""
    example = Path(__file__).parent.parent / "examples" / "engineering-support"
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else example
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as room:
        os.environ["HOLDFAST_HOME"] = f"{room}/home"
        os.environ["HOLDFAST_TRUST_FILE"] = f"{room}/trust.json"
        folder = Path(
            shutil.copytree(source, Path(room) / "workflow", ignore=shutil.ignore_patterns(".holdfast"))
        )
        trust(folder)
        async with holdfast.open(folder) as flow:
            await flow.sync()
            cases = [case for case in to_run(load_cases(folder)) if case.question and not case.history]
            print(f"{len(cases)} cases, seed {seed}; load {os.getloadavg()[0]:.1f}")
            before: dict[str, str] = {}
            for name, worded in WORDINGS.items():
                ended = await _ended(flow, cases, worded, seed)
                before = before or ended
                _tell(name, cases, ended, before)


async def _ended(
    flow: Flow,
    cases: Sequence[Case],
    worded: Callable[[str, random.Random], str],
    seed: int,
) -> dict[str, str]:
    found = {}
    for case in cases:
        chance = random.Random(f"{seed} {case.id}")
        item = replace(case.item(), question=worded(case.question, chance))
        found[case.id] = kind_of((await flow.ask(item)).outcome)
    return found


def _tell(name: str, cases: Sequence[Case], ended: dict[str, str], before: dict[str, str]) -> None:
    kinds = Counter(ended.values())
    answerable = [case.id for case in cases if case.expect.outcome == "answer"]
    refused = sum(ended[case] == "refusal" for case in answerable)
    lost = sum(before[case] == "answer" and ended[case] == "refusal" for case in answerable)
    unsafe = [case.id for case in cases if case.expect.outcome != "answer" and ended[case.id] == "answer"]
    new = [case for case in unsafe if before[case] != "answer"]
    print(
        f"{name}: {dict(sorted(kinds.items()))}; of {len(answerable)} to be answered {refused} refused "
        f"({lost} of them answered as written); of {len(cases) - len(answerable)} others {len(unsafe)} answered "
        f"({len(new)} not as written)"
    )


if __name__ == "__main__":
    asyncio.run(main())
