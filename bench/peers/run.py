"""Compare Holdfast with LlamaIndex, Haystack, txtai, LangChain and a bare pair on one judged corpus.

    python bench/peers/run.py DATASET [--peers bare llamaindex ...] [--documents N] [--queries N]

README.md beside this file says what is compared, and what is not. A peer that cannot be had or that fails is
named under the table.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

# in the place of this folder, whose haystack.py would stand in the way of Haystack
sys.path[0] = str(Path(__file__).resolve().parents[1])

from peers.comparing import Measured, Plan, Seat, compare, say  # noqa: E402
from peers.corpus import documents_of, part_of  # noqa: E402
from peers.environments import NoEnvironment, default_folder, python_of  # noqa: E402
from peers.table import FIRST, ahead, differences, markdown, row_of  # noqa: E402

from holdfast.errors import HoldfastError  # noqa: E402
from holdfast.evaluation.beir import judged_queries  # noqa: E402
from holdfast.stages.embedding import pinned  # noqa: E402
from holdfast.stages.embedding.choose import models_get  # noqa: E402
from holdfast.stages.embedding.graphs import build_graph  # noqa: E402
from holdfast.stages.embedding.local import threads_here  # noqa: E402

PEERS = ("bare", "llamaindex", "haystack", "txtai", "txtai_split", "langchain", "langchain_split")


def main() -> None:
    """Make the environments, measure, print."""
    asked = _arguments()
    try:
        judged = judged_queries(asked.dataset)[: asked.queries]
        documents = part_of(documents_of(asked.dataset), judged, asked.documents)
        model = _model()
    except HoldfastError as error:
        sys.exit(f"peers: {error}")
    seats, missing = _seats(asked)
    with tempfile.TemporaryDirectory(prefix="holdfast-peers-") as logs:
        plan = Plan(
            documents=documents,
            queries=[one.text for one in judged],
            relevance=[one.relevance for one in judged],
            model=model,
            starts=asked.starts,
            syncs=asked.syncs,
            rounds=asked.rounds,
            logs=asked.logs or Path(logs),
        )
        measured = compare(seats, plan)
    _show(asked, measured, missing, len(documents))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, help="a folder in BEIR layout")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--documents", type=int, help="documents at most; relevant ones always stay")
    parser.add_argument("--queries", type=int, help="questions at most")
    parser.add_argument("--starts", type=int, default=3, help="times that imports are timed")
    parser.add_argument("--syncs", type=int, default=1, help="times that everything is indexed")
    parser.add_argument("--rounds", type=int, default=2, help="times that each question is asked")
    parser.add_argument("--environments", type=Path, default=default_folder())
    parser.add_argument("--install-within", type=float, default=1200, metavar="SECONDS", help="of each peer")
    parser.add_argument("--logs", type=Path, help="folder to keep the peers' stderr in")
    asked = parser.parse_args()
    asked.environments = asked.environments.absolute()
    if asked.logs:
        asked.logs = asked.logs.absolute()
        asked.logs.mkdir(parents=True, exist_ok=True)
    if min(asked.starts, asked.syncs, asked.rounds) < 1:
        parser.error("--starts, --syncs and --rounds are at least 1")
    return asked


def _seats(asked: argparse.Namespace) -> tuple[list[Seat], list[str]]:
    seats = [_seat(FIRST, Path(sys.executable))]
    missing = []
    for name in asked.peers:
        try:
            home = getattr(import_module(f"peers.{name}"), "ENVIRONMENT", name)
            seats.append(_seat(name, python_of(home, asked.environments, within_s=asked.install_within)))
        except NoEnvironment as error:
            say(str(error))
            missing.append(str(error))
    return seats, missing


def _seat(name: str, python: Path) -> Seat:
    module = f"peers.{name}"
    return Seat(name=name, title=import_module(module).TITLE, module=module, python=python)


def _model() -> dict[str, Any]:
    folder = models_get(say)
    return {
        "graph": str(build_graph(folder, "int8", say).path),
        "tokenizer": str(folder / pinned.TOKENIZER.name),
        "max_tokens": pinned.MAX_TOKENS,
        "threads": threads_here(),
    }


def _show(
    asked: argparse.Namespace, measured: dict[str, Measured], missing: list[str], documents: int
) -> None:  # fmt: skip
    done = {name: one for name, one in measured.items() if not one.failed}
    if FIRST not in done:
        sys.exit(f"peers: Holdfast itself failed: {measured[FIRST].failed}")
    rows = {name: row_of(one) for name, one in done.items()}
    load = os.getloadavg()[0]
    print(
        f"{asked.dataset.resolve().name}: {documents} documents, {len(rows[FIRST].scores)} questions, load {load:.1f}\n"
    )
    print(markdown(rows))
    print(
        "\nDifference to Holdfast in nDCG@10, with its 95% interval, under each peer's best way of fusing:\n"
    )
    print("\n".join(f"- {line}" for line in differences(rows)))
    print("\nWhere a peer is ahead (ratios to Holdfast):\n")
    print("\n".join(f"- {line}" for line in ahead(rows)))
    print("\nSystems:\n")
    for name, one in done.items():
        versions = ", ".join(f"{package} {version}" for package, version in one.versions.items())
        print(f"- {one.title} ({versions}): {import_module(f'peers.{name}').HOW}.")
    for name, one in measured.items():
        if one.failed:
            print(f"- {name} FAILED and is not in the table: {one.failed}")
    for line in missing:
        print(f"- NOT MEASURED: {line}")


if __name__ == "__main__":
    main()
