"""What the gate says of harmful and of harmless changes of the worked example, a row of a table each.

    python bench/changes.py [examples/engineering-support] [--only WORDS] [--json FILE]

Every change is made on a copy of the folder, which is indexed anew and evaluated by `holdfast eval`. Most run
offline against the baseline that is committed with the cases. Changes of a prompt or of a token budget show with a
model only: those are asked of a scripted one on this machine (`bench/scripted_reader.py`, which is a caricature and
says what it is), against a baseline of the unchanged folder that it answered. Caught: exit code 1, or a metric that
is *worse*.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import scripted_reader
from changing.editing import Change
from changing.harmful import HARMFUL
from changing.harmless import HARMLESS

from holdfast.workflow import set_value

COMMITTED = "golden/baseline.json"
_NEW = re.compile(r"newly fail it, confirmed|\(confirmed\)|seem to fail it newly|could confirm it\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the gate said of a change."""

    name: str
    is_harmful: bool
    asks_a_model: bool
    exit_code: int
    result: str
    worse: tuple[str, ...]
    new_failures: tuple[str, ...]
    """Cases that newly fail, confirmed or suspected, by metric."""
    doubtful: tuple[str, ...]
    """Metrics that fail the gate though their mean is unclear: for cases that newly fail them."""
    moved: tuple[str, ...]
    """Metrics that are unclear, and not what they were."""
    because: tuple[str, ...]
    changed: int
    changed_worse: int
    compared: int
    seconds: float
    cost_usd: float

    @property
    def is_caught(self) -> bool:
        """Return whether it was held up."""
        return self.exit_code != 0 or bool(self.worse)


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", default="examples/engineering-support", type=Path)
    arguments.add_argument("--only", default="", help="changes whose name has these words")
    arguments.add_argument("--json", type=Path, help="write what was told, for a closer look")
    wanted = arguments.parse_args()
    changes = [one for one in (*HARMFUL, *HARMLESS) if wanted.only in one.name]
    os.environ.setdefault(scripted_reader.KEY, "any")
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-changes-") as temporary,
        scripted_reader.serving(scripted_reader.read) as server,
    ):
        bench = Bench(wanted.folder, Path(temporary), server.openai_url)
        told = []
        for change in changes:
            told.append(bench.judged(change))
            print(row(told[-1]) if len(told) > 1 else f"{HEAD}\n{row(told[-1])}", flush=True)
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(one) for one in told], indent=1), "utf-8")
    for kind, those in (("harmful", True), ("harmless", False)):
        made = [one for one in told if one.is_harmful is those]
        print(f"\n{kind}: {sum(one.is_caught for one in made)} of {len(made)} held up", end="")
    print(f"; {sum(one.seconds for one in told):.0f} s, {sum(one.cost_usd for one in told):.2f} USD")


class Bench:
    """The example, with and without a model, and what each is compared with."""

    def __init__(self, example: Path, room: Path, url: str) -> None:
        self._example, self._room, self._url = example, room, url
        self._baseline = room / "baseline-of-the-reader.json"

    def judged(self, change: Change) -> Told:
        """Return what the gate says of the change; raise RuntimeError where it cannot say anything."""
        if change.asks_a_model and not self._baseline.exists():
            folder = self._copy(asks_a_model=True)
            (folder / COMMITTED).unlink()
            _evaluated(folder, "--save-baseline", str(self._baseline))
        folder = self._copy(asks_a_model=change.asks_a_model)
        change.make(folder)
        against = str(self._baseline) if change.asks_a_model else COMMITTED
        began = time.perf_counter()
        code, told = _evaluated(folder, "--against", against)
        return _told(change, code, told, seconds=time.perf_counter() - began)

    def _copy(self, *, asks_a_model: bool) -> Path:
        folder = self._room / "engineering-support"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._example, folder, ignore=shutil.ignore_patterns(".holdfast"))
        if asks_a_model:
            set_value(folder / "workflow.yaml", "generation.rungs", [scripted_reader.rung(self._url)])
        return folder


def _evaluated(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    ended = subprocess.run(
        [sys.executable, "-m", "holdfast", "eval", str(folder), *words, "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not ended.stdout.strip():
        raise RuntimeError(
            f"holdfast eval {' '.join(words)} ended with {ended.returncode}: {ended.stderr[-800:]}"
        )
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])


def _told(change: Change, code: int, told: dict[str, Any], *, seconds: float) -> Told:
    metrics = told["metrics"]
    return Told(
        name=change.name, is_harmful=change.is_harmful, asks_a_model=change.asks_a_model, exit_code=code,
        result=told["result"], worse=tuple(name for name, one in metrics.items() if one["result"] == "worse"),
        new_failures=tuple(one.split(" (")[0] for one in told["because"] if _NEW.search(one)),
        doubtful=tuple(
            name for name, one in metrics.items() if one["gate"] == "fails" and one["result"] == "unclear"
        ),
        moved=tuple(
            name for name, one in metrics.items()
            if one["result"] == "unclear" and one["value"] != one["baseline"]
        ),
        because=tuple(told["because"]),
        changed=len(told["changed"]), changed_worse=sum(bool(one["worse"]) for one in told["changed"]),
        compared=told["cases"], seconds=seconds, cost_usd=told["cost_usd"] or 0.0,
    )  # fmt: skip


HEAD = """\
| change | the gate | what told it | cases changed (worse) | seconds |
|---|---|---|---|---|"""


def row(one: Told) -> str:
    """Return a row of the table."""
    mark = "" if one.is_caught == one.is_harmful else "**"
    verdict = "fails" if one.exit_code == 1 else f"exit {one.exit_code}" if one.exit_code else one.result
    name = f"{one.name}{' (model)' if one.asks_a_model else ''}"
    return (
        f"| {name} | {mark}{verdict}{mark} | {_reasons(one)} | {one.changed} ({one.changed_worse}) "
        f"| {one.seconds:.0f} |"
    )


def _reasons(one: Told) -> str:
    told = [
        *(f"{name} worse" for name in one.worse),
        *one.new_failures,
        *(f"{name} unclear, which fails" for name in one.doubtful if not one.new_failures),
    ]
    if told:
        return "; ".join(told)
    if one.moved:
        return f"moved, unclear: {', '.join(one.moved)}"
    return "only metrics that are shown, not judged" if one.changed else "nothing changed"


if __name__ == "__main__":
    main()
