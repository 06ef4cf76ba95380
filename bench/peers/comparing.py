"""Put the same documents and questions to every system, round by round, so that noise hits all alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from peers.processes import PeerFailed, PeerProcess

from holdfast.evaluation.ranking import ndcg

CUT = 10
SLICE = 8
"""Questions that a system answers before the next one has its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where a system is started."""

    name: str
    title: str
    module: str
    python: Path
    search: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is put to every system."""

    documents: Sequence[Mapping[str, str]]
    """`id`, `title`, `body`."""
    queries: Sequence[str]
    relevance: Sequence[Mapping[str, int]]
    """Of each question, in their order: grades by document."""
    model: Mapping[str, Any]
    """Graph, tokenizer, limit and threads of the shared embedder."""
    starts: int = 3
    syncs: int = 1
    rounds: int = 2
    logs: Path


@dataclass(slots=True, kw_only=True)
class Measured:
    """What was measured of one system."""

    title: str
    import_s: list[float] = field(default_factory=list)
    sync_s: list[float] = field(default_factory=list)
    outside_s: list[float] = field(default_factory=list)
    """Of each sync, what was not the embedder's."""
    texts: int = 0
    """Texts embedded by one sync."""
    scores: dict[str, list[float]] = field(default_factory=dict)
    """nDCG@10 of each question, by the way of asking."""
    took_ms: list[float] = field(default_factory=list)
    """Of the questions asked the best way."""
    resident_mb: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    failed: str = ""
    """Why it fell out, if it did."""

    @property
    def way(self) -> str:
        """Return the way of asking that ranks best."""
        return max(self.scores, key=lambda one: fmean(self.scores[one]))


def compare(seats: Sequence[Seat], plan: Plan) -> dict[str, Measured]:
    """Return what was measured, by the system's name; one that fails is left out of the rounds after."""
    measured = {seat.name: Measured(title=seat.title) for seat in seats}
    with ExitStack() as stack:
        running: dict[str, PeerProcess] = {}
        for number in range(plan.starts):
            for seat in seats:
                _start(seat, plan, measured[seat.name], running, stack, is_last=number == plan.starts - 1)
        for _ in range(plan.syncs):
            for name, process in list(running.items()):
                _guarded(measured[name], running, name, partial(_sync, process, plan, measured[name]))
        _ask_all(plan, measured, running)
        for name, process in running.items():
            measured[name].resident_mb = process.resident_mb()
    return measured


def _start(
    seat: Seat,
    plan: Plan,
    into: Measured,
    running: dict[str, PeerProcess],
    stack: ExitStack,
    *,
    is_last: bool,
) -> None:
    """Start a system anew and time its imports; the process of the last round stays."""
    if into.failed:
        return
    process = PeerProcess(
        seat.python, seat.module, log=plan.logs / f"{seat.name}.log", search=seat.search
    )  # fmt: skip
    stack.callback(process.close)
    try:
        loaded = process.ask(do="load", model=plan.model)
    except PeerFailed as error:
        into.failed = str(error)
        return
    into.import_s.append(loaded["took_s"])
    into.versions = loaded["versions"]
    into.scores = {way: [] for way in loaded["ways"]}
    if is_last:
        running[seat.name] = process
    else:
        process.close()


def _sync(process: PeerProcess, plan: Plan, into: Measured) -> None:
    say(f"sync: {into.title}")
    synced = process.ask(do="index", documents=list(plan.documents))
    into.sync_s.append(synced["took_s"])
    into.outside_s.append(synced["took_s"] - synced["embedder_s"])
    into.texts = synced["texts"]


def _ask_all(plan: Plan, measured: Mapping[str, Measured], running: dict[str, PeerProcess]) -> None:
    """Ask every way once to find each system's best, then that one in rounds, a few questions in turn."""
    for name, process in list(running.items()):
        _guarded(measured[name], running, name, partial(_score, process, plan, measured[name]))
    for number in range(plan.rounds):
        say(f"questions: round {number + 1} of {plan.rounds}")
        for start in range(0, len(plan.queries), SLICE):
            some = list(plan.queries[start : start + SLICE])
            for name, process in list(running.items()):
                _guarded(measured[name], running, name, partial(_time, process, some, measured[name]))


def _score(process: PeerProcess, plan: Plan, into: Measured) -> None:
    say(f"ranking: {into.title}")
    for way in into.scores:
        answer = process.ask(do="ask", queries=list(plan.queries), way=way, k=CUT)
        pairs = zip(answer["rankings"], plan.relevance, strict=True)
        into.scores[way] = [ndcg(found, wanted, k=CUT) for found, wanted in pairs]


def _time(process: PeerProcess, queries: list[str], into: Measured) -> None:
    into.took_ms += process.ask(do="ask", queries=queries, way=into.way, k=CUT)["took_ms"]


def _guarded(into: Measured, running: dict[str, PeerProcess], name: str, work: Callable[[], None]) -> None:
    """Do the work; a system that fails says why and is out."""
    try:
        work()
    except PeerFailed as error:
        into.failed = str(error)
        del running[name]


def say(message: str) -> None:
    """Tell the person who waits."""
    print(f"peers: {message}", file=sys.stderr, flush=True)
